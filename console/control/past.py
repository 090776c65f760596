"""The past of a fresh embedded database: taken over from the sandbox once, in small pieces."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from console.control.sandbox_link import Sandbox, SandboxError
from console.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from console.control.service import Service
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

COUNT: Final = 50_000
"""Past repayments of a fresh database."""

DAYS: Final = 30
"""How far back they go: a month, so that a gateway's ledger has something to tell."""

MARK: Final = "past.loading"
"""The file that stands from before the first piece is written to after the last."""

RETRY_SECONDS: Final = 2.0


class Past:
    """The past of the database in a state directory."""

    def __init__(self, state: Path, count: int = COUNT) -> None:
        """`count` is how many repayments a fresh database gets."""
        self._mark = state / MARK
        self._count = count

    @property
    def expected(self) -> bool:
        """Whether it is still to be loaded, or was cut off."""
        return self._mark.exists()

    def expect(self, store: Store) -> None:
        """Ask for the past when the database is fresh; to be called before anything is written to it."""
        from console.store.counters import counted

        if self._count and not store.read_now(counted):
            self._mark.touch(mode=0o600)

    async def load(self, service: Service, sandbox: Sandbox) -> None:
        """Load what is expected, going on where it was cut off; each repayment comes once."""
        from console.repayment.history import HistoryError

        while self.expected:
            began = time.monotonic()
            try:
                new = await self._take_over(service, sandbox)
            except (SandboxError, HistoryError, StoreError) as error:
                log.warning("the past is not loaded yet: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._mark.unlink()
                log.info("%d past repayments loaded in %.1f s", new, time.monotonic() - began)

    async def _take_over(self, service: Service, sandbox: Sandbox) -> int:
        from console.repayment.history import BATCH, load_history

        store, keys = await service.ready_now()
        new = 0
        async for piece in _in_pieces(sandbox.lines(f"/history?count={self._count}&days={DAYS}"), BATCH):
            new += await load_history(store, piece, keys=keys)
        return new


async def _in_pieces(lines: AsyncIterator[dict[str, Any]], size: int) -> AsyncIterator[list[dict[str, Any]]]:
    piece: list[dict[str, Any]] = []
    async for line in lines:
        piece.append(line)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece
