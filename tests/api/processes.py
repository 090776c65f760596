"""Service processes as they are run: started, waited for, and always cleaned up."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from console.control.unix_socket import answers

DEADLINE = 20.0
"""Seconds anything here may take, on a busy machine."""


def wait_for(true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Wait for a state; fail when it does not come."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"{what} did not come about in {seconds:.0f} s"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Home:
    """The directories of an embedded service, and the processes that were started there."""

    runtime: Path
    state: Path
    started: list[subprocess.Popen[str]]

    @property
    def socket(self) -> Path:
        """The API's socket."""
        return self.runtime / "control.sock"

    def start(self, *, linger: float = 60, past: int = 0, sandbox: str = "") -> subprocess.Popen[str]:
        """Start `python -m console.control embedded` here."""
        words = [
            *("--runtime-dir", str(self.runtime), "--state-dir", str(self.state)),
            *("--linger", str(linger), "--past", str(past), f"--sandbox-options={sandbox}"),
        ]
        process = start("console.control", "embedded", *words)
        self.started.append(process)
        return process

    def client(self, **headers: str) -> httpx.Client:
        """A new client over the Unix socket."""
        transport = httpx.HTTPTransport(uds=str(self.socket))
        return httpx.Client(transport=transport, base_url="http://control", headers=headers, timeout=10)

    def get(self, path: str) -> Any:
        """One answer, as JSON; None while nobody answers."""
        if not answers(self.socket):
            return None
        try:
            with self.client() as client:
                return client.get(path).json()
        except httpx.TransportError:
            return None

    def wait_until_served(self) -> None:
        """Wait for the API."""
        wait_for(lambda: self.get("/v1/hello") is not None, "an answer")

    def wait_until_live(self) -> None:
        """Wait until everything works."""
        wait_for(lambda: (self.get("/v1/board") or {}).get("mode") == "LIVE", "LIVE")

    def sandbox_pid(self) -> int:
        """The process id that the sandbox announces; 0 without one."""
        try:
            return int(json.loads((self.runtime / "sandbox.json").read_text())["pid"])
        except FileNotFoundError:
            return 0


@contextlib.contextmanager
def home(directory: Path) -> Iterator[Home]:
    """Give directories with short names (sockets), and end everything that was started in them."""
    found = Home(directory / "r", directory / "s", [])
    try:
        yield found
    finally:
        sandbox = found.sandbox_pid()
        for process in found.started:
            finish(process)
        if sandbox and alive(sandbox):
            os.kill(sandbox, signal.SIGKILL)


def start(module: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Start `python -m module words`; what it says on stderr is kept for `finish`."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], seconds: float = DEADLINE) -> tuple[int, str]:
    """Wait for the end; return the exit code and what was said on stderr."""
    _, said = process.communicate(timeout=seconds)
    return process.returncode, said


def finish(process: subprocess.Popen[str]) -> None:
    """Kill the process if it still runs."""
    if process.poll() is None:
        process.kill()
    with contextlib.suppress(ValueError):
        process.communicate()
