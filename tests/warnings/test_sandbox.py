"""What goes wrong in the sandbox is warned of by its name: the real embedded service, the real gateways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.conftest import places

__all__ = ["places"]

PATIENCE = 240.0
"""Seconds within which a minute is over, was read and judged, however loaded the machine is."""


class Sandbox:
    """A sandbox of this test's own, reached through the command line."""

    def __init__(self, places: dict[str, str]) -> None:
        self._state = Path(places["REPAY_STATE_DIR"])
        self._environment = os.environ | places | {"REPAY_LINGER": "600", "REPAY_PAST": "5000"}

    def repay(self, *words: str) -> str:
        """Run a command; return what it printed."""
        done = subprocess.run(
            (sys.executable, "-m", "console", *words),
            env=self._environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, *words: str) -> Any:
        """Run a command; return what it knows."""
        return json.loads(self.repay(*words, "--json"))

    def warnings(self) -> dict[str, dict[str, Any]]:
        """Return the warnings that are not over, by what they are about."""
        return {one["scope"]: one for one in self.read("warning", "list")["items"]}

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for a state."""
        give_up_at = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < give_up_at, self.repay("warning", "list", "--all")
            time.sleep(1)

    def until_it_flows(self) -> None:
        """Wait until there is a past to compare with, and gateways have outcomes."""
        self.repay("status")
        self.until(lambda: not (self._state / "past.loading").exists())
        self.until(lambda: all(one["decided"] for one in self.read("gateway", "list")["items"]))


@pytest.fixture
def sandbox(places: dict[str, str]) -> Sandbox:
    return Sandbox(places)


@pytest.mark.campaign
def test_late_confirmations_are_told_of_while_every_call_is_answered(sandbox: Sandbox) -> None:
    sandbox.until_it_flows()
    sandbox.repay("sandbox", "fault", "bank", "late_confirm")
    sandbox.until(lambda: "gateway:bank" in sandbox.warnings())
    told = sandbox.warnings()
    assert told["gateway:bank"]["cause"] == "gateway_delay"
    assert set(told) == {"gateway:bank"}
    bank = sandbox.read("gateway", "show", "bank")
    assert bank["state"] == "healthy" and bank["light"] in ("amber", "red")
    assert "confirmation" in [one["clause"] for one in bank["breaches"]]


@pytest.mark.campaign
def test_a_strategy_that_is_too_tight_is_named_and_no_gateway_is(sandbox: Sandbox) -> None:
    sandbox.until_it_flows()
    tight = ("strategy", "set", "velocity_hour", "--mode", "enforce", "--param", "limit=1")
    sandbox.repay(*tight, "--yes", "--reason", "cards are being tested")
    sandbox.until(lambda: "strategy:velocity_hour" in sandbox.warnings())
    (one,) = sandbox.warnings().values()
    assert (one["scope"], one["cause"]) == ("strategy:velocity_hour", "strategy_too_sensitive")
    if one["prepared"] is not None:
        sandbox.repay("warning", "apply", one["id"], "--yes", "--reason", "half of all payers are asked")
    sandbox.until(lambda: sandbox.read("strategy", "show", "velocity_hour")["mode"] == "shadow")
