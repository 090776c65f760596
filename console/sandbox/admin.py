"""The sandbox's admin API: what `repay sandbox …` speaks, over a private Unix socket.

Whoever reaches the socket is the owner. Errors are problem+json with `code` and `hint`.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

import console
from console.contract.clock import iso, to_instant
from console.contract.faults import ALL_GATEWAYS, UnknownFaultError, parse_fault
from console.contract.text import nearest, shown
from console.sandbox.book import BookError
from console.sandbox.ledger import LedgerError, read_lines
from console.sandbox.notices import KEPT
from console.sandbox.tally import totals_as_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.sandbox.world import World

LISTED: Final = 100
"""Double debits and violations listed when the caller does not say how many."""

DEFAULT_HISTORY: Final = (50_000, 7)
"""Repayments and days of a past when the caller does not say."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WrongRequestError(Exception):
    """A request that cannot be done as it is; the hint says what would."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint


class Admin:
    """The calls of the admin API."""

    def __init__(self, world: World, stop: Callable[[], None]) -> None:
        self._world = world
        self._stop = stop

    def application(self) -> web.Application:
        """Return the API as an aiohttp application."""
        application = web.Application(middlewares=[_problems])
        application.add_routes(
            [
                web.get("/state", self.state),
                web.post("/faults", self.faults),
                web.post("/calm", self.calm),
                web.post("/surge", self.surge),
                web.get("/ledger", self.ledger),
                web.get("/ledger/rows", self.rows),
                web.get("/net", self.net),
                web.get("/history", self.history),
                web.get("/notices", self.notices),
                web.post("/stop", self.stop),
            ]
        )
        return application

    async def state(self, request: web.Request) -> web.StreamResponse:
        """What the sandbox is and does."""
        return _json(self._state())

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """Switch a misbehaviour on: `{gateway, mode, rate?, seconds?}`; rate 0 switches it off."""
        body = await _body(request)
        try:
            fault = parse_fault(str(body.get("mode", "")))
        except UnknownFaultError as error:
            raise WrongRequestError(str(error), "repay sandbox fault --help lists them") from error
        rate = _number(body, "rate", 1.0, most=1.0)
        seconds = _seconds(body)
        for gateway in self._named(body.get("gateway", ALL_GATEWAYS)):
            self._world.faults.switch(gateway, fault, rate, seconds)
        return _json(self._state())

    async def calm(self, request: web.Request) -> web.StreamResponse:
        """Back to normal: no misbehaviour, no surge."""
        self._world.faults.calm()
        if self._world.borrowers is not None:
            self._world.borrowers.surge(1.0)
        return _json(self._state())

    async def surge(self, request: web.Request) -> web.StreamResponse:
        """Multiply the borrowers' rate: `{factor, seconds?}`."""
        body = await _body(request)
        if self._world.borrowers is None:
            raise WrongRequestError("this sandbox has no borrowers", "run it without --no-borrowers")
        self._world.borrowers.surge(_number(body, "factor", 1.0, most=10_000), _seconds(body))
        return _json(self._state())

    async def ledger(self, request: web.Request) -> web.StreamResponse:
        """What the ledgers hold, and every double debit in them."""
        limit = _whole(request, "limit", LISTED, most=100_000)
        gateways = self._named(request.query.get("gateway", ALL_GATEWAYS))
        world = self._world
        world.book.commit()
        await asyncio.to_thread(world.tally.catch_up)
        count, doubles = await asyncio.to_thread(world.tally.double_debits, limit)
        broken, violations = world.book.violations(limit)
        return _json(
            {
                "as_of": iso(world.clock.now()),
                "gateways": [
                    total for total in totals_as_json(world.tally.totals()) if total["gateway"] in gateways
                ],
                "double_debit_count": count,
                "double_debits": doubles,
                "violation_count": broken,
                "violations": [
                    {"at": iso(at), "gateway": gateway, "order_no": order_no, "kind": kind}
                    for at, gateway, order_no, kind in violations
                ],
            }
        )

    async def rows(self, request: web.Request) -> web.StreamResponse:
        """The lines of the ledgers, gateway by gateway; `limit` gives the last lines of each."""
        self._world.book.commit()
        limit = _whole(request, "limit", 0, most=10_000_000)
        paths = [
            self._world.book.ledgers[gateway].path
            for gateway in self._named(request.query.get("gateway", ALL_GATEWAYS))
        ]
        return await _stream(request, _in_thread(_ledger_chunks(paths, limit)))

    async def net(self, request: web.Request) -> web.StreamResponse:
        """The net debit of every repayment moved since an instant (ISO 8601; default: ever)."""
        since = request.query.get("since", "")
        if since:
            try:
                since = iso(to_instant(datetime.fromisoformat(since)))
            except ValueError as error:
                raise WrongRequestError("since is no instant", "like 2026-11-24T02:00:00Z") from error
        self._world.book.commit()
        await asyncio.to_thread(self._world.tally.catch_up)
        return await _stream(request, _in_thread(_json_chunks(self._world.tally.nets(since))))

    async def history(self, request: web.Request) -> web.StreamResponse:
        """The past: repayments with their outcome; the first call decides it for good."""
        count, days = DEFAULT_HISTORY
        count = _whole(request, "count", count, most=5_000_000)
        days = max(1, _whole(request, "days", days, most=366))
        seed = _whole(request, "seed", self._world.seed, most=2**32)
        return await _stream(request, self._world.history.tell(count, days, seed))

    async def notices(self, request: web.Request) -> web.StreamResponse:
        """What the receiver of notices, dunning and credit reports got, the newest first."""
        return _json(self._world.notices.listed(_whole(request, "limit", LISTED, most=KEPT)))

    async def stop(self, request: web.Request) -> web.StreamResponse:
        """End the sandbox."""
        self._stop()
        return web.Response(status=202)

    def _state(self) -> dict[str, object]:
        world = self._world
        borrowers, past = world.borrowers, world.history.past()
        return {
            "as_of": iso(world.clock.now()),
            "version": console.__version__,
            "started_at": iso(world.started_at),
            "gateways": [
                {"id": name, "base_url": world.base_url(name), "faults": world.faults.listed(name)}
                for name in world.gateways
            ],
            "borrowers": None
            if borrowers is None
            else {
                "rate": borrowers.rate,
                "surge": borrowers.factor(),
                "sent": borrowers.sent,
                "unsent": borrowers.unsent,
                "gave_up": borrowers.gave_up,
                "refused": borrowers.refused,
            },
            "orders": world.book.counts(),
            "callbacks": {
                "delivered": world.callbacks.delivered,
                "in_flight": world.callbacks.in_flight,
                "given_up": world.callbacks.given_up,
            },
            "history": None
            if past is None
            else {"seed": past.seed, "count": past.count, "days": past.days, "told": world.history.told()},
        }

    def _named(self, word: object) -> list[str]:
        """Return the gateways that a word names."""
        names = list(self._world.gateways)
        if word in (ALL_GATEWAYS, "", None):
            return names
        if word in names:
            return [str(word)]
        guess = nearest(str(word), names)
        hint = f"did you mean {guess}?" if guess else f"there are {', '.join(names)}"
        raise WrongRequestError(f"no gateway is called {shown(str(word))}", hint)


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except WrongRequestError as error:
        return _problem(422, "invalid", error.title, error.hint)
    except (BookError, LedgerError) as error:
        return _problem(500, "records_unusable", shown(str(error)), "free some space, or look at the file")
    except web.HTTPException as error:
        return _problem(error.status, "http", error.reason, "see the calls of console.sandbox.admin")


def _problem(status: int, code: str, title: str, hint: str) -> web.Response:
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "hint": hint}
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
    )


def _json(fields: dict[str, object]) -> web.Response:
    return web.Response(body=json.dumps(fields, ensure_ascii=False).encode(), content_type="application/json")


async def _stream(request: web.Request, chunks: AsyncGenerator[bytes, None]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    async with aclosing(chunks):
        async for chunk in chunks:
            await response.write(chunk)
    await response.write_eof()
    return response


async def _in_thread(chunks: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


def _json_chunks(rows: Iterator[dict[str, object]]) -> Iterator[bytes]:
    lines: list[bytes] = []
    for row in rows:
        lines.append(json.dumps(row, separators=(",", ":")).encode())
        if len(lines) == 1000:
            yield b"\n".join(lines) + b"\n"
            lines = []
    if lines:
        yield b"\n".join(lines) + b"\n"


def _ledger_chunks(paths: list[Path], limit: int) -> Iterator[bytes]:
    for path in paths:
        lines = (line for _, line in read_lines(path))
        pending: list[bytes] = []
        for line in deque(lines, limit) if limit else lines:
            pending.append(line)
            if len(pending) == 1000:
                yield b"\n".join(pending) + b"\n"
                pending = []
        if pending:
            yield b"\n".join(pending) + b"\n"


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        fields = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError) as error:
        raise WrongRequestError("the body is not JSON", "send one JSON object") from error
    if not isinstance(fields, dict):
        raise WrongRequestError("the body is not a JSON object", "send one JSON object")
    return fields


def _number(body: dict[str, Any], name: str, default: float, *, most: float) -> float:
    value = body.get(name, default)
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:
        raise WrongRequestError(f"{name} is out of range", f"give a number from 0 to {most:g}")
    return float(value)


def _seconds(body: dict[str, Any]) -> float | None:
    return None if body.get("seconds") is None else _number(body, "seconds", 0.0, most=30 * 86_400)


def _whole(request: web.Request, name: str, default: int, *, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 12 or int(text) > most:
        raise WrongRequestError(f"{name} is out of range", f"give a whole number from 0 to {most}")
    return int(text)
