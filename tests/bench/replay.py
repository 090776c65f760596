"""Replayed repayments per second, from a start to its receipt, beside Celery on Redis; memory; planning.

Run as `python -m tests.bench.replay [--count 20000] [--full] [--only PART] [--profile]`; about two minutes,
with `--full` also the memory of a replay of 1,000,000 repayments (some twenty minutes, 4 GB of disk).
Everything that is counted is real: HTTP debits, at a gateway that answers at once from a process of its own;
SQLite with `synchronous=FULL`; PostgreSQL on disk as it is by default; the pipeline with all its duties.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.celery_baseline.run import NotInstallable, debits_a_second
from tests.bench.figure import Figure, table
from tests.bench.replaying.run import postgresql, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.replaying.run import Run

BUDGET: Final = 1_500
"""Repayments per second, at least."""

RATIO: Final = 3
"""How many times as fast as the baseline."""

MANY: Final = 1_000_000
"""Repayments of the replay whose memory is looked at."""

LEARNED_AFTER: Final = 0.1
"""Share of a replay after which its memory should not grow any more: caches are warm."""

GROWTH: Final = 64
"""MiB by which it may grow all the same."""


def embedded(count: int, *, profile: bool = False) -> list[Figure]:
    """Replay on a fresh SQLite file, in one process."""
    return _speed("embedded, SQLite FULL", _on_sqlite(count, profile=profile))


def on_postgresql(count: int, *, profile: bool = False) -> list[Figure]:
    """Replay on a fresh PostgreSQL server, by two workers."""
    with postgresql() as (url, server):
        run = replay(url, count, workers=2, server=server, profile=profile)
    where = "PostgreSQL, two workers"
    server_cost = Figure(f"processor time of the server, {where}", run.server_busy / run.count * 1e6, "µs")
    return [*_speed(where, run), server_cost]


def baseline(count: int) -> list[Figure]:
    """Let Celery make as many debits; nothing, and why on standard error, where it cannot be installed."""
    try:
        return [Figure("debited by Celery on Redis, no safety", debits_a_second(count), "per second")]
    except NotInstallable as error:
        print(f"Celery on Redis is left out: {error}", file=sys.stderr)
        return []


def memory(count: int) -> list[Figure]:
    """Replay many on SQLite; return what the worker's own memory is after a tenth, at the end, at most."""
    run = _on_sqlite(count)
    for one in run.memory[:: max(1, len(run.memory) // 20)]:
        print(f"{one.items:>9,} items  {one.own:6.0f} MiB  {one.mapped:6.0f} MiB mapped", file=sys.stderr)
    early = next(one for one in run.memory if one.items >= run.count * LEARNED_AFTER)
    last = run.memory[-1]
    name = f"memory, {run.count:,} repayments"
    return [
        Figure(f"{name}, after a tenth", early.own, "MiB"),
        Figure(f"{name}, at the end", last.own, "MiB"),
        Figure(f"{name}, growth between", last.own - early.own, "MiB", GROWTH),
        Figure(f"{name}, mapped pages of the database", last.mapped, "MiB"),
        Figure(f"{name}, at most with mapped pages", run.most, "MiB"),
    ]


def measure(count: int = 20_000) -> list[Figure]:
    """Return the figures of both databases and the baseline, and how they compare."""
    ours = {"embedded": embedded(count), "on PostgreSQL": on_postgresql(count)}
    theirs = baseline(count)
    ratios = [
        Figure(f"times the baseline, {where}", figures[0].measured / theirs[0].measured, "×", RATIO, "higher")
        for where, figures in ours.items()
        if theirs
    ]
    return [*ours["embedded"], *ours["on PostgreSQL"], *theirs, *ratios]


def _on_sqlite(count: int, *, profile: bool = False) -> Run:
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as name:
        return replay(f"sqlite:///{Path(name) / 'control.db'}", count, profile=profile)


def _speed(where: str, run: Run) -> list[Figure]:
    return [
        Figure(f"replayed, {where}", run.count / run.took, "per second", BUDGET, "higher"),
        Figure(f"planned for a replay, {where}", run.count / run.planning, "per second"),
        Figure(f"processor time per repayment, {where}", run.busy / run.count * 1e6, "µs"),
        Figure(f"processor time of the gateway, {where}", run.gateway_busy / run.count * 1e6, "µs"),
        Figure(f"memory at most, {where}", run.most, "MiB"),
    ]


PARTS: Final[dict[str, Callable[[int], list[Figure]]]] = {
    "embedded": embedded,
    "postgresql": on_postgresql,
    "celery": baseline,
    "memory": memory,
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay")
    parser.add_argument("--count", type=int, default=20_000, help="repayments (20,000)")
    parser.add_argument("--only", choices=PARTS, help="measure this part alone")
    parser.add_argument("--full", action="store_true", help="the memory of a replay of 1,000,000 as well")
    parser.add_argument("--profile", action="store_true", help="print where the processor time goes")
    chosen = parser.parse_args(words)
    if chosen.profile:
        figures = (on_postgresql if chosen.only == "postgresql" else embedded)(chosen.count, profile=True)
    elif chosen.only:
        figures = PARTS[chosen.only](chosen.count)
    else:
        figures = measure(chosen.count)
    if chosen.full:
        figures += memory(MANY)
    print(table(figures))


if __name__ == "__main__":
    main()
