"""The thread that reads keys, the mouse and the terminal's answers.

Takes the answers of flow control out before Textual's parser sees them, so that an answer arriving
right after a lone escape byte can neither swallow that key nor be taken for typed characters. Keeps
pasted text from being taken for keys, and `esc` with the key typed right after it from being taken for
one key with alt, which nothing here is bound to. Reports a terminal that is gone.
"""

from __future__ import annotations

import os
import re
import selectors
import threading
from codecs import getincrementaldecoder
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual import constants, events
from textual._xterm_parser import XTermParser

from console.tui.terminal.pastes import PasteGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.message import Message

_ANSWER: Final = re.compile(r"\x1b\[[03]n")
"""The terminal's answer to a device status report."""

_UNFINISHED: Final = re.compile(r"\x1b(?:\[(?:[03])?)?\Z")
"""The beginning of an answer at the end of what was read."""

_LONE_ESCAPE: Final = re.compile(r"\x1b(?=[^\x1b\[OPX\]^_])")
"""The key `esc`, followed by what begins no sequence."""

_READ_SIZE: Final = 4096


class AnswerSieve:
    """Takes the answers out of what was read, also when one is split over two reads."""

    def __init__(self) -> None:
        self._held = ""
        self._alone = False
        """Whether what is held is an escape that an answer followed: the key, for certain."""

    @property
    def holds(self) -> bool:
        """Whether the beginning of a possible answer is kept back."""
        return bool(self._held)

    @property
    def certain(self) -> bool:
        """Whether what is kept back is the key `esc`, whatever comes next."""
        return self._alone

    def feed(self, text: str) -> tuple[str, int]:
        """Return the text for the parser, and how many answers were taken out."""
        before, self._held = self._held, ""
        if not self._alone:
            text, before = before + text, ""
        *parts, last = _ANSWER.split(text)
        out = "".join((before, *parts))
        self._alone = bool(parts) and not last and out.endswith("\x1b")
        if self._alone:
            self._held, out = "\x1b", out[:-1]
        elif unfinished := _UNFINISHED.search(last):
            self._held, last = unfinished.group(), last[: unfinished.start()]
        return out + last, len(parts)

    def release(self) -> str:
        """Return what was kept back: nothing more came, so it is keys."""
        held, self._held, self._alone = self._held, "", False
        return held


class TerminalReader(threading.Thread):
    """Reads until stopped or until the terminal is gone. All callbacks are called from this thread."""

    def __init__(
        self,
        descriptor: int,
        *,
        on_message: Callable[[Message], None],
        on_answer: Callable[[int], None],
        on_gone: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        super().__init__(name="terminal-reader", daemon=True)
        self._descriptor = descriptor
        self._on_message = on_message
        self._on_answer = on_answer
        self._on_gone = on_gone
        self._on_error = on_error
        self._wake_read, self._wake_write = os.pipe()
        self._parser = XTermParser()
        self._guard = PasteGuard()
        self._sieve = AnswerSieve()
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def stop(self) -> None:
        """End the thread at once."""
        if self.is_alive():
            os.write(self._wake_write, b"x")
            self.join()
        os.close(self._wake_write)
        os.close(self._wake_read)

    def run(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._descriptor, selectors.EVENT_READ)
                selector.register(self._wake_read, selectors.EVENT_READ)
                self._read(selector)
        except Exception as error:  # whatever fails in this thread ends the application, not the thread alone
            self._on_error(error)

    def _read(self, selector: selectors.BaseSelector) -> None:
        while True:
            ready = {key.fd for key, _ in selector.select(self._patience())}
            if self._wake_read in ready:
                return
            if self._descriptor in ready:
                try:
                    data = os.read(self._descriptor, _READ_SIZE)
                except BlockingIOError:  # another reader of the shared terminal was quicker
                    continue
                except OSError:
                    data = b""
                if not data:
                    self._on_gone()
                    return
                text, answers = self._sieve.feed(self._guard.feed(self._decode(data)))
                if answers:
                    self._on_answer(answers)
                self._parse(text)
                if self._sieve.certain:  # waiting on would last as long as answers keep coming
                    self._release(self._sieve.release())
            elif self._sieve.holds:
                self._release(self._sieve.release())
            self._deliver(self._parser.tick())

    def _patience(self) -> float | None:
        if self._sieve.holds:
            return constants.ESCAPE_DELAY
        due = self._parser._timeout_time
        return None if due is None else max(0.0, due - monotonic()) + 0.001

    def _release(self, text: str) -> None:
        """Take what was waited for in vain for keys."""
        if text == "\x1b":
            self._deliver((_escape(),))
        else:
            self._parse(text)

    def _parse(self, text: str) -> None:
        for number, piece in enumerate(_LONE_ESCAPE.split(text)):
            if number:
                self._deliver((_escape(),))
            if piece:  # the parser takes an empty text for the end of input
                self._deliver(self._parser.feed(piece))

    def _deliver(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._on_message(message)


def _escape() -> events.Key:
    return events.Key("escape", "\x1b")
