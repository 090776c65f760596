"""The output stage: two pictures of the screen, wanted and shown; a frame is their difference.

Stands between Textual's compositor and the terminal. Owns what is written while the application runs,
when it is written, and the knowledge of what the terminal shows. While the terminal is behind, nothing
is sent and the wanted picture just gets newer.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from textual._compositor import ChopsUpdate, LayoutUpdate

from console.tui.terminal import scrolling
from console.tui.terminal.cells import UNKNOWN, CellRow, cells_of
from console.tui.terminal.encoding import Pen, encode
from console.tui.terminal.flow import QUESTION, Acknowledgements

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.color import ColorSystem
    from textual.geometry import Offset, Size

Update = LayoutUpdate | ChopsUpdate
"""What the compositor hands over: the whole screen, or spans of it."""

_SYNC_START: Final = "\x1b[?2026h"
_SYNC_END: Final = "\x1b[?2026l"

_ASK_AGAIN_AFTER: Final = 10.0
"""Seconds after which a terminal that does not answer is asked once more."""


class Terminal(Protocol):
    """Where frames go."""

    @property
    def running(self) -> bool:
        """Whether the terminal is in application mode."""

    @property
    def pending(self) -> int:
        """How many bytes have not been taken yet."""

    def write_frame(self, data: str) -> None:
        """Write a frame; never blocks."""


class OutputStage:
    """Turns the compositor's updates into frames, and sends each when the terminal can take it."""

    def __init__(
        self,
        terminal: Terminal,
        call_later: Callable[[float, Callable[[], None]], object],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._terminal = terminal
        self._call_later = call_later
        self._now = now
        self._wanted: list[CellRow] = []
        self._shown: list[CellRow] = []
        self._dirty: set[int] = set()
        self._cursor = self._cursor_shown = (0, 0)
        self._flow = Acknowledgements()
        self._waiting = False
        self._timer_set = False
        self._asked_at = -_ASK_AGAIN_AFTER
        self.synchronized = False
        """Whether the terminal shows a frame only when it is complete (mode 2026)."""
        self.frames = 0
        """How many frames have been sent."""

    # --- what the screen should show ------------------------------------------------------------

    def paint(self, update: Update, size: Size, cursor: Offset, colours: ColorSystem | None) -> None:
        """Take an update of the wanted picture, and send a frame when the terminal can take it."""
        self._fit(size.width, size.height)
        if isinstance(update, LayoutUpdate):
            self._take_layout(update, colours)
        else:
            self._take_chops(update, colours)
        self._cursor = (cursor.x, cursor.y)
        self.send()

    def _fit(self, width: int, height: int) -> None:
        if len(self._wanted) == height and (not height or len(self._wanted[0].characters) == width):
            return
        kept = [row.resized(width) for row in self._wanted[:height]]
        self._wanted = kept + [CellRow.filled(width) for _ in range(height - len(kept))]
        self._forget_shown()

    def _forget_shown(self) -> None:
        width = len(self._wanted[0].characters) if self._wanted else 0
        self._shown = [CellRow.filled(width, UNKNOWN) for _ in self._wanted]
        self._dirty = set(range(len(self._wanted)))

    def _take_layout(self, update: LayoutUpdate, colours: ColorSystem | None) -> None:
        for line, strips in enumerate(update.strips, update.region.y):
            if line >= len(self._wanted):
                break
            row = self._wanted[line]
            start = update.region.x
            for strip in strips:
                if strip is not None:  # a part of the screen that no widget covers
                    end = start + strip.cell_length
                    row.put(start, end, *cells_of(strip, colours))
                    start = end
            self._dirty.add(line)

    def _take_chops(self, update: ChopsUpdate, colours: ColorSystem | None) -> None:
        """Take the fragments that touch a changed span.

        Only those are valid: the compositor does not render widgets outside the changed region, so
        other fragments may show what lies below them.
        """
        for line, first, end_of_span in update.spans:
            if line >= len(self._wanted):
                continue
            row = self._wanted[line]
            for end, (start, strip) in zip(update.chop_ends[line], update.chops[line].items(), strict=False):
                if strip is not None and start < end_of_span and end > first:
                    row.put(start, end, *cells_of(strip, colours))
            self._dirty.add(line)

    # --- when to send ---------------------------------------------------------------------------

    def restart(self) -> None:
        """Take note that the terminal was entered anew: what it shows is not known."""
        self._flow.restart()
        self._forget_shown()
        if self._wanted:
            self.send()

    def answered(self, count: int = 1) -> None:
        """Take note of answers by the terminal, and send what has been waiting for them."""
        now = self._now()
        for _ in range(count):
            self._flow.answered(now)
        self.resume()

    def resume(self) -> None:
        """Send what has been waiting, if the terminal can take it now."""
        if self._waiting:
            self.send()

    def send(self) -> None:
        """Send the difference between wanted and shown, or wait until the terminal can take it."""
        now = self._now()
        self._waiting = True
        if not self._terminal.running:
            return
        if self._flow.full(now):
            self._wait_for_lost_answer(now)
            return
        if not self._flow.answers and self._terminal.pending:
            return
        self._waiting = False
        frame = self._frame()
        if not frame:
            return
        if self._flow.answers or now - self._asked_at >= _ASK_AGAIN_AFTER:
            frame += QUESTION
            self._asked_at = now
            self._flow.sent(len(frame), now)
        self.frames += 1
        self._terminal.write_frame(frame)

    def _wait_for_lost_answer(self, now: float) -> None:
        if not self._timer_set:
            self._timer_set = True
            self._call_later(self._flow.patience(now) + 0.01, self._patience_over)

    def _patience_over(self) -> None:
        self._timer_set = False
        self.resume()

    # --- what to send ---------------------------------------------------------------------------

    def _frame(self) -> str:
        wanted, shown = self._wanted, self._shown
        lines = sorted(line for line in self._dirty if wanted[line] != shown[line])
        self._dirty.clear()
        if not lines and self._cursor == self._cursor_shown:
            return ""
        pen = Pen()
        scroll = scrolling.scroll_between(wanted, shown, lines)
        if scroll is not None:
            scrolling.apply(scroll, shown, pen)
            lines = [line for line, row in enumerate(wanted) if row != shown[line]]
        encode(wanted, shown, lines, pen)
        pen.plain()
        column, line = self._cursor_shown = self._cursor
        pen.raw(f"\x1b[{line + 1};{column + 1}H")
        frame = pen.text()
        return f"{_SYNC_START}{frame}{_SYNC_END}" if self.synchronized else frame
