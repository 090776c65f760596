"""The output stage on a real terminal: what it shows, what it costs, and how it ends."""

from __future__ import annotations

import re
import signal
import stat
import termios
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.bench.figure import percentile
from tests.terminal.pty import ProgramInTerminal, python

if TYPE_CHECKING:
    from pathlib import Path

DEMO = python("-m", "tests.terminal.table_demo")


def million(**options: object) -> ProgramInTerminal:
    return ProgramInTerminal([*DEMO, "million"], **options)  # type: ignore[arg-type]


def opened(program: ProgramInTerminal) -> ProgramInTerminal:
    program.wait_for(r">\s+rp_0000000")
    program.wait_until_still()
    return program


def test_keys_cost_little_and_are_answered_at_once() -> None:
    with million() as program:
        opened(program)
        assert program.received < 30_000, "the first screen"
        before = program.received
        for _ in range(10):
            program.press("j")
            program.wait_until_still(0.05)
        assert program.rows[11].startswith(">"), program.text
        assert (program.received - before) / 10 < 3 * 1_500, "bytes per cursor move"
        before = program.received
        program.press("pagedown")
        program.wait_for(r"row 49 / 1,000,000")
        program.wait_until_still()
        assert program.received - before < 3 * 15_000, "bytes per page"
        quick = [_key_times(program) for _ in range(3)]
        assert min(percentile(times, 50) for times in quick) < 3 * 0.010
        assert min(percentile(times, 99) for times in quick) < 3 * 0.030


def _key_times(program: ProgramInTerminal) -> list[float]:
    """Press keys that all change something, each when the screen is still; return the seconds to paint."""
    program.press("home")
    program.wait_for("row 1 /")
    times = []
    for key in ["j", "j", "k", "pagedown", "j", "pageup", "end", "k", "home", "j"] * 3:
        program.wait_until_still(0.04)
        times.append(program.time_key(key))
    return times


def test_scrolling_by_a_row_is_done_by_the_terminal() -> None:
    with million(columns=120, lines=40) as program:
        opened(program)
        program.press(*["j"] * 37)
        program.wait_for("row 38 /")
        program.wait_until_still()
        before = program.received
        for row in range(39, 59):
            program.press("j")
            program.wait_for(f"row {row} /")
        program.wait_until_still()
        assert (program.received - before) / 20 < 1_500
        assert [row.split()[0] for row in program.rows[1:38]] == [f"rp_{n:07d}" for n in range(20, 57)]
        assert program.rows[38].split()[:2] == [">", "rp_0000057"]
        assert program.raw.count(b"\x1b[2;38r") >= 20


def test_live_rows_cost_about_a_kilobyte_a_second() -> None:
    with ProgramInTerminal([*DEMO, "live", "5"], columns=120, lines=40) as program:
        program.wait_for("queue 36")
        frames_at = program.raw.count(b"\x1b[?2026h")
        before = program.received
        program.wait_for(lambda: program.raw.count(b"\x1b[?2026h") >= frames_at + 10)
        assert (program.received - before) / 10 < 3 * 1_500, "bytes per frame"


@pytest.mark.parametrize("answers", [True, False])
def test_no_keystroke_is_lost_while_frames_come(answers: bool) -> None:
    with ProgramInTerminal([*DEMO, "live", "30"], columns=80, lines=60, answers=answers) as program:
        program.wait_for("queue 39")
        for _ in range(30):
            program.press("j")
            program.pump(0.004)
        program.wait_for("row 31 / 40")
        program.press("d")
        program.wait_for("dialog line 4")
        program.press("escape")
        program.wait_for(lambda: "dialog line" not in program.text)


def test_a_terminal_without_answers_shows_everything() -> None:
    with million(answers=False) as program:
        opened(program)
        program.press(*["j"] * 100, "G", "k")
        program.wait_for("row 999,999 / 1,000,000")
        assert b"\x1b[?2026h" not in program.raw


def test_a_terminal_without_synchronized_output_is_still_asked_before_more_is_sent() -> None:
    with million(synchronized=False) as program:
        opened(program)
        questions = program.questions
        program.press("j")
        program.wait_for("row 2 /")
        assert program.questions > questions
        assert b"\x1b[?2026h" not in program.raw


def test_a_terminal_that_stops_answering_is_not_waited_for_long() -> None:
    with million() as program:
        opened(program)
        program.answers = False
        for _ in range(20):
            program.press("j")
            program.pump(0.02)
        program.wait_for("row 21 /", timeout=12)
        program.press("G")
        program.wait_for("row 1,000,000 /", timeout=12)


def test_a_resize_draws_everything_anew() -> None:
    with million(columns=120, lines=40) as program:
        opened(program)
        for columns, lines in ((60, 20), (150, 50), (40, 8)):
            program.resize(columns, lines)
            program.screen.reset()
            program.wait_for(lambda: "row 1 / 1,000,000" in program.rows[-1])
            program.wait_until_still()
            body = [row.split()[0 if index else 1] for index, row in enumerate(program.rows[1 : lines - 1])]
            assert body == [f"rp_{n:07d}" for n in range(lines - 2)]


def test_dialogs_and_screens_come_and_go_without_a_trace() -> None:
    with million(columns=80, lines=24) as program:
        opened(program)
        before = program.styled()
        for key, sign in (("d", "dialog line 4"), ("o", "dialog line 20")):
            program.press(key)
            program.wait_for(sign)
            program.wait_until_still()
            program.press("escape")
            program.wait_for(lambda: program.styled() == before)


def test_what_another_program_drew_is_drawn_over_after_a_suspension() -> None:
    with million(columns=80, lines=24) as program:
        opened(program)
        before = program.rows
        program.press("z")
        program.wait_for(lambda: program.raw.count(b"\x1b[?1049h") == 2)
        program.wait_until_still()
        assert b"SUSPENDED" in program.raw
        assert program.rows == before
        program.press("j")
        program.wait_for("row 2 /")


def test_a_stopped_program_leaves_the_terminal_and_comes_back() -> None:
    with million(columns=80, lines=24) as program:
        cooked = program.local_flags()
        opened(program)
        assert not program.local_flags() & termios.ECHO
        program.signal(signal.SIGTSTP)
        program.wait_for(lambda: b"\x1b[?1049l" in program.raw)
        program.wait_for(lambda: psutil.Process(program.pid).status() == psutil.STATUS_STOPPED)
        assert program.local_flags() == cooked
        program.signal(signal.SIGCONT)
        program.wait_for(lambda: program.raw.count(b"\x1b[?1049h") == 2)
        program.wait_until_still()
        program.press("j")
        program.wait_for("row 2 /")


def test_no_colour_means_no_colour() -> None:
    with million(environment={"NO_COLOR": "1"}, columns=80, lines=24) as program:
        opened(program)
        program.press("d")
        program.wait_for("dialog line 4")
        styles = re.findall(rb"\x1b\[([0-9;]*)m", bytes(program.raw))
        assert styles
        for style in styles:
            assert set(style.split(b";")) <= {b"", b"0", b"1", b"2", b"3", b"4", b"7"}, style


@pytest.mark.parametrize(
    ("terminal", "pattern"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": ""}, rb"\x1b\[[0-9;]*38;5;"),
        ({"TERM": "xterm", "COLORTERM": ""}, rb"\x1b\[[0-9;]*3[0-7]"),
    ],
)
def test_colours_are_those_the_terminal_has(terminal: dict[str, str], pattern: bytes) -> None:
    with million(environment=terminal) as program:
        opened(program)
        assert re.search(pattern, bytes(program.raw))
        assert b"38;2;" not in program.raw


def test_hostile_text_reaches_neither_title_nor_clipboard_nor_layout() -> None:
    with million(columns=100, lines=24) as program:
        opened(program)
        before = program.rows
        program.press("s")
        program.wait_for(r"\?\]0;owned\?")
        program.wait_until_still()
        assert not program.seen.titles
        assert not program.seen.clipboard
        assert not program.seen.other_strings
        assert b"\x1b[2J" not in program.raw
        assert b"\xc2\x9b" not in program.raw
        assert program.rows[:8] == before[:8]


def test_variables_of_textual_do_not_drive_the_program(tmp_path: Path) -> None:
    driving = {
        "TEXTUAL_PRESS": "x",
        "TEXTUAL_DRIVER": "no.such:Driver",
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_SCREENSHOT_LOCATION": str(tmp_path),
        "TEXTUAL_LOG": str(tmp_path / "log"),
        "TEXTUAL": "debug,devtools,headless",
        "COLUMNS": "33",
        "LINES": "11",
    }
    with million(environment=driving, columns=80, lines=24) as program:
        opened(program)
        assert "row 1 / 1,000,000" in program.rows[23]
    assert not list(tmp_path.iterdir())


def test_copying_is_the_one_way_to_the_clipboard() -> None:
    with million() as program:
        opened(program)
        program.press("y")
        program.wait_for(lambda: program.seen.clipboard)
        assert program.seen.clipboard == [b"\x1b]52;c;cnBfMDAwMDAwMA==\x07"]


@pytest.mark.parametrize(("key", "message"), [("x", "boom"), ("b", "boom in a worker")])
def test_a_crash_shows_an_id_and_keeps_the_rest_in_a_private_log(
    key: str, message: str, tmp_path: Path
) -> None:
    log = tmp_path / "state" / "incidents.log"
    with million(environment={"DEMO_LOG": str(log)}, columns=200, lines=24) as program:
        cooked = program.local_flags()
        opened(program)
        program.press(key)
        assert program.wait_exit() == 1
        after = bytes(program.raw).split(b"\x1b[?1049l")[1]
        said = re.search(
            rb"Stopped by an unexpected error\. Incident ([0-9a-f]{8}); details in (\S+)\r\n$", after
        )
        assert said, after
        assert after.count(b"\n") == 1
        assert program.local_flags() == cooked
        assert b"boom" not in after
    text = log.read_text()
    assert f"incident {said[1].decode()}" in text
    assert message in text
    assert "SECRET-IN-A-VARIABLE" not in text
    assert "\x1b" not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_and_restores_the_terminal(number: signal.Signals) -> None:
    with million() as program:
        cooked = program.local_flags()
        opened(program)
        program.signal(number)
        assert program.wait_exit(3) == 128 + number
        assert program.local_flags() == cooked
        assert program.raw.endswith(b"\x1b[?1049l\x1b[?25h")


def test_a_signal_ends_even_a_program_that_hangs() -> None:
    with million() as program:
        cooked = program.local_flags()
        opened(program)
        program.press("h")
        program.wait_until_still(0.3)
        program.signal(signal.SIGTERM)
        assert program.wait_exit(6) == 128 + signal.SIGTERM
        assert program.local_flags() == cooked
        assert program.raw.endswith(b"\x1b[?1049l\x1b[?25h")


def test_a_closed_terminal_ends_the_program() -> None:
    with million() as program:
        opened(program)
        program.hang_up()
        assert program.wait_exit(4) in (128 + signal.SIGHUP, -signal.SIGHUP)


def test_quitting_leaves_the_terminal_as_it_was() -> None:
    with million() as program:
        cooked = program.local_flags()
        opened(program)
        program.press("q")
        assert program.wait_exit(3) == 0
        assert program.local_flags() == cooked
        assert program.raw.endswith(b"\x1b[?1049l\x1b[?25h")
