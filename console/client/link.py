"""A console's link to its service: one async iterator that never ends by itself.

Connects, starts the embedded service when it is gone, follows the board, and after every loss tries again
with growing, jittered pauses.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from console.client.embedded import ensure_running
from console.client.errors import ClientError, EnvironmentMismatch, Refused, Unreachable
from console.client.service import Service
from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from console.contract.board import Board, Hello

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
REFUSED_PAUSE_SECONDS: Final = 30.0
"""After a refusal asking often helps nobody."""


@dataclass(frozen=True)
class Connected:
    """The service answered, and it is the one the profile describes."""

    hello: Hello


@dataclass(frozen=True)
class BoardArrived:
    """A board, newer than the one before."""

    board: Board


@dataclass(frozen=True)
class Lost:
    """There is no link now; the next try is in `retry_in` seconds."""

    reason: ClientError
    retry_in: float


Event = Connected | BoardArrived | Lost


class Link:
    """Iterate over it; `service` may be used for other calls meanwhile."""

    def __init__(self, service: Service, rate: Literal[1, 4] = 1) -> None:
        """`rate` is how many boards a second are wanted at most."""
        self.service = service
        self.rate = rate
        self._again = asyncio.Event()

    def retry_now(self) -> None:
        """End the pause before the next try."""
        self._again.set()

    def __aiter__(self) -> AsyncGenerator[Event, None]:
        return self.events()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what happens to the link, for ever."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                if self.service.endpoint.embedded:
                    await ensure_running()
                yield Connected(await self.service.hello())
                async with aclosing(self.service.stream(self.rate)) as boards:
                    async for board in boards:
                        pause = FIRST_PAUSE_SECONDS
                        yield BoardArrived(board)
                reason: ClientError = Unreachable(t("the service ended the stream"))
            except ClientError as error:
                reason = error
            wait = random.uniform(pause / 2, pause)  # noqa: S311 - jitter, not a secret
            if isinstance(reason, (Refused, EnvironmentMismatch)):
                wait = REFUSED_PAUSE_SECONDS
            yield Lost(reason, wait)
            await self._rest(wait)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        self._again.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            return
