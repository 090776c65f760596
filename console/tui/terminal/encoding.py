"""From the difference between two pictures of a screen to the bytes that turn one into the other.

Pure: takes rows of cells, returns text made of printable characters and a few control sequences
(cursor moves, SGR). Knows nothing of Textual or of a terminal's answers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from console.tui.terminal.cells import TAIL, has_certain_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.tui.terminal.cells import CellRow

_WORTH_A_JUMP: Final = 4
"""So many unchanged cells in between are sent again rather than jumped over."""

_EXTENDED: Final = {"38", "48"}
"""SGR codes that take a colour of several parameters."""

Run = tuple[int, int]
"""First and last column of neighbouring cells that differ."""


def runs_of(wanted: CellRow, shown: CellRow) -> list[Run]:
    """Return the stretches of cells that must be written, in order, none halving a wide character."""
    changed = [
        column
        for column, (new, old, new_style, old_style) in enumerate(
            zip(wanted.characters, shown.characters, wanted.styles, shown.styles, strict=True)
        )
        if new != old or new_style != old_style
    ]
    if not changed:
        return []
    characters, last_column = wanted.characters, len(wanted.characters) - 1
    runs: list[Run] = []
    start = end = changed[0]
    for column in changed:
        if column - end > _WORTH_A_JUMP:
            runs.append((start, end))
            start = column
        end = column
    runs.append((start, end))
    return [
        (
            first - 1 if characters[first] == TAIL else first,
            last + 1 if last < last_column and characters[last + 1] == TAIL else last,
        )
        for first, last in runs
    ]


class Pen:
    """Writes cells, and remembers the style in force so that only changes of style are sent."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style: str | None = None

    def raw(self, sequence: str) -> None:
        """Add a control sequence that moves or scrolls; the style in force stays."""
        self._parts.append(sequence)

    def plain(self) -> None:
        """Return to the default style."""
        if self._style != "":
            self._parts.append("\x1b[m")
            self._style = ""

    def row(self, line: int, wanted: CellRow, runs: Sequence[Run]) -> None:
        """Write the runs of a row; `line` counts from zero."""
        column = -1
        for first, last in runs:
            if column < 0:
                self._parts.append(f"\x1b[{line + 1};{first + 1}H")
            else:
                self._parts.append(f"\x1b[{first - column}C")
            self._cells(first, last, wanted)
            column = last + 1

    def _cells(self, first: int, last: int, wanted: CellRow) -> None:
        characters, styles, parts = wanted.characters, wanted.styles, self._parts
        column = first
        while column <= last:
            style = styles[column]
            end = column + 1
            while end <= last and styles[end] == style:
                end += 1
            if style != self._style:
                parts.append(transition(self._style, style))
                self._style = style
            text = "".join(characters[column:end])
            if text.isascii():
                parts.append(text)
            else:
                self._uncertain(column, end, characters)
            column = end

    def _uncertain(self, first: int, end: int, characters: list[str]) -> None:
        """Write cells of which some may be drawn wider or narrower, and set the column after those."""
        parts, certain = self._parts, True
        for column in range(first, end):
            character = characters[column]
            if character == TAIL:
                continue
            if has_certain_width(character):
                if not certain:
                    parts.append(f"\x1b[{column + 1}G")
                    certain = True
            else:
                certain = False
            parts.append(character)
        if not certain:
            parts.append(f"\x1b[{end + 1}G")

    def text(self) -> str:
        """Return everything written so far."""
        return "".join(self._parts)


def encode(wanted: Sequence[CellRow], shown: list[CellRow], lines: Iterable[int], pen: Pen) -> None:
    """Write with `pen` what turns `shown` into `wanted` on the given lines, and update `shown`."""
    for line in lines:
        runs = runs_of(wanted[line], shown[line])
        if runs:
            pen.row(line, wanted[line], runs)
            shown[line] = wanted[line].copy()


@lru_cache(maxsize=16384)
def transition(old: str | None, new: str) -> str:
    """Return the shortest SGR from one style to another; `old` is None when it is not known."""
    if old is None:
        return f"\x1b[0;{new}m" if new else "\x1b[m"
    old_attributes, old_text, old_behind = _parts_of(old)
    attributes, text, behind = _parts_of(new)
    if not new:
        return "\x1b[m" if old else ""
    codes: list[str] = []
    if old_attributes != attributes:
        codes = ["0", *attributes]
        old_text = old_behind = ""
    if old_text != text:
        codes.append(text or "39")
    if old_behind != behind:
        codes.append(behind or "49")
    return f"\x1b[{';'.join(codes)}m" if codes else ""


@lru_cache(maxsize=4096)
def _parts_of(style: str) -> tuple[tuple[str, ...], str, str]:
    """Return attributes, text colour and background colour of SGR parameters."""
    codes = style.split(";") if style else []
    attributes: list[str] = []
    text = behind = ""
    position = 0
    while position < len(codes):
        code = codes[position]
        taken = 1
        if code in _EXTENDED:
            taken = 5 if codes[position + 1] == "2" else 3
        colour = ";".join(codes[position : position + taken])
        number = int(code)
        if code == "38" or 30 <= number <= 37 or 90 <= number <= 97:
            text = colour
        elif code == "48" or 40 <= number <= 47 or 100 <= number <= 107:
            behind = colour
        elif code not in ("39", "49"):
            attributes.append(code)
        position += taken
    return tuple(attributes), text, behind
