"""The driver: terminal modes, signals, and the two threads that read and write.

Everything written passes the filter of `sequences`; the clipboard has its own entrance, which takes
nothing but base64. Uses few modes on purpose: no reports of mouse motion, of focus only while something
secret is in sight (each costs a round of drawing over a slow link), no in-band resize, no title.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import termios
import tty
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual.driver import Driver
from textual.geometry import Size

from console.tui.terminal.flow import QUESTION
from console.tui.terminal.reader import TerminalReader
from console.tui.terminal.sequences import controls_of, filtered
from console.tui.terminal.writer import TerminalWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

_ENTER: Final = (
    "\x1b[?1049h\x1b[?25l"  # alternate screen, no cursor
    "\x1b[?1000h\x1b[?1002h\x1b[?1006h"  # mouse: buttons, drags, SGR coordinates
    "\x1b[?2004h\x1b[?7l"  # bracketed paste, no line wrap
    "\x1b[>1u"  # kitty keyboard: an escape key that is no prefix
)
_MOUSE_OFF: Final = "\x1b[?1000l\x1b[?1002l\x1b[?1006l"
_LEAVE: Final = (
    "\x1b[?2026l\x1b[m\x1b[r"  # whatever frame was under way
    "\x1b[?1004l\x1b[?2004l\x1b[?7h" + _MOUSE_OFF + "\x1b[<u\x1b[?1049l\x1b[?25h"
)
_SYNC_QUESTION: Final = "\x1b[?2026$p"

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")

_FLUSH_PATIENCE: Final = 1.0
"""Seconds a terminal may take to accept the last output before it is given up."""


class ConsoleDriver(Driver):
    """Runs a Textual application on the terminal of stdin and stdout."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.input_descriptor = sys.__stdin__.fileno() if sys.__stdin__ else 0
        self.output_descriptor = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self.on_answer: Callable[[int], None] | None = None
        """Called in the event loop with the number of answers to flow control that came."""
        self.on_drained: Callable[[], None] | None = None
        """Called in the event loop when all output has been taken by the kernel."""
        self.on_started: Callable[[], None] | None = None
        """Called when the terminal has been entered, at first or again, and shows nothing known."""
        self.on_gone: Callable[[], None] | None = None
        """Called in the event loop when the terminal has been closed."""
        self._writer: TerminalWriter | None = None
        self._reader: TerminalReader | None = None
        self._attributes_before: list[Any] | None = None
        self._resumed_by_signal = False
        signal.signal(signal.SIGTSTP, self._stop_by_signal)
        signal.signal(signal.SIGCONT, self._continue_by_signal)

    # --- output ---------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Write the listed control sequences in the data; text belongs into frames and is left out."""
        if self._writer is not None:
            self._writer.write(controls_of(data).encode())

    def write_frame(self, data: str) -> None:
        """Write a frame: text, and control sequences that are on the list."""
        if self._writer is not None:
            self._writer.write(filtered(data).encode("utf-8", "replace"))

    def send_clipboard(self, content: bytes) -> None:
        """Hand base64 content to the terminal's clipboard. Raises ValueError for anything else."""
        if not _BASE64.fullmatch(content):
            raise ValueError("clipboard content must be base64")
        if self._writer is not None:
            self._writer.write(b"\x1b]52;c;" + content + b"\x07")

    @property
    def pending(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return self._writer.pending if self._writer is not None else 0

    @property
    def running(self) -> bool:
        """Whether the terminal is in application mode."""
        return self._writer is not None

    # --- modes ----------------------------------------------------------------------------------

    @property
    def can_suspend(self) -> bool:
        return True

    def start_application_mode(self) -> None:
        """Enter the terminal; start reading and writing."""
        if self._writer is not None or not self._is_in_foreground():
            return
        self._writer = TerminalWriter(
            self.output_descriptor,
            on_drained=lambda: self._in_loop(self._drained),
            on_gone=lambda: self._in_loop(self._terminal_gone),
        )
        self._writer.start()
        signal.signal(signal.SIGWINCH, self._resized)
        self.write(_ENTER)
        self._take_keys_raw()
        self._reader = TerminalReader(
            self.input_descriptor,
            on_message=self.process_message,
            on_answer=lambda count: self._in_loop(self._answered, count),
            on_gone=lambda: self._in_loop(self._terminal_gone),
            on_error=lambda error: self._in_loop(self._app._handle_exception, error),
        )
        self._reader.start()
        if os.environ.get("TERM_PROGRAM") != "Apple_Terminal":  # which prints the question's last letter
            self.write(_SYNC_QUESTION)
        self.write(QUESTION)
        self._resized()
        if self.on_started is not None:
            self.on_started()
        if self._resumed_by_signal:
            self._resumed_by_signal = False
            self.send_message(self.SignalResume())

    def disable_input(self) -> None:
        """Stop reading; keys not yet read are discarded."""
        if self._reader is None:
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self.write(_MOUSE_OFF)
        self._reader.stop()
        self._reader = None
        self._try_termios(lambda: termios.tcflush(self.input_descriptor, termios.TCIFLUSH))

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was found."""
        self.disable_input()
        before = self._attributes_before
        if before is not None:
            self._try_termios(lambda: termios.tcsetattr(self.input_descriptor, termios.TCSANOW, before))
        self.write(_LEAVE)
        self._end_writing()

    def close(self) -> None:
        """End the writing thread."""
        self._end_writing()

    def abandon(self) -> None:
        """Leave the terminal from any thread, without waiting for anything; for a process that must end."""
        before = self._attributes_before
        if before is not None:
            self._try_termios(lambda: termios.tcflush(self.output_descriptor, termios.TCOFLUSH))
            self._try_termios(lambda: termios.tcsetattr(self.input_descriptor, termios.TCSANOW, before))
        if self._writer is not None:
            self._writer.write(_LEAVE.encode())

    def _end_writing(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None and not writer.stop(_FLUSH_PATIENCE):
            self._try_termios(lambda: termios.tcflush(self.output_descriptor, termios.TCOFLUSH))

    def _take_keys_raw(self) -> None:
        try:
            attributes = termios.tcgetattr(self.input_descriptor)
        except termios.error:
            return
        self._attributes_before = [*attributes[:-1], list(attributes[-1])]
        attributes[tty.IFLAG] &= ~(
            termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR
        )
        attributes[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        attributes[tty.CC][termios.VMIN] = 1
        self._try_termios(lambda: termios.tcsetattr(self.input_descriptor, termios.TCSANOW, attributes))

    def _is_in_foreground(self) -> bool:
        """Tell whether terminal settings may be changed; in the background, stop until continued."""
        if not os.isatty(self.input_descriptor):
            return True
        signal.signal(signal.SIGTTOU, _stop_again)
        signal.signal(signal.SIGTTIN, _stop_again)
        try:
            same = termios.tcgetattr(self.input_descriptor)
            termios.tcsetattr(self.input_descriptor, termios.TCSANOW, same)
        except termios.error:
            return False
        finally:
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGTTIN, signal.SIG_DFL)
        return True

    @staticmethod
    def _try_termios(change: Callable[[], None]) -> None:
        """Do what a terminal that is gone refuses; then there is nothing left to set."""
        try:
            change()
        except termios.error:
            return

    # --- events ---------------------------------------------------------------------------------

    def _resized(self, *_: object) -> None:
        try:
            columns, lines = os.get_terminal_size(self.output_descriptor)
        except OSError:
            columns, lines = 0, 0
        size = Size(columns or 80, lines or 24)
        self.send_message(events.Resize(size, size))

    def _stop_by_signal(self, *_: object) -> None:
        if self._auto_restart:
            self.suspend_application_mode()
            self._resumed_by_signal = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continue_by_signal(self, *_: object) -> None:
        if self._auto_restart:
            self.resume_application_mode()

    def _in_loop(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the loop has closed: the application is over, nobody is left to tell
            return

    def _answered(self, count: int) -> None:
        if self.on_answer is not None:
            self.on_answer(count)

    def _drained(self) -> None:
        if self.on_drained is not None:
            self.on_drained()

    def _terminal_gone(self) -> None:
        if self.on_gone is not None:
            self.on_gone()


def _stop_again(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
