"""When borrowers pay: low at night, with peaks in the morning, the afternoon and the evening."""

from __future__ import annotations

import math
import random
from typing import Final

from console.contract.clock import BUSINESS_ZONE

LOWEST: Final = 0.5
"""The night's share of the mean; never less, so that a console opened at night is alive."""

_PEAKS: Final = ((10.0, 1.2, 1.5), (15.0, 0.8, 1.5), (20.0, 1.6, 2.0))
"""Hour, height, and width in hours."""

_MINUTES: Final = 1440
_UTC_OFFSET_MINUTES: Final = {"Asia/Shanghai": 480}[BUSINESS_ZONE]
"""Without daylight saving since 1991."""


def _shape() -> tuple[float, ...]:
    raised = [
        sum(height * math.exp(-(((minute / 60 - hour) / width) ** 2)) for hour, height, width in _PEAKS)
        for minute in range(_MINUTES)
    ]
    scale = (1 - LOWEST) / (sum(raised) / _MINUTES)
    return tuple(LOWEST + value * scale for value in raised)


DAY: Final = _shape()
"""Share of the mean rate, per minute of the day in Asia/Shanghai; its own mean is 1."""


def share(instant: int) -> float:
    """Return the share of the mean rate at which borrowers pay at an instant."""
    return DAY[(instant // 60_000 + _UTC_OFFSET_MINUTES) % _MINUTES]


def arrivals(expected: float, chance: random.Random) -> int:
    """Return how many come when `expected` are (Poisson; by the normal curve when they are many)."""
    if expected <= 0:
        return 0
    if expected > 40:
        return max(0, round(chance.gauss(expected, math.sqrt(expected))))
    limit, product, count = math.exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
