"""Replayed repayments per second, from the start of a replay to its receipt, and how fast one is planned.

Run as `python -m tests.bench.replay [--count 20000] [--profile]`. The gateways are the sandbox's, in a
process of their own, answering at once; the store is SQLite with `synchronous=FULL`.
"""

import argparse
import asyncio
import cProfile
import pstats
import resource
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uvloop

from console.contract.clock import SystemClock
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment import intake
from console.repayment.personal import Keys
from console.repayment.pipeline import Pipeline
from console.repayment.replay.settings import ReplaySettings
from console.repayment.settings import PipelineSettings
from console.store.database import Store
from tests.bench.dispatch import entries, sandbox
from tests.bench.figure import Figure, table
from tests.replay.failed import fail_all
from tests.replay.stage import planned, receipt, start, state_of

BUDGET = 1_500
"""Repayments per second, at least."""

UNBOUND = ReplaySettings(rate=100_000, rate_cap=100_000, in_flight=2_000, ramp=0.02)
"""Nothing but the machine holds this replay back."""


async def _reach(store: Store, identity: str, state: str) -> float:
    began = time.perf_counter()
    while state_of(store, identity) != state:  # noqa: ASYNC110 - another thread writes it
        await asyncio.sleep(0.02)
    return time.perf_counter() - began


async def _replay(directory: Path, gateways: list[dict[str, Any]], count: int) -> tuple[float, float, float]:
    """Return the seconds of planning, the seconds of replaying, and the processor seconds of that."""
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
    for number, name in enumerate(configs):
        share = count // len(configs)
        for first in range(number * share, (number + 1) * share, 1000):
            batch = entries(first, min(1000, (number + 1) * share - first))
            await intake.take_in(store, batch, keys=keys, limit=10**9, actor="bench")
        fail_all(store, name)
    clients = {
        name: RestGateway(config, "http://127.0.0.1:9/v1/callbacks", clock)
        for name, config in configs.items()
    }
    pipeline = Pipeline(store, clients, configs, PipelineSettings(replay=UNBOUND), clock, keys)
    running = asyncio.create_task(pipeline.run())
    identity = await planned(store, "state:failed", UNBOUND)
    planning = await _reach(store, identity, "planned")
    busy_before = time.process_time()
    start(store, identity)
    took, busy = await _reach(store, identity, "done"), time.process_time() - busy_before
    await pipeline.stop()
    await running
    assert receipt(store, identity).conservation.balanced
    store.close()
    return planning, took, busy


def measure(count: int = 20_000, profiles: list[cProfile.Profile] | None = None) -> list[Figure]:
    """Run on a fresh SQLite file and return the figures; fill `profiles` with one per thread if given."""
    with (
        tempfile.TemporaryDirectory(prefix="repay-bench-") as name,
        sandbox(Path(name)) as gateways,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        count -= count % len(gateways)
        if profiles is not None:
            profiles.append(cProfile.Profile())
            threading.setprofile(lambda *_: _profile_thread(profiles))
            profiles[0].enable()
        planning, took, busy = runner.run(_replay(Path(name), gateways, count))
        threading.setprofile(None)
        for profile in profiles or ():
            profile.disable()
    return [
        Figure("replayed, from start to receipt, SQLite FULL", count / took, "per second", BUDGET, "higher"),
        Figure("planned for a replay", count / planning, "per second"),
        Figure("processor time per replayed repayment", busy / count * 1e6, "µs"),
        Figure("memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB"),
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
