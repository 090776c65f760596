"""The calendar of what is expected: sale days, due-date clusters, paydays. It shifts what is usual, so that
both more and less than planned is told. Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from console.contract.clock import BUSINESS_ZONE
from console.contract.wire import StrictWire

_ZONE: Final = ZoneInfo(BUSINESS_ZONE)


class Planned(StrictWire):
    """Days on which `multiplier` times the usual comes, give or take a share of `band`.

    Days are dates (`days`), or days of every month (`month_days`) or week (`weekdays`, Monday is 1); `since`
    and `until` narrow them to a time of the day in Asia/Shanghai. `product` None: all of them.
    """

    name: str = Field(min_length=1, max_length=64)
    days: tuple[date, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    since: time = time(0, 0)
    until: time = time(23, 59, 59)
    multiplier: float = Field(gt=0, le=1000)
    band: float = Field(default=0.3, ge=0, lt=1)
    product: str | None = None

    @model_validator(mode="after")
    def _some_days(self) -> Planned:
        if not (self.days or self.month_days or self.weekdays):
            raise ValueError("name days, month_days or weekdays")
        if not all(1 <= day <= 31 for day in self.month_days) or not all(1 <= d <= 7 for d in self.weekdays):
            raise ValueError("days of a month are 1…31, of a week 1…7")
        if self.since >= self.until:
            raise ValueError("since comes before until; write two entries for a night")
        return self

    def covers(self, at: int) -> bool:
        """Tell whether an instant is in it."""
        local = datetime.fromtimestamp(at / 1000, _ZONE)
        today = local.date()
        day = today in self.days or today.day in self.month_days or today.isoweekday() in self.weekdays
        return day and self.since <= local.time() <= self.until


def expected(plan: tuple[Planned, ...], product: str | None, at: int) -> tuple[float, float]:
    """Return how many times the usual is expected at an instant, and the band around it (a share)."""
    found = [one for one in plan if one.product in (None, product) and one.covers(at)]
    multiplier, band = 1.0, 0.0
    for one in found:
        multiplier, band = multiplier * one.multiplier, max(band, one.band)
    return multiplier, band


def minute_of_day(at: int) -> int:
    """Return the minutes since midnight in Asia/Shanghai."""
    local = datetime.fromtimestamp(at / 1000, _ZONE)
    return local.hour * 60 + local.minute


def minutes_to_midnight(at: int) -> float:
    """Return the minutes until the day ends in Asia/Shanghai."""
    local = datetime.fromtimestamp(at / 1000, _ZONE)
    return 1440 - (local.hour * 60 + local.minute + local.second / 60)
