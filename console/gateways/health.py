"""Whether a gateway can be trusted with traffic, told from its recent outcomes.

The rule, over outcomes of the last minute, at most 100 of them (good: any answer that could be verified;
bad: none, or one that could not be trusted):

- down: 5 bad in a row, or at least half of 10 or more are bad. It gets one probe every 2 s.
- degraded: at least a tenth of 10 or more are bad. It gets a quarter of its weight.
- from down it comes back after 3 good in a row, as degraded: its old outcomes are forgotten then, and it
  is healthy only once 10 new ones are known.

What counts are debits; of inquiries only the bad ones, see `Lane.note`.
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

WINDOW_SECONDS: Final = 60.0
KEPT: Final = 100
ENOUGH: Final = 10
DOWN_IN_A_ROW: Final = 5
UP_IN_A_ROW: Final = 3
DOWN_SHARE: Final = 0.5
DEGRADED_SHARE: Final = 0.1
PROBE_SECONDS: Final = 2.0
DEGRADED_WEIGHT: Final = 0.25


class HealthState(StrEnum):
    """How far a gateway is trusted."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


class Health:
    """The health of one gateway; `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=KEPT)
        self._bad = 0
        self._run = 0
        self._down = False
        self._returning = False
        self._probed_at = -PROBE_SECONDS

    def note(self, good: bool) -> None:
        """Take in one outcome."""
        if len(self._outcomes) == KEPT:
            self._bad -= not self._outcomes[0][1]
        self._outcomes.append((self._clock(), good))
        self._bad += not good
        if good != (self._run > 0):
            self._run = 0
        self._run += 1 if good else -1
        if self._down and self._run >= UP_IN_A_ROW:
            self._down, self._returning = False, True
            self._outcomes.clear()
            self._bad = 0
        elif not self._down:
            self._down = self._run <= -DOWN_IN_A_ROW or self._share() >= DOWN_SHARE
            self._returning = self._returning and len(self._outcomes) < ENOUGH

    def state(self) -> HealthState:
        """Return how far the gateway is trusted now."""
        if self._down:
            return HealthState.DOWN
        doubtful = self._returning or self._share() >= DEGRADED_SHARE
        return HealthState.DEGRADED if doubtful else HealthState.HEALTHY

    def weight(self, configured: int) -> float:
        """Return the weight to route by; 0 for a gateway that is down."""
        match self.state():
            case HealthState.HEALTHY:
                return float(configured)
            case HealthState.DEGRADED:
                return configured * DEGRADED_WEIGHT
            case HealthState.DOWN:
                return 0.0

    def probe_due(self) -> bool:
        """Tell whether a gateway that is down may be tried with one call now."""
        return self._down and self._clock() - self._probed_at >= PROBE_SECONDS

    def probing(self) -> None:
        """Note that the one call is on its way."""
        self._probed_at = self._clock()

    def _share(self) -> float:
        """Return the share of bad outcomes, 0 while there are too few to tell."""
        horizon = self._clock() - WINDOW_SECONDS
        while self._outcomes and self._outcomes[0][0] < horizon:
            self._bad -= not self._outcomes.popleft()[1]
        count = len(self._outcomes)
        return self._bad / count if count >= ENOUGH else 0.0
