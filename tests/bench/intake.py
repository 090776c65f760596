"""Small jobs, repayments taken in and pasts loaded per second, on SQLite (synchronous=FULL)."""

from __future__ import annotations

import asyncio
import tempfile
import time
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, insert

from console.contract.clock import SystemClock, iso
from console.repayment.history import load_history
from console.repayment.intake import take_in
from console.repayment.personal import Keys
from console.store.database import Store
from console.store.tables import worker
from tests.bench.figure import Figure, table

BATCH = 500
BATCHES = 40
JOBS = 20_000
_INSERT = insert(worker)


def entry(number: int) -> dict[str, object]:
    """One sound entry."""
    return {
        "external_id": f"ext-{number}",
        "borrower": f"b-{number % 20_000}",
        "name": "王小明",
        "mobile": "13812345612",
        "id_number": "110101199001011233",
        "card": "6225751234561496",
        "amount_fen": 10_000 + number,
        "product": "cash_loan",
        "instalment": f"L{number}-1",
        "due_on": time.strftime("%Y-%m-%d"),
    }


def past(number: int, now: int) -> dict[str, object]:
    """One past repayment."""
    return {
        **entry(number),
        "external_id": f"past-{number}",
        "gateway": "alipay",
        "id": f"rp_h{number:08d}",
        "order_no": f"rp_h{number:08d}-1",
        "outcome": "SUCCEEDED",
        "code": None,
        "gateway_ref": f"g{number}",
        "created_at": iso(now - 10_000),
        "sent_at": iso(now - 9_000),
        "decided_at": iso(now - 8_000),
    }


async def rates(store: Store) -> tuple[float, float]:
    """Return repayments per second taken in, and loaded as past."""
    keys = Keys.generate()
    started = time.perf_counter()
    for batch in range(BATCHES):
        entries = [entry(batch * BATCH + number) for number in range(BATCH)]
        report = await take_in(store, entries, keys=keys, limit=10**9, actor="bench")
        if report.accepted != BATCH:
            raise AssertionError(report)
    intake = BATCH * BATCHES / (time.perf_counter() - started)
    lines = [past(number, store.clock.now()) for number in range(BATCH * BATCHES)]
    started = time.perf_counter()
    await load_history(store, lines, keys=keys)
    return intake, len(lines) / (time.perf_counter() - started)


async def jobs_per_second(store: Store) -> float:
    """Return small writing jobs (one row each) per second, with 64 waiting at a time."""
    numbers = iter(range(JOBS))

    async def caller() -> None:
        for number in numbers:
            await store.write(partial(_small, number=number))

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(64)))
    return JOBS / (time.perf_counter() - started)


def _small(connection: Connection, number: int) -> None:
    row = {"id": str(number), "kind": "k", "host": "h", "pid": 1, "started_at": 1, "seen_at": 1}
    connection.execute(_INSERT, row)


def measure() -> list[Figure]:
    """Run on a fresh SQLite file and return the figures."""
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'bench.db'}"
        with Store.open(url, clock=SystemClock()) as store:
            jobs = asyncio.run(jobs_per_second(store))
            intake, history = asyncio.run(rates(store))
    return [
        Figure("small jobs, each told after its commit, SQLite", jobs, "per second", 10_000, "higher"),
        Figure("intake, batches of 500, SQLite", intake, "per second", 5000, "higher"),
        Figure("past loaded, batches of 500, SQLite", history, "per second", 10_000, "higher"),
    ]


if __name__ == "__main__":
    print(table(measure()))
