"""The promise of never twice, never lost, under faults and kills. The judge is the gateways' own ledger."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from console.contract.doubt import Doubts, is_unknown_there
from tests.reliability.platform import Platform, running, until

FAULTS: Final = (("timeout_after_debit", 0.3), ("duplicate_callback", 0.5), ("truncate", 0.1))
BATCH: Final = 20


@dataclass
class Feeder:
    """Sends repayments for as long as it runs, each batch again and again until it was answered."""

    platform: Platform
    per_second: float
    accepted: int = 0
    refused: int = 0
    """Batches that were not taken and are sent again."""
    _number: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        client = self.platform.client()
        while not self.stopping.is_set():
            await self._deliver(client, [self._repayment() for _ in range(BATCH)])
            await asyncio.sleep(BATCH / self.per_second)

    def _repayment(self) -> dict[str, Any]:
        self._number += 1
        number = self._number
        return {
            "external_id": f"kill-{number}",
            "borrower": f"b-{number}",
            "name": "王小明",
            "mobile": "13800138000",
            "id_number": "990000199001011234",
            "card": "6225750000001496",
            "amount_fen": 10_000 + number,
            "product": "cash_loan",
            "instalment": f"i-{number}",
            "due_on": "2026-11-25",
        }

    async def _deliver(self, client: httpx.AsyncClient, batch: list[dict[str, Any]]) -> None:
        key = f"batch-{batch[0]['external_id']}"
        while True:
            try:
                answer = await client.post(
                    "/repayments", json={"repayments": batch}, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 200:
                report = answer.json()
                assert report["rejected"] == []
                self.accepted += len(batch)
                return
            assert answer.status_code in (409, 429, 503, 507), answer.text
            self.refused += 1
            await asyncio.sleep(0.1)


async def _freeze(client: httpx.AsyncClient, wanted: str) -> dict[str, Any]:
    answer = await client.post("/selections", json={"filter": wanted})
    assert answer.status_code in (200, 201), answer.text
    selection: dict[str, Any] = answer.json()
    return selection


async def _until_decided(client: httpx.AsyncClient, within: float) -> set[str]:
    """Wait until everything is final, or can be decided by the day's settlement file alone; return these."""
    waiting: set[str] = set()

    async def nothing_else_open() -> bool:
        nonlocal waiting
        count: int = (await _freeze(client, "-state:settled,manual"))["count"]
        waiting = await _for_settlement(client) if count else set()
        return count == len(waiting)

    await until(nothing_else_open, within)
    return waiting


async def _for_settlement(client: httpx.AsyncClient) -> set[str]:
    """Return the repayments whose order its gateway does not know, and that is too old to be sent again."""
    found: set[str] = set()
    asked = {"limit": "200"}
    cursor: str | None = ""
    while cursor is not None:
        answer = await client.get("/doubts", params=asked | ({"cursor": cursor} if cursor else {}))
        page = Doubts.model_validate_json(answer.content)
        now = datetime.now(UTC)
        found |= {
            line.id
            for line in page.items
            if is_unknown_there(line) and line.expires_at is not None and line.expires_at < now
        }
        cursor = page.next
    return found


async def _net_debits(platform: Platform) -> Counter[str]:
    answer = await platform.admin().get("/net")
    net: Counter[str] = Counter()
    for line in answer.text.splitlines():
        row = json.loads(line)
        net[row["repayment"]] += row["net_fen"]
    return net


async def _campaign(platform: Platform, kills: int, seconds: float, per_second: float, seed: int) -> None:
    chance = random.Random(seed)
    admin = platform.admin()
    for mode, rate in FAULTS:
        (await admin.post("/faults", json={"gateway": "all", "mode": mode, "rate": rate})).raise_for_status()
    feeder = Feeder(platform, per_second)
    feeding = asyncio.create_task(feeder.run())
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.4, 1.6) * seconds / kills)
        platform.kill_service()
        platform.start_service()
    await platform.until_ready()
    feeder.stopping.set()
    await feeding
    await judge(platform, feeder)
    assert platform.kills == kills


async def judge(platform: Platform, feeder: Feeder, within: float = 90) -> int:
    """End all faults, wait until everything is decided, and hold the books against the ledgers.

    An order that never came to its gateway and that was killed so often that it became too old to be sent is
    decided by the day's settlement file; until then nothing of it may be debited. Returns how many there are.
    """
    admin, client = platform.admin(), platform.client()
    (await admin.post("/calm")).raise_for_status()
    waiting = await _until_decided(client, within)

    everything = await _freeze(client, "")
    assert everything["count"] == feeder.accepted > 0, "a repayment that was acknowledged is gone"
    ledger = (await admin.get("/ledger")).json()
    assert ledger["double_debit_count"] == 0, ledger["double_debits"]
    assert ledger["violation_count"] == 0, ledger["violations"]
    settled = await _freeze(client, "state:settled")
    net = await _net_debits(platform)
    assert not [one for one in waiting if net[one]], "debited, and taken for unknown"
    assert sum(1 for fen in net.values() if fen) == settled["count"]
    assert sum(net.values()) == settled["sum_fen"]
    checkup = (await client.get("/checkup")).json()
    assert [line for line in checkup["findings"] if line["state"] == "failed"] == []
    return len(waiting)


async def test_kills_and_new_starts_from_the_command_line_debit_nobody_twice_and_lose_nothing(
    tmp_path: Path, store_url: str
) -> None:
    async with running(tmp_path, store_url) as platform:
        await _campaign(platform, kills=5, seconds=10, per_second=80, seed=20261124)
