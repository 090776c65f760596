"""Wall-clock times of an IANA zone as instants, whatever its clocks do that day. Pure.

A time that the clocks skip happens at the end of the gap; one that comes twice happens the first time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from console.contract.clock import Instant, to_datetime, to_instant
from console.contract.text import nearest


class ZoneError(ValueError):
    """There is no such zone; `hint` names the nearest one."""

    def __init__(self, name: str) -> None:
        super().__init__("there is no such time zone")
        near = nearest(name, available_timezones())
        self.hint = f"did you mean {near}?" if near else "write an IANA zone like Asia/Shanghai"


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of an IANA name. Raises ZoneError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneError(name) from None


def instant_of(wall: datetime, zone: ZoneInfo) -> Instant:
    """Return when the clocks of a zone show `wall` (naive): see the module for gaps and repeats."""
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    first = early.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return to_instant(first)
    return _end_of_gap(late.astimezone(UTC), first, zone)


def wall_of(instant: int, zone: ZoneInfo) -> datetime:
    """Return what the clocks of a zone show at an instant, naive, to the second."""
    return to_datetime(instant).astimezone(zone).replace(tzinfo=None, microsecond=0, fold=0)


def shown_in(instant: int, zone: ZoneInfo) -> str:
    """Return an instant as the clocks of a zone show it, with the offset: `2026-11-24 02:00 +08:00`."""
    return to_datetime(instant).astimezone(zone).isoformat(" ", "minutes").replace("+", " +", 1)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> Instant:
    """Return the instant between the two (UTC, whole seconds) at which the zone's offset changes."""
    low, high = int(before.timestamp()), int(after.timestamp())
    offset = before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return Instant(high * 1000)
