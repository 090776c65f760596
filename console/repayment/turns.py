"""When repayments that wait for room at one gateway are looked at again.

They get their turns one after another at the gateway's own pace, so that they come back about when there
is room and let others pass meanwhile. Turns far ahead are only a guess (the gateway may become faster, or
ill so that its wishes count no more), so whoever is far behind comes back sooner to ask again.
"""

import random
from collections.abc import Mapping
from typing import Final

from console.contract.clock import Instant

SOONEST_MS: Final = 200
"""Nobody comes back sooner."""

FARTHEST_MS: Final = 10_000
"""How far ahead turns are given out; those behind come back between this and twice this."""


class Turns:
    """See the module. `rates` are calls per second per gateway."""

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._spacing = {gateway: 1000 / rate for gateway, rate in rates.items()}
        self._next: dict[str, float] = {}

    def take(self, gateway: str | None, now: Instant) -> Instant:
        """Return when one more that waits for a gateway (None: for any) is to be looked at again."""
        soonest = now + SOONEST_MS
        if gateway is None or gateway not in self._spacing:
            return Instant(soonest)
        turn = max(soonest, min(self._next.get(gateway, 0.0), now + FARTHEST_MS))
        if turn >= now + FARTHEST_MS:
            return Instant(now + round(FARTHEST_MS * (1 + random.random())))  # noqa: S311 - spreads load
        self._next[gateway] = turn + self._spacing[gateway]
        return Instant(round(turn))
