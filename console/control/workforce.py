"""The workers of this process: started with the gateways, started anew when they fail, stopped cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from console.contract.board import Part
from console.contract.clock import Instant
from console.contract.said import Said
from console.control.problems import where

if TYPE_CHECKING:
    from console.repayment.pipeline import Pipeline

log: Final = logging.getLogger("console.control")

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between a failure of the workers and their next start."""


class Workforce:
    """Keeps one pipeline running."""

    def __init__(self, make: Callable[[], Pipeline]) -> None:
        """`make` builds a pipeline that was never run."""
        self._make = make
        self.pipeline: Pipeline | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._running = asyncio.create_task(self._run(), name="workforce")

    async def stop(self) -> None:
        """Let the workers finish what they began, or abandon it safely."""
        if self._running is None:
            return
        if self.pipeline is not None:
            await self.pipeline.stop()
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        self._running = None

    async def parts(self, now: Instant) -> tuple[Part, ...]:
        """Return the health of the workers."""
        if self.pipeline is None:
            return (Part.of("workers", "down", Said("starting again")),)
        return self.pipeline.health()

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            self.pipeline = self._make()
            began = asyncio.get_running_loop().time()
            try:
                await self.pipeline.run()
                return
            except Exception as error:
                log.error("the workers failed and start again: %s", where(error))
                await self.pipeline.stop()
            self.pipeline = None
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
