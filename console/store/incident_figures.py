"""What happened to orders and repayments while an incident lasted, counted from the attempts themselves.

An order belongs to the incident when it was made in its time at one of its gateways. Attempts have no index
by time: their numbers rise with it, so the first one is found by halving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, exists, func, or_, select

from console.store.tables import attempt, repayment, timeline

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ColumnElement

DISORDER_MS: Final = 600_000
"""By how much attempts may be numbered otherwise than they were made."""

_AT: Final = (
    select(attempt.c.id, attempt.c.created_at)
    .where(attempt.c.id >= bindparam("id"))
    .order_by(attempt.c.id)
    .limit(1)
)


class Span(NamedTuple):
    """When and where: from `since` to before `until`, at these gateways (none: all)."""

    since: int
    until: int
    gateways: tuple[str, ...]


class OrderSum(NamedTuple):
    """Orders of one state."""

    state: str
    number: int
    sum_fen: int


class StageSum(NamedTuple):
    """Affected repayments that are in one stage now."""

    stage: str
    number: int
    sum_fen: int


class BorrowerSum(NamedTuple):
    """Affected repayments of one borrower."""

    borrower: str
    number: int
    sum_fen: int


class Unpaid(NamedTuple):
    """An affected repayment that is not settled, on its due day or after it."""

    id: str
    borrower: str
    due_on: str
    grace_until: str | None
    due_state: str
    amount_fen: int


PAID: Final = "settled"

DOUBTED: Final = "unknown"
"""The word of the timeline for an order whose outcome became unknown."""


def orders(connection: Connection, span: Span) -> list[OrderSum]:
    """Return the incident's orders by their state now; only those that were sent."""
    query = (
        select(attempt.c.state, func.count(), func.coalesce(func.sum(attempt.c.amount_fen), 0))
        .where(*_within(connection, span), attempt.c.sends > 0)
        .group_by(attempt.c.state)
        .order_by(attempt.c.state)
    )
    return [OrderSum(state, int(count), int(fen)) for state, count, fen in connection.execute(query)]


def stages(connection: Connection, span: Span) -> list[StageSum]:
    """Return the affected repayments by where they are now."""
    query = (
        select(repayment.c.stage, func.count(), func.coalesce(func.sum(repayment.c.amount_fen), 0))
        .where(_affected(connection, span))
        .group_by(repayment.c.stage)
        .order_by(repayment.c.stage)
    )
    return [StageSum(stage, int(count), int(fen)) for stage, count, fen in connection.execute(query)]


def borrowers(connection: Connection, span: Span, limit: int) -> tuple[int, list[BorrowerSum]]:
    """Return how many borrowers are to be told, and those with the most money: their repayments were
    affected and are not settled."""
    unpaid = (_affected(connection, span), repayment.c.stage != PAID)
    token, fen = repayment.c.borrower_token, func.sum(repayment.c.amount_fen)
    count = connection.execute(select(func.count(func.distinct(token))).where(*unpaid)).scalar_one()
    query = (
        select(token, func.count(), fen)
        .where(*unpaid)
        .group_by(token)
        .order_by(fen.desc(), token)
        .limit(limit)
    )
    return int(count), [BorrowerSum(name, int(n), int(sum_)) for name, n, sum_ in connection.execute(query)]


def unpaid(connection: Connection, span: Span, today: str, limit: int) -> tuple[int, int, list[Unpaid]]:
    """Return count and money of the affected repayments that are due by `today` and not settled, and those
    due first."""
    due = (_affected(connection, span), repayment.c.stage != PAID, repayment.c.due_on <= today)
    count, fen = connection.execute(
        select(func.count(), func.coalesce(func.sum(repayment.c.amount_fen), 0)).where(*due)
    ).one()
    columns = (
        repayment.c.id,
        repayment.c.borrower_token,
        repayment.c.due_on,
        repayment.c.grace_until,
        repayment.c.due_state,
        repayment.c.amount_fen,
    )
    query = select(*columns).where(*due).order_by(repayment.c.due_on, repayment.c.seq).limit(limit)
    return int(count), int(fen), [Unpaid._make(row) for row in connection.execute(query)]


def _affected(connection: Connection, span: Span) -> ColumnElement[bool]:
    """Return what tells a repayment that had an order in the incident which did not simply succeed."""
    doubted = exists().where(
        timeline.c.repayment_seq == attempt.c.repayment_seq,
        timeline.c.what == DOUBTED,
        timeline.c.at >= span.since,
        timeline.c.at < span.until,
    )
    members = select(attempt.c.repayment_seq).where(
        *_within(connection, span), or_(attempt.c.state != "SUCCEEDED", doubted)
    )
    return repayment.c.seq.in_(members)


def _within(connection: Connection, span: Span) -> list[ColumnElement[bool]]:
    found = [attempt.c.id >= _first(connection, span.since - DISORDER_MS)]
    found += [attempt.c.created_at >= span.since, attempt.c.created_at < span.until]
    if span.gateways:
        found.append(attempt.c.gateway.in_(span.gateways))
    return found


def _first(connection: Connection, instant: int) -> int:
    """Return a number below which no attempt was made at or after an instant."""
    low, high = 0, int(connection.execute(select(func.coalesce(func.max(attempt.c.id), 0))).scalar_one()) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(_AT, {"id": middle}).one_or_none()
        if row is None or row.created_at >= instant:
            high = middle
        else:
            low = int(row.id) + 1
    return low
