"""Listening: uvicorn on a socket that is bound already.

uvicorn's own signal handling and logs are not used: whoever runs the service decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn

from console.control.mistakes import ListenError
from console.control.unix_socket import BACKLOG

if TYPE_CHECKING:
    from starlette.types import ASGIApp

GRACE_SECONDS: Final = 5
"""How long answers under way may take once the service is told to stop."""


def bind_tcp(host: str, port: int) -> socket.socket:
    """Return a socket that listens on host and port; port 0 takes a free one. Raises ListenError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ListenError(f"cannot listen on {host}: {error.strerror}; correct the address") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        advice = "stop what uses it or choose another port"
        if error.errno == errno.EADDRINUSE:
            raise ListenError(f"port {port} on {host} is in use; {advice}") from error
        raise ListenError(f"cannot listen on {host} port {port}: {error.strerror}; {advice}") from error
    return listener


class _Server(uvicorn.Server):
    """uvicorn that leaves signals alone and tells when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Listener:
    """uvicorn on one bound socket, without its signal handlers and without its logs."""

    def __init__(
        self, app: ASGIApp, listener: socket.socket, *, tls: tuple[Path, Path] | None = None
    ) -> None:
        """`tls` is a certificate chain and its key."""
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_certfile=None if tls is None else str(tls[0]),
            ssl_keyfile=None if tls is None else str(tls[1]),
        )
        self._server = _Server(config)
        self._socket = listener
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to accept."""
        self._serving = asyncio.create_task(self._server.serve([self._socket]), name="listener")
        accepting = asyncio.create_task(self._server.accepting.wait())
        await asyncio.wait((self._serving, accepting), return_when=asyncio.FIRST_COMPLETED)
        if not accepting.done():
            accepting.cancel()
            await self._serving

    async def stop(self) -> None:
        """Accept no more, let answers under way end, and return."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
