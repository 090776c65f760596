"""Care as the API shows it, read in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from console.care.due import last_day, passed_through
from console.contract.care import (
    CareGrant,
    CareGrants,
    Complaint,
    Complaints,
    DueState,
    GrantLine,
    Message,
    RepaymentCare,
)
from console.contract.clock import business_day, to_datetime
from console.contract.text import Untrusted
from console.store import care, complaints, due, outbox
from console.store.repayments import storable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from console.care.due import Holidays
    from console.contract.language import Language
    from console.store.care import Figures, Held, StoredGrant
    from console.store.complaints import StoredComplaint
    from console.store.due import Place
    from console.store.outbox import StoredMessage

BESIDE: Final = 20
"""Complaints that stand beside a repayment, at most."""


def grants(connection: Connection, before: int, limit: int) -> CareGrants:
    """Return one page of grants, newest first."""
    found = care.page(connection, before, limit)
    figures = care.figures(connection, [one.seq for one in found])
    following = str(found[-1].seq) if len(found) == limit else None
    return CareGrants(items=tuple(_grant(one, figures[one.seq]) for one in found), next=following)


def grant(connection: Connection, identity: str) -> CareGrant | None:
    """Return one grant."""
    found = care.find(connection, identity) if storable(identity) else None
    return None if found is None else _grant(found, care.figures(connection, [found.seq])[found.seq])


def beside(
    connection: Connection, identity: str, language: Language, holidays: Holidays
) -> RepaymentCare | None:
    """Return what stands beside a repayment; messages in a language."""
    found = due.place(connection, identity) if storable(identity) else None
    if found is None:
        return None
    paid, protected = due.protection(connection, found)
    if not protected and not paid and _left_alone(connection, found, holidays):
        protected = "before_start"
    held = care.beside(connection, found.seq)
    due_on = date.fromisoformat(found.due_on)
    grace = None if found.grace_until is None else date.fromisoformat(found.grace_until)
    told = complaints.page(connection, 2**53, BESIDE, repayment_seq=found.seq, borrower=None)
    return RepaymentCare(
        id=found.id,
        due_state=DueState.PAID if paid else DueState(found.due_state),
        due_on=due_on,
        grace_until=grace,
        last_day=last_day(due_on, grace, holidays),
        overdue_since=_moment(found.overdue_since),
        penalty_from=None if found.penalty_from is None else date.fromisoformat(found.penalty_from),
        protected=protected,
        credit_hold=any(one.credit_hold and one.released_at is None for one in held),
        grants=tuple(map(_held, held)),
        messages=tuple(_message(one, language) for one in outbox.beside(connection, found.seq)),
        complaints=complaint_lines(told),
    )


def _left_alone(connection: Connection, found: Place, holidays: Holidays) -> bool:
    """Tell whether the due-date clock leaves an instalment alone: in and over before it first ran."""
    start = care.clock_from(connection)
    if start is None or found.due_state == "overdue" or found.created_at >= start:
        return False
    return found.due_on <= passed_through(business_day(start), holidays).isoformat()


def complaint_page(
    connection: Connection,
    before: int,
    limit: int,
    *,
    repayment: str | None,
    borrower: str | None,
    now: int,
) -> Complaints:
    """Return one page of complaints, newest first."""
    hour, day = complaints.counts(connection, now)
    nothing = Complaints(items=(), next=None, hour=hour, day=day)
    if not storable(f"{repayment or ''}{borrower or ''}"):
        return nothing
    seq = None
    if repayment is not None:
        place = due.place(connection, repayment)
        if place is None:
            return nothing
        seq = place.seq
    found = complaints.page(connection, before, limit, repayment_seq=seq, borrower=borrower)
    following = str(found[-1].seq) if len(found) == limit else None
    return Complaints(items=complaint_lines(found), next=following, hour=hour, day=day)


def complaint_lines(found: Sequence[StoredComplaint]) -> tuple[Complaint, ...]:
    """Return complaints as they are shown."""
    return tuple(
        Complaint(
            id=one.id,
            external_id=Untrusted(one.external_id),
            repayment=one.repayment,
            borrower=one.borrower,
            channel=Untrusted(one.channel),
            text=Untrusted(one.text),
            strategies=tuple(name for name in one.strategies.split(",") if name),
            at=to_datetime(one.at),
            received_at=to_datetime(one.received_at),
        )
        for one in found
    )


def _grant(one: StoredGrant, figures: Figures) -> CareGrant:
    return CareGrant(
        id=one.id,
        origin=one.origin,
        change=one.change_id,
        who=Untrusted(one.who),
        filter=Untrusted(one.filter),
        created_at=to_datetime(one.created_at),
        released_at=_moment(one.released_at),
        grace_days=one.grace_days,
        coupon_fen=one.coupon_fen,
        notice=None if one.notice is None else Untrusted(one.notice),
        credit_hold=bool(one.credit_hold),
        count=one.repayments,
        sum_fen=one.sum_fen,
        open=figures.open,
        coupons=figures.coupons,
        coupons_fen=figures.coupons_fen,
        coupons_used=figures.coupons_used,
        notices=figures.notices,
        notices_sent=figures.notices_sent,
    )


def _held(one: Held) -> GrantLine:
    return GrantLine(
        grant=one.grant,
        origin=one.origin,
        at=to_datetime(one.at),
        grace_until=None if one.grace_until is None else date.fromisoformat(one.grace_until),
        credit_hold=bool(one.credit_hold),
        coupon_fen=one.coupon_fen,
        coupon_valid_until=_moment(one.valid_until),
        coupon_used_at=_moment(one.used_at),
        released_at=_moment(one.released_at),
    )


def _message(one: StoredMessage, language: Language) -> Message:
    return Message(
        kind=one.kind,
        state=one.state,
        text=Untrusted(one.text_zh if language == "zh" else one.text_en),
        created_at=to_datetime(one.created_at),
        sent_at=_moment(one.sent_at),
        tries=one.tries,
        problem=None if one.problem is None else Untrusted(one.problem),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
