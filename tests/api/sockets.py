"""A service on real sockets, in this process: a Unix socket for its owner, TCP for everybody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from console.control.app import create_app
from console.control.entrance import Entrance
from console.control.listening import Listener, bind_tcp
from console.control.service import Service
from console.control.unix_socket import UnixSocket


@dataclass(frozen=True)
class Served:
    """Where the service answers."""

    socket: Path
    url: str
    listeners: tuple[Listener, Listener]

    def owner(self) -> httpx.AsyncClient:
        """A new client over the Unix socket."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        return httpx.AsyncClient(transport=transport, base_url="http://control", timeout=10)

    def visitor(self) -> httpx.AsyncClient:
        """A new client over TCP."""
        return httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False)


@asynccontextmanager
async def served(service: Service, directory: Path) -> AsyncIterator[Served]:
    """Serve until the end of the block, then end as a service does."""
    app = create_app(service)
    unix = UnixSocket(directory / "c.sock")
    tcp = bind_tcp("127.0.0.1", 0)
    url = f"http://127.0.0.1:{tcp.getsockname()[1]}"
    owners = Listener(Entrance(app, service.traffic, owner=True), unix.socket)
    visitors = Listener(Entrance(app, service.traffic, owner=False), tcp)
    await owners.start()
    await visitors.start()
    unix.publish()
    try:
        yield Served(unix.path, url, (owners, visitors))
    finally:
        unix.remove()
        await service.publisher.end()
        await owners.stop()
        await visitors.stop()


@dataclass(frozen=True)
class Event:
    """One server-sent event; a comment has the name `:`."""

    name: str
    id: str
    content: str


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    """Read the events of a stream as they come."""
    name, identity, content = "message", "", ""
    async for line in response.aiter_lines():
        if not line:
            if content or name == ":":
                yield Event(name, identity, content)
            name, content = "message", ""
        elif line.startswith(":"):
            name = ":"
        else:
            field, _, value = line.partition(": ")
            match field:
                case "event":
                    name = value
                case "id":
                    identity = value
                case "data":
                    content = value
                case _:
                    raise AssertionError(line)
