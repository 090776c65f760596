"""Flat text: lines of styled pieces, and the widget that draws them and repaints only what changed.

Every panel of the console is built of this or of the virtual table. The step from a piece to the screen
is here, and here alone `shown` is applied to it, so that no text from outside can act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from console.contract.text import Untrusted, cell_width, fit, shown
from console.tui.theme.styles import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events

Piece = tuple[str | Untrusted, str]
"""A text and the name of its style."""

Line = tuple[Piece, ...]
"""Pieces from left to right."""


def width_of(line: Line) -> int:
    """Return how many cells the line takes."""
    return sum(cell_width(shown(text)) for text, _ in line)


def fitted(line: Line, width: int, fill: str = "text") -> Line:
    """Return the line cut or padded to exactly `width` cells; a cut ends in an ellipsis."""
    pieces: list[Piece] = []
    left = width
    for raw, name in line:
        text = shown(raw)
        taken = cell_width(text)
        if taken > left:
            if left > 0:
                pieces.append((fit(text, left), name))
            return tuple(pieces)
        if text:
            pieces.append((text, name))
        left -= taken
    if left > 0:
        pieces.append((" " * left, fill))
    return tuple(pieces)


def spread(left: Line, right: Line, width: int, fill: str = "text") -> Line:
    """Return a line with `right` at its right edge; when both do not fit, `right` gives way."""
    gap = width - width_of(left) - width_of(right)
    if gap < 1:
        return fitted(left, width, fill)
    return (*left, (" " * gap, fill), *right)


def wrapped(text: str | Untrusted, width: int, indent: str = "") -> list[str]:
    """Return the text as lines of at most `width` cells, broken at spaces where there are some."""
    lines: list[str] = []
    line = ""
    for word in shown(text).split(" "):
        candidate = f"{line} {word}" if line else word
        if cell_width(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = indent + word
        while cell_width(line) > width:
            head = _head(line, width)
            lines.append(head)
            line = indent + line[len(head) :]
    lines.append(line)
    return lines


def _head(text: str, width: int) -> str:
    """Return as much of the text's beginning as fits, at least one character."""
    taken = 0
    for index, character in enumerate(text):
        taken += cell_width(character)
        if taken > width and index:
            return text[:index]
    return text


def strip_of(line: Line, width: int, fill: str = "text") -> Strip:
    """Return the line as Textual draws it, exactly `width` cells."""
    return Strip(
        [Segment(shown(text), style(name)) for text, name in fitted(line, width, fill)],
        width,
    )


class Lines(Widget, can_focus=False):
    """A widget made of lines; a subclass says what they are in `draw`.

    `redraw` compares what `draw` gives with what is on the screen and repaints the lines that differ.
    """

    FILL = "text"
    """The style of the space that no line covers."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._width = 0

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines from the top; fewer or more than `height` are fine."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again, and repaint the lines that changed."""
        width, height = self.size
        if not width or not self.is_attached:
            return
        lines = list(self.draw(width, height))[:height]
        if width != self._width:
            self._width, self._lines = width, lines
            self._strips.clear()
            self.refresh()
            return
        before = self._lines
        self._lines = lines
        changed = [
            y
            for y in range(max(len(before), len(lines)))
            if y >= len(before) or y >= len(lines) or before[y] != lines[y]
        ]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def restyle(self) -> None:
        """Draw everything again, after the theme or the language changed."""
        self._width = 0
        self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """Return one line as drawn last."""
        strip = self._strips.get(y)
        if strip is None:
            line = self._lines[y] if y < len(self._lines) else ()
            strip = self._strips[y] = strip_of(line, self.size.width, self.FILL)
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region; borders and padding are never used here."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]


def joined(columns: Iterable[tuple[Sequence[Line], int]], height: int, gap: int = 1) -> list[Line]:
    """Return columns of lines side by side, each cut to its width, `gap` cells apart."""
    rows: list[list[Piece]] = [[] for _ in range(height)]
    for index, (lines, width) in enumerate(columns):
        for y in range(height):
            if index:
                rows[y].append((" " * gap, "text"))
            rows[y].extend(fitted(lines[y] if y < len(lines) else (), width))
    return [tuple(row) for row in rows]
