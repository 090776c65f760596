"""The calls about care, as the service answers them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from console.client.errors import NotFound
from console.contract.care import (
    CareGrant,
    CareGrants,
    Complaint,
    DueState,
    GrantLine,
    Message,
    RepaymentCare,
)
from console.contract.text import Untrusted

AT = datetime(2026, 6, 1, 2, tzinfo=UTC)


def grant(identity: str, origin: str = "change", **changes: object) -> CareGrant:
    """Return a grant."""
    return CareGrant(
        id=identity,
        origin=origin,
        change="chg_1" if origin == "change" else None,
        who=Untrusted("li.wei"),
        filter=Untrusted("state:in_doubt"),
        created_at=AT,
        released_at=None,
        grace_days=3,
        coupon_fen=500,
        notice=Untrusted("delay"),
        credit_hold=True,
        count=12,
        sum_fen=1_200_000,
        open=10,
        coupons=12,
        coupons_fen=6000,
        notices=12,
        notices_sent=7,
    ).model_copy(update=changes)


def beside(identity: str, text: str = "too slow") -> RepaymentCare:
    """Return a repayment in doubt with everything beside it."""
    return RepaymentCare(
        id=identity,
        due_state=DueState.IN_GRACE,
        due_on=date(2026, 5, 30),
        grace_until=date(2026, 6, 3),
        last_day=date(2026, 6, 3),
        overdue_since=None,
        penalty_from=None,
        protected="in_doubt",
        credit_hold=True,
        grants=(
            GrantLine(
                grant="care_1",
                origin="service",
                at=AT,
                grace_until=date(2026, 6, 3),
                credit_hold=True,
                coupon_fen=None,
                coupon_valid_until=None,
                released_at=None,
            ),
        ),
        messages=(
            Message(
                kind="notice",
                state="sent",
                text=Untrusted("please do not pay again"),
                created_at=AT,
                sent_at=AT,
                tries=1,
                problem=None,
            ),
        ),
        complaints=(
            Complaint(
                id="cpl_1",
                external_id=Untrusted("c-1"),
                repayment=identity,
                borrower="b_1",
                channel=Untrusted("hotline"),
                text=Untrusted(text),
                strategies=(),
                at=AT,
                received_at=AT,
            ),
        ),
    )


class FakeCare:
    """Answers like the service; nothing stands beside a repayment unless it is put into `by_repayment`."""

    def __init__(self) -> None:
        self.grants = (grant("care_2"), grant("care_1", "service", notice=None, coupons=0, notices=0))
        self.by_repayment: dict[str, RepaymentCare] = {}

    async def page(self, *, limit: int = 200, after: str | None = None) -> CareGrants:
        """Return all of them."""
        return CareGrants(items=self.grants, next=None)

    async def beside(self, repayment: str) -> RepaymentCare:
        """Return what stands beside a repayment."""
        found = self.by_repayment.get(repayment)
        if found is None:
            raise NotFound("there is no such repayment")
        return found
