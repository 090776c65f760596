"""Text longer than the screen: lines with a place to read from, moved by the keys of the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.tui.widgets.lines import Line, Lines, fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events

THUMB: Final = "\u2590"
"""The scroll bar's mark: the right half of a cell, one cell wide in every terminal."""


class Reader(Lines, can_focus=True):
    """Shows what `content` gives for a width, from `top` on."""

    def __init__(
        self, content: Callable[[int], Sequence[Line]], *, id: str | None = None, fill: str = "text"
    ) -> None:
        super().__init__(id=id)
        self.FILL = fill
        self.top = 0
        self._content = content
        self._length = 0

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines in sight, with a mark at the right edge that tells where one is."""
        lines = self._content(width - 2)
        self._length = len(lines)
        self.top = max(0, min(self.top, self._length - height))
        seen = lines[self.top : self.top + height]
        if self._length <= height:
            return seen
        thumb = max(1, height * height // self._length)
        start = (height - thumb) * self.top // max(1, self._length - height)
        return [
            (
                *fitted(line, width - 1, self.FILL),
                (THUMB if start <= y < start + thumb else " ", "scrollbar-thumb"),
            )
            for y, line in enumerate(seen)
        ]

    def on_key(self, event: events.Key) -> None:
        """Scroll."""
        page = max(1, self.size.height - 1)
        steps = {
            "j": 1, "down": 1, "k": -1, "up": -1,
            "pagedown": page, "pageup": -page,
            "g": -self._length, "home": -self._length, "G": self._length, "end": self._length,
        }  # fmt: skip
        if event.key in steps:
            event.stop()
            self.scroll_lines(steps[event.key])

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll three lines down."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll three lines up."""
        event.stop()
        self.scroll_lines(-3)

    def scroll_lines(self, step: int) -> None:
        """Move by `step` lines, as far as there is text."""
        self.top = max(0, min(self.top + step, max(0, self._length - self.size.height)))
        self.redraw()
