"""The filter language as SQL conditions, and which of its terms an index should lead."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, assert_never

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true

from console.contract.clock import business_day
from console.contract.filter import Filter, Kind, RelativeDay, Term
from console.contract.vocabulary import OPEN_STAGES, State
from console.store.replay_tables import replay, replay_item
from console.store.tables import repayment

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Column

Condition = ColumnElement[bool]

COLUMNS: Final[dict[str, Column[Any]]] = {
    "state": repayment.c.stage,
    "stage": repayment.c.stage,
    "gateway": repayment.c.gateway,
    "error": repayment.c.error_code,
    "code": repayment.c.error_code,
    "product": repayment.c.product,
    "borrower": repayment.c.borrower_token,
    "instalment": repayment.c.instalment,
    "id": repayment.c.id,
    "external": repayment.c.external_id,
}
"""The column behind each field whose values are words."""

_SEARCHED: Final = (
    repayment.c.external_id,
    repayment.c.id,
    repayment.c.instalment,
    repayment.c.product,
    repayment.c.error_code,
)
_LEADERS: Final = ("id", "external", "borrower", "instalment", "error", "code", "stage", "state", "gateway")
"""Indexed fields, the most selective first."""

_IN_STAGE_SINCE: Final = func.coalesce(repayment.c.waiting_since, repayment.c.updated_at)


def conditions(given: Filter, now: int, dialect: str) -> list[Condition]:
    """Return the conditions that must all hold; ages and relative days are resolved at `now`."""
    return [_term(term, now, dialect) for term in given.terms]


def alternatives(given: Filter, now: int, dialect: str) -> list[Condition]:
    """Return conditions whose union is the filter, disjoint, each led by one value of an indexed column,
    so that each can be walked in order of `seq`; a single one when nothing leads."""
    leader = _leader(given)
    rest = [_term(term, now, dialect) for term in given.terms if term is not leader]
    if leader is None:
        return [and_(true(), *rest)]
    column = COLUMNS[leader.field.name]
    return [and_(column == word, *rest) for word in _words(leader)]


def _leader(given: Filter) -> Term | None:
    for name in _LEADERS:
        for term in given.terms:
            if term.field.name == name and not term.negated:
                return term
    return None


def _words(term: Term) -> list[str]:
    """Return the words a term accepts, coarse states resolved to stages, each once."""
    out: dict[str, None] = {}
    for value in term.values:
        if term.field.kind is Kind.STATE and value == State.OPEN:
            out |= dict.fromkeys(map(str, OPEN_STAGES))
        else:
            out[str(value)] = None
    return list(out)


def _term(term: Term, now: int, dialect: str) -> Condition:
    match term.field.kind:
        case Kind.WORD if term.field.name == "replay":
            condition = _taken_in(_words(term))
        case Kind.WORD | Kind.STATE | Kind.STAGE:
            column = COLUMNS[term.field.name]
            words = _words(term)
            if not term.negated:
                return column == words[0] if len(words) == 1 else column.in_(words)
            return or_(column.is_(None), column.not_in(words)) if column.nullable else column.not_in(words)
        case Kind.MONEY:
            condition = _any(repayment.c.amount_fen, term, lambda value: int(str(value)))
        case Kind.DURATION:
            condition = _age(term, now)
        case Kind.DAY:
            condition = _any(repayment.c.due_on, term, lambda value: _day(value, now))
        case Kind.TEXT:
            condition = _text(str(term.values[0]), dialect)
        case _:
            assert_never(term.field.kind)
    return not_(condition) if term.negated else condition


def _taken_in(replays: list[str]) -> Condition:
    """Hold for the repayments that any of these replays took in."""
    taken = select(replay_item.c.repayment_seq).join(replay, replay.c.seq == replay_item.c.replay_seq)
    return repayment.c.seq.in_(taken.where(replay.c.id.in_(replays)))


def _any(column: Column[Any], term: Term, resolve: Callable[[object], int | str]) -> Condition:
    compared = _COMPARISONS[term.operator]
    options = [compared(column, resolve(value)) for value in term.values]
    return options[0] if len(options) == 1 else or_(false(), *options)


_COMPARISONS: Final[dict[str, Callable[[Any, Any], Condition]]] = {
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    ":": lambda column, value: column == value,
}
_MIRRORED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def _age(term: Term, now: int) -> Condition:
    """Compare since when, not how long: older means an earlier instant."""
    instant = now - int(str(term.values[0]))
    return _COMPARISONS[_MIRRORED[term.operator]](_IN_STAGE_SINCE, instant)


def _day(value: object, now: int) -> str:
    if isinstance(value, RelativeDay):
        return value.resolve(business_day(now)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not a day: {value!r}")


def _text(part: str, dialect: str) -> Condition:
    """Find the part in any of the searched columns, ASCII letters in either case."""
    hits = []
    for column in _SEARCHED:
        hit = (column.contains if dialect == "sqlite" else column.icontains)(part, autoescape=True)
        hits.append(func.coalesce(hit, false()) if column.nullable else hit)
    return or_(*hits)
