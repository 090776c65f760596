"""Deadlines: work whose caller stopped waiting is dropped before it starts."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request

from console.control.problems import ProblemError

T = TypeVar("T")

DEFAULT_SECONDS: Final = 60.0
"""How long a request may take whose caller names no time."""


class Deadline:
    """Until when the caller of one request waits."""

    def __init__(self, until: float = math.inf) -> None:
        """`until` is in monotonic seconds."""
        self._until = min(until, time.monotonic() + DEFAULT_SECONDS)

    def check(self) -> None:
        """Return if there is time left. Raises ProblemError (504) otherwise. Safe in any thread."""
        if time.monotonic() >= self._until:
            raise ProblemError(
                504,
                "deadline_passed",
                "the time given for this request is over; it was dropped before it started",
                "ask again with a longer Request-Timeout",
            )

    def guarding(self, job: Callable[..., T]) -> Callable[..., T]:
        """Return the job with a check in front: it may wait in a queue past the deadline."""

        def checked(*arguments: Any) -> T:
            self.check()
            return job(*arguments)

        return checked

    async def wait(self, work: Awaitable[T]) -> T:
        """Return what the work gives, if it does in time. It is never cancelled: what it began it ends.

        Raises ProblemError (504) when the deadline passes first.
        """
        future = asyncio.ensure_future(work)
        try:
            async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                return await asyncio.shield(future)
        except TimeoutError:
            if future.done() and not future.cancelled():
                return future.result()
            future.add_done_callback(_forget)
            raise ProblemError(
                504,
                "timed_out",
                "the work did not end in the time given",
                "a mutation may have taken effect: send it again with the same Idempotency-Key",
            ) from None


def _forget(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


async def _deadline(request: Request) -> Deadline:
    return Deadline(request.scope["state"]["until"])


Until = Annotated[Deadline, Depends(_deadline)]
"""A route's parameter: until when its caller waits."""
