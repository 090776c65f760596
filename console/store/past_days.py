"""What happened on a past day, counted from the repayments that were taken in then. Reads only.

Each question is led by the index over the days of intake, so it reads that day and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Column, and_, case, distinct, func, literal_column, select
from sqlalchemy.sql.visitors import replacement_traverse

from console.store.conditions import conditions
from console.store.risk_tables import decision
from console.store.tables import attempt, repayment, timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from console.contract.filter import Filter

IN_REVIEW: Final = ("challenge", "review")
"""What strategies do with a repayment that goes to review."""


class Span(NamedTuple):
    """From an instant on (milliseconds), until before another."""

    since: int
    until: int


@dataclass(frozen=True)
class Came:
    """So many repayments with so much money, of so many borrowers."""

    count: int
    sum_fen: int
    borrowers: int


@dataclass(frozen=True)
class Sent:
    """The orders that went to a gateway; `wished` of them had to go there, with `wished_fen`."""

    gateway: str
    count: int
    sum_fen: int
    wished: int
    wished_fen: int


def _taken_in(day: Span) -> ColumnElement[bool]:
    return and_(
        repayment.c.erased_at.is_(None),
        repayment.c.created_at >= day.since,
        repayment.c.created_at < day.until,
    )


def came(connection: Connection, given: Filter, day: Span, steps: Sequence[str], *, reviewed: bool) -> Came:
    """Return who fits a filter of the repayments taken in then, and on that day went through one of these
    steps of the timeline, or into review where `reviewed`. Without steps all who fit."""
    dialect = connection.dialect.name
    asked = conditions(given, day.until - 1, dialect)
    fits = [_taken_in(day), *(map(_unled, asked) if dialect == "sqlite" else asked)]
    went: list[ColumnElement[bool]] = []
    if steps:
        told = select(timeline.c.id).where(
            timeline.c.repayment_seq == repayment.c.seq,
            timeline.c.what.in_(list(steps)),
            timeline.c.at >= day.since,
            timeline.c.at < day.until,
        )
        went.append(told.exists())
    if reviewed:
        kept = select(decision.c.repayment_seq).where(
            decision.c.at >= day.since, decision.c.at < day.until, decision.c.action.in_(IN_REVIEW)
        )
        went.append(repayment.c.seq.in_(kept))
    if went:
        fits.append(went[0] if len(went) == 1 else went[0] | went[1])
    return _came(connection, fits)


def _unled(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a condition that leads SQLite to no index: without statistics it takes a gateway for less than
    a day."""

    def plain(element: Any, **_: Any) -> Any:
        if isinstance(element, Column) and element.table is repayment:
            return literal_column(f"+repayment.{element.name}", element.type)
        return None

    return replacement_traverse(condition, {}, plain)


def arrived(connection: Connection, span: Span, products: Sequence[str] = ()) -> Came:
    """Return who was taken in within a span."""
    fits: list[ColumnElement[bool]] = [_taken_in(span)]
    if products:
        fits.append(repayment.c.product.in_(list(products)))
    return _came(connection, fits)


def _came(connection: Connection, fits: Sequence[ColumnElement[bool]]) -> Came:
    query: Any = select(
        func.count(),
        func.coalesce(func.sum(repayment.c.amount_fen), 0),
        func.count(distinct(repayment.c.borrower_token)),
    ).where(*fits)
    count, fen, borrowers = connection.execute(query).one()
    return Came(int(count), int(fen), int(borrowers))


def sent(connection: Connection, day: Span, span: Span, products: Sequence[str] = ()) -> list[Sent]:
    """Return per gateway the orders sent within a span, of the repayments taken in on that day."""
    wished = repayment.c.wanted_gateway == attempt.c.gateway
    query = (
        select(
            attempt.c.gateway,
            func.count(),
            func.sum(attempt.c.amount_fen),
            func.sum(case((wished, 1), else_=0)),
            func.sum(case((wished, attempt.c.amount_fen), else_=0)),
        )
        .select_from(repayment.join(attempt, attempt.c.repayment_seq == repayment.c.seq))
        .where(_taken_in(day), attempt.c.sent_at >= span.since, attempt.c.sent_at < span.until)
        .group_by(attempt.c.gateway)
        .order_by(attempt.c.gateway)
    )
    if products:
        query = query.where(repayment.c.product.in_(list(products)))
    return [Sent(row[0], *map(int, row[1:])) for row in connection.execute(query)]
