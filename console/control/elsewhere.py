"""Workers in other processes, as this one can know them: by the signs of life they leave in the store."""

from __future__ import annotations

from typing import Final

from console.contract.board import Part
from console.contract.clock import Instant
from console.contract.said import Said
from console.store.database import Store
from console.store.errors import StoreError
from console.store.workers import living

LOOK_SECONDS: Final = 2.0
"""How long one look at the store is good for."""


class Elsewhere:
    """The workers of a service that runs none itself."""

    pipeline = None

    def __init__(self, store: Store, alive_seconds: float) -> None:
        """`alive_seconds`: a worker not seen for as long is dead."""
        self._store, self._alive_ms = store, round(alive_seconds * 1000)
        self._looked_at = Instant(0)
        self._part = Part.of("workers", "unknown", Said("not looked yet"))

    async def parts(self, now: Instant) -> tuple[Part, ...]:
        """Return how many workers live."""
        if now - self._looked_at >= LOOK_SECONDS * 1000:
            self._looked_at = now
            self._part = await self._look(now)
        return (self._part,)

    async def _look(self, now: Instant) -> Part:
        try:
            alive = await self._store.read(
                lambda connection: living(connection, since=Instant(now - self._alive_ms))
            )
        except StoreError:
            return Part.of("workers", "unknown", Said("the store does not answer"))
        if not alive:
            return Part.of("workers", "down", Said("no worker is alive"))
        return Part.of("workers", "ok", Said("{count} alive", {"count": alive}))
