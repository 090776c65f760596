"""The due-date clock, as pure functions: until when paying is in time, and where an instalment stands.

Days are those of Asia/Shanghai; each ends at its midnight. A last day that is a public holiday moves to the
first day after it. Nothing is overdue while it is protected; a penalty always counts from the due day.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final

from console.contract.care import DueState

_DAY: Final = timedelta(days=1)

AHEAD_DAYS: Final = 60
"""How long before a year its holidays have to be known: they are published in the November before it."""

Holidays = frozenset[date]


@cache
def public_holidays() -> Holidays:
    """Return the holidays of the packaged table."""
    table = tomllib.loads(resources.files("console.care").joinpath("holidays.toml").read_text("utf-8"))
    return days_of((date.fromisoformat(first), date.fromisoformat(last)) for first, last in table["spans"])


def days_of(spans: Iterable[tuple[date, date]]) -> Holidays:
    """Return all days of spans, both ends included."""
    return frozenset(first + _DAY * at for first, last in spans for at in range((last - first).days + 1))


def known_ahead(today: date, holidays: Holidays) -> bool:
    """Tell whether the table has holidays of the year that it will be in `AHEAD_DAYS`."""
    year = (today + _DAY * AHEAD_DAYS).year
    return any(day.year == year for day in holidays)


def last_day(due_on: date, grace_until: date | None, holidays: Holidays) -> date:
    """Return the last day on which paying is in time."""
    day = due_on if grace_until is None else max(due_on, grace_until)
    while day in holidays:
        day += _DAY
    return day


def passed_through(today: date, holidays: Holidays) -> date:
    """Return the latest day that, as a last day, is over: what ends on it or before is late today."""
    day = today - _DAY
    while last_day(day, None, holidays) >= today:
        day -= _DAY
    return day


def standing(
    state: DueState,
    due_on: date,
    grace_until: date | None,
    today: date,
    holidays: Holidays,
    *,
    paid: bool,
    protected: bool,
) -> DueState:
    """Return where an instalment stands today; `protected` while an attempt is unresolved or a hold stands.

    What is overdue stays so until it is paid.
    """
    if paid:
        return DueState.PAID
    if state in (DueState.OVERDUE, DueState.PAID):
        return state
    over = passed_through(today, holidays)
    if due_on > over:
        return DueState.DUE
    if grace_until is not None and grace_until > over:
        return DueState.IN_GRACE
    return state if protected else DueState.OVERDUE


def grace_from(due_on: date, today: date, days: int) -> date:
    """Return the last day of a grace granted today."""
    return max(due_on, today) + _DAY * days
