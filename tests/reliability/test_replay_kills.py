"""A replay whose service is killed in the middle finishes by itself; the judge is the gateways' ledger."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import httpx

from tests.reliability.platform import Platform, running, until
from tests.reliability.test_kills import Feeder

COUNT = 160


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _shown(client: httpx.AsyncClient, identity: str) -> dict[str, Any]:
    """Return the replay; nothing while the service is away."""
    try:
        answer = await client.get(f"/replays/{identity}")
    except httpx.TransportError:
        return {"state": "away", "done": 0}
    return dict(answer.json()) if answer.status_code == 200 else {"state": "away", "done": 0}


async def _fill(platform: Platform) -> Feeder:
    """Let many repayments fail, and some be in doubt, of which some were debited."""
    admin = platform.admin()
    for mode, rate in (("decline", 0.7), ("timeout_after_debit", 0.3)):
        (await admin.post("/faults", json={"gateway": "all", "mode": mode, "rate": rate})).raise_for_status()
    feeder = Feeder(platform, per_second=2000)
    feeding = asyncio.create_task(feeder.run())
    await until(lambda: feeder.accepted >= COUNT, within=60)
    feeder.stopping.set()
    await feeding
    client = platform.client()

    async def all_sent() -> bool:
        waiting = await client.post(
            "/selections", json={"filter": "stage:intake,screening,dispatch,confirming"}
        )
        return bool(waiting.json()["count"] == 0)

    await until(all_sent, within=60)
    (await admin.post("/calm")).raise_for_status()
    return feeder


async def test_a_killed_replay_goes_on_by_itself_and_debits_nobody_twice(
    tmp_path: Path, store_url: str
) -> None:
    async with running(tmp_path, store_url) as platform:
        feeder = await _fill(platform)
        admin, client = platform.admin(), platform.client()
        await admin.post("/faults", json={"gateway": "all", "mode": "timeout_after_debit", "rate": 0.3})
        plan = await _post(client, "/replays/plan", {"filter": "state:failed,in_doubt", "rate": 60})
        identity = plan["id"]

        async def planned() -> bool:
            return bool((await _shown(client, identity))["state"] == "planned")

        await until(planned, within=30)
        total = (await _shown(client, identity))["to_run"]
        assert total > COUNT / 4
        await _post(client, "/changes", {"kind": "replay.start", "replay": identity, "reason": "a test"})
        for part in (0.2, 0.6):

            async def far(part: float = part) -> bool:
                return bool((await _shown(client, identity))["done"] >= total * part)

            await until(far, within=90)
            platform.kill_service()
            platform.start_service()
            await platform.until_ready()
        (await admin.post("/calm")).raise_for_status()

        async def over() -> bool:
            return bool((await _shown(client, identity))["state"] in ("done", "stopped"))

        await until(over, within=120)
        receipt = (await client.get(f"/replays/{identity}/receipt")).json()
        assert receipt["state"] == "done", receipt
        assert receipt["conservation"]["balanced"], receipt
        ledger = (await admin.get("/ledger")).json()
        assert ledger["double_debit_count"] == 0, ledger["double_debits"]
        assert ledger["violation_count"] == 0, ledger["violations"]
        assert feeder.accepted >= COUNT
