"""Reconciliations as the fake service has them: one that is complete, one that waits for its file."""

from __future__ import annotations

from datetime import UTC, datetime

from console.contract.reconciliation import (
    FindingTotal,
    OrderFinding,
    OrderFindings,
    Reconciliation,
    Reconciliations,
    Report,
)
from console.contract.text import Untrusted

ASKED = datetime(2026, 11, 24, 1, tzinfo=UTC)


def run(number: int, report: Report | None, problem: str = "") -> Reconciliation:
    """Return a reconciliation."""
    return Reconciliation(
        id=f"rec_{number:06x}",
        gateway="alipay",
        day="2026-11-23",
        origin="gateway",
        digest="a" * 64 if report else "",
        state="complete" if report else "waiting",
        problem=problem,
        asked_at=ASKED,
        ended_at=ASKED if report else None,
        next_at=None if report else ASKED,
        tries=1,
        change=None,
        exceptions=None if report is None else 1,
        report=report,
    )


REPORT = Report(
    rows=3,
    reversals=0,
    debits_fen=30_000,
    reversals_fen=0,
    settled_fen=20_000,
    suspense_fen=10_000,
    missing_there_fen=0,
    balanced=True,
    findings=(
        FindingTotal(finding="matched", count=2, ours_fen=20_000, theirs_fen=20_000),
        FindingTotal(finding="missing_here", count=1, ours_fen=0, theirs_fen=10_000),
    ),
)


class FakeReconciliations:
    """Answers like the service; `order` is what the gateway calls the order that we do not have."""

    def __init__(self, order: str = "rp_stranger-1") -> None:
        self.order = order
        self.runs = (run(2, None, "NOT_READY"), run(1, REPORT))

    async def page(self, *, limit: int = 200, after: str | None = None) -> Reconciliations:
        """Return all of them."""
        return Reconciliations(items=self.runs, next=None)

    async def show(self, identity: str) -> Reconciliation:
        """Return one."""
        return next(one for one in self.runs if one.id == identity)

    async def findings(
        self, identity: str, *, finding: str | None = None, limit: int = 200, after: str | None = None
    ) -> OrderFindings:
        """Return the one order."""
        order = OrderFinding(
            order_no=Untrusted(self.order),
            finding="missing_here",
            repayment=None,
            was=None,
            became=None,
            ours_fen=0,
            theirs_fen=10_000,
            suspense_fen=10_000,
            debits=1,
            reversals=0,
            currency=Untrusted("CNY"),
            gateway_ref=Untrusted("g-1"),
        )
        return OrderFindings(items=(order,), next=None)
