"""Processes that stand still for longer than their leases, and wake: no debit twice, no repayment lost."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
from pathlib import Path
from typing import Final

from tests.reliability.platform import QUICK_PIPELINE, Platform, running, until
from tests.reliability.test_kills import FAULTS, Feeder, judge

PAUSES: Final = 5
LONGEST: Final = 2.5 * QUICK_PIPELINE["lease"]
"""Seconds for which a process stands still; its lease and the calls under way are long over then."""


async def _stand_still(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Stop a process where it is, and let it go on later."""
    process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        process.send_signal(signal.SIGCONT)


async def test_processes_that_stood_still_debit_nobody_twice_and_lose_nothing(
    tmp_path: Path, store_url: str
) -> None:
    async with running(tmp_path, store_url) as platform:
        processes = _processes(platform, alone=store_url.startswith("sqlite"))
        chance = random.Random(20261124)
        admin = platform.admin()
        for mode, rate in FAULTS:
            (
                await admin.post("/faults", json={"gateway": "all", "mode": mode, "rate": rate})
            ).raise_for_status()
        feeder = Feeder(platform, per_second=100)
        feeding = asyncio.create_task(feeder.run())
        await until(lambda: feeder.accepted >= 100, within=20)
        for number in range(PAUSES):
            before = feeder.accepted
            await _stand_still(processes[number % len(processes)], chance.uniform(0.5, LONGEST))
            await until(lambda before=before: feeder.accepted >= before + 50, within=20)  # type: ignore[misc] # bound at once
        feeder.stopping.set()
        await feeding
        await judge(platform, feeder)


def _processes(platform: Platform, *, alone: bool) -> list[subprocess.Popen[bytes]]:
    """Return the processes whose workers take repayments; one database file has one."""
    if not alone:
        platform.start_worker()
    return [process for process in (platform.service, platform.worker) if process is not None]
