"""One ratio, minute by minute: is it surely above (or below) what it used to be? Streaming, no look ahead.

The ratio of the last minutes is judged by the end of Wilson's interval that gives it the benefit of the
doubt, so few samples condemn nobody. What it used to be is learnt slowly, and not while it is unusual.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from console.contract.wilson import wilson

Z: Final = 3.0
"""Standard deviations of the interval: one false alarm in a thousand independent minutes, at most."""


@dataclass(frozen=True, slots=True)
class RateTuning:
    """`sample` is how many must have been seen, within `span` minutes at most; `margin` how far (as a
    ratio) and `factor` how many times beyond the usual it must surely be; `usual` is believed at first,
    with the weight of `belief` samples; `memory` is in samples. `below` looks for too few instead."""

    sample: int = 30
    span: int = 5
    margin: float = 0.05
    factor: float = 2.0
    usual: float = 0.02
    belief: float = 200.0
    memory: float = 4000.0
    below: bool = False


class RateVerdict(NamedTuple):
    """`score` is 0…1, a half at the limit; `value` is the ratio judged, None without enough samples."""

    score: float
    value: float | None
    usual: float
    seen: int


class Rate:
    """The state of one ratio."""

    __slots__ = ("_recent", "_usual", "_weight", "tuning")

    def __init__(self, tuning: RateTuning | None = None) -> None:
        self.tuning = tuning or RateTuning()
        self._recent: deque[tuple[int, int]] = deque(maxlen=self.tuning.span)
        self._usual, self._weight = self.tuning.usual, self.tuning.belief

    def step(self, hits: int, seen: int) -> RateVerdict:
        """Judge a minute with `hits` of `seen`, then learn it unless it is unusual."""
        self._recent.append((min(hits, seen), seen))
        verdict = self._judge()
        if verdict.value is not None and verdict.score < 0.2 and seen:
            share = min(1.0, seen / (self._weight + seen))
            self._usual += share * (min(hits, seen) / seen - self._usual)
            self._weight = min(self._weight + seen, self.tuning.memory)
        return verdict

    def _judge(self) -> RateVerdict:
        tuning = self.tuning
        hits = seen = 0
        for some, many in reversed(self._recent):
            hits, seen = hits + some, seen + many
            if seen >= tuning.sample:
                break
        usual = self._usual
        if seen < tuning.sample:
            return RateVerdict(0.0, None, usual, seen)
        low, high = wilson(hits, seen, Z)
        if tuning.below:
            limit = usual / tuning.factor
            if usual < tuning.margin:
                return RateVerdict(0.0, hits / seen, usual, seen)
            over = (limit - high) / max(limit, 1e-9)
        else:
            limit = max(usual * tuning.factor, usual + tuning.margin)
            over = (low - limit) / max(limit, 1e-9)
        score = 1 / (1 + math.exp(-max(-60.0, min(60.0, 4 * over))))
        return RateVerdict(score, hits / seen, usual, seen)
