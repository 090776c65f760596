"""An event loop whose time jumps to the next timer: hours pass in milliseconds, the same way each time."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

WALL: Final = 1_780_000_000_000
"""The instant (milliseconds) that belongs to the loop's time 0."""


class Deadlock(Exception):
    """Nothing is ready and nobody waits for a time: whoever still waits would wait for ever."""


class _Jump:
    """Stands where a loop waits for the world outside: there is none, only time."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        self._loop.advance(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module. What would run in a thread runs at once, so that its order is always the same."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector = _Jump(self)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._now

    def wall(self) -> int:
        """Return the true time (milliseconds)."""
        return WALL + round(self._now * 1000)

    def advance(self, seconds: float) -> None:
        """Let time pass, as if every process had stood still."""
        self._now += seconds

    def run_in_executor(  # type: ignore[override] # done at once
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _process_events(self, event_list: list[Any]) -> None:
        """There is nothing outside."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken."""
