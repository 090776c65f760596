"""How figures are written: counts, spans, shares, rates and moments. Unknown is `?`, never zero."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from console.contract.clock import BUSINESS_ZONE
from console.contract.language import current_language

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

_CHINESE_UNITS: Final = str.maketrans({"d": "天", "h": "小时", "m": "分", "s": "秒"})

UNKNOWN: Final = "?"
"""Stands for a figure that is not known."""

NOTHING: Final = "-"
"""Stands for a figure that does not apply, such as the oldest of an empty queue."""


def count(number: int | None) -> str:
    """Return a number with separators."""
    return UNKNOWN if number is None else f"{number:,}"


def short_count(number: int | None) -> str:
    """Return a number in at most six cells: `99,999`, `123k`, `12.3M`."""
    if number is None or number < 100_000:
        return count(number)
    return f"{number / 1000:.0f}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def short_rate(per_minute: float | None) -> str:
    """Return a rate per minute in at most five cells: `0.4`, `1,204`, `12.3k`."""
    if per_minute is None or per_minute < 10_000:
        return rate(per_minute)
    return f"{per_minute / 1000:.1f}k" if per_minute < 100_000 else f"{per_minute / 1000:.0f}k"


def span(seconds: float | None) -> str:
    """Return a time span in at most seven cells: `0.4s`, `12s`, `3m12s`, `2h05m`, `6d03h`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 10:
        return f"{max(0.0, seconds):.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02d}h"


def whole_span(seconds: float | None) -> str:
    """Return a time span in whole seconds or coarser: `0s`, `59s`, `3m12s`."""
    if seconds is None or seconds >= 10:
        return span(seconds)
    return f"{max(0, int(seconds))}s"


def told_span(seconds: float | None) -> str:
    """Return a time span as it stands in a sentence, its units in the language in use: `3m12s`, `3分12秒`."""
    text = whole_span(seconds)
    return text.translate(_CHINESE_UNITS) if current_language() == "zh" else text


def share(ratio: float | None) -> str:
    """Return a ratio of 0…1 in per cent with one decimal; never rounded up to 100 or down to 0."""
    if ratio is None:
        return UNKNOWN
    rounded = round(ratio * 100, 1)
    if ratio < 1 and rounded >= 100:
        rounded = 99.9
    if ratio > 0 and rounded <= 0:
        rounded = 0.1
    return f"{rounded:.1f}%"


def rate(per_minute: float | None) -> str:
    """Return a rate per minute: whole from ten on, with one decimal below; never rounded down to 0."""
    if per_minute is None:
        return UNKNOWN
    if 0 < per_minute < 0.05:
        return "<0.1"
    return f"{per_minute:,.0f}" if per_minute >= 10 or per_minute == 0 else f"{per_minute:.1f}"


@lru_cache(maxsize=4)
def zone(name: str) -> tzinfo:
    """Return the zone of that IANA name, or UTC when the machine does not know it."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def moment(at: datetime | None, zone_name: str) -> str:
    """Return an instant as `11-24 14:03:22` in the zone."""
    return UNKNOWN if at is None else f"{at.astimezone(zone(zone_name)):%m-%d %H:%M:%S}"


def full_moment(at: datetime | None, zone_name: str) -> str:
    """Return an instant as `2026-11-24 14:03:22.123 +08:00` in the zone."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(zone(zone_name))
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d} {offset[:3]}:{offset[3:]}"


def yesterday(now: datetime) -> str:
    """Return the last day that is over in Shanghai, as `2026-11-23`."""
    return (now.astimezone(zone(BUSINESS_ZONE)) - timedelta(days=1)).date().isoformat()


def wall_clock(at: datetime, zone_name: str) -> str:
    """Return an instant as `14:03:22 +08` in the zone."""
    local = at.astimezone(zone(zone_name))
    offset = f"{local:%z}"
    return f"{local:%H:%M:%S} {offset[:3] if offset.endswith('00') else offset}"
