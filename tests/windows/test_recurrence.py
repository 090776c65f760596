"""When windows happen, whatever the clocks of their zone do."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.contract.clock import to_datetime, to_instant
from console.windows.recurrence import MOST_A_YEAR, RuleError, canonical
from console.windows.scope import parse_scope
from console.windows.wall_clock import ZoneError, instant_of, shown_in, zone_of
from console.windows.window import Policy, Window, check

ALIPAY = parse_scope("gateway=alipay")
MINUTE = 60_000
HOUR = 60 * MINUTE


def window(start: str, zone: str, minutes: int = 90, rule: str | None = None) -> Window:
    """A window declared long before it begins."""
    declared = to_instant(datetime(2020, 1, 1, tzinfo=UTC))
    at = datetime.fromisoformat(start)
    return Window("w_1", ALIPAY, Policy.HOLD, zone, at, minutes * MINUTE, declared, rule)


def starts(found: Window, first: str, count: int) -> list[str]:
    """The first starts after a day (UTC), as the zone's clocks show them."""
    after = to_instant(datetime.fromisoformat(first).replace(tzinfo=UTC))
    return [shown_in(one.starts_at, zone_of(found.zone)) for one in found.upcoming(after, count)]


@pytest.mark.parametrize(
    ("zone", "wall", "begins"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 03:00 +02:00"),  # the gap
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 03:00 +02:00"),
        ("Europe/Berlin", "2026-03-29 01:59", "2026-03-29 01:59 +01:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 02:30 +02:00"),  # comes twice
        ("America/New_York", "2026-03-08 02:15", "2026-03-08 03:00-04:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 01:30-04:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-04 02:30 +11:00"),  # half an hour
        ("Asia/Shanghai", "2026-11-24 00:00", "2026-11-24 00:00 +08:00"),
        ("Asia/Kathmandu", "2026-11-24 02:00", "2026-11-24 02:00 +05:45"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31 00:00 +14:00"),  # a day that never was
    ],
)
def test_a_skipped_time_happens_at_the_end_of_the_gap_and_a_repeated_one_the_first_time(
    zone: str, wall: str, begins: str
) -> None:
    at = instant_of(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert shown_in(at, ZoneInfo(zone)) == begins


def test_every_night_goes_on_through_gap_and_repeat() -> None:
    nightly = window("2026-03-27 02:30", "Europe/Berlin", 60, "FREQ=DAILY")
    assert starts(nightly, "2026-03-27", 4) == [
        "2026-03-27 02:30 +01:00",
        "2026-03-28 02:30 +01:00",
        "2026-03-29 03:00 +02:00",
        "2026-03-30 02:30 +02:00",
    ]
    assert starts(nightly, "2026-10-24", 3) == [
        "2026-10-24 02:30 +02:00",
        "2026-10-25 02:30 +02:00",
        "2026-10-26 02:30 +01:00",
    ]


def test_two_times_that_the_gap_makes_one_happen_once() -> None:
    both = window("2026-03-28 02:00", "Europe/Berlin", 30, "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2,3;BYMINUTE=0")
    check(both)
    assert starts(both, "2026-03-29", 2) == ["2026-03-29 03:00 +02:00", "2026-04-05 02:00 +02:00"]


def test_midnight_month_end_and_leap_day() -> None:
    assert starts(window("2026-01-31 23:30", "Asia/Shanghai", 60, "FREQ=MONTHLY"), "2026-01-01", 3) == [
        "2026-01-31 23:30 +08:00",
        "2026-03-31 23:30 +08:00",
        "2026-05-31 23:30 +08:00",
    ]
    last = window("2026-01-31 23:30", "Asia/Shanghai", 60, "FREQ=MONTHLY;BYMONTHDAY=-1")
    assert starts(last, "2026-01-01", 3)[1:] == ["2026-02-28 23:30 +08:00", "2026-03-31 23:30 +08:00"]
    leap = window("2028-02-29 02:00", "Asia/Shanghai", 60, "FREQ=YEARLY")
    assert starts(leap, "2028-01-01", 2) == ["2028-02-29 02:00 +08:00", "2032-02-29 02:00 +08:00"]
    over = window("2026-12-31 23:30", "Asia/Shanghai", 60).upcoming(0, 1)[0]
    assert shown_in(over.ends_at, zone_of("Asia/Shanghai")) == "2027-01-01 00:30 +08:00"


def test_the_clocks_of_another_country_decide() -> None:
    tokyo = window("2026-11-24 02:00", "Asia/Tokyo").upcoming(0, 1)[0]
    shanghai = window("2026-11-24 02:00", "Asia/Shanghai").upcoming(0, 1)[0]
    assert shanghai.starts_at - tokyo.starts_at == HOUR
    assert shown_in(tokyo.starts_at, zone_of("Asia/Shanghai")) == "2026-11-24 01:00 +08:00"


def test_an_end_in_utc_is_understood_in_the_zone() -> None:
    until = window("2026-11-24 02:00", "Asia/Shanghai", 30, "FREQ=DAILY;UNTIL=20261125T180000Z")
    assert len(until.upcoming(0, 9)) == 3  # the 26th at 02:00 is the 25th at 18:00 UTC


RULES = st.sampled_from(
    [
        None,
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,WE,SU",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=YEARLY",
        "FREQ=HOURLY;INTERVAL=36",
        "FREQ=WEEKLY;COUNT=7",
    ]
)
ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
WALLS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(microsecond=0))


@settings(deadline=None, max_examples=100)
@given(WALLS, ZONES, RULES, st.integers(1, 26 * 60), st.integers(0, 600))
def test_occurrences_are_ordered_apart_and_of_the_declared_length(
    at: datetime, zone: str, rule: str | None, minutes: int, drain: int
) -> None:
    made = Window("w", ALIPAY, Policy.HOLD, zone, at, minutes * MINUTE, 0, rule, drain * MINUTE)
    try:
        check(made)
    except RuleError:
        return
    first = to_instant(at.replace(tzinfo=UTC)) - 2 * 86_400_000
    found = made.between(first, first + 500 * 86_400_000)
    assert all(one.ends_at - one.starts_at == minutes * MINUTE for one in found)
    assert all(a.ends_at <= b.starts_at for a, b in itertools.pairwise(found))
    assert all(one.closes_at == one.starts_at - drain * MINUTE for one in found)
    ahead = made.upcoming(first, 5)
    assert ahead[: len(found)] == found[: len(ahead)]
    for one in found:
        local = to_datetime(one.starts_at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert abs(local - local.replace(hour=at.hour, minute=at.minute)) < timedelta(days=1)
        assert made.at(one.starts_at) == one
        assert made.at(one.ends_at) != one


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=90",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=99999",
        "FREQ=DAILY;COUNT=5;UNTIL=20271231",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY\nDTSTART:20200101T000000",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=DAILY;UNTIL=tomorrow",
        "BYDAY=MO",
        "",
        "FREQ=" + "DAILY;BYHOUR=" + ",".join(["1"] * 500),
        "\x1b[2J",
    ],
)
def test_a_rule_that_is_not_allowed_is_refused_with_advice(rule: str) -> None:
    with pytest.raises(RuleError) as refused:
        canonical(rule)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("rule", "minutes", "problem"),
    [
        ("FREQ=HOURLY", 30, f"more than {MOST_A_YEAR}"),
        ("FREQ=DAILY;BYHOUR=2,14", 30, f"more than {MOST_A_YEAR}"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", 30, "no time at all"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=5", 30, "no time at all"),
        ("FREQ=DAILY", 24 * 60 + 1, "overlap"),
    ],
)
def test_a_rule_that_gives_too_much_or_nothing_is_refused_in_good_time(
    rule: str, minutes: int, problem: str
) -> None:
    began = time.monotonic()
    with pytest.raises(RuleError, match=problem):
        check(window("2026-11-23 02:00", "Asia/Shanghai", minutes, canonical(rule)))
    assert time.monotonic() - began < 5


def test_a_day_long_window_every_day_is_refused_where_a_day_has_23_hours() -> None:
    check(window("2026-11-23 02:00", "Asia/Shanghai", 24 * 60, "FREQ=DAILY"))
    with pytest.raises(RuleError, match="overlap") as refused:
        check(window("2026-11-23 02:00", "Europe/Berlin", 24 * 60, "FREQ=DAILY"))
    assert "1380m" in refused.value.hint


@pytest.mark.parametrize("name", ["Asia/Shanghia", "", "../etc/passwd", "/etc/passwd", "x" * 300, "\x00"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ZoneError) as refused:
        zone_of(name)
    assert refused.value.hint
