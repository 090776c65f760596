"""Dispatched repayments per second, from intake to settled, and where the time goes.

Run as `python -m tests.bench.dispatch [--count 20000] [--profile]`. The gateways are the sandbox's, in a
process of their own, answering at once; the store is SQLite with `synchronous=FULL`.
"""

import argparse
import asyncio
import contextlib
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from console.contract.clock import SystemClock
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment import intake
from console.repayment.personal import Keys
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.store.counters import counted
from console.store.database import Store
from tests.bench.figure import Figure, table

BUDGET = 2_000
"""Repayments per second."""


@contextlib.contextmanager
def sandbox(directory: Path) -> Iterator[list[dict[str, Any]]]:
    """Run a sandbox that answers at once; yield its gateways."""
    runtime, state = directory / "run", directory / "state"
    for place in (runtime, state):
        place.mkdir(mode=0o700, exist_ok=True)
    where = ["--runtime-dir", str(runtime), "--state-dir", str(state), "--linger", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "console.sandbox", "run", "--instant", "--no-borrowers", *where],
        stderr=subprocess.DEVNULL,
    )
    try:
        card = runtime / "sandbox.json"
        give_up_at = time.monotonic() + 15
        while not card.exists():
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.02)
        yield json.loads(card.read_text())["gateways"]
    finally:
        process.terminate()
        process.wait(10)


def entries(first: int, count: int) -> list[dict[str, object]]:
    """Return repayments to take in."""
    return [
        {
            "external_id": f"bench-{number}",
            "borrower": f"b{number % 5000}",
            "name": "王小明",
            "mobile": "13800001112",
            "id_number": "990000199001011234",
            "card": "6225750000001496",
            "amount_fen": 10_000 + number,
            "product": "cash_loan",
            "instalment": f"L{number}-1",
            "due_on": "2026-11-25",
        }
        for number in range(first, first + count)
    ]


async def _dispatch(directory: Path, gateways: list[dict[str, Any]], count: int) -> tuple[float, float]:
    """Take in `count` repayments and dispatch them.

    Returns the seconds from the pipeline's start to the last settled one, and the processor seconds.
    """
    clock, keys = SystemClock(), Keys.generate()
    store = Store.open(f"sqlite:///{directory / 'control.db'}", clock=clock)
    configs = {
        card["id"]: GatewayConfig(
            id=card["id"],
            base_url=card["base_url"],
            merchant=card["merchant"],
            max_in_flight=64,
            rate_per_second=100_000,
        ).with_secret(card["secret"].encode())
        for card in gateways
    }
    for first in range(0, count, 1000):
        batch = entries(first, min(1000, count - first))
        await intake.take_in(store, batch, keys=keys, limit=10**9, actor="bench")
    clients = {
        name: RestGateway(config, "http://127.0.0.1:9/v1/callbacks", clock)
        for name, config in configs.items()
    }
    pipeline = Pipeline(store, clients, configs, PipelineSettings(), clock, keys)
    began, busy_before = time.perf_counter(), time.process_time()
    running = asyncio.create_task(pipeline.run())
    while True:
        depths = await store.read(counted)
        if sum(depth for stage, (depth, _) in depths.items() if stage == "settled") >= count:
            break
        await asyncio.sleep(0.02)
    took, busy = time.perf_counter() - began, time.process_time() - busy_before
    await pipeline.stop()
    await running
    store.close()
    return took, busy


def measure(count: int = 20_000, profiles: list[cProfile.Profile] | None = None) -> list[Figure]:
    """Run on a fresh SQLite file and return the figures; fill `profiles` with one per thread if given."""
    with (
        tempfile.TemporaryDirectory(prefix="repay-bench-") as name,
        sandbox(Path(name)) as gateways,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        if profiles is not None:
            profiles.append(cProfile.Profile())
            threading.setprofile(lambda *_: _profile_thread(profiles))
            profiles[0].enable()
        took, busy = runner.run(_dispatch(Path(name), gateways, count))
        threading.setprofile(None)
        for profile in profiles or ():
            profile.disable()
    return [
        Figure("dispatched and settled, SQLite FULL", count / took, "per second", BUDGET, "higher"),
        Figure("processor time per dispatched repayment", busy / count * 1e6, "µs"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    chosen = parser.parse_args()
    profiles: list[cProfile.Profile] = []
    figures = measure(chosen.count, profiles if chosen.profile else None)
    for profile in profiles:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    print(table(figures))


def _profile_thread(profiles: list[cProfile.Profile]) -> None:
    threading.setprofile(None)
    profile = cProfile.Profile()
    profiles.append(profile)
    profile.enable()


if __name__ == "__main__":
    main()
