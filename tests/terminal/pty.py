"""A real program in a real pty, seen from the terminal's side.

Starts a program, answers its questions as a modern terminal would, keeps the screen with pyte, counts
bytes and times. Waits for states, never for time. Used by every test that needs the real terminal.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROJECT: Final = Path(__file__).resolve().parents[2]

KEYS: Final = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "f1": "\x1bOP",
}
"""What a terminal sends for a named key; `ctrl+x` and single characters need no name."""

_COMPLETE = re.compile(
    rb"\x1b\[[<=>?]?[0-9;:]*[ -/]*[@-~]"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1b[PX^_][^\x1b]*\x1b\\"
)
_PARTIAL = re.compile(rb"\x1b(?:\[[<=>?]?[0-9;:]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?)?\Z")
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<=>][0-9;:]*[ -/]*[@-~]|\x1b\[\??[0-9;]*\$[@-~]|\x1b[PX^_][^\x1b]*\x1b\\"
)

_READ_SIZE: Final = 65536


@dataclass
class Seen:
    """What the program asked of the terminal besides drawing."""

    titles: list[bytes] = field(default_factory=list)
    clipboard: list[bytes] = field(default_factory=list)
    other_strings: list[bytes] = field(default_factory=list)
    """Every other OSC, DCS, APC, PM or SOS."""


class QuietScreen(pyte.Screen):
    """A pyte screen that leaves all answers to us."""

    def report_device_status(self, *args: object, **kwargs: object) -> None:
        """Answer nothing."""

    def report_device_attributes(self, *args: object, **kwargs: object) -> None:
        """Answer nothing."""


class ProgramInTerminal:
    """A program running in a pty; use as a context manager, which ends it.

    `answers=False` is a terminal that never answers, `synchronized=False` one without mode 2026.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        environment: Mapping[str, str] | None = None,
        answers: bool = True,
        synchronized: bool = True,
        directory: Path = PROJECT,
    ) -> None:
        self.answers = answers
        self.synchronized = synchronized
        self.screen = QuietScreen(columns, lines)
        self.received = 0
        """Bytes received so far."""
        self.raw = bytearray()
        """Everything received."""
        self.seen = Seen()
        self.questions = 0
        """How many questions the program has asked."""
        self._stream = pyte.ByteStream(self.screen)
        self._tail = b""
        self._exit_code: int | None = None
        self.ended = False
        """Whether the program has closed its side of the terminal."""
        self.started_at = time.monotonic()
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:  # the child
            self._become(command, columns, lines, environment or {}, directory)
        self._set_size(columns, lines)
        os.set_blocking(self.descriptor, False)

    @staticmethod
    def _become(
        command: Sequence[str], columns: int, lines: int, environment: Mapping[str, str], directory: Path
    ) -> None:
        try:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it would be ignored
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            inherited = {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("TEXTUAL", "TMUX", "COLUMNS", "LINES", "NO_COLOR", "PYTEST", "COV_"))
            }
            terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            os.chdir(directory)
            os.execvpe(command[0], list(command), {**inherited, **terminal, **environment})
        except BaseException as error:
            os.write(2, f"could not start: {error}\n".encode())
        os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- reading --------------------------------------------------------------------------------

    def pump(self, timeout: float = 0.05) -> bool:
        """Wait at most `timeout` seconds for output and take all there is; return whether any came."""
        if self.ended:
            return False
        got = False
        while select.select([self.descriptor], [], [], 0 if got else timeout)[0]:
            try:
                data = os.read(self.descriptor, _READ_SIZE)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EINTR):
                    continue
                data = b""
            if not data:
                self.ended = True
                return got
            got = True
            self.received += len(data)
            self.raw += data
            self._take(data)
        return got

    def _take(self, data: bytes) -> None:
        data, self._tail = self._tail + data, b""
        if partial := _PARTIAL.search(data):
            self._tail = partial.group()
            data = data[: partial.start()]
        for match in _COMPLETE.finditer(data):
            self._notice(match.group())
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))

    def _notice(self, sequence: bytes) -> None:
        if sequence.startswith(b"\x1b["):
            self._answer(sequence)
        elif sequence.startswith((b"\x1b]0;", b"\x1b]1;", b"\x1b]2;")):
            self.seen.titles.append(sequence)
        elif sequence.startswith(b"\x1b]52;"):
            self.seen.clipboard.append(sequence)
        else:
            self.seen.other_strings.append(sequence)

    def _answer(self, sequence: bytes) -> None:
        answer = b""
        if sequence in (b"\x1b[c", b"\x1b[0c"):
            answer = b"\x1b[?62;22c"
        elif sequence in (b"\x1b[>c", b"\x1b[>0c"):
            answer = b"\x1b[>1;10;0c"
        elif sequence == b"\x1b[5n":
            answer = b"\x1b[0n"
        elif sequence == b"\x1b[6n":
            answer = b"\x1b[%d;%dR" % (self.screen.cursor.y + 1, self.screen.cursor.x + 1)
        elif sequence.startswith(b"\x1b[?") and sequence.endswith(b"$p"):
            mode = sequence[3:-2]
            known = mode == b"2026" and self.synchronized
            answer = b"\x1b[?%s;%d$y" % (mode, 2 if known else 0)
        if answer:
            self.questions += 1
            if self.answers:
                self.send(answer)

    # --- what is on the screen ------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The screen as text, one line for each row."""
        return "\n".join(self.rows)

    @property
    def rows(self) -> list[str]:
        """The rows of the screen as text, without trailing spaces."""
        return [row.rstrip() for row in self.screen.display]

    def styled(self) -> tuple[tuple[object, ...], ...]:
        """The screen with its styles, for comparing two moments."""
        columns = range(self.screen.columns)
        return tuple(tuple(self.screen.buffer[y][x] for x in columns) for y in range(self.screen.lines))

    def wait_for(self, state: str | Callable[[], object], timeout: float = 10.0) -> float:
        """Wait until a regular expression is on the screen, or a predicate holds; return the seconds it took.

        Raises TimeoutError with the screen when it does not happen in time.
        """
        begin = time.monotonic()
        deadline = begin + timeout
        reached = state if callable(state) else lambda: re.search(state, self.text)
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not reached in {timeout} s: {state}\n{self.text}")
            if self.ended:
                raise TimeoutError(f"the program ended before: {state}\n{self.text}")
            self.pump(0.02)
        return time.monotonic() - begin

    def wait_until_still(self, quiet: float = 0.15, timeout: float = 10.0) -> None:
        """Wait until no output has come for `quiet` seconds. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while self.pump(quiet):
            if time.monotonic() > deadline:
                raise TimeoutError(f"output never paused for {quiet} s\n{self.text}")

    def time_key(self, key: str, shows: str | None = None, timeout: float = 2.0) -> float:
        """Press a key and return the seconds until the screen differs from before.

        Where the screen changes by itself, `shows` is a regular expression that only the answer to
        the key matches. Raises TimeoutError.
        """
        self.pump(0)
        before = self.styled()
        begin = time.monotonic()
        self.press(key)
        while time.monotonic() < begin + timeout:
            if self.pump(0.02):
                arrived = time.monotonic()
                if re.search(shows, self.text) if shows else self.styled() != before:
                    return arrived - begin
        raise TimeoutError(f"{key!r} changed nothing in {timeout} s\n{self.text}")

    # --- acting on it ---------------------------------------------------------------------------

    def send(self, data: bytes | str) -> None:
        """Send bytes as if typed, all of them."""
        left = data.encode() if isinstance(data, str) else data
        while left and not self.ended:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BlockingIOError:
                self.pump(0.01)
            except OSError:
                self.ended = True

    def press(self, *keys: str) -> None:
        """Press keys: names of KEYS, `ctrl+x`, or single characters."""
        for key in keys:
            if key in KEYS:
                self.send(KEYS[key])
            elif key.startswith("ctrl+"):
                self.send(bytes([ord(key[-1]) & 0x1F]))
            else:
                self.send(key)

    def paste(self, text: str) -> None:
        """Paste text, bracketed as terminals do it."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self.screen.resize(lines, columns)
        self._set_size(columns, lines)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def local_flags(self) -> int:
        """The terminal's local modes, to see whether they were restored."""
        flags: int = termios.tcgetattr(self.descriptor)[3]
        return flags

    # --- its end --------------------------------------------------------------------------------

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        self.ended = True
        os.close(self.descriptor)
        self.descriptor = -1

    def wait_exit(self, timeout: float = 10.0) -> int:
        """Wait until the program has ended and return its exit code (minus the signal that killed it).

        Raises TimeoutError.
        """
        deadline = time.monotonic() + timeout
        while self._exit_code is None:
            if self.descriptor >= 0:
                self.pump(0.01)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._exit_code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                raise TimeoutError(f"still running after {timeout} s\n{self.text}")
            elif self.ended:
                select.select([], [], [], 0.01)
        if self.descriptor >= 0:
            self.pump(0)
        return self._exit_code

    def close(self) -> None:
        """End the program and give everything back."""
        if self._exit_code is None:
            try:
                self.signal(signal.SIGKILL)
                self.wait_exit(5)
            except ProcessLookupError:
                pass
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def python(*arguments: str) -> list[str]:
    """Return a command that runs this interpreter."""
    return [sys.executable, *arguments]
