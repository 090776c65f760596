"""Bad wires, stepping clocks, full and failing disks: nobody is debited twice, nothing is lost."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.reliability.clocks import set_shift
from tests.reliability.lives import forging
from tests.reliability.platform import Platform, running, until
from tests.reliability.test_kills import FAULTS, Feeder, judge
from tests.reliability.wire import Trouble, Wire, wired

STEPS: Final = ((120, -60), (-900, 200), (200, -280), (-250, 250), (280, 280))
"""How far the clocks of two machines are beside the true time (seconds), one step after the other. Calls
made beyond 300 s are refused by gateways; in the end both are as far ahead as they ever were, so that
nothing is due only later."""

TROUBLED: Final = 0.8
"""Seconds for which a wire is bad."""

MOVING: Final = 40
"""Repayments that must be taken in before the next disaster."""


async def test_bad_wires_to_gateways_and_database_debit_nobody_twice_and_lose_nothing(
    tmp_path: Path, store_url: str
) -> None:
    chance = random.Random(20261124)
    async with running(tmp_path, store_url, serve=False) as platform, _wires(platform, chance) as wires:
        platform.start_service()
        await platform.until_ready()
        async with _feeding(platform) as feeder:
            for trouble in Trouble:
                for wire in wires:
                    wire.trouble = trouble
                    await asyncio.sleep(TROUBLED)
                    wire.trouble = Trouble.NONE
                    await _until_moving(feeder, MOVING)
        await judge(platform, feeder)
        assert all(wire.struck == set(Trouble) for wire in wires)


async def test_clocks_that_step_and_differ_debit_nobody_twice_and_lose_nothing(
    tmp_path: Path, store_url: str
) -> None:
    here, there = tmp_path / "here.clock", tmp_path / "there.clock"
    set_shift(here, 0)
    set_shift(there, 0)
    async with (
        running(tmp_path, store_url, serve=False) as platform,
        forging(tmp_path / "c.toml", tmp_path / "lives.log") as forge,
    ):
        await forge.start("service", clock=here)
        if store_url.startswith("postgresql"):
            await forge.start("worker", clock=there)
        await platform.until_ready()
        async with _feeding(platform) as feeder:
            for step in STEPS:
                await _until_moving(feeder, MOVING)
                for clock, seconds in zip((here, there), step, strict=True):
                    set_shift(clock, seconds)
            await _until_moving(feeder, MOVING)
        await judge(platform, feeder)


async def test_a_disk_that_is_full_now_and_then_debits_nobody_twice_and_loses_nothing(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", megabytes=24) as disk:
        async with running(tmp_path, f"sqlite:///{disk / 'control.db'}") as platform:
            async with _feeding(platform) as feeder:
                for _ in range(3):
                    await _until_moving(feeder, MOVING)
                    refused = feeder.refused
                    with _filled(disk):
                        await until(lambda before=refused: feeder.refused > before, within=20)  # type: ignore[misc] # bound at once
                platform.kill_service()
                platform.start_service()
                await platform.until_ready()
            await judge(platform, feeder)


async def test_a_disk_that_fails_to_sync_debits_nobody_twice_and_loses_nothing(tmp_path: Path) -> None:
    if not _may_trace():
        pytest.skip("strace is not here or may not trace")
    async with running(tmp_path, f"sqlite:///{tmp_path / 'control.db'}") as platform:
        async with _feeding(platform) as feeder:
            for number in range(4):
                await _until_moving(feeder, MOVING)
                refused = feeder.refused
                assert platform.service is not None
                with _failing_to_sync(platform.service.pid, tmp_path / "strace.log"):
                    await until(lambda before=refused: feeder.refused > before, within=20)  # type: ignore[misc] # bound at once
                    if number % 2:
                        platform.kill_service()
                if number % 2:
                    platform.start_service()
        await judge(platform, feeder)


@asynccontextmanager
async def _wires(platform: Platform, chance: random.Random) -> AsyncIterator[list[Wire]]:
    """Lay a wire between the service and the gateways, and one between it and PostgreSQL."""
    async with wired(platform.gateways_port(), chance, slowest=1.5) as to_gateways:
        if not platform.database.startswith("postgresql"):
            platform.write_configuration(gateways_port=to_gateways.port)
            yield [to_gateways]
            return
        parts = urlsplit(platform.database)
        server = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
        with tempfile.TemporaryDirectory(prefix="rp-", dir="/tmp") as short:
            at = Path(short, server.name)
            async with wired(server, chance, slowest=0.3, at=at) as to_database:
                platform.database = parts._replace(query=f"host={short}").geturl()
                platform.write_configuration(gateways_port=to_gateways.port)
                yield [to_gateways, to_database]


@asynccontextmanager
async def _feeding(platform: Platform) -> AsyncIterator[Feeder]:
    """Let the gateways misbehave and repayments come in."""
    admin = platform.admin()
    for mode, rate in FAULTS:
        fault = {"gateway": "all", "mode": mode, "rate": rate}
        (await admin.post("/faults", json=fault)).raise_for_status()
    feeder = Feeder(platform, per_second=80)
    feeding = asyncio.create_task(feeder.run())
    try:
        yield feeder
        feeder.stopping.set()
        await feeding
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def _until_moving(feeder: Feeder, more: int) -> None:
    before = feeder.accepted
    await until(lambda: feeder.accepted >= before + more, within=40)


@contextmanager
def _small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system; skip the test where that is not allowed."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


def _may_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    trial = ["strace", "-qq", "-e", "trace=none", "-e", "inject=fsync:error=EIO", "true"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@contextmanager
def _failing_to_sync(pid: int, log: Path) -> Iterator[None]:
    """Let every third sync to disk of a process fail."""
    calls = "fsync,fdatasync"
    inject = f"inject={calls}:error=EIO:when=2+3"
    command = ["strace", "-f", "-qq", "-p", str(pid), "-e", f"trace={calls}", "-e", inject, "-o", str(log)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        if tracer.poll() is None:
            os.kill(tracer.pid, signal.SIGINT)
        tracer.wait(20)
