"""From the difference between two pictures of a screen to the bytes that turn one into the other.

Pure: takes rows of cells, returns text made of printable characters and a few control sequences
(cursor moves, SGR). Knows nothing of Textual or of a terminal's answers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from console.tui.terminal.cells import TAIL, has_certain_width, is_wide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.tui.terminal.cells import CellRow

_WORTH_A_JUMP: Final = 4
"""So many unchanged cells in between are sent again rather than jumped over."""

_EXTENDED: Final = {"38", "48"}
"""SGR codes that take a colour of several parameters."""

Piece = tuple[int, int, int]
"""Neighbouring cells of one style: line, first column, last column."""


def pieces_of(line: int, wanted: CellRow, shown: CellRow) -> list[tuple[str, Piece]]:
    """Return the cells of a line that must be written, in pieces of one style.

    No piece halves a wide character.
    """
    characters, styles = wanted.characters, wanted.styles
    changed = [
        column
        for column, (new, old, new_style, old_style) in enumerate(
            zip(characters, shown.characters, styles, shown.styles, strict=True)
        )
        if (new != old or new_style != old_style) and new != TAIL
    ]
    pieces: list[tuple[str, Piece]] = []
    first = last = -1
    style = ""
    for column in changed:
        gap = column - last - 1
        if first < 0 or gap > _WORTH_A_JUMP or any(each != style for each in styles[last + 1 : column + 1]):
            if first >= 0:
                pieces.append((style, (line, first, last)))
            first, style = column, styles[column]
        last = column + 1 if is_wide(characters[column]) else column
    if first >= 0:
        pieces.append((style, (line, first, last)))
    return pieces


class Pen:
    """Writes cells; remembers the style in force and where the cursor is, so that neither is sent twice."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style: str | None = None
        self._at: tuple[int, int] | None = None

    def raw(self, sequence: str) -> None:
        """Add a control sequence that moves or scrolls; the style in force stays."""
        self._parts.append(sequence)
        self._at = None

    def plain(self) -> None:
        """Return to the default style."""
        if self._style != "":
            self._parts.append("\x1b[m")
            self._style = ""

    def piece(self, piece: Piece, style: str, characters: list[str]) -> None:
        """Write the cells of a piece; `characters` are those of its whole line."""
        line, first, last = piece
        self._move(line, first)
        if style != self._style:
            self._parts.append(transition(self._style, style))
            self._style = style
        text = "".join(characters[first : last + 1])
        if text.isascii():
            self._parts.append(text)
        else:
            self._uncertain(first, last + 1, characters)
        self._at = (line, last + 1)

    def _move(self, line: int, column: int) -> None:
        if self._at == (line, column):
            return
        if self._at is not None and self._at[0] == line and self._at[1] < column:
            self._parts.append(f"\x1b[{column - self._at[1]}C")
        else:
            self._parts.append(f"\x1b[{line + 1};{column + 1}H")

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
    """Write with `pen` what turns `shown` into `wanted` on the given lines, and update `shown`.

    Everything of one style is written together: changing a style costs more bytes than moving.
    """
    by_style: dict[str, list[Piece]] = {}
    for line in lines:
        for style, piece in pieces_of(line, wanted[line], shown[line]):
            by_style.setdefault(style, []).append(piece)
        shown[line] = wanted[line].copy()
    for style in sorted(by_style, key=_likeness):
        for piece in by_style[style]:
            pen.piece(piece, style, wanted[piece[0]].characters)


def _likeness(style: str) -> tuple[tuple[str, ...], str, str]:
    """Order styles so that neighbours differ in little."""
    attributes, text, behind = _parts_of(style)
    return attributes, behind, text


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
