"""A hold over a gateway under load, with real processes: the gateways' own ledger is the judge."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import tomli_w

from console.contract.places import SANDBOX_CARD
from console.sandbox.ledger import DEBIT
from tests.reliability.platform import Platform, until

RATE: Final = 40.0
"""Calls a second each gateway takes."""

PER_SECOND: Final = 20
"""Repayments a second for the gateway under the window, and as many for another one."""

CLOSED_SECONDS: Final = 12


class PacedPlatform(Platform):
    """A platform whose gateways take few calls a second."""

    def write_configuration(self, gateways_port: int | None = None) -> None:
        super().write_configuration(gateways_port)
        path = self.directory / "c.toml"
        configuration = tomllib.loads(path.read_text())
        for gateway in configuration["gateway"]:
            gateway["rate_per_second"] = RATE
        path.write_text(tomli_w.dumps(configuration))


@asynccontextmanager
async def paced(directory: Path, database: str) -> AsyncIterator[Platform]:
    """Run a paced platform on a database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    platform = PacedPlatform(directory, database, port)
    for name in ("run", "state"):
        (directory / name).mkdir(parents=True, mode=0o700)
    try:
        platform.start_sandbox()
        await until((platform.runtime / SANDBOX_CARD).exists, within=20)
        platform.write_configuration()
        platform.start_service()
        await platform.until_ready()
        yield platform
    finally:
        await platform.close()


@dataclass
class Load:
    """Sends repayments at an even rate until it is stopped."""

    client: httpx.AsyncClient
    sent: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        began, rounds = time.monotonic(), 0
        while not self.stopping.is_set():
            due = int((time.monotonic() - began) * 5) + 1
            for _ in range(due - rounds):
                await self._send(
                    [self._entry(name) for name in ("alipay", "wechat") for _ in range(PER_SECOND // 5)]
                )
            rounds = due
            await asyncio.sleep(0.05)

    def _entry(self, gateway: str) -> dict[str, Any]:
        self.sent += 1
        return {
            "external_id": f"load-{self.sent}",
            "borrower": f"b-{self.sent}",
            "name": "王小明",
            "mobile": "13800138000",
            "id_number": "990000199001011234",
            "card": "6225750000001496",
            "amount_fen": 10_000 + self.sent,
            "product": "cash_loan",
            "instalment": f"i-{self.sent}",
            "due_on": (datetime.now().date() + timedelta(days=1)).isoformat(),
            "gateway": gateway,
        }

    async def _send(self, batch: list[dict[str, Any]]) -> None:
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        answer = await self.client.post("/repayments", json={"repayments": batch}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["accepted"] == len(batch)


async def _open(client: httpx.AsyncClient) -> dict[str, Any]:
    body = {
        "kind": "window.open",
        "reason": "the gateway's own maintenance",
        "scope": "gateway=alipay",
        "at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 4)),
        "zone": "UTC",
        "duration": f"{CLOSED_SECONDS}s",
        "drain": "1s",
        "ramp": "3s",
    }
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    answer = await client.post("/changes", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    (window,) = (await client.get("/windows")).json()["items"]
    found: dict[str, Any] = window
    return found


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


async def _count(client: httpx.AsyncClient, wanted: str) -> int:
    answer = await client.post("/selections", json={"filter": wanted})
    count: int = answer.json()["count"]
    return count


async def _debits(platform: Platform, gateway: str) -> list[float]:
    """When a gateway debited, by its own ledger."""
    rows = await platform.admin().get("/ledger/rows", params={"gateway": gateway})
    lines = [json.loads(line) for line in rows.text.splitlines()]
    return [_seconds(line["time"]) for line in lines if line["kind"] == DEBIT]


async def _held_under_load(platform: Platform) -> None:
    client = platform.client()
    load = Load(platform.client())
    loading = asyncio.create_task(load.run())
    window = await _open(client)
    closes, starts, ends = (
        _seconds(window["slots"][0][name]) for name in ("closes_at", "starts_at", "ends_at")
    )

    async def look() -> dict[str, Any]:
        answer: dict[str, Any] = (await client.get(f"/windows/{window['id']}")).json()
        return answer

    async def nearly_over() -> bool:
        return time.time() > ends - 0.3

    await until(nearly_over, within=30)
    seen = await look()
    assert seen["state"] == "active"
    assert seen["held"] > PER_SECOND * (CLOSED_SECONDS - 1)
    forecast = seen["forecast"]["minutes"] * 60

    async def drained() -> bool:
        """Nothing is held, and what was let go does not wait in dispatch instead."""
        held: int = (await look())["held"]
        return held == 0 and await _count(client, "state:dispatch") <= PER_SECOND

    await until(drained, within=ends - time.time() + 3 * forecast)
    took = time.time() - ends
    load.stopping.set()
    await loading

    async def all_settled() -> bool:
        return await _count(client, "-state:settled") == 0

    await until(all_settled, within=20)
    assert await _count(client, "") == load.sent, "a repayment is gone"
    debits = await _debits(platform, "alipay")
    assert [at for at in debits if starts <= at < ends] == [], "the gateway was debited inside its window"
    assert any(at < closes for at in debits), "there was no load before the window"
    assert len(debits) == load.sent // 2
    ledger = (await platform.admin().get("/ledger")).json()
    assert ledger["double_debit_count"] == 0
    assert abs(took - forecast) <= 0.2 * forecast, f"took {took:.1f} s, forecast {forecast:.1f} s"


async def test_a_hold_under_load_lets_no_debit_through_loses_none_and_drains_as_forecast(
    tmp_path: Path, postgresql_url: str
) -> None:
    databases = {"lite": f"sqlite:///{tmp_path / 'control.db'}", "post": postgresql_url}

    async def campaign(name: str, database: str) -> None:
        async with paced(tmp_path / name, database) as platform:
            await _held_under_load(platform)

    async with asyncio.TaskGroup() as group:
        for name, database in databases.items():
            group.create_task(campaign(name, database))
