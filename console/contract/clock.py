"""Time: one `Clock`, injected wherever a decision depends on now.

Instants are integer milliseconds since the Unix epoch, in UTC: exact, small and the same in both
databases. Days that decide (due, grace, cut-off) end at midnight Asia/Shanghai.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final, NewType, Protocol

Instant = NewType("Instant", int)
"""Milliseconds since 1970-01-01T00:00:00Z."""

BUSINESS_ZONE: Final = "Asia/Shanghai"
"""The zone whose midnight ends a due day."""


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> Instant:
        """Return the present instant (UTC, milliseconds)."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)


class ManualClock:
    """A clock that moves only when told to; for tests and simulations."""

    def __init__(self, start: int = 1_780_000_000_000) -> None:
        self._now = start

    def now(self) -> Instant:
        return Instant(self._now)

    def advance(self, seconds: float) -> Instant:
        """Move forward by `seconds` and return the new instant."""
        self._now += round(seconds * 1000)
        return self.now()


def to_datetime(instant: int) -> datetime:
    """Return the instant as an aware UTC datetime (exact to the millisecond)."""
    return datetime.fromtimestamp(instant // 1000, UTC) + timedelta(milliseconds=instant % 1000)


def to_instant(moment: datetime) -> Instant:
    """Return an aware datetime as an instant.

    Raises ValueError for a naive datetime: its zone would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is ambiguous")
    return Instant(round(moment.timestamp() * 1000))


def iso(instant: int) -> str:
    """Return the instant as ISO 8601 in UTC with milliseconds and `Z`."""
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def business_day(instant: int) -> date:
    """Return the calendar day of the instant in Asia/Shanghai."""
    from zoneinfo import ZoneInfo

    return to_datetime(instant).astimezone(ZoneInfo(BUSINESS_ZONE)).date()
