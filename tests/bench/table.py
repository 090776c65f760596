"""The virtual table and the output stage on a real pty: latency of keys and bytes sent."""

from __future__ import annotations

import random
import time

import psutil

from tests.bench.figure import Figure, percentile, table
from tests.terminal.pty import ProgramInTerminal, python

_DEMO = python("-m", "tests.terminal.table_demo")
_KEYS = ("j", "j", "pagedown", "j", "k", "pagedown", "pageup", "j", "end", "k", "home", "j")
_PRESSES = 240
_LIVE_SECONDS = 10.0


def measure() -> list[Figure]:
    """Run the demonstration programs and return their figures."""
    return [*_million(), *_live(1, 3.0, 1.5), *_live(4, None, 8.0)]


def _million() -> list[Figure]:
    chance = random.Random(7)
    with ProgramInTerminal([*_DEMO, "million"]) as program:
        first = program.wait_for(r">\s+rp_0000000")
        program.wait_until_still()
        first_bytes = program.received
        times: list[float] = []
        for press in range(_PRESSES):
            _let_pass(program, 0.03 + chance.random() * 0.05)
            times.append(program.time_key(_KEYS[press % len(_KEYS)]) * 1000)
        program.press("home")
        program.wait_for("row 1 /")
        program.wait_until_still()
        move = _bytes_of(program, ["j"] * 20)
        page = _bytes_of(program, ["pagedown"] * 10)
        memory = psutil.Process(program.pid).memory_info().rss / 1e6
    return [
        Figure("table of 1,000,000 rows: start to first row", first * 1000, "ms", 400),
        Figure("table of 1,000,000 rows: first screen", first_bytes / 1000, "kB"),
        Figure("table of 1,000,000 rows: key to paint, p50", percentile(times, 50), "ms", 10),
        Figure("table of 1,000,000 rows: key to paint, p99", percentile(times, 99), "ms", 30),
        Figure("bytes per cursor move, 120x40", move / 1000, "kB", 1.5),
        Figure("bytes per page, 120x40", page / 1000, "kB", 15),
        Figure("memory while browsing 1,000,000 rows", memory, "MB", 120),
    ]


def _bytes_of(program: ProgramInTerminal, keys: list[str]) -> float:
    before = program.received
    for key in keys:
        program.press(key)
        program.wait_until_still(0.06)
    return (program.received - before) / len(keys)


def _live(hertz: int, cpu_budget: float | None, kilobytes_budget: float) -> list[Figure]:
    with ProgramInTerminal([*_DEMO, "live", str(hertz)]) as program:
        program.wait_for("queue 36")
        _let_pass(program, 2.0)
        process = psutil.Process(program.pid)
        before, spent = program.received, sum(process.cpu_times()[:2])
        seconds = _let_pass(program, _LIVE_SECONDS)
        sent = (program.received - before) / seconds / 1000
        cpu = (sum(process.cpu_times()[:2]) - spent) / seconds * 100
        chance = random.Random(7)
        times = []
        for press in range(80):
            _let_pass(program, 0.05 + chance.random() * 0.1)
            key, row = ("j", 2) if press % 2 == 0 else ("k", 1)
            times.append(program.time_key(key, shows=f"row {row} /") * 1000)
    name = f"40 live rows, 6 histories, {hertz} Hz"
    return [
        Figure(f"{name}: sent", sent, "kB/s", kilobytes_budget),
        Figure(f"{name}: CPU", cpu, "%", cpu_budget if cpu_budget is not None else 8.0),
        Figure(f"{name}: key to paint, p99", percentile(times, 99), "ms", 30),
    ]


def _let_pass(program: ProgramInTerminal, seconds: float) -> float:
    """Take output for a time; what is measured here is time itself."""
    begin = time.monotonic()
    while (left := begin + seconds - time.monotonic()) > 0:
        program.pump(left)
    return time.monotonic() - begin


if __name__ == "__main__":
    print(table(measure()))
