"""Borrowers bring their repayments to the service over its socket, patiently."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from console.contract.clock import SystemClock
from console.sandbox import borrowers as borrowers_module
from console.sandbox.borrowers import Borrowers
from console.sandbox.door import Address, Door
from tests.sandbox.sandbox import until


class FakeControl:
    """A service that takes repayments, or does not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.taken: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.clients: set[str | None] = set()
        self.status = 200
        self.retry_after: str | None = None
        self.refusals: list[float] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        application = web.Application(client_max_size=1 << 24)
        application.add_routes([web.get("/v1/healthz", self._health), web.post("/v1/repayments", self._take)])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.UnixSite(runner, str(self.path)).start()
            yield
        finally:
            await runner.cleanup()
            self.path.unlink(missing_ok=True)

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        key = request.headers["Idempotency-Key"]
        assert self.bodies.setdefault(key, body) == body, "the same key with another body"
        self.clients.add(request.headers.get("X-Repay-Client"))
        if self.status != 200:
            self.refusals.append(time.monotonic())
            headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return web.Response(status=self.status, headers=headers)
        self.keys.append(key)
        for one in json.loads(body)["repayments"]:
            self.taken[one["external_id"]] = one
        return web.json_response({})


@asynccontextmanager
async def paying(control: FakeControl, rate: float = 500.0) -> AsyncIterator[Borrowers]:
    """Let borrowers pay while the block runs."""
    door = Door(Address(control.path), time.monotonic)
    paying = Borrowers(door, rate, 1, ("alipay", "bank"), SystemClock(), time.monotonic)
    tasks = [asyncio.create_task(door.watch()), asyncio.create_task(paying.run())]
    try:
        yield paying
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_repayments_arrive_whole_and_once(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    async with control.open(), paying(control) as borrowers:
        await until(lambda: len(control.taken) > 200)
        assert borrowers.sent <= len(control.taken)
        assert len(control.keys) == len(set(control.keys))
        assert control.clients == {"sandbox"}
        required = {"external_id", "borrower", "name", "mobile", "id_number", "card", "amount_fen"}
        required |= {"product", "instalment", "due_on", "signals"}
        for one in control.taken.values():
            assert set(one) - {"gateway"} == required
        assert {"alipay", "bank"} >= {one["gateway"] for one in control.taken.values() if "gateway" in one}


async def test_borrowers_wait_until_somebody_is_there(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    async with paying(control) as borrowers:
        await asyncio.sleep(0.15)  # they look every 0.1 s, and nobody comes
        assert borrowers.unsent == 0
        async with control.open():
            await until(lambda: bool(control.taken))


async def test_a_full_service_is_given_the_time_it_asks_for(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    control.status, control.retry_after = 429, "1"
    async with control.open(), paying(control) as borrowers:
        await until(lambda: len(control.refusals) == 2)
        assert control.refusals[1] - control.refusals[0] >= 1.0
        control.status = 200
        await until(lambda: borrowers.sent > 0)
        assert borrowers.refused == 0


async def test_a_service_that_went_away_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    async with paying(control) as borrowers:
        async with control.open():
            await until(lambda: borrowers.sent > 50)
        await until(lambda: borrowers.unsent > 20)
        waiting = borrowers.unsent
        before = borrowers.sent
        async with control.open():
            await until(lambda: borrowers.sent >= before + waiting)
            assert len(control.taken) >= before + waiting


async def test_beyond_patience_borrowers_give_up_and_are_counted(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    control.status = 503
    async with control.open(), paying(control, rate=20_000) as borrowers:
        await until(lambda: borrowers.gave_up > 100)
        assert borrowers.unsent <= borrowers_module.PATIENCE
        control.status = 200
        await until(lambda: borrowers.sent > borrowers_module.PATIENCE)


async def test_a_refusal_for_good_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    control = FakeControl(tmp_path / "control.sock")
    control.status = 422
    async with control.open(), paying(control) as borrowers:
        await until(lambda: borrowers.refused > 0)
        control.status = 200
        await until(lambda: borrowers.sent > 0)


async def test_a_surge_multiplies_and_passes() -> None:
    now = 0.0
    door = Door(Address(Path("/nowhere")), lambda: now)
    borrowers = Borrowers(door, 20, 1, ("alipay",), SystemClock(), lambda: now)
    assert borrowers.factor() == 1
    borrowers.surge(10, seconds=60)
    assert borrowers.factor() == 10
    now = 61.0
    assert borrowers.factor() == 1
    borrowers.surge(3)
    now = 1e6
    assert borrowers.factor() == 3


async def test_over_the_network_the_door_opens_with_a_token() -> None:
    seen: list[str | None] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        return web.Response(status=401)

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        door = Door(Address(None, f"http://127.0.0.1:{port}/", "secret"), time.monotonic)
        watching = asyncio.create_task(door.watch())
        async with asyncio.timeout(5):
            await door.opened()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    finally:
        await runner.cleanup()
    assert seen == ["Bearer secret"]
