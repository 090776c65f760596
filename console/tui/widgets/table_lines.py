"""The lines of the virtual table: header, rows, scroll bar. Pure: from values to strips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.contract.text import fit, shown
from console.tui.theme.styles import style
from console.tui.widgets.columns import GAP

if TYPE_CHECKING:
    from console.tui.widgets.columns import Arrangement, Column
    from console.tui.widgets.rows import Row

GUTTER: Final = 2
"""Cells at the left for the signs of cursor and mark."""

SCROLLBAR: Final = 1
"""Cells at the right for the scroll bar."""

_NOT_LOADED: Final = "·"
"""Stands in every cell of a row that has not come yet."""

_REVERSE: Final = Style(reverse=True)


class RowState(NamedTuple):
    """What a row looks like besides its cells."""

    cursor: bool = False
    active: bool = False
    """Whether keys act on the table."""
    marked: bool = False
    thumb: bool = False
    """Whether the scroll bar's thumb is beside it."""


def text_line(text: str, width: int, name: str) -> Strip:
    """Return a line of plain text in the style of that name."""
    return Strip([Segment(fit(" " * GUTTER + shown(text), width), style(name))], width)


def header_line(columns: tuple[Column, ...], arrangement: Arrangement, width: int) -> Strip:
    """Return the titles of the columns that are shown."""
    titles = [
        fit(shown(columns[index].title), column_width, right=columns[index].right)
        for index, column_width in arrangement.shown
    ]
    return text_line((" " * GAP).join(titles), width, "column")


def row_line(
    columns: tuple[Column, ...], arrangement: Arrangement, row: Row | None, state: RowState, width: int
) -> Strip:
    """Return a row with its signs and its piece of the scroll bar; neighbours of one style are joined."""
    over = style("cursor" if state.active else "cursor-idle") if state.cursor else None
    plain = over or style("text")
    signs = (">" if state.cursor and state.active else " ") + ("*" if state.marked else " ")
    segments = [Segment(signs, over or style("mark"))]
    used, text, pen = GUTTER, "", plain
    for place, (index, column_width) in enumerate(arrangement.shown):
        content, name = row[index] if row is not None else (_NOT_LOADED, "dim")
        gap = " " * GAP if place else ""
        look = over or style(name)
        if look is not pen:
            segments.append(Segment(text, pen))
            text, pen = "", look
        text += gap + fit(shown(content), column_width, right=columns[index].right)
        used += len(gap) + column_width
    segments.append(Segment(text, pen))
    segments.append(Segment(" " * max(0, width - SCROLLBAR - used), plain))
    segments.append(Segment(" ", style("scrollbar-thumb") + _REVERSE if state.thumb else style("text")))
    return Strip([segment for segment in segments if segment.text], width)
