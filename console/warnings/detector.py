"""One series, point by point: how unlike itself is it now? Streaming, without a look ahead.

Three questions, each answered by 0…1, and joined by noisy-or: is it far from what this time of the day
lets expect, did it jump, is it beyond everything seen so far? Owns no thresholds of paging and no clock;
a caller feeds one value per step and reads the verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_TO_SIGMA: Final = 1.2533
"""Standard deviation of a normal distribution over its mean absolute deviation, √(π/2)."""

_CLIP: Final = 4.0
"""How many deviations of one point may move the baseline: an incident must not become the normal."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a series is judged. Memories are in points, thresholds in deviations.

    `slots` is the number of times of the day that have a baseline of their own (0: none),
    `season_memory` how many days such a baseline remembers. `floor` is the least deviation in the unit
    of the series, `relative_floor` the least deviation as a share of the baseline: a series that never
    moved must not cry at its first flutter. A score is told again only when it is higher, or
    `cooldown` points later.
    """

    memory: float = 60.0
    slots: int = 0
    season_memory: float = 5.0
    floor: float = 1e-9
    relative_floor: float = 0.05
    residual_at: float = 5.0
    difference_at: float = 7.0
    width: float = 0.8
    extreme_margin: float = 0.25
    extreme_weight: float = 0.6
    warm_up: int = 30
    cooldown: int = 60

    def __post_init__(self) -> None:
        if self.memory < 1 or self.season_memory < 1 or self.width <= 0 or self.floor <= 0:
            raise ValueError("memories are at least one point, width and floor are above zero")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one point is. `score` is 0…1 after the cooldown, `raw` before it; `expected` and `deviation`
    are in the unit of the series, and `residual` is how many deviations above (or below) it is."""

    score: float
    raw: float
    expected: float
    deviation: float
    residual: float
    by_residual: float
    by_difference: float
    by_extreme: float


class Detector:
    """The state of one series: a few numbers, and one baseline per time of the day."""

    __slots__ = (
        "_before",
        "_drift",
        "_high",
        "_jump",
        "_low",
        "_season",
        "_season_seen",
        "_seen",
        "_spread",
        "_told",
        "_told_at",
        "tuning",
    )

    def __init__(self, tuning: Tuning | None = None) -> None:
        self.tuning = tuning or Tuning()
        self._seen = 0
        self._drift = 0.0
        self._spread = 0.0
        self._jump = 0.0
        self._before: float | None = None
        self._low = math.inf
        self._high = -math.inf
        self._season = [0.0] * self.tuning.slots
        self._season_seen = [0] * self.tuning.slots
        self._told = 0.0
        self._told_at = 0

    @property
    def warm(self) -> bool:
        """Whether it has seen enough to judge."""
        return self._seen >= self.tuning.warm_up

    def step(self, value: float, slot: int = 0) -> Verdict:
        """Judge one point by everything before it, then learn it. `slot` is its time of the day.

        Raises ValueError for a value that is no finite number.
        """
        if not math.isfinite(value):
            raise ValueError("a point of a series is a finite number; leave out what is not known")
        verdict = self._judge(value, slot)
        self._learn(value, slot, verdict)
        return verdict

    def look(self, value: float, slot: int = 0) -> Verdict:
        """Judge one point without learning it: what is known to be unusual must not become the usual."""
        return self._judge(value, slot)

    def pass_by(self, value: float) -> None:
        """Let one point pass without learning it: the next one is compared with it."""
        self._before = value

    def forget_before(self) -> None:
        """Take the next point for the first after a gap: it did not jump."""
        self._before = None

    def _judge(self, value: float, slot: int) -> Verdict:
        tuning = self.tuning
        expected = self._expected(slot)
        deviation = max(tuning.floor, tuning.relative_floor * abs(expected), _TO_SIGMA * self._spread)
        residual = (value - expected) / deviation
        if self._seen < tuning.warm_up:
            return Verdict(0.0, 0.0, expected, deviation, residual, 0.0, 0.0, 0.0)
        by_residual = _share(abs(residual), tuning.residual_at, tuning.width)
        by_difference = 0.0
        if self._before is not None:
            usual = max(tuning.floor, tuning.relative_floor * abs(expected), _TO_SIGMA * self._jump)
            jumped = (value - self._before) / usual
            by_difference = _share(abs(jumped), tuning.difference_at, tuning.width)
        by_extreme = tuning.extreme_weight * self._beyond(value, deviation)
        raw = 1.0 - (1.0 - by_residual) * (1.0 - by_difference) * (1.0 - by_extreme)
        score = self._after_cooldown(raw)
        return Verdict(score, raw, expected, deviation, residual, by_residual, by_difference, by_extreme)

    def _expected(self, slot: int) -> float:
        if self.tuning.slots and self._season_seen[slot % self.tuning.slots]:
            return self._season[slot % self.tuning.slots] + self._drift
        return self._drift if not self.tuning.slots else self._overall() + self._drift

    def _overall(self) -> float:
        """Return the mean of the times of the day that are known, for one that is not."""
        known = sum(1 for seen in self._season_seen if seen)
        return sum(self._season) / known if known else 0.0

    def _beyond(self, value: float, deviation: float) -> float:
        """Return 0…1 for how far the value lies beyond everything seen."""
        over = max(value - self._high, self._low - value)
        if over <= 0:
            return 0.0
        margin = max(self.tuning.extreme_margin * (self._high - self._low), 2.0 * deviation)
        return 1.0 - math.exp(-over / margin)

    def _after_cooldown(self, raw: float) -> float:
        if self._seen - self._told_at < self.tuning.cooldown and raw <= self._told:
            return 0.0
        if raw >= 0.5:
            self._told, self._told_at = raw, self._seen
        return raw

    def _learn(self, value: float, slot: int, verdict: Verdict) -> None:
        tuning = self.tuning
        self._seen += 1
        gain = max(1.0 / self._seen, 1.0 / tuning.memory)
        warm = self._seen > tuning.warm_up
        limit = _CLIP * verdict.deviation if warm else math.inf
        off = max(-limit, min(limit, value - verdict.expected))
        if tuning.slots:
            self._learn_season(verdict.expected + off, slot % tuning.slots)
        self._drift += gain * off
        self._spread += gain * (abs(off) - self._spread)
        if self._before is not None:
            jump = min(abs(value - self._before), limit)
            self._jump += gain * (jump - self._jump)
        self._before = value
        self._low, self._high = min(self._low, value), max(self._high, value)

    def _learn_season(self, value: float, slot: int) -> None:
        self._season_seen[slot] += 1
        gain = max(1.0 / self._season_seen[slot], 1.0 / self.tuning.season_memory)
        self._season[slot] += gain * (value - self._drift - self._season[slot])


def _share(distance: float, at: float, width: float) -> float:
    """Return 0…1, a half at `at` deviations, rising over `width`."""
    exponent = (at - distance) / width
    return 0.0 if exponent > 60 else 1.0 / (1.0 + math.exp(exponent))
