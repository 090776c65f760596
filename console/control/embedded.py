"""The embedded service: one per runtime directory, shared by its consoles, gone a little after the last.

Owns the order of starting and ending: lock, socket, then everything slow in the background; and at the
end the socket's name first, so that a console which comes late starts a service of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.contract.clock import Clock, SystemClock
from console.contract.places import (
    CONTROL_SOCKET,
    InUseError,
    Lock,
    private_directory,
    read_private,
    socket_path,
    write_private,
)
from console.contract.vocabulary import Environment
from console.control.garbage import leave_the_start_alone
from console.control.log import write_log
from console.control.past import COUNT, Past
from console.control.sandbox_link import Sandbox
from console.control.unix_socket import UnixSocket, answers

if TYPE_CHECKING:
    from console.control.entrance import Traffic
    from console.control.service import Service
    from console.control.third_parties import EmbeddedThirdParties
    from console.repayment.personal import Keys
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

LINGER_SECONDS: Final = 20.0
"""How long the service stays after the last console or command left."""

TAKE_OVER_SECONDS: Final = 15.0
"""How long a starting service waits for one that is ending."""


@dataclass(frozen=True)
class Places:
    """The two private directories of an embedded service, verified."""

    runtime: Path
    state: Path

    @property
    def socket(self) -> Path:
        """The API's socket."""
        return socket_path(self.runtime, CONTROL_SOCKET)


@dataclass(frozen=True)
class Manner:
    """How an embedded service behaves: how long it lingers, how much of a past a fresh database gets,
    and further words for the sandbox."""

    linger: float = LINGER_SECONDS
    past: int = COUNT
    sandbox_options: tuple[str, ...] = ()


def main(runtime: Path, state: Path, manner: Manner) -> int:
    """Run the embedded service of these directories until nobody needs it; return the exit code.

    Returns 0 at once when another service already answers there. Raises PlaceError, ListenError,
    StoreError.
    """
    places = Places(private_directory(runtime), private_directory(state))
    lock = _sole(places)
    if lock is None:
        return 0
    gc.disable()  # starting makes objects that stay; looking through them costs a sixth of the start
    write_log(places.state / "control.log")
    sandbox = Sandbox(places.runtime, places.state, manner.sandbox_options)
    sandbox.ensure()
    clock = SystemClock()
    with ThreadPoolExecutor(1, "opening") as opener:
        opening = opener.submit(_open, places, clock, manner.past)
        _clear(places)
        listening = UnixSocket(places.socket)
        try:
            import uvloop

            return uvloop.run(_run(places, clock, sandbox, listening, opening, manner))
        finally:
            listening.remove()
            if not opening.cancel() and opening.exception() is None:
                opening.result()[0].close()
            lock.release()


def _sole(places: Places) -> Lock | None:
    """Return the lock of the only service here, or None when another one answers already."""
    until = time.monotonic() + TAKE_OVER_SECONDS
    while True:
        try:
            return Lock(places.runtime / "control.lock")
        except InUseError:
            if answers(places.socket):
                return None
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _clear(places: Places) -> None:
    """Remove what a service left that was killed before its socket had its name; the lock is held."""
    for left in places.runtime.glob(f"{CONTROL_SOCKET}.*"):
        left.unlink(missing_ok=True)


def _open(places: Places, clock: Clock, past: int) -> tuple[Store, Keys]:
    from console.control.opening import open_store

    url = f"sqlite:///{places.state / 'control.db'}"
    store, keys = open_store(url, places.state / "keys.json", clock, shard=0)
    Past(places.state, past).expect(store)
    return store, keys


async def _run(
    places: Places,
    clock: Clock,
    sandbox: Sandbox,
    listening: UnixSocket,
    opening: Future[tuple[Store, Keys]],
    manner: Manner,
) -> int:
    from console.control.app import create_app
    from console.control.audit.keeper import Keeper
    from console.control.audit.sinks import FileSink
    from console.control.entrance import Entrance
    from console.control.listening import Listener
    from console.control.service import Service, Standing
    from console.control.signin import Tokens
    from console.control.stopping import stop_on_signals

    stop = stop_on_signals()
    standing = Standing("sandbox", Environment.SANDBOX, "embedded", clock.now())
    service = Service(standing, Tokens(), clock)
    service.keeper = Keeper(FileSink(places.state / "audit.anchors"), clock)
    app = create_app(service)
    owners = Listener(Entrance(app, service.traffic, owner=True), listening.socket)
    await owners.start()
    service.opened(*await asyncio.wrap_future(opening))
    listening.publish()
    leave_the_start_alone()
    log.info("the embedded service answers on %s, process %d", places.socket, os.getpid())

    bound = _callback_socket(places)
    callbacks = Listener(Entrance(app, service.traffic, owner=False), bound)
    await callbacks.start()
    notify_url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1/callbacks"
    from console.control.clockwork import Clockwork
    from console.control.third_parties import EmbeddedThirdParties

    clockwork = Clockwork(service)
    clockwork.start()
    third_parties = EmbeddedThirdParties(service, sandbox, Past(places.state, manner.past), notify_url)
    service.third_parties = third_parties
    await _live(service, third_parties, manner.linger, stop, listening)
    await clockwork.stop()
    await asyncio.gather(owners.stop(), callbacks.stop())
    return 0


async def _live(
    service: Service,
    third_parties: EmbeddedThirdParties,
    linger: float,
    stop: asyncio.Event,
    listening: UnixSocket,
) -> None:
    """Do the work until nobody needs it any more, or until told to stop."""
    working = asyncio.create_task(third_parties.run(), name="third parties")
    alone = await _until_alone(service.traffic, linger, stop, working)
    listening.remove()
    log.info("ending: %s", "nobody is left" if alone else "told to")
    await service.publisher.end()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    if alone:
        await third_parties.dismiss()


async def _until_alone(
    traffic: Traffic, linger: float, stop: asyncio.Event, working: asyncio.Task[None]
) -> bool:
    """Wait until nobody needs the service (true), or until it is told to stop (false).

    Raises what ended `working`.
    """
    while not stop.is_set():
        if working.done():
            await working
        idle = time.monotonic() - traffic.last_person_at
        if traffic.persons == 0 and idle >= linger:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(1.0, max(0.05, linger - idle))):
                await stop.wait()
    return False


def _callback_socket(places: Places) -> socket.socket:
    """Return a loopback TCP socket for callbacks, on the port of the last time if that is free."""
    from console.control.listening import bind_tcp
    from console.control.mistakes import ListenError

    file = places.state / "callback.port"
    kept = (read_private(file) or b"").strip()
    if kept.isdigit() and int(kept) < 65536:
        with contextlib.suppress(ListenError):
            return bind_tcp("127.0.0.1", int(kept))
    bound = bind_tcp("127.0.0.1", 0)
    write_private(file, b"%d\n" % bound.getsockname()[1])
    return bound
