"""The past of a fresh embedded database: taken over from the sandbox once, in small pieces."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from console.control.sandbox_link import Sandbox, SandboxError
from console.repayment.history import BATCH, HistoryError, load_history
from console.store.counters import counted
from console.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from console.control.service import Service
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

COUNT: Final = 50_000
"""Past repayments of a fresh database."""

MARK: Final = "past.loading"
"""The file that stands from before the first piece is written to after the last."""

RETRY_SECONDS: Final = 2.0


def expect_past(store: Store, state: Path) -> None:
    """Leave the mark that asks for the past when the database is fresh; before anything is written."""
    if not store.read_now(counted):
        (state / MARK).touch(mode=0o600)


async def load_past(service: Service, sandbox: Sandbox, state: Path) -> None:
    """Fill a fresh database with the past that the sandbox tells, going on where it was cut off."""
    mark = state / MARK
    if not mark.exists():
        return
    store, keys = await service.ready_now()
    while True:
        began, new = time.monotonic(), 0
        try:
            async for piece in _pieces(sandbox):
                new += await load_history(store, piece, keys=keys)
        except (SandboxError, HistoryError, StoreError) as error:
            log.warning("the past is not loaded yet: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            mark.unlink()
            log.info("%d past repayments loaded in %.1f s", new, time.monotonic() - began)
            return


async def _pieces(sandbox: Sandbox) -> AsyncIterator[list[dict[str, Any]]]:
    piece: list[dict[str, Any]] = []
    async for line in sandbox.lines(f"/history?count={COUNT}"):
        piece.append(line)
        if len(piece) == BATCH:
            yield piece
            piece = []
    if piece:
        yield piece
