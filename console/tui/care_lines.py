"""What stands beside a repayment, as lines of its detail: where its instalment stands, care, complaints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from console.contract.care import DueState
from console.contract.care_words import MESSAGE_KINDS, MESSAGE_STATES, PROTECTIONS, state_word, word
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.widgets.fields import field, heading

if TYPE_CHECKING:
    from console.contract.care import Complaint, GrantLine, Message, RepaymentCare
    from console.tui.widgets.lines import Line

_STYLES = {DueState.DUE: "good", DueState.IN_GRACE: "warn", DueState.OVERDUE: "bad", DueState.PAID: "good"}


def care_lines(found: RepaymentCare, width: int, zone: str) -> list[Line]:
    """Return the part about care."""
    lines: list[Line] = [heading(t("Care"), width)]
    standing = state_word(found.due_state)
    if found.due_state is DueState.OVERDUE and found.penalty_from is not None:
        standing = t("{state}, penalty from {day}", state=standing, day=f"{found.penalty_from:%Y-%m-%d}")
    elif found.due_state is not DueState.PAID:
        standing = t("{state}, last day {day}", state=standing, day=f"{found.last_day:%Y-%m-%d}")
    lines += field(t("instalment"), standing, width, _STYLES[found.due_state])
    if found.protected:
        kept = word(PROTECTIONS, found.protected)
        if found.protected != "before_start":
            kept = t("never overdue while {why}", why=kept)
        lines += field(t("protected"), kept, width)
    if found.credit_hold:
        lines += field(t("credit hold"), t("not reported to the credit bureau"), width, "warn")
    for grant in found.grants:
        lines += field(t("granted"), _grant(grant, zone), width, "dim" if grant.released_at else "text")
    for message in found.messages:
        lines += field(word(MESSAGE_KINDS, message.kind), _message(message, zone), width)
    for complaint in found.complaints:
        lines += field(t("complaint"), _complaint(complaint, zone), width, "warn")
    return lines


def _grant(one: GrantLine, zone: str) -> str:
    parts = [figures.moment(one.at, zone)]
    if one.grace_until is not None:
        parts.append(t("grace until {day}", day=f"{one.grace_until:%Y-%m-%d}"))
    if one.coupon_fen is not None:
        parts.append(t("coupon {sum}", sum=yuan(one.coupon_fen)))
        parts.append(_coupon(one, zone))
    if one.credit_hold:
        parts.append(t("credit hold"))
    if one.released_at is not None:
        parts.append(t("released"))
    parts.append(t("by itself") if one.origin == "service" else shown(one.grant))
    return "  ".join(parts)


def _coupon(one: GrantLine, zone: str) -> str:
    """Return what became of a coupon."""
    if one.coupon_used_at is not None:
        return t("used {time}", time=figures.moment(one.coupon_used_at, zone))
    if one.coupon_valid_until is None:
        return ""
    until = figures.moment(one.coupon_valid_until, zone)
    if one.coupon_valid_until < datetime.now(UTC):
        return t("not used until {time}", time=until)
    return t("valid until {time}", time=until)


def _message(one: Message, zone: str) -> str:
    state = word(MESSAGE_STATES, one.state)
    problem = f" ({shown(one.problem)})" if one.problem is not None else ""
    return f"{figures.moment(one.sent_at or one.created_at, zone)}  {state}{problem}  {shown(one.text)}"


def _complaint(one: Complaint, zone: str) -> str:
    channel = f"{shown(one.channel)}: " if one.channel else ""
    return f"{figures.moment(one.at, zone)}  {channel}{shown(one.text)}"
