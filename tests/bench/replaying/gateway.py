"""A gateway that costs next to nothing: every order succeeds at once, in a process of its own.

It signs its answers, as it must, but takes every request on trust. It counts orders and debits, and the
processor time it took: `GET /told`. Any first part of a path is a gateway, its merchant of that name.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import httptools
import uvloop

from console.contract.text import Untrusted
from console.gateways.wire import Answer, Secret, Status, answer_headers, encode_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

OK: Final = Untrusted("OK")

SECRET: Final = "bench"
"""What all its gateways sign with."""


class Told(NamedTuple):
    """What it saw: orders, requests to debit, seconds from the first of these to the last; and the processor
    seconds it took."""

    orders: int
    debits: int
    seconds: float
    busy: float


class Booked:
    """What came in until now."""

    def __init__(self) -> None:
        self.orders: set[str] = set()
        self.debits = 0
        self.first = self.last = 0.0

    def debit(self, body: bytes, merchant: str) -> bytes:
        """Book an order; return the body of the answer."""
        asked = json.loads(body)
        order_no = asked["order_no"]
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.debits += 1
        self.orders.add(order_no)
        return encode_answer(
            Answer(order_no, merchant, asked["amount_fen"], asked["currency"], Status.SUCCEEDED, OK, OK)
        )

    def told(self) -> bytes:
        """Return `Told` as JSON."""
        busy = time.process_time()
        return json.dumps((len(self.orders), self.debits, self.last - self.first, busy)).encode()


class Connection(asyncio.Protocol):
    """One connection that is kept alive; answers in the order of the requests."""

    def __init__(self, booked: Booked) -> None:
        self._booked = booked
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._body = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._url, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser: answer."""
        if self._url == b"/told":
            body = self._booked.told()
        else:
            body = self._booked.debit(self._body, self._url.split(b"/", 2)[1].decode())
        headers = answer_headers(Secret(SECRET.encode()), body, int(time.time()))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        self._transport.write(head.encode() + body)


class Gateway:
    """The process, from outside."""

    def __init__(self, url: str) -> None:
        self.url = url

    def told(self) -> Told:
        """Ask what it saw."""
        with urllib.request.urlopen(f"{self.url}/told", timeout=10) as answer:
            return Told(*json.load(answer))


@contextlib.contextmanager
def at_once() -> Iterator[Gateway]:
    """Run it in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Gateway(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


async def _serve() -> None:
    booked = Booked()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(booked), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
