"""The console in a real terminal: start, live board, keys over a million rows, bytes, CPU and memory."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from console.contract.clock import SystemClock
from console.control.past import MARK
from console.store.database import Store
from tests.bench.figure import Figure, percentile, table
from tests.bench.store_pages import fill
from tests.terminal.pty import ProgramInTerminal, python

CONSOLE: Final = python("-m", "console")
LIVE: Final = r"LIVE(.|\n)*\+ healthy"
"""On the screen once a board has been drawn."""
REST_SECONDS: Final = 15.0
STARTS: Final = 5
MILLION: Final = 1_000_000


@contextmanager
def home(**settings: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a newcomer; its service ends with the block."""
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as name:
        environment = {
            "XDG_CONFIG_HOME": f"{name}/config",
            "REPAY_RUNTIME_DIR": f"{name}/run",
            "REPAY_STATE_DIR": f"{name}/state",
            "REPAY_LINGER": "2",
            **settings,
        }
        profiles = Path(name, "config", "repay", "profiles")
        profiles.mkdir(parents=True)
        for bandwidth in ("low", "normal"):
            (profiles / f"{bandwidth}.toml").write_text(
                'title = "Bench"\nenvironment = "sandbox"\n[control]\nembedded = true\n'
                f'[view]\nbandwidth = "{bandwidth}"\n'
            )
        try:
            yield environment
        finally:
            until_gone(environment["REPAY_RUNTIME_DIR"])


def until_gone(runtime: str) -> None:
    """Wait until no process of the service of this runtime directory is left."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        processes = [p for p in psutil.process_iter(["environ"]) if p.pid != os.getpid()]
        if not any((p.info["environ"] or {}).get("REPAY_RUNTIME_DIR") == runtime for p in processes):
            return
        time.sleep(0.1)
    raise TimeoutError(f"a service of {runtime} does not end")


def console(environment: Mapping[str, str], *words: str, columns: int = 120) -> ProgramInTerminal:
    """Start the console in a terminal."""
    return ProgramInTerminal([*CONSOLE, *words], columns=columns, lines=40, environment=environment)


def measure() -> list[Figure]:
    """Return every figure of the console."""
    return [*_scripted(), *_starting(), *_at_rest(), *_still(), *_million_rows()]


def _scripted() -> list[Figure]:
    with home() as environment:
        return [
            Figure(f"repay {' '.join(words)}", _seconds(environment, words) * 1000, "ms", 80)
            for words in (("--version",), ("profile", "list"), ("profile", "use", "low"))
        ]


def _seconds(environment: Mapping[str, str], words: tuple[str, ...]) -> float:
    taken = []
    for _ in range(2 * STARTS + 1):
        begun = time.perf_counter()
        subprocess.run([*CONSOLE, *words], env={**os.environ, **environment}, capture_output=True, check=True)
        taken.append(time.perf_counter() - begun)
    return median(taken)


def _starting() -> list[Figure]:
    with home() as environment:
        cold_paint, cold_live = _start(environment)
    with home(REPAY_PAST="0") as environment:
        _start(environment)
        warm = [_start(environment) for _ in range(STARTS)]
    return [
        Figure("first paint, fresh machine", cold_paint, "ms", 400),
        Figure("first live board, service starting", cold_live, "ms", 1500),
        Figure("first paint, median", median(paint for paint, _ in warm), "ms", 400),
        Figure("first live board, service running, median", median(live for _, live in warm), "ms", 700),
    ]


def _start(environment: Mapping[str, str]) -> tuple[float, float]:
    with console(environment) as program:
        paint = program.wait_for(r"\S")
        live = paint + program.wait_for(LIVE, 20)
        program.press("q")
        program.wait_exit()
    return paint * 1000, live * 1000


def _at_rest() -> list[Figure]:
    figures = []
    for profile, kilobytes, cpu in (("low", 1.5, 3.0), ("normal", 8.0, 8.0)):
        with home() as environment, console(environment, "--profile", profile) as program:
            program.wait_for(LIVE, 20)
            service = _settled(program, environment)
            spent, since = _spent(service), time.monotonic()
            sent, used = _observed(program)
            serving = (_spent(service) - spent) / (time.monotonic() - since) * 100
            memory = psutil.Process(program.pid).memory_info().rss / 1e6
            program.press("q")
            program.wait_exit()
        name = f"Overview, live traffic, bandwidth {profile}"
        figures += [
            Figure(f"{name}: sent", sent, "kB/s", kilobytes),
            Figure(f"{name}: CPU", used, "%", cpu),
            Figure(f"{name}: memory", memory, "MB", 120),
        ]
    return [*figures, Figure("the service beside it, a past of 50,000: CPU", serving, "%", 20)]


def _settled(program: ProgramInTerminal, environment: Mapping[str, str]) -> psutil.Process:
    """Wait until the past is loaded and the start is over; return the embedded service's process."""
    state = Path(environment["REPAY_STATE_DIR"])
    give_up = time.monotonic() + 120
    while (state / MARK).exists() and time.monotonic() < give_up:
        _let_pass(program, 0.5)
    _let_pass(program, 6.0)
    return psutil.Process(int((Path(environment["REPAY_RUNTIME_DIR"]) / "control.lock").read_text()))


def _spent(process: psutil.Process) -> float:
    """Return the processor seconds that a process has used."""
    return sum(process.cpu_times()[:2])


def _still() -> list[Figure]:
    still = home(REPAY_SANDBOX_OPTIONS="--no-borrowers", REPAY_PAST="0")
    with still as environment, console(environment, "--profile", "low") as program:
        program.wait_for(LIVE, 20)
        program.press("2")
        _let_pass(program, 6.0)
        _, used = _observed(program)
        program.press("q")
        program.wait_exit()
    return [Figure("Queues, nothing changing: CPU", used, "%", 0.5)]


def _observed(program: ProgramInTerminal) -> tuple[float, float]:
    """Return kB/s sent and per cent of a core used while nobody presses a key."""
    process = psutil.Process(program.pid)
    before, spent = program.received, _spent(process)
    seconds = _let_pass(program, REST_SECONDS)
    sent = (program.received - before) / seconds / 1000
    return sent, (_spent(process) - spent) / seconds * 100


def _million_rows() -> list[Figure]:
    quiet = home(REPAY_SANDBOX_OPTIONS="--no-borrowers", REPAY_PAST="0")
    with quiet as environment:
        state = Path(environment["REPAY_STATE_DIR"])
        state.mkdir(mode=0o700)
        with Store.open(f"sqlite:///{state / 'control.db'}", clock=SystemClock()) as store:
            fill(store, MILLION)
        with console(environment) as program:
            program.wait_for(LIVE, 30)
            program.press("3")
            opened = program.wait_for(r"row 1 / 1,000,000", 30)
            program.wait_until_still()
            times = _key_times(program)
            program.press("g")
            program.wait_for(r"row 1 / 1,000,000")
            program.wait_until_still()
            move = _bytes_of(program, ["j"] * 20)
            page = _bytes_of(program, ["pagedown"] * 10)
            memory = psutil.Process(program.pid).memory_info().rss / 1e6
            program.press("q")
            program.wait_exit()
    name = "1,000,000 repayments"
    return [
        Figure(f"{name}: selection opened", opened * 1000, "ms", 2000),
        Figure(f"{name}: key to paint, p50", percentile(times, 50), "ms", 10),
        Figure(f"{name}: key to paint, p99", percentile(times, 99), "ms", 30),
        Figure(f"{name}: per cursor move", move, "kB", 1.5),
        Figure(f"{name}: per page", page, "kB", 15),
        Figure(f"{name}: memory", memory, "MB", 120),
    ]


def _key_times(program: ProgramInTerminal) -> list[float]:
    keys = ("j", "j", "pagedown", "j", "k", "pagedown", "pageup", "j", "end", "k", "home", "j")
    chance = random.Random(7)
    times = []
    for press in range(240):
        _let_pass(program, 0.03 + chance.random() * 0.05)
        times.append(program.time_key(keys[press % len(keys)]) * 1000)
    return times


def _bytes_of(program: ProgramInTerminal, keys: list[str]) -> float:
    before = program.received
    for key in keys:
        program.press(key)
        program.wait_until_still(0.06)
    return (program.received - before) / len(keys) / 1000


def _let_pass(program: ProgramInTerminal, seconds: float) -> float:
    """Take output for a time; what is measured here is time itself."""
    begin = time.monotonic()
    while (left := begin + seconds - time.monotonic()) > 0:
        program.pump(left)
    return time.monotonic() - begin


if __name__ == "__main__":
    print(table(measure()))
    sys.exit(0)
