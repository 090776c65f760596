"""The pipeline against the real sandbox, misbehaving as it can; its ledger is the judge."""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from console.contract.clock import SystemClock
from console.gateways.callbacks import verify
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment.evidence import Gatherer
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.store.counters import counted, recount
from console.store.database import Store
from tests.pipeline.entries import KEYS, entry, rows, take_in

PATIENCE = 45.0
ENDED = {"settled", "failed"}
CODES = frozenset(
    {"INSUFFICIENT_FUNDS", "LIMIT_EXCEEDED", "CARD_EXPIRED", "ACCOUNT_CLOSED", "ACCOUNT_FROZEN"}
)
SETTINGS = PipelineSettings(
    inquiry_steps=(0.2, 0.3, 0.5), inquiry_every=0.5, poll=0.05, resend_margin=1, lease=3, heartbeat=1
)


@pytest.fixture
def sandbox() -> Iterator[Path]:
    """A sandbox without borrowers; its runtime directory."""
    with tempfile.TemporaryDirectory(prefix="rp-", dir="/tmp") as name:
        runtime, state = Path(name, "run"), Path(name, "state")
        for place in (runtime, state):
            place.mkdir(mode=0o700)
        where = ["--runtime-dir", str(runtime), "--state-dir", str(state), "--linger", "0"]
        with Path(name, "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "console.sandbox", "run", "--no-borrowers", *where], stderr=log
            )
        try:
            yield runtime
        finally:
            process.terminate()
            process.wait(10)


async def wait_for_card(runtime: Path) -> list[dict[str, Any]]:
    """Return the sandbox's gateways once it tells them."""
    async with asyncio.timeout(PATIENCE):
        while not (runtime / "sandbox.json").exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    gateways: list[dict[str, Any]] = json.loads((runtime / "sandbox.json").read_text())["gateways"]
    return gateways


async def admin(runtime: Path, method: str, path: str, **body: object) -> Any:
    """Ask the sandbox something."""
    connector = aiohttp.UnixConnector(str(runtime / "sandbox.sock"))
    async with aiohttp.ClientSession(connector=connector) as session:
        told = {"json": body} if body else {}
        async with session.request(method, f"http://sandbox{path}", **told) as answer:  # type: ignore[arg-type] # a shorthand
            assert answer.status < 300, await answer.text()
            return await answer.json()


@contextlib.asynccontextmanager
async def callbacks(
    store: Store, configs: Mapping[str, GatewayConfig], clock: SystemClock
) -> AsyncIterator[str]:
    """Take notifications as the service does; yield where to."""
    gatherer = Gatherer(store, SETTINGS.rules(), 0.001)

    async def take(request: web.BaseRequest) -> web.Response:
        config = configs[request.path.rpartition("/")[2]]
        piece = verify(request.headers, await request.read(), config, clock.now())
        await gatherer.submit(piece)
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks"
    await runner.cleanup()


async def test_under_faults_nobody_is_debited_twice_and_after_them_everything_ends(
    store_url: str, sandbox: Path
) -> None:
    clock = SystemClock()
    cards = await wait_for_card(sandbox)
    store = Store.open(store_url, clock=clock)
    configs = {
        card["id"]: GatewayConfig(
            id=card["id"],
            base_url=card["base_url"],
            merchant=card["merchant"],
            timeout=0.5,
            failure_codes=CODES,
        ).with_secret(card["secret"].encode())
        for card in cards
    }
    for fault in ("timeout_after_debit", "timeout_before_debit", "truncate", "wrong_amount", "flip_flop"):
        await admin(sandbox, "POST", "/faults", gateway="all", mode=fault, rate=0.15)
    for fault in ("duplicate_callback", "early_callback", "out_of_order_callback"):
        await admin(sandbox, "POST", "/faults", gateway="all", mode=fault, rate=0.4)
    ids = await take_in(store, *(entry(number, due_on="2026-12-01") for number in range(80)))
    async with callbacks(store, configs, clock) as notify:
        gateways = {name: RestGateway(config, f"{notify}/{name}", clock) for name, config in configs.items()}
        pipeline = Pipeline(store, gateways, configs, SETTINGS, clock, KEYS)
        task = asyncio.create_task(pipeline.run())
        async with asyncio.timeout(PATIENCE):
            while rows(store, "SELECT count(*) FROM attempt")[0][0] < 40:  # noqa: ASYNC110 - a database tells
                await asyncio.sleep(0.05)
        await admin(sandbox, "POST", "/calm")
        await _all_ended(store, sandbox)
        await pipeline.stop()
        await task
    ledger = await admin(sandbox, "GET", "/ledger")
    assert ledger["double_debits"] == []
    debits = {order for order, _ in await _net(sandbox)}
    settled = {row[0] for row in rows(store, "SELECT id FROM repayment WHERE stage = 'settled'")}
    assert debits
    assert settled == debits
    assert len(rows(store, "SELECT id FROM repayment")) == len(ids) == 80
    assert store.read_now(counted) == store.read_now(recount)
    store.close()


async def _all_ended(store: Store, sandbox: Path) -> None:
    query = "SELECT stage, count(*) FROM repayment GROUP BY stage"
    try:
        async with asyncio.timeout(PATIENCE):
            while {row[0] for row in rows(store, query)} - ENDED:  # noqa: ASYNC110 - a database tells
                await asyncio.sleep(0.1)
    except TimeoutError:
        left = (
            "SELECT order_no, state, code, inquiries, not_found FROM attempt WHERE next_action_at IS NOT NULL"
        )
        raise AssertionError(f"{rows(store, query)}: {rows(store, left)}") from None


async def _net(sandbox: Path) -> list[tuple[str, int]]:
    """Return the repayments with a net debit, by the gateways' own truth."""
    connector = aiohttp.UnixConnector(str(sandbox / "sandbox.sock"))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get("http://sandbox/net") as answer,
    ):
        lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    return [(line["repayment"], line["net_fen"]) for line in lines if line["net_fen"]]
