"""What people declared, and what it leaves of signs: what was counted before it tells nothing any more, and a
warning whose cause it took away is over at once, not after minutes that were healthy. Pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Final

from console.warnings.reading import GatewayMinute, Reading

_MINUTE_MS: Final = 60_000

_OF_ORDERS: Final = ("failure_rate", "unknown_ratio", "callbacks", "confirm_p95")
"""Series of a gateway that are about new orders: one that is stopped gets none."""

_OF_VERSION: Final = ("intercept_rate", "friction", "complaints")
"""Series of a strategy that are about the version which was in force."""

Keys = Set[tuple[str, str]]
"""Series, each with what it is about."""


def forgotten(reading: Reading) -> Keys:
    """Return the series of which everything so far is about what is declared otherwise now."""
    paused = {name for name, stage in reading.stages.items() if stage.paused}
    return {
        *((series, name) for name in reading.stopped for series in _OF_ORDERS),
        *((series, name) for name in _set_anew(reading) for series in _OF_VERSION),
        *(("oldest_age", name) for name in paused),
    }


def telling(reading: Reading) -> Reading:
    """Return a minute without what tells nothing: of a stopped gateway only whether it answers inquiries,
    nothing of a strategy that another version of it did."""
    anew = _set_anew(reading)
    return replace(
        reading,
        gateways={
            name: _answers_of(one) if name in reading.stopped else one
            for name, one in reading.gateways.items()
        },
        sla={name: one for name, one in reading.sla.items() if name not in reading.stopped},
        strategies={name: one for name, one in reading.strategies.items() if name not in anew},
    )


def over(subject: str, seen_at: int, reading: Reading) -> bool:
    """Tell whether a warning without signs lost its cause by what was declared since its last sign."""
    kind, _, name = subject.partition(":")
    match kind:
        case "window":
            return name not in reading.windows
        case "gateway":
            return name in reading.stopped
        case "stage":
            return name in reading.stages and reading.stages[name].paused
        case "strategy":
            return reading.changed.get(name, -1) >= seen_at
        case "reserve":
            return reading.topped_up.get(name, -1) >= seen_at
        case _:
            return False


def _set_anew(reading: Reading) -> Set[str]:
    """Return strategies that were changed in this minute, or after it."""
    return {name for name, at in reading.changed.items() if at >= reading.minute * _MINUTE_MS}


def _answers_of(one: GatewayMinute) -> GatewayMinute:
    return GatewayMinute(answered=one.answered, unanswered=one.unanswered)
