"""When to act next on an attempt whose outcome is not known.

Pure arithmetic on instants (milliseconds); chance comes in as a number, so that every time is testable.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Final
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, Instant, business_day, to_instant

INQUIRY_STEPS: Final = (5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before each of the first inquiries."""

INQUIRY_EVERY: Final = 600.0
"""Seconds between the inquiries after those."""

JITTER: Final = 0.2
"""Share by which a wait is stretched or shortened, so that stuck attempts do not ask in step."""

_ZONE: Final = ZoneInfo(BUSINESS_ZONE)


def inquiry_wait(
    made: int, chance: float, steps: Sequence[float] = INQUIRY_STEPS, every: float = INQUIRY_EVERY
) -> int:
    """Return the milliseconds to wait before the next inquiry when `made` were made already.

    `chance` (0…1) spreads the wait over ±20 %.
    """
    seconds = steps[made] if made < len(steps) else every
    return round(seconds * 1000 * (1 + JITTER * (2 * chance - 1)))


def retry_wait(sends: int, chance: float) -> int:
    """Return the milliseconds before an order that could not be sent is tried again: 1, 2, 4 … 60 s."""
    seconds: float = min(60, 2 ** min(max(sends - 1, 0), 6))
    return round(seconds * 1000 * (1 + JITTER * (2 * chance - 1)))


def start_of_business_day(now: Instant, days: int = 0) -> Instant:
    """Return midnight Asia/Shanghai of the day that is `days` after the day of `now`."""
    day = business_day(now) + timedelta(days=days)
    return to_instant(datetime.combine(day, time_of_day(), _ZONE))


def manual_at(sent_at: Instant, days: int = 2) -> Instant:
    """Return when inquiry is over: the end of the `days`-th day (Asia/Shanghai) after sending."""
    return start_of_business_day(sent_at, days + 1)


def manual_cutoff(now: Instant, days: int = 2) -> Instant:
    """Return the instant before which an order must have been sent for its inquiry to be over now."""
    return start_of_business_day(now, -days)
