"""Care whose service is killed in the middle: no coupon twice, no message lost, none doubled."""

from __future__ import annotations

import asyncio
import json
import secrets
import tomllib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from console.contract.clock import SystemClock, business_day
from console.contract.places import SANDBOX_CARD
from tests.reliability.platform import Platform, running, until
from tests.reliability.test_kills import Feeder

COUNT = 60


class LateFeeder(Feeder):
    """Sends repayments whose day is over."""

    def _repayment(self) -> dict[str, Any]:
        due = business_day(SystemClock().now()) - timedelta(days=20)
        return super()._repayment() | {"due_on": due.isoformat()}


def careful(platform: Platform) -> None:
    """Have care work in small batches, and tell the sandbox's receiver."""
    card = json.loads((platform.runtime / SANDBOX_CARD).read_text())
    told = tomllib.loads((platform.directory / "c.toml").read_text())
    secret = platform.directory / "notices.secret"
    secret.touch(0o600)
    notices = card["notices"]
    secret.write_text(notices["secret"])
    for gateway in told["gateway"]:
        gateway["failure_codes"] = card["gateways"][0]["failure_codes"]
    webhook = {"url": notices["url"], "secret": {"file": str(secret)}, "timeout": 1.0}
    told["care"] = {"every": 0.2, "batch": 4, "webhook": webhook}
    (platform.directory / "c.toml").write_text(tomli_w.dumps(told))


@pytest.mark.campaign
async def test_killed_in_the_middle_of_care_everybody_is_told_once_and_has_one_coupon(tmp_path: Path) -> None:
    async with running(tmp_path, f"sqlite:///{tmp_path / 'control.db'}", serve=False) as platform:
        careful(platform)
        platform.start_service()
        await platform.until_ready()
        admin, client = platform.admin(), platform.client()
        await admin.post("/faults", json={"gateway": "all", "mode": "decline", "rate": 1})
        feeder = LateFeeder(platform, per_second=2000)
        feeding = asyncio.create_task(feeder.run())
        await until(lambda: feeder.accepted >= COUNT, within=60)
        feeder.stopping.set()
        await feeding

        async def received() -> int:
            return sum((await admin.get("/notices")).json()["received"].values())

        async def count_of(wanted: str) -> int:
            return int((await client.post("/selections", json={"filter": wanted})).json()["count"])

        async def all_failed() -> bool:
            return await count_of("stage:intake,screening,dispatch,confirming,in_doubt") == 0

        async def kill_at(count: int) -> None:
            async def came() -> bool:
                return await received() >= count

            await until(came, within=60)
            platform.kill_service()
            platform.start_service()
            await platform.until_ready()

        await kill_at(feeder.accepted // 4)
        await until(all_failed, within=60)
        failed = await count_of("state:failed")
        assert failed > COUNT / 2
        change = {"kind": "care.grant", "filter": "state:failed", "coupon_fen": 500, "notice": "coupon"}
        key = {"Idempotency-Key": secrets.token_hex(8)}
        await client.post("/changes", json=change | {"reason": "a test"}, headers=key)
        await kill_at(failed)
        again = await client.post("/changes", json=change | {"reason": "a test"}, headers=key)
        assert again.status_code == 201, again.text
        await kill_at(failed * 2)

        async def all_told() -> bool:
            return await received() >= failed * 3

        await until(all_told, within=90)
        found = (await admin.get("/notices", params={"limit": 1000})).json()
        told = Counter((one["event"], one["repayment"]) for one in found["items"])
        assert Counter(event for event, _ in told) == dict.fromkeys(
            ("notice", "dunning", "credit_report"), failed
        )
        assert set(told.values()) == {1} and found["refused"] == 0
        grants = (await client.get("/care")).json()["items"]
        assert [(one["count"], one["coupons"]) for one in grants] == [(failed, failed)]
        findings = (await client.get("/checkup")).json()["findings"]
        assert {one["state"] for one in findings if one["invariant"] == 10} == {"ok"}
