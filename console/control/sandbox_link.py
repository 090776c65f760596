"""The sandbox beside an embedded service: start or join it, read its card, ask its admin socket.

The sandbox is a process of its own and outlives this one when that is killed; this module speaks to it
over its Unix socket and imports nothing of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.contract.places import SANDBOX_CARD, SANDBOX_SOCKET, PlaceError, read_private, socket_path
from console.control.unix_socket import answers

if TYPE_CHECKING:
    from aiohttp import ClientResponse

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts to start a sandbox that does not stay up."""

LOG_BYTES: Final = 1_000_000
"""A sandbox's log is begun anew when it is longer."""


class SandboxError(Exception):
    """The sandbox does not answer, or not as it should."""


@dataclass(frozen=True)
class GatewayCard:
    """A simulated gateway as the sandbox announces it; `secret` never leaves this process."""

    id: str
    base_url: str
    merchant: str
    secret: str

    def __repr__(self) -> str:
        return f"GatewayCard({self.id!r}, {self.base_url!r})"


@dataclass(frozen=True)
class ReceiverCard:
    """The simulated receiver of notices as the sandbox announces it; `secret` never leaves this process."""

    url: str
    secret: str

    def __repr__(self) -> str:
        return f"ReceiverCard({self.url!r})"


class Sandbox:
    """The sandbox of one runtime directory."""

    def __init__(self, runtime: Path, state: Path, options: tuple[str, ...] = ()) -> None:
        """`options` are further words for `python -m console.sandbox run`."""
        self._runtime, self._state, self._options = runtime, state, options
        self._socket = socket_path(runtime, SANDBOX_SOCKET)
        self._child: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE
        self._not_before = 0.0

    @property
    def running(self) -> bool:
        """Whether somebody answers on the sandbox's socket."""
        return answers(self._socket)

    def ensure(self) -> None:
        """Start a sandbox unless one runs or was started a moment ago. Cheap; called again and again."""
        if self._child is not None and self._child.poll() is None:
            return
        if self.running:
            self._pause = FIRST_PAUSE
            return
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._child = self._start()

    def announced(self) -> tuple[tuple[GatewayCard, ...], ReceiverCard | None]:
        """Return the gateways that the running sandbox announces, and its receiver of notices, which an
        older one does not have. Raises SandboxError."""
        try:
            content = read_private(self._runtime / SANDBOX_CARD)
        except (PlaceError, OSError) as error:
            raise SandboxError(str(error)) from error
        if content is None:
            raise SandboxError("the sandbox has not announced its gateways yet")
        try:
            card = json.loads(content)
            gateways = tuple(
                GatewayCard(line["id"], line["base_url"], line["merchant"], line["secret"])
                for line in card["gateways"]
            )
            told = card.get("notices")
            return gateways, None if told is None else ReceiverCard(told["url"], told["secret"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SandboxError("the sandbox's card cannot be read") from error

    async def stop(self) -> None:
        """Ask the sandbox to end; without one there is nothing to do."""
        if not self.running:
            return
        async with self._ask("POST", "/stop", seconds=3):
            pass

    async def lines(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the JSON lines that the admin socket answers on `path`. Raises SandboxError."""
        async with self._ask("GET", path, seconds=120) as response:
            async for line in response.content:
                if line.strip():
                    yield json.loads(line)

    @asynccontextmanager
    async def _ask(self, method: str, path: str, *, seconds: float) -> AsyncIterator[ClientResponse]:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=seconds)
        connector = aiohttp.UnixConnector(str(self._socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**20) as session,
                session.request(method, f"http://sandbox{path}") as response,
            ):
                if response.status >= 400:
                    raise SandboxError(f"the sandbox answers {response.status} to {path.partition('?')[0]}")
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SandboxError(f"the sandbox does not answer: {type(error).__name__}") from error

    def _start(self) -> subprocess.Popen[bytes]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        log = os.open(self._state / "sandbox.log", flags, 0o600)
        try:
            if os.fstat(log).st_size > LOG_BYTES:
                os.ftruncate(log, 0)
            return subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                [
                    *(sys.executable, "-m", "console.sandbox", "run"),
                    *("--runtime-dir", str(self._runtime), "--state-dir", str(self._state)),
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
