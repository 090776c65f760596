"""`esc` and the key typed right after it are two keys, however they arrive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.terminal.pty import ProgramInTerminal

DEMO = (sys.executable, "-m", "tests.tui.demo")


@pytest.mark.parametrize("together", [True, False])
def test_neither_escape_nor_the_key_after_it_is_lost(tmp_path: Path, together: bool) -> None:
    places = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "REPAY_STATE_DIR": str(tmp_path / "state"),
        "REPAY_RUNTIME_DIR": str(tmp_path / "run"),
    }
    with ProgramInTerminal(DEMO, columns=100, lines=30, environment=places) as one:
        one.wait_for("LIVE")
        for _ in range(5):
            one.press("3")
            one.wait_for("row 1 /")
            one.press("enter")
            one.wait_for("Attempts: 1")
            if together:
                one.send("\x1bj")
            else:
                one.press("escape", "j")
            one.wait_for("row 2 /")
            one.press("k")
            one.wait_for("row 1 /")
            one.send("\x1b4\x1b3")
        one.press("up", "down")
        one.wait_for("row 2 /")
        one.press("q")
        assert one.wait_exit() == 0
