"""Changing things from the real console, in a real terminal, on the real embedded service."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.terminal.pty import ProgramInTerminal

CONSOLE = (sys.executable, "-m", "console")


def row_of(one: ProgramInTerminal, *words: str) -> str:
    """Return the first row that holds all words; empty when there is none."""
    return next((row for row in one.rows if all(word in row for word in words)), "")


def test_dispatch_is_paused_from_the_console_and_the_pause_undone(places: dict[str, str]) -> None:
    with ProgramInTerminal(CONSOLE, columns=120, lines=36, environment=places) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
        one.press("!")
        one.wait_for("pause dispatch")
        one.press("p")
        one.wait_for("no order is sent to any gateway")
        assert "> Cancel <" in one.text
        one.press("tab")
        one.send("gateways answer nothing\r\r")
        one.wait_for("Pause a queue: applied")
        one.press("enter", "2")
        one.wait_for(lambda: "paused" in row_of(one, "dispatch"))
        one.press("9")
        one.wait_for(lambda: "applied" in row_of(one, "Pause a queue", "dispatch", "owner"))
        one.press("u")
        one.wait_for("go on")
        one.press("tab")
        one.send("they answer again\r\r")
        one.wait_for("Undo|applied")
        one.wait_for("> Close <")
        one.press("enter")
        one.wait_for(lambda: "undone" in row_of(one, "Pause a queue", "dispatch"))
        one.press("2")
        one.wait_for(lambda: bool(row_of(one, "dispatch")) and "paused" not in row_of(one, "dispatch"))
        one.press("q")
        assert one.wait_exit() == 0


def test_a_service_killed_while_it_is_asked_is_asked_again_with_the_same_key(places: dict[str, str]) -> None:
    """Whatever the first try came to, the pause is in force once, and the console knows it in the end."""
    lock = Path(places["REPAY_RUNTIME_DIR"]) / "control.lock"
    with ProgramInTerminal(CONSOLE, columns=120, lines=36, environment=places) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
        one.press("!", "p")
        one.wait_for("no order is sent to any gateway")
        one.press("tab")
        one.send("gateways answer nothing\r")
        one.wait_for("> Pause <")
        os.kill(int(lock.read_text()), signal.SIGKILL)
        one.press("enter")
        one.wait_for("Pause a queue: applied", 30)
        one.press("enter", "9")
        one.wait_for(lambda: bool(row_of(one, "Pause a queue", "applied")))
        assert sum("Pause a queue" in row and "applied" in row for row in one.rows[:-1]) == 1
        one.press("q")
        assert one.wait_exit() == 0


def test_a_window_is_held_by_a_form_extended_and_ended(places: dict[str, str]) -> None:
    with ProgramInTerminal(CONSOLE, columns=100, lines=40, environment=places) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
        one.press("6")
        one.wait_for("no window is declared")
        one.press("o")
        one.wait_for("scope is needed")
        one.send("gateway=alipay")
        one.wait_for("> gateway=alipay|>scope +gateway=alipay")
        one.wait_for("only stops")
        one.send("\rthe bank works on it\r\r")
        one.wait_for("Open a maintenance window: applied", 15)
        one.press("enter")
        one.wait_for(lambda: "scheduled" in row_of(one, "gateway=alipay", "hold"))
        one.press("+")
        one.wait_for("that wait for it wait longer")
        one.press("tab")
        one.send("it takes longer\r\r")
        one.wait_for("Extend a maintenance window: applied")
        one.press("enter", "9")
        one.wait_for(lambda: row_of(one, ">", "Extend a", "applied"))
        one.press("u")
        one.wait_for("that wait for it leave earlier")
        one.press("tab")
        one.send("it does not\r\r")
        one.wait_for("Let a maintenance window end earlier: applied")
        one.press("enter")
        one.wait_for(lambda: "undone" in row_of(one, "Extend a"))
        one.press("6")
        one.wait_for(lambda: "scheduled" in row_of(one, "gateway=alipay", "hold"))
        one.press("e")
        one.wait_for("End a window")
        one.wait_for("takes place")
        one.press("tab")
        one.send("it is off\r\r")
        one.wait_for("> Close <")
        one.press("enter")
        one.wait_for(lambda: "cancelled" in row_of(one, "gateway=alipay", "hold"))
        one.press("q")
        assert one.wait_exit() == 0
