"""Several consoles and a script over one embedded service: they share it, and survive its death together."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.terminal.pty import ProgramInTerminal

CONSOLE = [sys.executable, "-m", "console"]
LIVE = r"SANDBOX +(LIVE|DEGRADED)"
LINGER_SECONDS = 2


@dataclass(frozen=True)
class Machine:
    """A machine on which nothing has run yet."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes programs use this machine."""
        return {
            "HOME": str(self.directory),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "REPAY_RUNTIME_DIR": str(self.directory / "run"),
            "REPAY_STATE_DIR": str(self.directory / "state"),
            "REPAY_LINGER": str(LINGER_SECONDS),
            "REPAY_PAST": "0",
        }

    def processes(self, module: str) -> set[int]:
        """The processes of this machine that run a module; those with threads once."""
        found = set()
        for process in psutil.process_iter(["pid", "cmdline", "environ"]):
            environment = process.info["environ"] or {}
            if environment.get("REPAY_RUNTIME_DIR") == str(self.directory / "run"):
                words = process.info["cmdline"] or []
                if module in words:
                    found.add(int(process.info["pid"]))
        return found

    def control(self) -> set[int]:
        """The services."""
        return self.processes("console.control")

    def sandbox(self) -> set[int]:
        """The sandboxes."""
        return self.processes("console.sandbox")

    def all(self) -> set[int]:
        """Everything that runs on it."""
        return self.control() | self.sandbox() | self.processes("console")

    def console(self) -> ProgramInTerminal:
        """Open a console."""
        return ProgramInTerminal(CONSOLE, columns=100, lines=30, environment=self.environment)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A fresh machine; whatever is left on it at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="rp-") as name:
        one = Machine(Path(name))
        yield one
        for pid in one.all():
            os.kill(pid, signal.SIGKILL)
        until(lambda: not one.all(), "the end of what was killed")


def until(reached: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for a state."""
    give_up_at = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < give_up_at, f"waited for {what}"
        time.sleep(0.05)


class Watcher:
    """`repay status --watch --json`, read by a script."""

    def __init__(self, machine: Machine) -> None:
        self._process = subprocess.Popen(
            [*CONSOLE, "status", "--watch", "--json"],
            env={**os.environ, **machine.environment}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def board(self) -> dict[str, object]:
        """The next board, of those that came after everything before was read."""
        while not self._lines.empty():
            self._lines.get()
        found: dict[str, object] = json.loads(self._lines.get(timeout=30))
        return found

    def end(self) -> None:
        """Kill it, as a broken script would be."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_all_share_one_service_come_back_by_themselves_and_leave_nothing(machine: Machine) -> None:
    with machine.console() as first, machine.console() as second:
        watcher = Watcher(machine)
        try:
            for console in (first, second):
                console.wait_for(LIVE, 30)
            assert watcher.board()["environment"] == "sandbox"
            control, sandbox = machine.control(), machine.sandbox()
            assert (len(control), len(sandbox)) == (1, 1)
            os.kill(control.pop(), signal.SIGKILL)
            for console in (first, second):
                console.wait_for("OFFLINE", 20)
            for console in (first, second):
                console.wait_for(LIVE, 30)
            assert watcher.board()["environment"] == "sandbox"
            until(lambda: len(machine.control()) == 1, "one service again")
            assert machine.sandbox() == sandbox
            for console in (first, second):
                console.press("q")
                assert console.wait_exit() == 0
            assert watcher.board()["environment"] == "sandbox"
        finally:
            watcher.end()
    until(lambda: not machine.all(), "the end of every process", LINGER_SECONDS + 15)


def test_a_console_that_was_hung_up_holds_nothing(machine: Machine) -> None:
    with machine.console() as one:
        one.wait_for(LIVE, 30)
        one.hang_up()
        one.wait_exit(10)
    until(lambda: not machine.all(), "the end of every process", LINGER_SECONDS + 15)


def test_five_consoles_at_the_same_instant_start_one_service(machine: Machine) -> None:
    with ExitStack() as stack:
        consoles = [stack.enter_context(machine.console()) for _ in range(5)]
        for console in consoles:
            console.wait_for(LIVE, 40)
        until(lambda: len(machine.control()) == 1, "the others to step back")
        assert len(machine.sandbox()) == 1
        (control,) = machine.control()
        lock = machine.directory / "run" / "control.lock"
        assert int(lock.read_text()) == control
        for console in consoles:
            console.press("q")
            assert console.wait_exit() == 0
    until(lambda: not machine.all(), "the end of every process", LINGER_SECONDS + 15)
