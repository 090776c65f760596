"""A wire that can be bad: passes bytes on between two ends, late, one by one, half, or not at all."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Address = int | Path
"""A loopback port, or a Unix socket."""


class Trouble(StrEnum):
    """What a wire does to the bytes that come while it lasts."""

    NONE = "none"
    DELAY = "delay"
    RESET = "reset"
    HALF_CLOSE = "half_close"
    """What is asked arrives; instead of the answer comes the end."""
    TRICKLE = "trickle"


class Wire:
    """See the module; `target` is where it leads, `slowest` the longest delay (seconds)."""

    def __init__(self, target: Address, chance: random.Random, slowest: float) -> None:
        self.trouble = Trouble.NONE
        self.port = 0
        self.struck: set[Trouble] = set()
        self._target = target
        self._chance = chance
        self._slowest = slowest
        self._passing: set[asyncio.Task[None]] = set()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        ends = [writer]
        try:
            there, beyond = await self._reach()
            ends.append(beyond)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, beyond, answers=False))
                group.create_task(self._pump(there, writer, answers=True))
        except* (OSError, asyncio.CancelledError):  # streams complain of a connection that was cancelled
            pass
        finally:
            for end in ends:
                _reset(end)

    async def close(self) -> None:
        """Break what is left."""
        for task in list(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _reach(self) -> Ends:
        if isinstance(self._target, int):
            return await asyncio.open_connection("127.0.0.1", self._target)
        return await asyncio.open_unix_connection(self._target)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        while chunk := await source.read(65536):
            self.struck.add(self.trouble)
            match self.trouble:
                case Trouble.NONE:
                    sink.write(chunk)
                case Trouble.DELAY:
                    await asyncio.sleep(self._chance.uniform(0, self._slowest))
                    sink.write(chunk)
                case Trouble.TRICKLE:
                    await self._trickle(sink, chunk)
                case Trouble.HALF_CLOSE if answers:
                    break
                case Trouble.HALF_CLOSE:
                    sink.write(chunk)
                case Trouble.RESET:
                    sink.write(chunk[: self._chance.randint(0, len(chunk))])
                    await sink.drain()
                    raise ConnectionResetError
            await sink.drain()
        with suppress(OSError, RuntimeError):
            sink.write_eof()

    async def _trickle(self, sink: asyncio.StreamWriter, chunk: bytes) -> None:
        for index in range(len(chunk)):
            sink.write(chunk[index : index + 1])
            await sink.drain()
            if self.trouble is Trouble.TRICKLE:
                await asyncio.sleep(0.002)


def _reset(end: asyncio.StreamWriter) -> None:
    """Break a connection without a farewell."""
    connection: socket.socket | None = end.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    end.transport.abort()


@asynccontextmanager
async def wired(
    target: Address, chance: random.Random, *, slowest: float, at: Path | None = None
) -> AsyncIterator[Wire]:
    """Lay a wire to `target` that begins at a loopback port, or at the Unix socket `at`."""
    wire = Wire(target, chance, slowest)
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = wire.pass_on
    if at is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        wire.port = server.sockets[0].getsockname()[1]
    else:
        server = await asyncio.start_unix_server(serve, at)
    try:
        yield wire
    finally:
        server.close()
        await wire.close()
