"""The board, computed once per tick and sent to everybody as the same bytes.

Ticks four times a second while somebody listens at that rate, else once a second, and not at all while
nobody listens. A listener that cannot keep up loses frames in between, never the newest, and never makes
anybody wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from console.contract.board import Board
from console.control.problems import where

log: Final = logging.getLogger("console.control")

FAST: Final = 4
"""Frames per second at the higher rate."""

HEARTBEAT_SECONDS: Final = 15.0
"""A comment is sent when nothing else was for this long."""

RESUME_SECONDS: Final = 60.0
"""A listener that was away for longer is told to forget what it had (`reset`)."""

HEARTBEAT: Final = b": still here\n\n"
RESET: Final = b"event: reset\ndata: {}\n\n"


@dataclass(frozen=True)
class Frame:
    """One board: as itself, as JSON, as a server-sent event; `made_at` is in monotonic seconds."""

    sequence: int
    board: Board
    body: bytes
    event: bytes
    made_at: float


class Listener:
    """One open stream: holds at most the newest frame it has not sent."""

    def __init__(self, interval: float) -> None:
        """`interval` is the least time between two frames, in seconds."""
        self.interval = interval
        self._frame: Frame | None = None
        self._wake = asyncio.Event()
        self._offered_at = 0.0

    def offer(self, frame: Frame) -> None:
        """Put the frame in the place of one not yet sent, unless it comes too soon for this rate."""
        if frame.made_at - self._offered_at < self.interval * 0.9:
            return
        self._offered_at = frame.made_at
        self._frame = frame
        self._wake.set()

    def end(self) -> None:
        """Wake the stream so that it sees the end."""
        self._wake.set()

    async def take(self, seconds: float) -> Frame | None:
        """Return the newest frame not yet sent; None when `seconds` pass without one, or at the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()
        frame, self._frame = self._frame, None
        return frame


class Publisher:
    """Makes the frames and hands them out."""

    def __init__(self, compute: Callable[[int], Awaitable[Board]]) -> None:
        """`compute` returns the board that gets the given sequence number."""
        self._compute = compute
        self._listeners: set[Listener] = set()
        self._boot = secrets.token_hex(4)
        self._sequence = 0
        self._latest: Frame | None = None
        self._lock = asyncio.Lock()
        self._somebody = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ended = False
        self._ticking: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    async def latest(self, *, within: float = 0.25) -> Frame:
        """Return a frame at most `within` seconds old; several callers share one computation."""
        async with self._lock:
            frame = self._latest
            if frame is None or time.monotonic() - frame.made_at > within:
                frame = await self._make()
            return frame

    async def stream(self, rate: int, last_event_id: str | None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of one listener's stream until the service ends.

        Begins with the present board, after a `reset` when `last_event_id` is not recent.
        """
        listener = Listener(1 / rate)
        self._listeners.add(listener)
        self._somebody.set()
        self._start()
        try:
            yield HEARTBEAT
            seen = self._resumed(last_event_id)
            if last_event_id is not None and seen is None:
                yield RESET
            self._welcome(listener)
            while not self._ended:
                frame = await listener.take(HEARTBEAT_SECONDS)
                if frame is not None and frame.sequence != seen:
                    yield frame.event
                elif frame is None and not self._ended:
                    yield HEARTBEAT
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._somebody.clear()

    def _welcome(self, listener: Listener) -> None:
        """Give a new listener the latest frame if it is fresh, else have one made at once."""
        latest = self._latest
        if latest is not None and time.monotonic() - latest.made_at < listener.interval:
            listener.offer(latest)
        else:
            self._hurry.set()

    async def end(self) -> None:
        """End every stream, for good."""
        self._ended = True
        for listener in self._listeners:
            listener.end()
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking

    def _start(self) -> None:
        if self._ticking is None and not self._ended:
            self._ticking = asyncio.create_task(self._tick(), name="board")

    async def _tick(self) -> None:
        while True:
            await self._somebody.wait()
            self._hurry.clear()
            began = time.monotonic()
            interval = min((listener.interval for listener in self._listeners), default=1.0)
            try:
                frame = await self.latest(within=interval / 2)
            except Exception as error:
                log.error("the board could not be made: %s", where(error))
            else:
                for listener in self._listeners:
                    listener.offer(frame)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.02, interval - (time.monotonic() - began))):
                    await self._hurry.wait()

    async def _make(self) -> Frame:
        board = await self._compute(self._sequence + 1)
        self._sequence += 1
        body = board.model_dump_json().encode()
        event = b"id: %s.%d\nevent: board\ndata: %s\n\n" % (self._boot.encode(), self._sequence, body)
        self._latest = Frame(self._sequence, board, body, event, time.monotonic())
        return self._latest

    def _resumed(self, last_event_id: str | None) -> int | None:
        """Return the sequence number a listener had, or None when it is not this service's or too old."""
        boot, _, number = (last_event_id or "").partition(".")
        if boot != self._boot or not number.isdigit() or len(number) > 15:
            return None
        latest = self._latest
        sequence = int(number)
        if latest is None or sequence > latest.sequence:
            return None
        missed_seconds = time.monotonic() - latest.made_at + (latest.sequence - sequence) / FAST
        return sequence if missed_seconds <= RESUME_SECONDS else None
