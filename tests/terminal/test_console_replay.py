"""From the Overview to the receipt, in a real terminal, on the real embedded service: what failed, why, what
a replay would do, do it, watch it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tests.terminal.pty import ProgramInTerminal

if TYPE_CHECKING:
    from pathlib import Path

CONSOLE = (sys.executable, "-m", "console")


def test_what_failed_is_replayed_from_the_overview(places: dict[str, str], tmp_path: Path) -> None:
    environment = places | {"REPAY_PAST": "1500", "REPAY_SANDBOX_OPTIONS": "--instant"}
    with ProgramInTerminal(CONSOLE, columns=120, lines=40, environment=environment) as one:
        one.wait_for("SANDBOX +LIVE", 60)
        one.wait_for(r"z plans a replay", 60)
        one.press("j")
        one.send("lll")
        one.press("enter")
        one.wait_for(r"/ stage:failed")
        one.wait_for("rp_h")
        one.send("bb")
        one.wait_for("by error: +[A-Z_]+ [1-9]")
        one.press("z")
        one.wait_for("What it would do")
        one.wait_for("sends a new order")
        one.wait_for("approval +none needed")
        one.press("s")
        one.wait_for("a new order is sent")
        assert "> Cancel <" in one.text
        one.press("tab")
        one.send("the gateways are well again\r\r")
        one.wait_for("Start a replay: applied")
        one.press("enter")
        one.wait_for("finished", 60)
        one.wait_for("balances", 20)
        counts = re.search(r"progress .*100\.0% +(\d+) / (\d+)", one.text)
        assert counts is not None and counts[1] == counts[2] != "0"
        receipt = tmp_path / "receipt.txt"
        one.press("x")
        one.wait_for("write the receipt to")
        one.press("ctrl+u")
        one.send(f"{receipt}\r")
        one.wait_for(lambda: receipt.exists())
        assert "the gateways are well again" in receipt.read_text()
        one.press("enter")
        one.wait_for("Attempts: 2")
        one.press("escape")
        one.wait_for("progress")
        one.press("escape", "q")
        assert one.wait_exit() == 0
