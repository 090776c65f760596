"""How much a gateway is given at once: calls in flight, and calls per second from a token bucket."""

from collections.abc import Callable
from typing import Final

BURST_SECONDS: Final = 0.25
"""How much unused rate may be saved up."""


class Limits:
    """The room one gateway has. Not for several threads; `clock` gives monotonic seconds.

    Room is reserved before work is looked for, then used call by call or let go.
    """

    def __init__(self, max_in_flight: int, rate_per_second: float, clock: Callable[[], float]) -> None:
        self.max_in_flight = max_in_flight
        self.in_flight = 0
        self._reserved = 0
        self._rate = rate_per_second
        self._burst = max(1.0, rate_per_second * BURST_SECONDS)
        self._tokens = self._burst
        self._clock = clock
        self._filled_at = clock()

    def free(self, keep: int = 0) -> int:
        """Return how many calls may begin now when `keep` of the calls in flight are kept for others."""
        self._fill()
        room = self.max_in_flight - keep - self.in_flight - self._reserved
        return max(0, min(room, int(self._tokens)))

    def reserve(self, count: int) -> None:
        """Set room aside; the caller has seen that it is free."""
        self._fill()
        self._reserved += count
        self._tokens -= count

    def let_go(self, count: int) -> None:
        """Give up reserved room that was not used."""
        self._reserved -= count
        self._tokens = min(self._burst, self._tokens + count)

    def begin(self) -> None:
        """Begin a call in reserved room."""
        self._reserved -= 1
        self.in_flight += 1

    def end(self) -> None:
        """End a call."""
        self.in_flight -= 1

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
