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


EXPECTED: Final = 4.0
"""Hits that were to be expected for a ratio to lean: none at all by chance is one time in fifty then."""


MORE: Final = 1.25
"""Times the usual from which on more than usual is surely more."""

SILENT: Final = 10
"""Minutes without a single sample after which what was before tells nothing any more."""


@dataclass(frozen=True, slots=True)
class RateTuning:
    """`sample` is how many must have been seen, within `span` minutes at most; `margin` how far (as a
    ratio) and `factor` how many times beyond the usual it must surely be; `usual` is believed at first,
    with the weight of `belief` samples; `memory` is in samples. `below` looks for too few instead."""

    sample: int = 30
    span: int = 30
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
        if verdict.value is not None and verdict.score < 0.2 and seen and not self._made_up_for(hits, seen):
            share = min(1.0, seen / (self._weight + seen))
            self._usual += share * (min(hits, seen) / seen - self._usual)
            self._weight = min(self._weight + seen, self.tuning.memory)
        return verdict

    def _made_up_for(self, hits: int, seen: int) -> bool:
        """Tell whether what was too few before comes all at once: no minute to learn from, once the usual is
        known."""
        known = self.tuning.below and self._weight >= self.tuning.memory / 2
        return known and wilson(min(hits, seen), seen, Z)[0] > self._usual * MORE

    def forget(self) -> None:
        """Forget the last minutes; what is usual stays."""
        self._recent.clear()

    def leans(self) -> RateVerdict | None:
        """Return the ratio of the newest minutes where it is beyond the limit, though nothing is sure; None
        where it is not, or too few could be expected to tell."""
        hits = seen = 0
        for some, many in reversed(self._recent):
            hits, seen = hits + some, seen + many
            if self._usual * seen >= EXPECTED:
                ratio = hits / seen
                beyond = ratio < self._limit if self.tuning.below else ratio > self._limit
                return RateVerdict(0.5, ratio, self._usual, seen) if beyond else None
        return None

    def _judge(self) -> RateVerdict:
        """Judge the newest minutes that are enough to tell, and where these are unusual, every longer span.

        A longer span makes surer, the newest minutes tell whether it goes on: the two windows of a burn rule
        (SRE workbook, chapter 5).
        """
        tuning, usual = self.tuning, self._usual
        hits = seen = 0
        found: RateVerdict | None = None
        for age, (some, many) in enumerate(reversed(self._recent), 1):
            hits, seen = hits + some, seen + many
            if age == SILENT and not seen:
                break
            if seen < tuning.sample:
                continue
            verdict = self._verdict(hits, seen)
            if found is None:
                found = verdict
                if not self._unusual(hits / seen):
                    break
            elif verdict.score > found.score:
                found = verdict._replace(value=found.value)
        return RateVerdict(0.0, None, usual, seen) if found is None else found

    @property
    def _limit(self) -> float:
        tuning, usual = self.tuning, self._usual
        if tuning.below:
            return usual / tuning.factor
        return max(usual * tuning.factor, usual + tuning.margin)

    def _unusual(self, ratio: float) -> bool:
        """Tell whether a ratio is nearer to its limit than to what is usual."""
        middle = (self._limit + self._usual) / 2
        return ratio < middle if self.tuning.below else ratio > middle

    def _verdict(self, hits: int, seen: int) -> RateVerdict:
        tuning, usual, limit = self.tuning, self._usual, self._limit
        if tuning.below and usual < tuning.margin:
            return RateVerdict(0.0, hits / seen, usual, seen)
        low, high = wilson(hits, seen, Z)
        over = (limit - high if tuning.below else low - limit) / max(limit, 1e-9)
        score = 1 / (1 + math.exp(-max(-60.0, min(60.0, 4 * over))))
        return RateVerdict(score, hits / seen, usual, seen)
