"""Whether a gateway can be trusted with traffic, told from its recent outcomes.

The rule, over outcomes of the last minute, at most 500 of them (good: any answer that could be verified;
bad: none, or one that could not be trusted):

- down: nothing good comes any more, or at least half of 40 or more are bad. Nothing good comes any more
  when 5 in a row are bad (12 where a tenth was bad before) and none was good for 2 s; or 30 in a row
  however fast, 5 while it comes back: orders sent together time out together, so a few bad in a row are no
  outage. Its circuit is open: it gets single probes, at most one every 2 s, the next only when it is known
  what became of the last.
- degraded: at least a tenth of 10 or more are bad. It gets a quarter of its weight.
- from down it comes back after 3 good in a row, as degraded: its old outcomes are forgotten then, and it
  is healthy only once 10 new ones are known. Until then its circuit is half-open: it gets a twentieth of
  its weight, so that a recovery that does not last harms few, and goes on being probed, so that one that
  does is seen however little traffic there is.

What counts are debits; of inquiries only the bad ones, see `Lane.note`.
"""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

WINDOW_SECONDS: Final = 60.0
KEPT: Final = 500
ENOUGH: Final = 10
ENOUGH_FOR_DOWN: Final = 40
DOWN_IN_A_ROW: Final = 5
DOWN_IN_A_ROW_DEGRADED: Final = 12
DOWN_IN_A_ROW_AT_ONCE: Final = 30
QUIET_SECONDS: Final = 2.0
UP_IN_A_ROW: Final = 3
DOWN_SHARE: Final = 0.5
DEGRADED_SHARE: Final = 0.1
PROBE_SECONDS: Final = 2.0
PROBE_LOST_SECONDS: Final = 30.0
"""A probe of which nothing was heard for so long was never sent."""
DEGRADED_WEIGHT: Final = 0.25
EXPLORING_WEIGHT: Final = 0.05


class HealthState(StrEnum):
    """How far a gateway is trusted."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


class Circuit(StrEnum):
    """Whether traffic passes: all, a little to see whether it recovers, or none but probes."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Health:
    """The health of one gateway; `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=KEPT)
        self._bad = 0
        self._run = 0
        self._good_at = -QUIET_SECONDS
        self._down = False
        self._returning = False
        self._probed_at = -PROBE_LOST_SECONDS
        self._probe_out = False

    def note(self, good: bool, *, debit: bool = True) -> None:
        """Take in one outcome; only one of a debit can be that of a probe."""
        self._probe_out = self._probe_out and not debit
        if len(self._outcomes) == KEPT:
            self._bad -= not self._outcomes[0][1]
        self._outcomes.append((self._clock(), good))
        self._bad += not good
        if good != (self._run > 0):
            self._run = 0
        self._run += 1 if good else -1
        self._good_at = self._clock() if good else self._good_at
        if self._down and self._run >= UP_IN_A_ROW:
            self._down, self._returning = False, True
            self._outcomes.clear()
            self._bad = 0
        elif not self._down:
            enough = len(self._outcomes) >= ENOUGH_FOR_DOWN
            self._down = self._silent() or (enough and self._share() >= DOWN_SHARE)
            self._returning = self._returning and not self._down and len(self._outcomes) < ENOUGH

    def state(self) -> HealthState:
        """Return how far the gateway is trusted now."""
        if self._down:
            return HealthState.DOWN
        doubtful = self._returning or self._share() >= DEGRADED_SHARE
        return HealthState.DEGRADED if doubtful else HealthState.HEALTHY

    def circuit(self) -> Circuit:
        """Return whether traffic passes now."""
        if self._returning or (self._down and self._run > 0):
            return Circuit.HALF_OPEN
        return Circuit.OPEN if self._down else Circuit.CLOSED

    def share(self) -> float:
        """Return the share of its weight that the gateway gets (0…1)."""
        if self._down:
            return 0.0
        if self._returning:
            return EXPLORING_WEIGHT
        return DEGRADED_WEIGHT if self._share() >= DEGRADED_SHARE else 1.0

    def weight(self, configured: int) -> float:
        """Return the weight to route by; 0 for a gateway that is down."""
        return configured * self.share()

    def probe_due(self) -> bool:
        """Tell whether a gateway that is down, or returning, may be tried with one call now."""
        since = self._clock() - self._probed_at
        tried = self._down or self._returning
        return tried and since >= (PROBE_LOST_SECONDS if self._probe_out else PROBE_SECONDS)

    def probing(self) -> None:
        """Note that the one call is on its way."""
        self._probed_at = self._clock()
        self._probe_out = True

    def _silent(self) -> bool:
        """Tell whether nothing good comes any more."""
        bad = -self._run
        if bad >= DOWN_IN_A_ROW_AT_ONCE:
            return True
        known = len(self._outcomes) - bad
        degraded = known >= ENOUGH and (self._bad - bad) / known >= DEGRADED_SHARE
        least = DOWN_IN_A_ROW_DEGRADED if degraded else DOWN_IN_A_ROW
        quiet = self._returning or self._clock() - self._good_at >= QUIET_SECONDS
        return bad >= least and quiet

    def _share(self) -> float:
        """Return the share of bad outcomes, 0 while there are too few to tell."""
        horizon = self._clock() - WINDOW_SECONDS
        while self._outcomes and self._outcomes[0][0] < horizon:
            self._bad -= not self._outcomes.popleft()[1]
        count = len(self._outcomes)
        return self._bad / count if count >= ENOUGH else 0.0
