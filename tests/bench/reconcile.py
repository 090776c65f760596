"""A settlement file matched with as many debits in our books, and heard, with its peak memory.

Run as `python -m tests.bench reconcile [--full]`: 100,000 rows, or a million.
"""

import asyncio
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.contract.clock import ManualClock, iso
from console.contract.vocabulary import AttemptState, Stage
from console.gateways.wire import SETTLEMENT_HEADER, settlement_end
from console.store.database import Store
from console.store.prepared import Prepared
from console.store.tables import repayment
from tests.bench.figure import Figure
from tests.bench.memory import peak_mib
from tests.reconciliation.days import (
    NOON,
    TODAY,
    Counter,
    ask_for,
    day_of,
    debit,
    reconciler,
    report_of,
    run_of,
)
from tests.store.made import place

COUNT: Final = 100_000
FULL: Final = 1_000_000

SECONDS_PER_MILLION: Final = 60.0
PEAK_MIB: Final = 300.0

IN_DOUBT: Final = 500
"""Orders that the file settles."""

_BATCH: Final = 50_000
_ATTEMPT: Final = Prepared(
    "INSERT INTO attempt (repayment_seq, number, order_no, gateway, state, amount_fen, currency,"
    " amount_digest, created_at, sent_at, decided_at, sends, inquiries, not_found, lease_epoch, version)"
    " VALUES (?, ?, ?, 'alipay', 'SUCCEEDED', ?, 'CNY', 'd', ?, ?, ?, 1, 0, 0, 0, 0)"
)


def fill(store: Store, count: int) -> None:
    """Write settled repayments, alike but for their names, each with its debit."""
    first = day_of("alipay", TODAY).first + 3_600_000
    model = store.write_now(lambda connection: place(connection, 0, Stage.SETTLED, attempts=1))
    numbers = iter(range(1, count + 1))
    while batch := list(islice(numbers, _BATCH)):
        rows = [
            (model + number, 1, _order(number), _fen(number), sent, sent, sent + 900)
            for number in batch
            for sent in (first + number * 70_000_000 // count,)
        ]

        def job(connection: Connection, rows: Sequence[tuple[object, ...]] = rows) -> None:
            connection.exec_driver_sql(_copy(model), (rows[0][0], rows[-1][0]))
            _ATTEMPT.many(connection, rows)

        store.write_now(job)


def _copy(model: int) -> str:
    """Return a statement that repeats a repayment with other numbers, from one to another."""
    changed = {"seq": "n", "id": "'rp_' || n", "external_id": "'copy-' || n"}
    columns = [column.name for column in repayment.columns]
    return (
        f"WITH RECURSIVE number(n) AS (VALUES (?) UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
        f" INSERT INTO repayment ({', '.join(columns)})"
        f" SELECT {', '.join(changed.get(name, name) for name in columns)}"
        f" FROM number, repayment WHERE seq = {model}"
    )


def write_file(path: Path, count: int, doubtful: list[str]) -> None:
    """Write the gateway's file."""
    total = 0
    with path.open("w") as file:
        file.write(f"{SETTLEMENT_HEADER}\n")
        for number in range(1, count + 1):
            total += _fen(number)
            file.write(f"{_order(number)},2026{number:020d},debit,{_fen(number)},CNY,{iso(NOON + number)}\n")
        for order in doubtful:
            total += 100
            file.write(f"{order},2026{0:020d},debit,100,CNY,{iso(NOON)}\n")
        file.write(f"{settlement_end(count + len(doubtful), total)}\n")


def _order(number: int) -> str:
    return f"rp_{number:016x}-1"


def _fen(number: int) -> int:
    return 100 + number % 900


def _prepare(directory: str, count: int) -> None:
    clock = ManualClock()
    with Store.open(f"sqlite:///{directory}/control.db", clock=clock, shard=0) as store:
        doubtful = [debit(store, number, AttemptState.UNKNOWN) for number in range(1, IN_DOUBT + 1)]
        write_file(Path(directory) / "settlement", count, doubtful)
        fill(store, count)


def _run(
    directory: str, count: int, answer: "multiprocessing.SimpleQueue[tuple[float, float, float]]"
) -> None:
    clock = ManualClock(day_of("alipay", TODAY).end + 3_600_000)
    with Store.open(f"sqlite:///{directory}/control.db", clock=clock, shard=0) as store:
        gateway = Counter()
        gateway.paths[TODAY] = Path(directory) / "settlement"

        async def work() -> float:
            ask_for(store)
            worker = reconciler(store, clock, gateway)
            began = time.perf_counter()
            await worker.round()
            return time.perf_counter() - began

        took = asyncio.run(work())
        report = report_of(run_of(store))
        assert [(one.finding, one.count) for one in report.findings] == [
            ("matched", count),
            ("resolved", IN_DOUBT),
        ]
    worker, matching = peak_mib(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    assert matching > worker, "the matching process cannot be told from what its worker held"
    answer.put((took, worker, matching))


def measure(count: int = COUNT) -> list[Figure]:
    """Fill a database, and reconcile its day in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as directory:
        answer = context.SimpleQueue()
        for target, words in ((_prepare, (directory, count)), (_run, (directory, count, answer))):
            process = context.Process(target=target, args=words)
            process.start()
            process.join()
            assert process.exitcode == 0
        took, worker, matching = answer.get()
    name = f"{count:,} settlement rows against {count:,} debits"
    return [
        Figure(f"{name}, {IN_DOUBT} of them settle doubt", took, "s", SECONDS_PER_MILLION * count / FULL),
        Figure(f"{name}: peak of the matching process", matching, "MiB", PEAK_MIB),
        Figure(f"{name}: peak of the worker", worker, "MiB", PEAK_MIB),
    ]
