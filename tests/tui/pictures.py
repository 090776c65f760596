"""Strategies and tools for pictures of a screen: random rows of cells, and pyte to look at the result."""

from __future__ import annotations

from typing import Final

import pyte
from hypothesis import strategies as st

from console.tui.terminal.cells import CellRow, split

STYLES: Final = [
    "",
    "1",
    "7",
    "1;4",
    "38;2;1;2;3",
    "48;2;9;8;7",
    "31;44",
    "1;91;48;5;17",
    "2;3;38;5;200;48;2;0;0;0",
    "39;49",
]

PIECES: Final = [
    "a",
    "b",
    "xyz",
    " ",
    "   ",
    "中",
    "还款",
    "é",
    "q\u0301",
    "…",
    "⣿",
    "·",
    "[/x]",
    "0123456789",
]

Picture = list[CellRow]


def hostile_texts() -> st.SearchStrategy[str]:
    """Texts with controls, escape sequences, bidirectional and invisible characters among plain ones."""
    pieces = st.sampled_from(
        [
            "\x1b]0;title\x07",
            "\x1b]52;c;aGk=\x07",
            "\x1b[2J",
            "\x1bPq\x1b\\",
            "\x9b31m",
            "\x9d0;x\x9c",
            "\u202e",
            "\u200b",
            "\x00",
            "\x7f",
            "\r\n",
            "中",
            "ok",
        ]
    )
    return st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=12).map("".join)


@st.composite
def rows(draw: st.DrawFn, width: int) -> CellRow:
    """A row of cells with text and styles in stretches."""
    row = CellRow.filled(width)
    start = 0
    for piece, style in draw(
        st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(STYLES)), max_size=width // 2)
    ):
        cells = split(piece)
        row.put(start, start + len(cells), cells, [style] * len(cells))
        start += len(cells)
        if start >= width:
            break
    return row


def pictures(width: int, height: int) -> st.SearchStrategy[Picture]:
    """Whole screens."""
    return st.lists(rows(width), min_size=height, max_size=height)


class Mirror:
    """A terminal that shows what it is sent."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)
        self._stream.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        """Show data, written through a terminal that turns line feeds into new lines."""
        self._stream.feed(data.replace("\n", "\r\n"))

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every cell with its style."""
        columns = range(self.screen.columns)
        return [[tuple(self.screen.buffer[y][x]) for x in columns] for y in range(self.screen.lines)]

    def texts(self) -> list[str]:
        """What each row shows."""
        columns = range(self.screen.columns)
        return ["".join(self.screen.buffer[y][x].data for x in columns) for y in range(self.screen.lines)]
