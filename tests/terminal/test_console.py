"""The console in a real terminal: what it sends, how it ends, and that it comes back."""

from __future__ import annotations

import base64
import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.terminal.pty import ProgramInTerminal

DEMO = (sys.executable, "-m", "tests.tui.demo")
COLOUR = re.compile(rb"\x1b\[[0-9;]*(?:38|48);[25]")


def has_rows(one: ProgramInTerminal) -> bool:
    """Tell whether repayments are listed; freezes again where the first ones had not come yet."""
    if "rp_" not in one.text and " 0 repayments" in one.text and "loading" not in one.text:
        one.press("r")
    return "rp_" in one.text


def test_keys_written_in_one_piece_reach_what_they_open(places: dict[str, str]) -> None:
    with ProgramInTerminal(DEMO, columns=80, lines=24, environment=places) as one:
        one.wait_for("LIVE")
        one.send("/state:failed\r")
        one.wait_for(r"200 repayments")
        one.send("2jjj\r")
        one.wait_for(r"/ stage:confirming")
        one.send("q")
        assert one.wait_exit() == 0


def test_copying_sends_the_id_and_nothing_else_reaches_title_or_clipboard(places: dict[str, str]) -> None:
    with ProgramInTerminal((*DEMO, "--hostile"), columns=160, lines=48, environment=places) as one:
        one.wait_for("LIVE")
        one.press("3")
        one.wait_for("rp_00000002")
        one.press("j", "j", "y")
        one.wait_for("copied rp_00000002")
        one.press("enter")
        one.wait_for("Attempts: 1")
        one.press(":")
        one.wait_for(r"(?m)^ :")
        one.paste("\x1b]0;pasted\x07\x1b]52;c;cGFzdGVk\x07")
        one.wait_for("0;pasted")
        one.press("ctrl+u", "q", "enter")
        assert one.wait_exit() == 0
        assert one.seen.titles == []
        assert [
            base64.b64decode(copied.split(b";")[2].rstrip(b"\x07\x1b\\")) for copied in one.seen.clipboard
        ] == [b"rp_00000002"]
        assert one.seen.other_strings == []


def test_without_colour_everything_is_still_told(places: dict[str, str]) -> None:
    with ProgramInTerminal(DEMO, columns=80, lines=24, environment={**places, "NO_COLOR": "1"}) as one:
        one.wait_for("SANDBOX +LIVE")
        one.wait_for("x down")
        one.press("3")
        one.wait_for("> rp_00000000")
        one.press("q")
        assert one.wait_exit() == 0
        assert COLOUR.search(bytes(one.raw)) is None


def test_resizing_keeps_everything_in_its_place(places: dict[str, str]) -> None:
    with ProgramInTerminal(DEMO, columns=80, lines=24, environment=places) as one:
        one.wait_for("bank is down")
        one.resize(140, 50)
        one.wait_for(lambda: len(one.rows) == 50 and "? help" in one.rows[-1])
        one.wait_for("oldest 0")
        one.resize(80, 24)
        one.wait_for(lambda: len(one.rows) == 24 and "? help" in one.rows[-1])
        one.press("q")
        assert one.wait_exit() == 0


@pytest.mark.parametrize("way", ["hang up", "SIGTERM", "ctrl+c"])
def test_however_it_ends_no_process_stays(places: dict[str, str], way: str) -> None:
    with ProgramInTerminal(DEMO, columns=80, lines=24, environment=places) as one:
        one.wait_for("LIVE")
        children = psutil.Process(one.pid).children(recursive=True)
        match way:
            case "hang up":
                one.hang_up()
            case "SIGTERM":
                one.signal(signal.SIGTERM)
            case _:
                one.press("ctrl+c")
        code = one.wait_exit()
        assert code == {"hang up": 129, "SIGTERM": 143, "ctrl+c": 0}[way]
        assert not [child for child in children if child.is_running()]


def test_the_frame_is_painted_before_the_client_is_even_imported(places: dict[str, str]) -> None:
    """A console whose service never comes up still stands, says why, and quits."""
    broken = {**places, "REPAY_RUNTIME_DIR": "/proc/nowhere"}
    with ProgramInTerminal(
        (sys.executable, "-m", "console"), columns=80, lines=24, environment=broken
    ) as one:
        one.wait_for("CONNECTING")
        one.wait_for("Flow")
        one.wait_for("OFFLINE", 20)
        one.press("3", "2", "?")
        one.wait_for("Help")
        one.press("q")
        one.wait_for(lambda: "Help" not in one.text)
        one.press("q")
        assert one.wait_exit() == 0


def test_a_killed_service_comes_back_by_itself(places: dict[str, str]) -> None:
    """The real program on the real embedded service."""
    lock = Path(places["REPAY_RUNTIME_DIR"]) / "control.lock"
    with ProgramInTerminal(
        (sys.executable, "-m", "console"), columns=100, lines=30, environment=places
    ) as one:
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
        first = int(lock.read_text())
        one.press("3")
        one.wait_for(lambda: has_rows(one), 30)
        os.kill(first, signal.SIGKILL)
        one.wait_for("OFFLINE|R tries now", 20)
        assert "rp_" in one.text
        one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
        assert int(lock.read_text()) != first
        one.press("q")
        assert one.wait_exit() == 0
