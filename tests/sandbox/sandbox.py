"""A sandbox inside the test, its merchants, and somebody who takes callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from aiohttp import web

from console.contract.clock import Instant, ManualClock
from console.contract.faults import Fault
from console.gateways.wire import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Answer,
    Callback,
    DebitRequest,
    Secret,
    encode_close,
    encode_debit,
    parse_answer,
    parse_callback,
    parse_refusal,
    request_headers,
    verify_answer,
)
from console.sandbox.habits import INSTANT, Habits, Timings
from console.sandbox.ledger import Movement, parse_line, read_lines
from console.sandbox.process import serving_gateways
from console.sandbox.world import Temper, World, merchant_of

QUICK = Timings(
    slow=(0.4, 0.5),
    hold=3.0,
    trickle=0.005,
    late_confirmation=(60.0, 90.0),
    hidden=30.0,
    after_close=(5.0, 10.0),
    lost_answer_callback=(15.0, 20.0),
    sudden_callback=(0.0, 0.0),
)
"""Misbehaviour that a test can wait for; spans of the sandbox's own clock stay as they are."""

ACCEPTING = replace(INSTANT, accepted=1.0, confirmation=(1.0, 1.0))
"""Habits of a gateway that accepts every order and confirms it after a second of its clock."""

DECLINING = replace(INSTANT, declined=1.0)

WAIT = 5.0
"""Seconds until a test gives up waiting for a state."""

DAY = 86_400


@dataclass(frozen=True)
class Heard:
    """One answer as it came."""

    status: int
    body: bytes
    timestamp: str | None
    signature: str | None


class Merchant:
    """The lender at one gateway."""

    def __init__(self, sandbox: Sandbox, gateway: str) -> None:
        self._sandbox = sandbox
        self.gateway = gateway
        self.secret = sandbox.secrets[gateway]

    async def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        within: float = 10.0,
        headers: dict[str, str] | None = None,
    ) -> Heard:
        """Send a signed request; `headers` replace what is sent by default."""
        whole = f"/{self.gateway}{path}"
        signed = self.signed(method, whole, body)
        async with self._sandbox.session.request(
            method,
            f"http://127.0.0.1:{self._sandbox.world.port}{whole}",
            data=body,
            headers=signed | (headers or {}),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=within),
        ) as response:
            content = await response.read()
            return Heard(
                response.status,
                content,
                response.headers.get(TIMESTAMP_HEADER),
                response.headers.get(SIGNATURE_HEADER),
            )

    def signed(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        """Return the headers of a request to a whole path."""
        seconds = self._sandbox.clock.now() // 1000
        return request_headers(self.secret, merchant_of(self.gateway), method, path, body, seconds)

    async def debit(
        self,
        order_no: str,
        *,
        amount_fen: int = 12_345,
        account: str = "9990012572883895",
        notify_url: str = "",
        expires_in: float = 3600,
        within: float = 10.0,
    ) -> Heard:
        expires_at = Instant(self._sandbox.clock.now() + round(expires_in * 1000))
        order = DebitRequest(order_no, amount_fen, "CNY", account, notify_url, expires_at)
        return await self.call("POST", "/debits", encode_debit(order), within=within)

    async def inquire(self, order_no: str) -> Heard:
        return await self.call("GET", f"/debits/{order_no}")

    async def close(self, order_no: str, amount_fen: int = 12_345) -> Heard:
        return await self.call("POST", f"/debits/{order_no}/close", encode_close(amount_fen, "CNY"))

    def verified(self, heard: Heard) -> Heard:
        """Check the signature of an answer."""
        seconds = self._sandbox.clock.now() / 1000
        verify_answer(self.secret, heard.timestamp, heard.signature, heard.body, seconds)
        return heard

    def answer(self, heard: Heard) -> Answer:
        """Return the answer, its signature checked."""
        assert heard.status == 200, heard
        return parse_answer(self.verified(heard).body)

    def refusal(self, heard: Heard) -> tuple[int, str]:
        """Return status and code of a refusal, its signature checked."""
        return heard.status, parse_refusal(self.verified(heard).body).raw


class Receiver:
    """Takes callbacks, or refuses as many as it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.refuse = 0
        self.slowness = 0.0
        self.heard: list[tuple[float, Heard]] = []
        self._news = asyncio.Condition()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = request.headers
        heard = Heard(200, body, headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER))
        async with self._news:
            self.heard.append((asyncio.get_running_loop().time(), heard))
            self._news.notify_all()
        await asyncio.sleep(self.slowness)
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=500)
        return web.Response(status=204)

    async def at_least(self, count: int) -> list[Callback]:
        """Wait for so many callbacks and return them."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(lambda: len(self.heard) >= count)
        return self.callbacks()

    def callbacks(self) -> list[Callback]:
        return [parse_callback(heard.body) for _, heard in self.heard]


class Sandbox:
    """A world that listens, with a clock that only the test moves."""

    def __init__(self, world: World, clock: ManualClock, secrets: dict[str, Secret]) -> None:
        self.world = world
        self.clock = clock
        self.secrets = secrets
        self.session: aiohttp.ClientSession
        self.receiver = Receiver()

    def merchant(self, gateway: str = "alipay") -> Merchant:
        return Merchant(self, gateway)

    def fault(self, fault: Fault, rate: float = 1.0, gateway: str = "alipay") -> None:
        self.world.faults.switch(gateway, fault, rate)

    def ledger(self, gateway: str = "alipay") -> list[Movement]:
        self.world.book.commit()
        return [parse_line(line) for _, line in read_lines(self.world.book.ledgers[gateway].path)]

    def moved(self, gateway: str = "alipay") -> list[tuple[str, str]]:
        """Return order number and kind of every movement."""
        return [(movement.order_no, movement.kind) for movement in self.ledger(gateway)]

    async def until_moved(self, *expected: tuple[str, str]) -> None:
        """Wait until alipay's ledger holds these movements."""
        await until(lambda: self.moved() == list(expected))


async def until(state: Callable[[], bool]) -> None:
    """Wait for a state that announces itself to nobody."""
    async with asyncio.timeout(WAIT):
        while not state():  # noqa: ASYNC110 - files and other processes have no event to wait for
            await asyncio.sleep(0.02)


@asynccontextmanager
async def opened(
    state_dir: Path, habits: Habits = INSTANT, timings: Timings = QUICK, clock: ManualClock | None = None
) -> AsyncIterator[Sandbox]:
    """Open a sandbox of two gateways of the same habits on a loopback port."""
    clock = clock or ManualClock()
    secrets = {name: Secret(name.encode() * 8) for name in ("alipay", "bank", "notices")}
    world = World(
        state_dir,
        secrets,
        Temper({"alipay": habits, "bank": replace(habits, reverses=False)}, timings),
        clock,
    )
    sandbox = Sandbox(world, clock, secrets)
    try:
        async with (
            serving_gateways(world),
            _receiving(sandbox.receiver),
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        ):
            sandbox.session = session
            deciding = asyncio.create_task(world.callbacks.run())
            try:
                yield sandbox
            finally:
                deciding.cancel()
                with suppress(asyncio.CancelledError):
                    await deciding
    finally:
        world.close()


@asynccontextmanager
async def _receiving(receiver: Receiver) -> AsyncIterator[None]:
    runner = web.ServerRunner(web.Server(receiver.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}/v1/callbacks/alipay"
        yield
    finally:
        await runner.cleanup()
