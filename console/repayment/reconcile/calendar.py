"""The days of settlement files: they begin and end at midnight Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, Instant, business_day, to_instant
from console.repayment.reconcile.findings import Day


def day_of(gateway: str, day: date) -> Day:
    """Return a gateway's day with its instants."""
    return Day(gateway, day, _midnight(day), _midnight(day + timedelta(days=1)))


def before(day: date, count: int) -> list[date]:
    """Return the days before a day, oldest first."""
    return [day - timedelta(days=back) for back in range(count, 0, -1)]


def yesterday(now: int) -> date:
    """Return the last day that has ended."""
    return business_day(now) - timedelta(days=1)


def _midnight(day: date) -> Instant:
    return to_instant(datetime.combine(day, time(), ZoneInfo(BUSINESS_ZONE)))
