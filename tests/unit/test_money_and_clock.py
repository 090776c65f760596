"""Money is fen and time is milliseconds; both are told to people in one way."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.clock import ManualClock, SystemClock, business_day, iso, to_datetime, to_instant
from console.contract.money import yuan


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "¥0.00"), (5, "¥0.05"), (-5, "-¥0.05"), (123450, "¥1,234.50"), (-100, "-¥1.00")]
)
def test_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text


@given(st.integers(0, 4_000_000_000_000))
def test_instants_survive_the_way_through_datetime(instant: int) -> None:
    assert to_instant(to_datetime(instant)) == instant


def test_iso_is_utc_with_milliseconds() -> None:
    assert iso(1_780_000_000_007) == "2026-05-28T20:26:40.007Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_instant(datetime(2026, 1, 1))


def test_the_business_day_ends_at_midnight_in_shanghai() -> None:
    before = to_instant(datetime(2026, 11, 24, 15, 59, 59, 999000, UTC))
    assert business_day(before).isoformat() == "2026-11-24"
    assert business_day(before + 1).isoformat() == "2026-11-25"


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(1000)
    assert clock.now() == 1000
    assert clock.advance(1.5) == 2500
    assert clock.now() == 2500


def test_the_system_clock_counts_milliseconds_of_now() -> None:
    assert abs(SystemClock().now() - to_instant(datetime.now(UTC))) < 60_000
