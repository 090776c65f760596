"""A process that works on replays, as a service does; one of them also plans, starts and times a replay.

Run by `tests.bench.replay`. The conductor says on its standard output, one JSON object a line, when its
replay is planned and when it is done; any other ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uvloop

from console.contract.clock import SystemClock
from console.control.garbage import leave_the_start_alone
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment.personal import Keys
from console.repayment.pipeline import Pipeline
from console.repayment.replay.settings import ReplaySettings
from console.repayment.settings import PipelineSettings
from console.store import replays
from console.store.database import Store
from tests.bench.memory import peak_mib
from tests.bench.replaying.gateway import SECRET
from tests.replay.stage import planned, receipt, start

if TYPE_CHECKING:
    from sqlalchemy import Connection

UNBOUND: Final = ReplaySettings(rate=100_000, rate_cap=100_000, in_flight=512, ramp=0.02)
"""Nothing but the machine holds this replay back."""

IN_FLIGHT: Final = 64
"""Calls at once, per gateway."""


class Memory(NamedTuple):
    """MiB at a moment: `own` is the process's, `mapped` are pages of files that the system may take back."""

    items: int
    own: float
    mapped: float


def configured(url: str, names: list[str]) -> dict[str, GatewayConfig]:
    """Return the gateways at `url`."""
    return {
        name: GatewayConfig(
            id=name,
            base_url=f"{url}/{name}",
            merchant=name,
            max_in_flight=IN_FLIGHT,
            rate_per_second=100_000,
        ).with_secret(SECRET.encode())
        for name in names
    }


async def work(store: Store, keys: Keys, configs: dict[str, GatewayConfig], *, conducts: bool) -> None:
    """Run the pipeline until its replay is done, or the standard input ends."""
    clock = SystemClock()
    clients = {
        name: RestGateway(config, "http://127.0.0.1:9/v1/callbacks", clock)
        for name, config in configs.items()
    }
    pipeline = Pipeline(store, clients, configs, PipelineSettings(replay=UNBOUND), clock, keys)
    running = asyncio.create_task(pipeline.run())
    if conducts:
        await _conduct(store)
    else:
        await asyncio.to_thread(sys.stdin.read)
    await pipeline.stop()
    await running


async def _conduct(store: Store) -> None:
    began = time.perf_counter()
    identity = await planned(store, "state:failed", UNBOUND)
    memory: list[Memory] = []
    await _reach(store, identity, "planned", memory)
    _tell("planned", took=time.perf_counter() - began)
    memory.clear()
    began, busy = time.perf_counter(), time.process_time()
    start(store, identity)
    await _reach(store, identity, "done", memory)
    took, busy = time.perf_counter() - began, time.process_time() - busy
    written = await asyncio.to_thread(receipt, store, identity)
    assert written.conservation.balanced
    _tell("done", took=took, busy=busy, most=peak_mib(), memory=memory)


async def _reach(store: Store, identity: str, state: str, memory: list[Memory]) -> None:
    """Wait for a state; note the memory once a second meanwhile."""
    look, looked_at = partial(_look, identity=identity), 0.0
    while True:
        found, done = await store.read(look)
        if found == state:
            return
        if time.monotonic() - looked_at >= 1:
            looked_at = time.monotonic()
            memory.append(_memory(done))
        await asyncio.sleep(0.05)


def _look(connection: Connection, identity: str) -> tuple[str, int]:
    """Return the state, and how many items came to something."""
    replay = replays.find(connection, identity)
    assert replay is not None
    tallies = replays.tallies(connection, replay.seq)
    return replay.state.value, sum(one.items for one in tallies if one.outcome == "settled")


def _memory(items: int) -> Memory:
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return Memory(items, round(own, 1), round(mapped, 1))


def _tell(what: str, **values: Any) -> None:
    print(json.dumps({"what": what, **values}), flush=True)


def _profiled(profiles: list[cProfile.Profile]) -> None:
    """Profile this thread by the processor time it takes."""
    threading.setprofile(None)
    profile = cProfile.Profile(time.thread_time)
    profiles.append(profile)
    profile.enable()
    threading.setprofile(lambda *_: _profiled(profiles))


def main() -> None:
    """Work; with `--profile` print where the processor time went, thread by thread."""
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("keys", type=Path)
    parser.add_argument("gateway")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--conduct", action="store_true")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args()
    profiles: list[cProfile.Profile] = []
    if chosen.profile:
        _profiled(profiles)
    keys, configs = Keys.load(chosen.keys), configured(chosen.gateway, chosen.names)
    store = Store.open(chosen.store, clock=SystemClock())
    leave_the_start_alone()
    uvloop.run(work(store, keys, configs, conducts=chosen.conduct))
    store.close()
    threading.setprofile(None)
    for profile in profiles:
        profile.disable()
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
