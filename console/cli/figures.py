"""How the command line writes figures and moments. Absent knowledge is `?`, never zero."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from console.cli.output import UNKNOWN, Cell, Tone
from console.contract.vocabulary import Mode, Stage

if TYPE_CHECKING:
    from datetime import tzinfo

STAGE_TONES = {
    Stage.SETTLED: Tone.GOOD,
    Stage.IN_DOUBT: Tone.WARN,
    Stage.HELD: Tone.WARN,
    Stage.REVIEW: Tone.WARN,
    Stage.FAILED: Tone.BAD,
    Stage.MANUAL: Tone.BAD,
}

MODE_TONES = {
    Mode.LIVE: Tone.GOOD,
    Mode.DEGRADED: Tone.WARN,
    Mode.READ_ONLY: Tone.WARN,
    Mode.OFFLINE: Tone.BAD,
}

STATE_TONES = {
    "ok": Tone.GOOD,
    "healthy": Tone.GOOD,
    "degraded": Tone.WARN,
    "warning": Tone.WARN,
    "down": Tone.BAD,
    "failed": Tone.BAD,
}


def stage_cell(stage: Stage, replayed: int = 0) -> Cell:
    """Return the stage's name, which is also its word in filters; of what failed again after replays also
    how often it did."""
    again = f" x{replayed + 1}" if replayed and stage is Stage.FAILED else ""
    return Cell(f"{stage.value}{again}", STAGE_TONES.get(stage, Tone.PLAIN))


def state_cell(state: str) -> Cell:
    """Return the state of a gateway, a part or a finding."""
    return Cell(state, STATE_TONES.get(state, Tone.PLAIN))


def age(seconds: float | None) -> str:
    """Return a span in its largest unit that matters."""
    if seconds is None:
        return UNKNOWN
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def number(value: float | None) -> str:
    """Return a whole number with separators."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def percent(ratio: float | None) -> str:
    """Return a ratio of 0…1 in percent."""
    return UNKNOWN if ratio is None else f"{ratio * 100:.1f}%"


def span_seconds(seconds: float | None) -> str:
    """Return seconds with one decimal."""
    return UNKNOWN if seconds is None else f"{seconds:.1f}s"


def zone_of(name: str) -> tzinfo:
    """Return the profile's zone."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def moment(when: datetime | None, zone: tzinfo) -> str:
    """Return date and time to the second in the zone."""
    return "-" if when is None else when.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def seconds_since(when: datetime) -> float:
    """Return how long ago the moment was."""
    return max(0.0, (datetime.now(UTC) - when).total_seconds())
