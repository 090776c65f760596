"""Incidents: one line for the user, the rest in a private file, and nothing of what variables held."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from console.tui.terminal import crash
from console.tui.terminal.environment import scrub
from console.tui.terminal.writer import TerminalWriter

if TYPE_CHECKING:
    from pathlib import Path


def fail(message: str) -> BaseException:
    secret = "value of a variable"
    try:
        raise ValueError(message)
    except ValueError as error:
        assert secret
        return error


def test_the_log_holds_the_traceback_and_neither_message_nor_variables(tmp_path: Path) -> None:
    log = tmp_path / "state" / "incidents.log"
    incident = crash.record(fail("bad \x1b]0;x\x07 " + "y" * 5000), log)
    text = log.read_text()
    assert incident.line() == f"Stopped by an unexpected error. Incident {incident.id}; details in {log}"
    assert incident.id in text
    assert text.rstrip().splitlines()[-1] == "builtins.ValueError"
    assert "yyy" not in text
    assert "raise ValueError(message)" in text
    assert "value of a variable" not in text.replace('secret = "value of a variable"', "")
    assert max(map(len, text.splitlines())) <= 400
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_a_log_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    log = tmp_path / "incidents.log"
    log.write_text("")
    log.chmod(0o644)
    crash.record(fail("x"), log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    link = tmp_path / "incidents.log"
    link.symlink_to(target)
    incident = crash.record(fail("x"), link)
    assert not target.exists()
    assert "could not be written" in incident.line()


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "incidents.log"
    log.write_text("x" * 1_000_001)
    crash.record(fail("x"), log)
    assert not log.exists()
    assert (tmp_path / "incidents.log.old").stat().st_size > 1_000_000


def test_what_nobody_catches_is_silent_but_for_the_incident(tmp_path: Path) -> None:
    log = tmp_path / "incidents.log"
    program = f"""
import logging, threading
from pathlib import Path
from console.tui.terminal import crash
crash.silence(Path({str(log)!r}))
def fail(): raise KeyError("in a thread")
thread = threading.Thread(target=fail); thread.start(); thread.join()
logging.getLogger("lib").warning("said %s", "\\x1b[31m")
secret = "in a variable"
raise ValueError("in the main thread")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Stopped by an unexpected error. Incident ")
    text = log.read_text()
    for part in ("builtins.KeyError", "said \\x1b[31m", "builtins.ValueError"):
        assert part in text


def test_log_lines_carry_their_tracebacks(tmp_path: Path) -> None:
    log = tmp_path / "incidents.log"
    handler = crash.IncidentHandler(log)
    logger = logging.getLogger("test.incidents")
    logger.propagate = False
    logger.addHandler(handler)
    logger.error("failed", exc_info=fail("inside"))
    logger.removeHandler(handler)
    assert "ERROR test.incidents failed" in log.read_text()
    assert "builtins.ValueError" in log.read_text()
    assert "inside" not in log.read_text()


def test_the_environment_loses_what_would_drive_the_application() -> None:
    environment = {
        "TEXTUAL_PRESS": "q",
        "TEXTUAL": "debug",
        "COLUMNS": "80",
        "TERM": "xterm",
        "ESCDELAY": "20",
    }
    assert scrub(environment) == ["COLUMNS", "TEXTUAL", "TEXTUAL_PRESS"]
    assert environment == {"TERM": "xterm", "ESCDELAY": "20", "TEXTUAL_FPS": "120"}


def test_scrubbing_imports_neither_textual_nor_rich() -> None:
    program = (
        "import sys; import console.tui.terminal.environment, console.tui.terminal.crash;"
        "print([m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'pydantic', 'httpx')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Told(threading.Event):
    def __call__(self) -> None:
        self.set()


def test_the_writer_keeps_order_and_says_when_all_is_taken() -> None:
    read, write = os.pipe()
    drained = Told()
    writer = TerminalWriter(write, on_drained=drained, on_gone=Told())
    writer.start()
    for number in range(100):
        writer.write(b"%03d" % number)
    assert drained.wait(5)
    assert writer.stop(5)
    assert os.read(read, 1000) == b"".join(b"%03d" % number for number in range(100))
    os.close(read)
    os.close(write)


def test_the_writer_never_blocks_and_gives_up_a_stuck_terminal() -> None:
    read, write = os.pipe()
    writer = TerminalWriter(write, on_drained=Told(), on_gone=Told())
    writer.start()
    for _ in range(100):
        writer.write(b"x" * 10_000)
    assert writer.pending > 0
    assert not writer.stop(0.05)
    os.close(read)
    writer.join(5)
    assert not writer.is_alive()
    os.close(write)


def test_the_writer_waits_for_a_terminal_that_was_left_non_blocking() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    drained = Told()
    writer = TerminalWriter(write, on_drained=drained, on_gone=Told())
    writer.start()
    writer.write(b"x" * 1_000_000)
    got = 0
    while got < 1_000_000:
        got += len(os.read(read, 100_000))
    assert drained.wait(5)
    assert writer.stop(5)
    os.close(read)
    os.close(write)


def test_the_writer_says_when_the_terminal_is_gone() -> None:
    read, write = os.pipe()
    os.close(read)
    gone = Told()
    writer = TerminalWriter(write, on_drained=Told(), on_gone=gone)
    writer.start()
    writer.write(b"x")
    assert gone.wait(5)
    writer.write(b"dropped")
    assert writer.pending == 0
    assert writer.stop(5)
    os.close(write)


@pytest.fixture(autouse=True)
def english() -> None:
    from console.contract.language import use_language

    use_language("en")


def test_importing_anything_of_the_console_scrubs_before_textual_is_there() -> None:
    program = (
        "import console.tui.terminal.application;"
        "from textual import constants; print(constants.PRESS, constants.DRIVER, constants.MAX_FPS)"
    )
    driving = {**os.environ, "TEXTUAL_PRESS": "q", "TEXTUAL_DRIVER": "no.such:Driver"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=driving, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["None", "120"]
