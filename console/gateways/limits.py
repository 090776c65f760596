"""How much a gateway is given at once: calls in flight, and calls per second from a token bucket."""

from collections.abc import Callable
from typing import Final

BURST_SECONDS: Final = 0.25
"""How much unused rate may be saved up."""


class Limits:
    """The room one gateway has. Not for several threads; `clock` gives monotonic seconds."""

    def __init__(self, max_in_flight: int, rate_per_second: float, clock: Callable[[], float]) -> None:
        self.max_in_flight = max_in_flight
        self.in_flight = 0
        self._rate = rate_per_second
        self._burst = max(1.0, rate_per_second * BURST_SECONDS)
        self._tokens = self._burst
        self._clock = clock
        self._filled_at = clock()

    def free(self, keep: int = 0) -> int:
        """Return how many calls may begin now when `keep` of the calls in flight are kept for others."""
        self._fill()
        return max(0, min(self.max_in_flight - keep - self.in_flight, int(self._tokens)))

    def take(self, count: int = 1) -> None:
        """Begin calls; the caller has seen that there is room."""
        self._fill()
        self.in_flight += count
        self._tokens -= count

    def give_back(self, count: int = 1) -> None:
        """End calls."""
        self.in_flight -= count

    def untake(self, count: int) -> None:
        """Undo a `take` whose calls did not begin."""
        self.in_flight -= count
        self._tokens = min(self._burst, self._tokens + count)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
