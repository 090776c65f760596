"""The sandbox as a process: locks, sockets, signals, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvloop
from aiohttp import web

from console.contract.places import (
    SANDBOX_SOCKET,
    Lock,
    PlaceError,
    private_directory,
    socket_path,
)
from console.contract.text import shown
from console.sandbox import identity
from console.sandbox.admin import Admin
from console.sandbox.door import Door
from console.sandbox.habits import GATEWAYS
from console.sandbox.ledger import LedgerError
from console.sandbox.notices import RECEIVER
from console.sandbox.world import AT_ONCE, NORMAL, Temper, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from console.sandbox.door import Address

LOCK_FILE: Final = "sandbox.lock"
"""Held in both directories for as long as the process lives."""

GRACE: Final = 1.0
"""Seconds that requests under way get when the sandbox ends."""

COUNTED_AT_A_TIME: Final = 2_000
COUNTING_PAUSE: Final = 5.0
"""The tally keeps up by so many lines of each ledger, every so many seconds."""

log = logging.getLogger("console.sandbox")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line asks for. `linger` in seconds, 0 for ever; `port` None: the last one."""

    runtime_dir: Path
    state_dir: Path
    rate: float
    seed: int
    instant: bool
    borrowers: bool
    port: int | None
    control: Address
    linger: float


class ShownFormatter(logging.Formatter):
    """Log lines that can do nothing to a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(shown(line) for line in super().format(record).splitlines())


def run(settings: Settings) -> None:
    """Run until stopped. Raises PlaceError, BookError, LedgerError or OSError when it cannot start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ShownFormatter("%(asctime)s %(levelname)s sandbox: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    private_directory(settings.runtime_dir)
    private_directory(settings.state_dir)
    held = [Lock(directory / LOCK_FILE) for directory in {settings.runtime_dir, settings.state_dir}]
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    finally:
        for lock in held:
            lock.release()


async def _serve(settings: Settings) -> None:
    """Open everything, wait for the end, close everything."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    mine = identity.load(settings.state_dir, [*GATEWAYS, RECEIVER])
    door = Door(settings.control, time.monotonic)
    habits = AT_ONCE if settings.instant else NORMAL
    world = World(
        settings.state_dir,
        mine.keys(),
        Temper(habits.habits, habits.timings, settings.seed),
        door=door if settings.borrowers else None,
        rate=settings.rate,
    )
    try:
        async with (
            serving_gateways(world, settings.port or mine.port),
            serving_admin(world, settings.runtime_dir, stop),
        ):
            mine = identity.Identity(world.port, mine.secrets)
            identity.keep(settings.state_dir, mine)
            identity.publish(settings.runtime_dir, world, mine)
            log.info("gateways at http://127.0.0.1:%d, pid %d", world.port, os.getpid())
            try:
                await _live(world, door, settings, stop)
            finally:
                identity.withdraw(settings.runtime_dir)
    finally:
        world.close()
        log.info("ended")


async def _live(world: World, door: Door, settings: Settings, stop: asyncio.Event) -> None:
    """Do everything that goes on by itself, until `stop`."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(world.callbacks.run()), group.create_task(_count(world))]
        if world.borrowers is not None:
            tasks.append(group.create_task(world.borrowers.run()))
        if world.borrowers is not None or settings.linger:
            tasks.append(group.create_task(door.watch()))
        if settings.linger:
            tasks.append(group.create_task(_linger(door, settings.linger, stop)))
        await stop.wait()
        for task in tasks:
            task.cancel()


async def _linger(door: Door, seconds: float, stop: asyncio.Event) -> None:
    """End the sandbox when nobody has answered at the service's door for so long."""
    await door.silent_for(seconds)
    log.info("no service for %g s", seconds)
    stop.set()


async def _count(world: World) -> None:
    """Let the tally keep up, so that the first look at the ledger need not wait for it."""
    while True:
        await asyncio.sleep(COUNTING_PAUSE)
        try:
            await asyncio.to_thread(world.tally.catch_up, COUNTED_AT_A_TIME)
        except LedgerError as error:
            log.error("%s", error)


@contextlib.asynccontextmanager
async def serving_gateways(world: World, port: int = 0) -> AsyncIterator[None]:
    """Listen for the gateways on a loopback port, the given one if it is free."""
    server = web.Server(world.server.handle, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=GRACE)
    await runner.setup()
    listening = _listen(port)
    try:
        await web.SockSite(runner, listening, backlog=1024).start()
        world.port = listening.getsockname()[1]
        yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def serving_admin(world: World, runtime_dir: Path, stop: asyncio.Event) -> AsyncIterator[None]:
    """Listen for the admin API on a private Unix socket."""
    path = socket_path(runtime_dir, SANDBOX_SOCKET)
    runner = web.AppRunner(Admin(world, stop.set).application(), access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    try:
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _listen(port: int) -> socket.socket:
    """Return a socket bound to the loopback port, or to another when it is taken."""
    for candidate in (port, 0):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", candidate))
        except OSError as error:
            listening.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return listening
    raise PlaceError("no loopback port is free")
