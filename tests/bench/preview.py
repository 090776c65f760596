"""Preview of one million stored decisions under two sets of twenty strategies.

Run as `python -m tests.bench.preview [--count 1000000]`.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from console.contract.clock import SystemClock
from console.risk.engine import bucket_of
from console.risk.preview import Question, preview
from console.store import decisions
from console.store.database import Store
from tests.bench.figure import Figure, table
from tests.bench.strategies import records, strategies

COUNT = 1_000_000
BATCH = 20_000


def rows(count: int, now: int) -> Iterator[tuple[object, ...]]:
    """Yield decisions over the last hour."""
    made = records(50_000)
    for number in range(count):
        identity, record = made[number % len(made)]
        at = now - 3_600_000 * (count - number) // count
        yield (number + 1, at, bucket_of(f"{identity}{number}"), "pass", "", "", *record)


def fill(store: Store, count: int, now: int) -> None:
    """Write the decisions."""
    coming = rows(count, now)
    while batch := list(islice(coming, BATCH)):
        store.write_now(lambda connection, batch=batch: decisions.write(connection, batch))  # type: ignore[misc] # bound at once


def measure(count: int = COUNT) -> list[Figure]:
    """Fill a database and preview a change of two strategies in it."""
    now = SystemClock().now()
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as name:
        url = f"sqlite:///{Path(name) / 'control.db'}"
        with Store.open(url, clock=SystemClock()) as store:
            fill(store, count, now)
            before = tuple(strategies())
            changed = {"mis_taps": {"limit": 2}, "amount_jump": {"large_fen": 20_000}}
            after = tuple(
                s.model_copy(update={"values": changed[s.id]}) if s.id in changed else s for s in before
            )
            question = Question(
                url=url,
                before=before,
                after=after,
                scenario="normal",
                after_scenario="normal",
                since=now - 3_700_000,
                until=now + 1,
            )
            best = min(_timed(question, count) for _ in range(3))
    return [Figure(f"preview of {count:,} decisions, process start included", best, "s", 1.5)]


def _timed(question: Question, count: int) -> float:
    began = time.perf_counter()
    found = asyncio.run(preview(question))
    took = time.perf_counter() - began
    assert found.seen == count
    return took


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=COUNT)
    print(table(measure(parser.parse_args().count)))
