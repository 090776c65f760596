"""A gateway dies: the console rings, the card names it, what is prepared moves the traffic, and after the end
the gateway comes back; in a real terminal, on the real embedded service."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.terminal.pty import ProgramInTerminal

REPAY = (sys.executable, "-m", "console")


def repay(environment: dict[str, str], *words: str) -> str:
    """Run a command beside the console; return what it printed."""
    done = subprocess.run(
        [*REPAY, *words], env=os.environ | environment, capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    return done.stdout


def wechat(environment: dict[str, str]) -> dict[str, Any]:
    """Return the gateway as it is now."""
    import json

    found: dict[str, Any] = json.loads(repay(environment, "gateway", "show", "wechat", "--json"))
    return found


@pytest.mark.campaign
def test_a_gateway_that_dies_rings_and_what_its_card_prepared_moves_the_traffic(
    places: dict[str, str],
) -> None:
    with ProgramInTerminal(REPAY, columns=120, lines=40, environment=places) as one:
        one.wait_for("SANDBOX +LIVE", 60)
        one.wait_for(r"wechat +\+ healthy +\d", 120)
        rings = bytes(one.raw).count(b"\x07")
        repay(places, "sandbox", "fault", "wechat", "down")
        one.wait_for("! WARNING: wechat is down", 120)
        assert bytes(one.raw).count(b"\x07") == rings + 1
        one.press("8")
        one.wait_for("row 1 / ", 20)
        one.press("enter")
        one.wait_for(r"likely cause +gateway down +\(gateway:wechat\)", 20)
        one.wait_for(r"harm in +(\d+ min|\d+h|already)", 120)
        one.wait_for("weight 30 becomes 3", 20)
        one.press("p")
        one.wait_for("> Cancel <")
        one.wait_for("weight 30 becomes 3", 20)
        one.press("tab")
        one.send("wechat is down\r\r\r")
        one.wait_for("applied", 20)
        assert wechat(places)["weight"] == 3
        one.press("enter")
        one.wait_for(lambda: "> Close <" not in one.text)
        one.wait_for(r"done about it +wechat: weight 30 becomes 3 \(", 20)
        one.press("a")
        one.wait_for("it pages nobody any more", 20)
        one.press("tab", "enter", "enter")
        one.wait_for("somebody is on it", 20)
        one.press("enter")
        one.wait_for(lambda: "> Close <" not in one.text)
        repay(places, "sandbox", "calm")
        one.wait_for(lambda: wechat(places)["state"] == "healthy", 300)
        one.wait_for(r"state +ended", 900)
        one.press("q")
        assert one.wait_exit() == 0
