"""The embedded service is started once, whoever asks, and a start that fails says why."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from console.client import embedded
from console.client.embedded import answers, ensure_running
from console.client.errors import Unreachable
from console.contract.places import Lock, private_directory

SERVICE = """
import os, pathlib, socket, sys, time
sys.path.insert(0, {root!r})
from console.contract.places import InUseError, Lock
runtime = pathlib.Path(os.environ["REPAY_RUNTIME_DIR"])
with (runtime / "starts").open("a") as file:
    file.write(f"{{os.getpid()}}\\n")
try:
    lock = Lock(runtime / "control.lock")
except InUseError:
    sys.exit(0)
time.sleep(0.2)
listening = socket.socket(socket.AF_UNIX)
listening.bind(str(runtime / "control.sock"))
listening.listen(64)
time.sleep(60)
"""
"""A stand-in for the service: takes its lock, then opens its socket a little later."""


@pytest.fixture
def places(short: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPAY_RUNTIME_DIR", str(short / "r"))
    monkeypatch.setenv("REPAY_STATE_DIR", str(short / "s"))
    return short


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make a start of the service run `text` in its place."""
    real = subprocess.Popen

    def start(words: object, **settings: Any) -> subprocess.Popen[bytes]:
        return real((sys.executable, "-c", text), **settings)

    monkeypatch.setattr(subprocess, "Popen", start)


async def test_many_consoles_at_once_start_one_service(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, SERVICE.format(root=str(Path(__file__).parents[2])))
    paths = await asyncio.gather(*(ensure_running(10) for _ in range(12)))
    assert set(paths) == {places / "r" / "control.sock"}
    started = (places / "r" / "starts").read_text().split()
    try:
        assert len(started) == 1
    finally:
        for process in started:
            os.kill(int(process), signal.SIGKILL)


async def test_a_starting_console_that_died_holds_nobody_up(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, SERVICE.format(root=str(Path(__file__).parents[2])))
    private_directory(places / "r")
    dying = Lock(places / "r" / "start.lock")
    waiting = asyncio.create_task(ensure_running(10))
    await asyncio.sleep(0)
    dying.release()
    await waiting
    os.kill(int((places / "r" / "starts").read_text()), signal.SIGKILL)


async def test_a_service_that_is_just_ending_is_followed_by_a_new_one(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, SERVICE.format(root=str(Path(__file__).parents[2])))
    monkeypatch.setattr(embedded, "RESPAWN_SECONDS", 0.05)
    ending = Lock(private_directory(places / "r") / "control.lock")
    waiting = asyncio.create_task(ensure_running(10))
    starts = places / "r" / "starts"
    async with asyncio.timeout(10):
        while not starts.exists() or len(starts.read_text().split()) < 2:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    ending.release()
    assert answers(await waiting)
    os.kill(int((places / "r" / "control.lock").read_text()), signal.SIGKILL)


async def test_a_start_that_fails_at_the_database_tells_the_error_not_where_to_read_about_it(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = (
        "sqlalchemy.exc.OperationalError: disk I/O error\\n[SQL: SELECT 1]\\n(Background on this error at: x)"
    )
    program(monkeypatch, f"import sys; sys.exit('{error}')")
    with pytest.raises(Unreachable) as caught:
        await ensure_running(10)
    assert "does not start: sqlalchemy.exc.OperationalError: disk I/O error; see " in str(caught.value)


async def test_a_start_that_fails_tells_the_end_of_the_log(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, "import sys; sys.exit('the disk is full\\x1b[31m')")
    with pytest.raises(Unreachable) as caught:
        await ensure_running(10)
    assert "does not start: the disk is full\\x1b[31m; see " in str(caught.value)
    assert (places / "s" / "control.log").stat().st_mode & 0o777 == 0o600


async def test_a_service_that_never_answers_is_given_up_in_time(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    with pytest.raises(Unreachable, match="does not answer"):
        await ensure_running(0.5)
    os.kill(int((places / "s" / "control.log").read_text()), signal.SIGKILL)


async def test_tokens_of_profiles_are_not_handed_to_the_service(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPAY_TOKEN", "s3cret")
    program(monkeypatch, "import os, sys; sys.exit(repr(sorted(os.environ.items())))")
    with pytest.raises(Unreachable):
        await ensure_running(10)
    assert "s3cret" not in (places / "s" / "control.log").read_text()


async def test_a_directory_that_others_can_reach_is_refused(places: Path) -> None:
    (places / "r").mkdir(mode=0o755)
    (places / "r").chmod(0o755)
    with pytest.raises(Unreachable, match="chmod 700"):
        await ensure_running(1)
