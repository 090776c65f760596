"""Kills around closing orders at their gateways: each ends as its gateway says, and nobody is debited twice.

The service dies around the commit that an order is to be closed, within the bytes of the request to close it,
and with the gateway's answer in hand; the next one goes on. The judges are the gateways' answers and ledgers.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from console.contract.clock import SystemClock
from console.contract.places import SANDBOX_CARD
from console.gateways.base import Question
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from tests.reliability.lives import Forge, forging
from tests.reliability.platform import OTHER_TOKEN, Platform, running, until
from tests.reliability.points import Point
from tests.reliability.test_kills import Feeder

FAULTS: Final = (("late_confirm", 0.8), ("timeout_after_debit", 0.2))

ORDERS: Final = 100
"""How many repayments there are to close orders of."""

PATIENCE: Final = 60.0
"""Seconds until a life that does not come to its point fails the test."""

OPEN: Final = "stage:intake,screening,dispatch,confirming,in_doubt,held,review"


@dataclass
class People:
    """One who asks for an order after the other to be closed, and one who agrees, until told to stop."""

    platform: Platform
    repayments: list[str]
    asked: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Have all orders closed, one every now and then, whatever dies meanwhile."""
        one, other = self.platform.client(), self.platform.client(OTHER_TOKEN)
        for repayment in self.repayments:
            body = {"kind": "attempt.close", "repayment": repayment, "reason": "a test"}
            change = await _post(one, "/changes", body, f"close-{repayment}")
            if change is not None:
                await _post(other, f"/changes/{change['id']}/approve", {}, f"agree-{repayment}")
                self.asked.append(repayment)
            await asyncio.sleep(0.05)


async def _post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], key: str
) -> dict[str, Any] | None:
    """Send until somebody answers; None when it is refused: the order is decided."""
    while True:
        try:
            answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if answer.is_success:
            return dict(answer.json())
        if answer.status_code != 503 and answer.json()["code"] != "in_flight":
            return None
        await asyncio.sleep(0.1)


async def _count(client: httpx.AsyncClient, wanted: str) -> int:
    try:
        answer = await client.post("/selections", json={"filter": wanted})
    except httpx.TransportError:
        return -1
    return int(answer.json()["count"]) if answer.is_success else -1


async def _listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    selection = (await client.post("/selections", json={"filter": ""})).json()
    found: list[dict[str, Any]] = []
    while len(found) < selection["count"]:
        path = f"/selections/{selection['id']}/rows"
        rows = (await client.get(path, params={"at": len(found), "count": 100})).json()["rows"]
        found += rows
    return found


@asynccontextmanager
async def _undecided(directory: Path, url: str) -> AsyncIterator[tuple[Platform, Forge, list[str]]]:
    """Run a platform whose gateways have accepted orders, some of which they debited and never said so;
    its service is dead."""
    async with (
        running(directory, url, serve=False) as platform,
        forging(directory / "c.toml", directory / "lives.log") as forge,
    ):
        admin, client = platform.admin(), platform.client()
        for mode, rate in FAULTS:
            body = {"gateway": "all", "mode": mode, "rate": rate}
            (await admin.post("/faults", json=body)).raise_for_status()
        pid = await forge.start("service")
        await platform.until_ready()
        feeder = Feeder(platform, per_second=2000)
        feeding = asyncio.create_task(feeder.run())
        await until(lambda: feeder.accepted >= ORDERS, PATIENCE)
        feeder.stopping.set()
        await feeding

        async def all_sent() -> bool:
            return await _count(client, "stage:intake,screening,dispatch") == 0

        await until(all_sent, PATIENCE)
        repayments = [row["id"] for row in await _listed(client)]
        os.kill(pid, signal.SIGKILL)
        await forge.end(pid)
        yield platform, forge, repayments


def _gateways(platform: Platform) -> dict[str, RestGateway]:
    card = json.loads((platform.runtime / SANDBOX_CARD).read_text())
    found = {}
    for one in card["gateways"]:
        config = GatewayConfig(id=one["id"], base_url=one["base_url"], merchant=one["merchant"])
        ready = config.with_secret(one["secret"].encode())
        found[one["id"]] = RestGateway(ready, "http://127.0.0.1:9/", SystemClock())
    return found


async def _says(gateway: RestGateway, attempt: dict[str, Any], amount_fen: int) -> str:
    """Return what a gateway says has become of an order."""
    deadline = asyncio.get_running_loop().time() + 10
    question = Question(attempt["order_no"], amount_fen, "CNY", deadline, 0)
    return (await gateway.inquire(question)).verdict.value.upper()


async def _judge(platform: Platform) -> Counter[str]:
    """Hold every order against its gateway's own word and ledger; return how many ended how."""
    client, admin = platform.client(), platform.admin()
    net = {
        row["repayment"]: row["net_fen"]
        for row in map(json.loads, (await admin.get("/net")).text.splitlines())
    }
    gateways, ends = _gateways(platform), Counter[str]()
    for row in await _listed(client):
        shown = (await client.get(f"/repayments/{row['id']}")).json()
        (attempt,) = shown["attempts"]
        assert attempt["state"] == await _says(gateways[attempt["gateway"]], attempt, shown["amount_fen"]), (
            shown
        )
        paid = shown["amount_fen"] if attempt["state"] == "SUCCEEDED" else 0
        assert net.get(row["id"], 0) == paid, shown
        ends[attempt["state"]] += 1
    for gateway in gateways.values():
        await gateway.close()
    ledger = (await admin.get("/ledger")).json()
    assert (ledger["double_debit_count"], ledger["violation_count"]) == (0, 0), ledger
    checkup = (await client.get("/checkup")).json()
    assert [line for line in checkup["findings"] if line["state"] == "failed"] == []
    return ends


async def _campaign(directory: Path, url: str, rounds: int) -> None:
    async with _undecided(directory, url) as (platform, forge, repayments):
        closing = asyncio.create_task(People(platform, repayments).run())
        for number in range(rounds):
            for point in Point:
                pid = await forge.start("service", point, 1 + number, closing=True)
                assert await forge.end(pid, PATIENCE) == -signal.SIGKILL, f"nobody died of {point}"
        await forge.start("service")
        await platform.until_ready()
        await closing

        async def ended() -> bool:
            return await _count(platform.client(), OPEN) == 0

        await until(ended, PATIENCE)
        (await platform.admin().post("/calm")).raise_for_status()
        ends = await _judge(platform)
        print(f"{rounds * len(Point)} kills around closing: {dict(ends)}")
        assert ends["CLOSED"] > ORDERS / 4


async def test_kills_around_closing_leave_every_order_as_its_gateway_says(tmp_path: Path) -> None:
    await _campaign(tmp_path, f"sqlite:///{tmp_path / 'control.db'}", rounds=1)


@pytest.mark.campaign
async def test_many_kills_around_closing_leave_every_order_as_its_gateway_says(
    tmp_path: Path, store_url: str
) -> None:
    await _campaign(tmp_path, store_url, rounds=4)
