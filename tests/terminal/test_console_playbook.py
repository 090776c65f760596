"""A playbook from the list to its last step and back, in a real terminal, on the real embedded service."""

from __future__ import annotations

import sys

import pytest

from tests.terminal.pty import ProgramInTerminal

CONSOLE = (sys.executable, "-m", "console")


@pytest.mark.campaign
def test_a_playbook_is_planned_begun_done_and_undone(places: dict[str, str]) -> None:
    environment = places | {"REPAY_PAST": "0", "REPAY_SANDBOX_OPTIONS": "--instant"}
    with ProgramInTerminal(CONSOLE, columns=120, lines=40, environment=environment) as one:
        one.wait_for("SANDBOX +LIVE", 60)
        one.send(":playbook double-eleven\r")
        one.wait_for("how long the peak lasts")
        one.press("enter")
        one.wait_for("together +0 repayments", 30)
        for _ in range(4):
            one.press("tab")
        one.send("sale at eight\r")
        one.wait_for("> Begin <")
        one.press("enter")
        one.wait_for("Begin a run of a playbook: applied")
        one.press("enter")
        one.wait_for("begun +0/4")
        one.press("s")
        one.wait_for("needs +the role operator", 30)
        one.press("tab")
        one.send("sale\r")
        one.wait_for("> (returns in|Do it) <|>returns in")
        one.press("enter")
        one.wait_for("Pause every replay: applied")
        one.press("enter")
        one.wait_for("in part +1/4")
        one.press("a")
        one.wait_for("together +0 repayments", 30)
        one.press("tab")
        one.send("sale\r")
        one.wait_for("> Do them <")
        one.press("enter")
        one.wait_for("Change a gateway's weight: applied")
        one.press("enter")
        one.wait_for("all done +4/4")
        one.press("u")
        one.wait_for(r"1\. +Pause every replay  chg_", 30)
        one.press("tab")
        one.send("over\r")
        one.wait_for("> Undo <")
        one.press("enter")
        one.wait_for("Let paused replays go on: applied")
        one.press("enter")
        one.wait_for("undone +0/4")
        one.press("escape", "q")
        assert one.wait_exit() == 0
