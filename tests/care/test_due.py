"""The due-date clock as it is decided: midnight, month end, leap day, holidays, grace."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.care.due import grace_from, last_day, passed_through, public_holidays, standing
from console.contract.care import DueState
from console.contract.clock import business_day, to_instant

NONE: frozenset[date] = frozenset()


def at(text: str) -> date:
    """The business day of a wall-clock time in Shanghai."""
    return business_day(to_instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))))


def stands(due: str, today: date, grace: str | None = None, **more: bool) -> DueState:
    facts = {"paid": False, "protected": False} | more
    until = None if grace is None else date.fromisoformat(grace)
    return standing(DueState.DUE, date.fromisoformat(due), until, today, public_holidays(), **facts)


@pytest.mark.parametrize(
    ("due", "last_moment", "first_moment"),
    [
        ("2026-06-10", "2026-06-10T23:59:59.999", "2026-06-11T00:00:00"),
        ("2026-06-30", "2026-06-30T23:59:59.999", "2026-07-01T00:00:00"),
        ("2026-12-31", "2027-01-01T00:00:00", "2027-01-01T00:00:00"),
        ("2028-02-29", "2028-02-29T23:59:59.999", "2028-03-01T00:00:00"),
        ("2027-02-28", "2027-02-28T23:59:59.999", "2027-03-01T00:00:00"),
    ],
)
def test_a_day_ends_at_midnight_in_shanghai(due: str, last_moment: str, first_moment: str) -> None:
    if last_moment != first_moment:
        assert stands(due, at(last_moment)) is DueState.DUE
    assert stands(due, at(first_moment)) is DueState.OVERDUE


def test_utc_midnight_ends_no_day() -> None:
    eight_in_shanghai = business_day(to_instant(datetime.fromisoformat("2026-06-10T00:00:00+00:00")))
    assert stands("2026-06-10", eight_in_shanghai) is DueState.DUE
    evening_in_utc = business_day(to_instant(datetime.fromisoformat("2026-06-10T16:00:00+00:00")))
    assert stands("2026-06-10", evening_in_utc) is DueState.OVERDUE


def test_a_due_day_on_a_holiday_counts_until_the_end_of_the_first_day_after_it() -> None:
    assert last_day(date(2026, 10, 1), None, public_holidays()) == date(2026, 10, 8)
    assert stands("2026-10-03", date(2026, 10, 8)) is DueState.DUE
    assert stands("2026-10-03", date(2026, 10, 9)) is DueState.OVERDUE
    assert stands("2026-09-30", date(2026, 10, 2)) is DueState.OVERDUE


def test_grace_is_in_grace_until_it_lapses() -> None:
    assert stands("2026-06-10", date(2026, 6, 10), "2026-06-13") is DueState.DUE
    assert stands("2026-06-10", date(2026, 6, 11), "2026-06-13") is DueState.IN_GRACE
    assert stands("2026-06-10", date(2026, 6, 13), "2026-06-13") is DueState.IN_GRACE
    assert stands("2026-06-10", date(2026, 6, 14), "2026-06-13") is DueState.OVERDUE


def test_what_is_protected_or_paid_is_never_overdue() -> None:
    assert stands("2026-06-10", date(2026, 7, 10), protected=True) is DueState.DUE
    assert stands("2026-06-10", date(2026, 7, 10), paid=True) is DueState.PAID


def test_a_grace_counts_from_the_due_day_or_from_today() -> None:
    assert grace_from(date(2026, 6, 10), date(2026, 6, 1), 3) == date(2026, 6, 13)
    assert grace_from(date(2026, 6, 10), date(2026, 6, 20), 3) == date(2026, 6, 23)
    assert grace_from(date(2028, 2, 27), date(2028, 2, 1), 2) == date(2028, 2, 29)


DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
TABLES = st.sets(st.dates(date(2026, 1, 1), date(2026, 2, 15)), max_size=30).map(frozenset)


@given(DAYS, DAYS, TABLES)
def test_a_day_is_over_by_the_cut_off_exactly_when_its_last_day_is(
    day: date, today: date, table: frozenset[date]
) -> None:
    assert (day <= passed_through(today, table)) == (last_day(day, None, table) < today)


@given(DAYS, st.integers(0, 60), TABLES)
def test_time_never_makes_an_instalment_less_late(day: date, days: int, table: frozenset[date]) -> None:
    order = [DueState.DUE, DueState.IN_GRACE, DueState.OVERDUE]
    walked = [
        standing(
            DueState.DUE, day, day + timedelta(days=5), day + timedelta(days=n), table,
            paid=False, protected=False,
        )
        for n in range(days)
    ]  # fmt: skip
    assert walked == sorted(walked, key=order.index)
