"""A service of the contract's shapes over a Unix socket, which can be told to misbehave."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from console.client.endpoint import Endpoint
from console.contract.vocabulary import Environment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

NOW = "2026-11-24T02:00:00.000Z"

BOARD: dict[str, Any] = {
    "as_of": NOW,
    "sequence": 1,
    "environment": "sandbox",
    "mode": "LIVE",
    "stages": [
        {
            "stage": "in_doubt",
            "depth": 3,
            "sum_fen": 12345,
            "oldest_seconds": None,
            "in_per_minute": None,
            "out_per_minute": 2.0,
            "paused": False,
        }
    ],
    "gateways": [],
    "parts": [{"name": "store", "state": "ok", "detail": "\x1b]0;owned\x07"}],
}

HELLO = {
    "name": "fake",
    "environment": "sandbox",
    "tier": "embedded",
    "version": "0",
    "person": "owner",
    "roles": ["admin"],
    "read_only": False,
    "server_time": NOW,
    "started_at": NOW,
}


@dataclass
class Fake:
    """What the service is to do, and what it was asked."""

    socket: Path
    hello: dict[str, Any] = field(default_factory=lambda: dict(HELLO))
    answers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(default_factory=dict)
    """By path: what to do in place of the right thing."""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    streams: list[bytes] = field(default_factory=list)
    """What each connection of the stream sends, one after the other; then it stays open."""

    def endpoint(self, environment: Environment = Environment.SANDBOX, token: str | None = None) -> Endpoint:
        return Endpoint("http://control", self.socket, environment, False, token)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append((request.path, dict(request.headers), body))
        if (special := self.answers.get(request.path)) is not None:
            return await special(request)
        match request.path:
            case "/v1/hello":
                return web.json_response(self.hello)
            case "/v1/board":
                return web.json_response(BOARD)
            case "/v1/board/stream":
                return await self._stream(request)
        return problem(404, "no_such_route", "there is nothing here")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.streams:
            await response.write(self.streams.pop(0))
            return response
        await asyncio.Event().wait()
        return response


def problem(
    status: int, code: str, title: str, hint: str = "", headers: dict[str, str] | None = None, **more: object
) -> web.Response:
    body = {"title": title, "status": status, "code": code, "hint": hint} | more
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers=headers,
        content_type="application/problem+json",
    )


def frame(sequence: int) -> bytes:
    content = json.dumps(BOARD | {"sequence": sequence})
    return f"event: board\nid: {sequence}\ndata: {content}\n\n".encode()


@asynccontextmanager
async def running(socket: Path) -> AsyncIterator[Fake]:
    """Give a service that answers on `socket`."""
    fake = Fake(socket)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield fake
    finally:
        await runner.cleanup()
