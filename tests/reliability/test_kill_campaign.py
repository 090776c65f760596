"""Kills without end, at named points and at random: nobody is debited twice, nothing is lost.

Services (and on PostgreSQL workers beside them, and the server itself) die at the n-th commit, between the
bytes of a request, with an answer in hand, or at any moment, and live again at once. The large campaign is
run by hand and prints how far it is:

    python -m pytest -m campaign -s tests/reliability/test_kill_campaign.py
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.reliability.lives import BY_ITSELF, WITHOUT_DATABASE, Forge, Reaper, What, forging
from tests.reliability.platform import Platform, running, until
from tests.reliability.points import Point
from tests.reliability.server import Server, own_server
from tests.reliability.test_kills import Feeder, judge

FAULTS: Final = (("timeout_after_debit", 0.1), ("duplicate_callback", 0.3), ("truncate", 0.05))


@dataclass(frozen=True)
class Size:
    """How large a campaign is; how many kills of the database server belong to it, and the seconds between
    two of them."""

    kills: int
    repayments: int
    server_kills: int
    server_every: float
    per_second: float
    patience: float


SMALL: Final = Size(kills=150, repayments=1500, server_kills=4, server_every=4, per_second=60, patience=400)


def large() -> Size:
    """Return the size of the large campaign; REPAY_CAMPAIGN_KILLS makes it smaller (10 repayments a kill)."""
    kills = int(os.environ.get("REPAY_CAMPAIGN_KILLS", "10000"))
    return Size(kills, kills * 10, max(1, kills // 50), 15, 60, kills * 1.5 + 600)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_hundred_and_fifty_kills_debit_nobody_twice_and_lose_nothing(
    tmp_path: Path, database: str
) -> None:
    await _campaign(tmp_path, database, SMALL)


@pytest.mark.campaign
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_ten_thousand_kills_over_a_hundred_thousand_repayments(tmp_path: Path, database: str) -> None:
    await _campaign(tmp_path, database, large())


async def _campaign(directory: Path, database: str, size: Size) -> None:
    with own_server() if database == "postgresql" else nullcontext() as server:
        url = f"sqlite:///{directory / 'control.db'}" if server is None else server.url
        async with _fed(directory, url, size) as (platform, feeder, forge):
            reaper = Reaper(forge, random.Random(20261124))
            await _kill(size, server, feeder, reaper)
            await _live_on(platform, forge)
            await until(lambda: feeder.accepted >= size.repayments, size.patience)
            feeder.stopping.set()
            waiting = await judge(platform, feeder, size.patience)
            print(f"{database}: {reaper.kills} kills {dict(reaper.died_of)}, {_of(server)}", end="")
            print(f"{feeder.accepted} repayments: none debited twice, none lost", end="")
            print(f", {waiting} of them not debited and waiting for a settlement file")
            assert reaper.kills >= size.kills
            assert set(reaper.died_of) >= set(Point)
            assert server is not None or not reaper.died_of[BY_ITSELF]


async def _live_on(platform: Platform, forge: Forge) -> None:
    """Start a service that nobody kills; one that finds the database recovering ends, and another follows."""
    pid = await forge.start("service")
    ready = asyncio.create_task(platform.until_ready(within=60))
    while not ready.done():
        if await forge.end(pid, within=0.2) is not None:
            await asyncio.sleep(WITHOUT_DATABASE)
            pid = await forge.start("service")
    await ready


async def _kill(size: Size, server: Server | None, feeder: Feeder, reaper: Reaper) -> None:
    """Kill whatever lives until enough died."""
    kinds: list[What] = ["service"] if server is None else ["service", "worker"]
    began = time.monotonic()
    async with asyncio.timeout(size.patience), asyncio.TaskGroup() as group:
        for kind in kinds:
            group.create_task(reaper.reap(kind, size.kills))
        if server is not None:
            group.create_task(_kill_server(server, size, reaper))
        while reaper.kills < size.kills:
            await asyncio.sleep(5)
            spent = time.monotonic() - began
            print(
                f"{spent:.0f} s  {reaper.kills} kills  {_of(server)}{feeder.accepted} repayments", flush=True
            )


async def _kill_server(server: Server, size: Size, reaper: Reaper) -> None:
    while reaper.kills < size.kills or server.killed.total() < size.server_kills:
        await asyncio.sleep(reaper.chance.uniform(0.5, 1.5) * size.server_every)
        await server.kill(reaper.chance)


def _of(server: Server | None) -> str:
    return "" if server is None else f"{dict(server.killed)} of PostgreSQL, "


@asynccontextmanager
async def _fed(directory: Path, url: str, size: Size) -> AsyncIterator[tuple[Platform, Feeder, Forge]]:
    """Run a sandbox that misbehaves, a forge for services, and somebody who sends repayments."""
    async with (
        running(directory, url, serve=False) as platform,
        forging(directory / "c.toml", directory / "lives.log") as forge,
    ):
        admin = platform.admin()
        for mode, rate in FAULTS:
            (
                await admin.post("/faults", json={"gateway": "all", "mode": mode, "rate": rate})
            ).raise_for_status()
        feeder = Feeder(platform, size.per_second)
        feeding = asyncio.create_task(feeder.run())
        try:
            yield platform, feeder, forge
        finally:
            feeder.stopping.set()
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
