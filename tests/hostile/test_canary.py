"""Secrets and personal data planted everywhere are found nowhere: a tour, forced crashes, then a search."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.hostile.canary import (
    ENTRY,
    PERSONAL,
    SECOND,
    UNKNOWN_MOBILE,
    House,
    canary_house,
    spellings,
)
from tests.terminal.pty import PROJECT, ProgramInTerminal

CONSOLE = (sys.executable, "-m", "console")
CRASHES = 48
BREAK = """
import console.tui.screens.reveal_dialog as dialog
class Boom(Exception): pass
def hurt(self):
    if self._revealed is not None:
        raise Boom(repr(self._revealed.value), vars(self._revealed))
dialog.RevealDialog._tick = hurt
from console.cli.main import main
import sys
sys.exit(main([]))
"""
"""The console, with a crash that quotes a value while it is in sight."""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A house with two repayments of people who must not be seen."""
    with canary_house() as found:
        for key, entry in (("one", json.loads(ENTRY)), ("two", SECOND)):
            request = urllib.request.Request(
                f"{found.url}/v1/repayments",
                json.dumps(entry).encode(),
                {"Authorization": f"Bearer {found.values['admin token']}", "Idempotency-Key": key},
            )
            with urllib.request.urlopen(request) as answer:
                found.environment["CANARY_REPAYMENT"] = json.load(answer)["id"]
        yield found


def test_twenty_kinds_are_planted_and_a_planted_one_is_found(house: House) -> None:
    assert len(house.canaries) >= 20
    traps = []
    for number, (name, value) in enumerate(house.canaries.items()):
        for turn, way in enumerate(sorted(spellings(value))):
            trap = house.root / f"trap-{number}-{turn}"
            trap.write_bytes(b"x" + way + b"y")
            traps.append((f"{name} in {trap.name}", trap))
    found = set(house.hits())
    for told, trap in traps:
        trap.unlink()
        assert told in found


def test_a_tour_of_the_verbs_leaves_nothing(house: House) -> None:
    assert crashes(house, 0, "none") == 0
    told = house.root / "crashes-none"
    assert "canary" in (told / "crash-0.txt").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "console.control.worker", "--config", str(house.planted / "elsewhere.toml")],
        capture_output=True, timeout=60, check=False, env=os.environ | house.environment,
    )  # fmt: skip
    assert done.returncode
    (house.root / "worker.txt").write_bytes(done.stdout + done.stderr)
    assert house.hits() == []


def test_a_tour_of_the_views_leaves_nothing(house: House) -> None:
    with ProgramInTerminal(CONSOLE, columns=120, lines=40, environment=house.environment) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 40)
        for view in "23456789":
            one.press(view)
            one.wait_until_still(0.2)
        for command in (
            "audit",
            "tokens",
            "doubts",
            "cases",
            f"show {house.environment['CANARY_REPAYMENT']}",
        ):
            one.send(f":{command}\r")
            one.wait_until_still(0.2)
        one.wait_for("external id")
        one.press("?", "escape", ":")
        one.send("find\r")
        one.wait_for("identity number or card")
        one.send(UNKNOWN_MOBILE)
        one.wait_for(r"\*{11}")
        one.press("enter")
        one.wait_for("no borrower is known")
        one.press("q")
        one.wait_exit()
        (house.root / "tour.raw").write_bytes(bytes(one.raw))
    assert house.hits() == []


def test_a_value_in_sight_when_the_console_crashes_is_in_no_file(house: House) -> None:
    command = (sys.executable, "-c", BREAK)
    with ProgramInTerminal(command, columns=120, lines=40, environment=house.environment) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 40)
        one.send(f":show {house.environment['CANARY_REPAYMENT']}\r")
        one.wait_for("external id")
        one.press("V")
        one.wait_for("Reveal personal data")
        one.press("tab", "tab")
        one.send("tour\t")
        one.send("canary\r\r")
        one.wait_for("Stopped by an unexpected error", 20)
        assert one.wait_exit() != 0
    logs = [path.read_text() for path in house.root.rglob("*.log")]
    assert any("Boom" in log for log in logs)
    assert house.hits() == []


def crashes(house: House, count: int, seed: str) -> int:
    """Crash as often in verbs; return how many times it did."""
    directory = house.root / f"crashes-{seed}"
    directory.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.crasher", str(count), seed, str(directory), PERSONAL["mobile"]],
        capture_output=True, timeout=60 + count, check=True, cwd=PROJECT, env=os.environ | house.environment,
    )  # fmt: skip
    return int(done.stdout)


def test_forced_crashes_leave_nothing(house: House) -> None:
    assert crashes(house, CRASHES, "ci") > CRASHES // 2
    assert house.hits() == []


@pytest.mark.campaign
def test_a_thousand_forced_crashes_leave_nothing(house: House) -> None:
    crashed = 0
    for number in range(20):
        crashed += crashes(house, 100, str(number))
        if crashed >= 1000:
            break
    assert crashed >= 1000
    assert house.hits() == []


def test_a_service_that_aborts_leaves_no_core(house: House) -> None:
    house.service.send_signal(signal.SIGABRT)
    house.service.wait(20)
    assert house.hits() == []
    assert not list(house.root.rglob("core*"))
