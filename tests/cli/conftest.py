"""Running the program in this process, alone or against a real embedded service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from console.cli.main import main
from console.client.embedded import answers
from console.contract.language import use_language

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING_SECONDS = 20


@dataclass(frozen=True)
class Ran:
    """How a run of the program ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


class Repay:
    """The program, run in this process."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *words: str | Path) -> Ran:
        self._capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = self._capfd.readouterr()
        use_language("en")
        return Ran(code, out, err)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, a working directory without profiles, and no service."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("REPAY_PROFILE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    use_language("en")
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        monkeypatch.setenv("REPAY_RUNTIME_DIR", f"{short}/r")
        monkeypatch.setenv("REPAY_STATE_DIR", f"{short}/s")
        yield tmp_path


@pytest.fixture
def repay(capfd: pytest.CaptureFixture[str]) -> Repay:
    """The program."""
    return Repay(capfd)


@dataclass(frozen=True)
class Places:
    """The directories of a running embedded service."""

    runtime: Path
    state: Path


@pytest.fixture(scope="session")
def embedded() -> Iterator[Places]:
    """A real embedded service: no past, no borrowers, gateways that succeed at once."""
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        places = Places(Path(short, "r"), Path(short, "s"))
        environment = os.environ | {
            "REPAY_RUNTIME_DIR": str(places.runtime),
            "REPAY_STATE_DIR": str(places.state),
            "REPAY_PAST": "0",
            "REPAY_SANDBOX_OPTIONS": "--instant",
            "REPAY_LINGER": "3600",
        }
        subprocess.run(
            [sys.executable, "-m", "console", "--profile", "sandbox", "status"],
            env=environment, cwd=short, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        yield places
        end_service(places)


def end_service(places: Places) -> None:
    """Stop the service and see that neither it nor its sandbox is left; it may have ended by itself."""
    try:
        card = json.loads((places.runtime / "sandbox.json").read_text())
    except FileNotFoundError:
        assert not any(answers(places.runtime / name) for name in ("control.sock", "sandbox.sock"))
        return
    until = time.monotonic() + ENDING_SECONDS
    for name, process in (
        ("control.sock", int((places.runtime / "control.lock").read_text())),
        ("sandbox.sock", int(card["pid"])),
    ):
        os.kill(process, signal.SIGTERM)
        while answers(places.runtime / name):
            assert time.monotonic() < until, f"{name} is still there"
            time.sleep(0.02)


@pytest.fixture
def service(home: Path, embedded: Places, monkeypatch: pytest.MonkeyPatch) -> Places:
    """The running service, made the one of this test."""
    monkeypatch.setenv("REPAY_RUNTIME_DIR", str(embedded.runtime))
    monkeypatch.setenv("REPAY_STATE_DIR", str(embedded.state))
    return embedded
