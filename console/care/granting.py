"""What a grant would give to whom: the members of a selection or filter, and what each gets.

Reads only; the kind of change does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from console.care.due import grace_from
from console.care.templates import TEMPLATES, wording
from console.contract.clock import business_day
from console.contract.filter import FilterError, parse_filter
from console.contract.money import yuan
from console.contract.span import SpanError, parse_span
from console.store import care, coupons, outbox, selections
from console.store.care import Item, Member
from console.store.kinds import InvalidChange

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.care import CareGrantBody
    from console.contract.clock import Instant

MOST: Final = 20_000
"""Repayments that one grant is for, at most."""

DAY_SECONDS: Final = 86_400
COUPON_SECONDS: Final = 30 * DAY_SECONDS
LONGEST_COUPON: Final = 365 * DAY_SECONDS

PAID: Final = frozenset({"settled"})
"""Stages in which neither grace nor hold means anything."""


@dataclass(frozen=True)
class Chosen:
    """To whom: `name` and `digest` are what the approval binds; None for a filter, which moves."""

    filter: str
    seqs: tuple[int, ...]
    name: str
    digest: str | None


@dataclass(frozen=True)
class Granting:
    """Who gets what. `coupon_for`, `notice_for` leave out who had one today, or had enough."""

    members: tuple[Member, ...]
    items: tuple[Item, ...]
    coupon_for: tuple[Member, ...]
    notice_for: tuple[Member, ...]
    grace_days: int | None
    coupon_ms: int | None
    coupons_fen: int
    day: str

    @property
    def sum_fen(self) -> int:
        """The money of the repayments."""
        return sum(one.amount_fen for one in self.members)


def choose(connection: Connection, body: CareGrantBody, now: Instant) -> Chosen:
    """Return the members. Raises InvalidChange."""
    if body.selection is not None:
        found = selections.get(connection, body.selection, now=now)
        if found is None:
            raise InvalidChange(
                "selection", "there is no such selection, or its hour is over", "make it anew"
            )
        _check_count(found.count)
        seqs = tuple(seq for chunk in selections.members(connection, found.id) for seq in chunk)
        return Chosen(found.filter, seqs, f"selection:{found.id}", found.digest)
    assert body.filter is not None  # noqa: S101 - the body has one of the two
    try:
        given = parse_filter(body.filter)
    except FilterError as error:
        raise InvalidChange("filter", str(error), f"column {error.column + 1}") from None
    gathered = selections.gather(connection, given, now=now)
    _check_count(gathered.selection.count)
    seqs = tuple(selections.numbers(gathered))
    return Chosen(given.text, seqs, f"filter:{sha256(given.text.encode()).hexdigest()[:16]}", None)


def _check_count(count: int) -> None:
    if count > MOST:
        raise InvalidChange(
            "filter", "that is more than one grant may be for", f"at most {MOST:,}: narrow it"
        )


def granting(
    connection: Connection, body: CareGrantBody, chosen: Chosen, now: Instant, *, lock: bool = False
) -> Granting:
    """Return who would get what now. Raises InvalidChange."""
    today = business_day(now)
    limits = care.terms(connection)
    members = tuple(care.members(connection, chosen.seqs, lock=lock))
    days = grace_days(body, limits.grace_days)
    borrowers = sorted({one.borrower for one in members})
    with_coupon = _coupon_for(connection, body, members, borrowers, today)
    return Granting(
        members,
        tuple(_items(members, body, days, today)),
        with_coupon,
        _notice_for(connection, body, members, borrowers, today, limits.notices_per_day),
        days,
        coupon_ms(body),
        (body.coupon_fen or 0) * len(with_coupon),
        today.isoformat(),
    )


def grace_days(body: CareGrantBody, most: int) -> int | None:
    """Return the days of grace. Raises InvalidChange."""
    if body.grace is None:
        return None
    seconds = _seconds("grace", body.grace)
    if seconds % DAY_SECONDS:
        raise InvalidChange("grace", "a grace is whole days", "like 3d")
    if seconds > most * DAY_SECONDS:
        raise InvalidChange("grace", "that is more days than one grant may give", f"at most {most}d")
    return seconds // DAY_SECONDS


def coupon_ms(body: CareGrantBody) -> int | None:
    """Return how long the coupon is valid. Raises InvalidChange."""
    if body.coupon_fen is None:
        return None
    seconds = COUPON_SECONDS if body.coupon_for is None else _seconds("coupon_for", body.coupon_for)
    if seconds > LONGEST_COUPON:
        raise InvalidChange("coupon_for", "a coupon is valid for a year at most", "like 30d")
    return seconds * 1000


def _seconds(field: str, text: str) -> int:
    try:
        return parse_span(text)
    except SpanError:
        raise InvalidChange(field, "this is not a span of time", "like 3d") from None


def _items(members: Iterable[Member], body: CareGrantBody, days: int | None, today: date) -> Iterable[Item]:
    """Yield what each repayment gets."""
    for one in members:
        paid = one.stage in PAID
        until = None
        if days is not None and not paid:
            until = grace_from(date.fromisoformat(one.due_on), today, days).isoformat()
        yield Item(one.seq, until, body.credit_hold and not paid)


def _coupon_for(
    connection: Connection, body: CareGrantBody, members: Iterable[Member], borrowers: list[str], today: date
) -> tuple[Member, ...]:
    if body.coupon_fen is None:
        return ()
    return _one_each(members, coupons.have(connection, today.isoformat(), borrowers))


def _notice_for(
    connection: Connection,
    body: CareGrantBody,
    members: Iterable[Member],
    borrowers: list[str],
    today: date,
    most: int,
) -> tuple[Member, ...]:
    if body.notice is None:
        return ()
    day = today.isoformat()
    enough = {name for name, count in outbox.told(connection, day, borrowers).items() if count >= most}
    return _one_each(members, enough | outbox.have(connection, day, body.notice, borrowers))


def _one_each(members: Iterable[Member], leave_out: set[str]) -> tuple[Member, ...]:
    """Return the first repayment of each borrower who is not left out."""
    seen = set(leave_out)
    found = []
    for one in members:
        if one.borrower not in seen:
            seen.add(one.borrower)
            found.append(one)
    return tuple(found)


def messages(found: Granting, body: CareGrantBody, grant_seq: int) -> list[outbox.NewMessage]:
    """Return the notices of a grant. Each borrower gets the same text once a day at most."""
    if body.notice is None:
        return []
    until = {one.repayment_seq: one.grace_until for one in found.items}
    out = []
    for one in found.notice_for:
        said = wording(
            body.notice,
            {"last_day": until[one.seq] or one.due_on, "coupon": yuan(body.coupon_fen or 0).lstrip("¥")},
        )
        out.append(
            outbox.NewMessage(
                "notice", grant_seq, one.seq, one.borrower, found.day, body.notice, said.zh, said.en
            )
        )
    return out


def wrong_notice(body: CareGrantBody) -> bool:
    """Tell whether a template is named whose value is not granted."""
    needs = {"grace": body.grace, "coupon": body.coupon_fen}
    return body.notice in TEMPLATES and body.notice in needs and not needs[body.notice]


def new_coupons(found: Granting, body: CareGrantBody, grant_seq: int, now: int) -> list[coupons.NewCoupon]:
    """Return the coupons of a grant."""
    if body.coupon_fen is None or found.coupon_ms is None:
        return []
    return [
        coupons.NewCoupon(grant_seq, one.seq, one.borrower, found.day, body.coupon_fen, now + found.coupon_ms)
        for one in found.coupon_for
    ]
