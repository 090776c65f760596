"""Calls to gateways that are under way, each with what it is about."""

import asyncio
from collections.abc import Coroutine
from typing import Generic, TypeVar

from console.repayment.lane import log, problem_of

T = TypeVar("T")


class Calls(Generic[T]):
    """Tasks of one worker. `wrong` is what the log says of one that ends with an error."""

    def __init__(self, wrong: str) -> None:
        self._wrong = wrong
        self._running: dict[asyncio.Task[None], T] = {}

    def begin(self, about: T, call: Coroutine[None, None, None]) -> None:
        """Begin a call, beside those that are under way."""
        task = asyncio.get_running_loop().create_task(call)
        self._running[task] = about
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: %s", self._wrong, problem_of(error))

    async def finish(self, within: float) -> list[T]:
        """Wait so many seconds, then cancel; return what those are about that were given up."""
        if self._running:
            await asyncio.wait(self._running, timeout=within)
        left = dict(self._running)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        return list(left.values())
