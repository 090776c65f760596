"""The screen as cells: what each cell shows and in which style.

Owns the step from Textual's strips to cells, and with it the promise that a cell holds one printable
character and nothing that could act on a terminal. Must never write anywhere.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip
from wcwidth import wcwidth

from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN: Final = "\0"
"""Stands in a cell whose content on the terminal is not known; no wanted cell ever equals it."""

TAIL: Final = ""
"""The second cell of a wide character."""

REPLACEMENT: Final = "?"
"""Shown in place of a character that would act or be invisible."""

_MAX_MARKS: Final = 2
"""How many combining marks one cell may carry."""

_REVERSE: Final = Style(reverse=True)

_LIGHTER: Final = 40
"""By how much (0 to 255) a background must be lighter than its text to be shown reversed
where there is no colour."""


class CellRow:
    """One line of the screen: a character and a style (the parameters of an SGR) for each cell."""

    __slots__ = ("characters", "styles")

    def __init__(self, characters: list[str], styles: list[str]) -> None:
        self.characters = characters
        self.styles = styles

    @classmethod
    def filled(cls, width: int, character: str = " ") -> CellRow:
        """Return a row of `width` equal cells without style."""
        return cls([character] * width, [""] * width)

    def copy(self) -> CellRow:
        """Return a row that can be changed independently."""
        return CellRow(self.characters[:], self.styles[:])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CellRow) and self.characters == other.characters and self.styles == other.styles
        )

    def __hash__(self) -> int:
        raise TypeError("a row of cells changes and cannot be a key")

    def text(self) -> str:
        """Return what the row shows, without styles."""
        return "".join(self.characters)

    def resized(self, width: int) -> CellRow:
        """Return a row of `width` cells that keeps what fits of this one."""
        row = CellRow.filled(width)
        kept = min(width, len(self.characters))
        row.put(0, kept, self.characters, self.styles)
        return row

    def put(self, start: int, end: int, characters: list[str], styles: list[str]) -> None:
        """Write cells over `start` to `end`; too few are filled with spaces, too many are cut.

        Wide characters that lose a half, inside or at either edge, become spaces.
        """
        end = min(end, len(self.characters))
        width = end - start
        if width <= 0:
            return
        if len(characters) != width:
            missing = width - len(characters)
            style = styles[-1] if styles else ""
            characters = characters[:width] + [" "] * missing
            styles = styles[:width] + [style] * missing
        self.characters[start:end] = characters
        self.styles[start:end] = styles
        row = self.characters
        if row[start] == TAIL:
            row[start] = " "
        if start and is_wide(row[start - 1]):
            row[start - 1] = " "
        if is_wide(row[end - 1]):
            row[end - 1] = " "
        if end < len(row) and row[end] == TAIL:
            row[end] = " "


def is_wide(character: str) -> bool:
    """Tell whether a cell's content takes two cells."""
    return not character.isascii() and wcwidth(character[0]) == 2


def cells_of(
    strip: Iterable[tuple[str, Style | None, object]], colours: ColorSystem | None
) -> tuple[list[str], list[str]]:
    """Return the characters and styles of a strip's cells; `colours` is None where none may be used."""
    characters: list[str] = []
    styles: list[str] = []
    for text, style, control in strip:
        if control or not text:
            continue
        cells = list(text) if text.isascii() and text.isprintable() else split(text)
        characters += cells
        styles += [sgr_of(style, colours) if style is not None else ""] * len(cells)
    return characters, styles


def split(text: str) -> list[str]:
    """Return the text as cells, each with one printable character and at most two marks on it."""
    return list(_split(text))


@lru_cache(maxsize=1024)
def _split(text: str) -> tuple[str, ...]:
    cells: list[str] = []
    base = -1
    for character in text:
        if character.isascii():
            base = len(cells)
            cells.append(character if character.isprintable() else REPLACEMENT)
        elif not _may_be_shown(character):
            base = -1
            cells.append(REPLACEMENT)
        elif (width := wcwidth(character)) > 0:
            base = len(cells)
            cells.append(character)
            if width == 2:
                cells.append(TAIL)
        elif base < 0:
            cells.append(REPLACEMENT)
        elif len(cells[base]) <= _MAX_MARKS:
            cells[base] += character
    return tuple(cells)


@lru_cache(maxsize=4096)
def _may_be_shown(character: str) -> bool:
    after_a_letter = "a" + character
    return shown(after_a_letter) == after_a_letter


@lru_cache(maxsize=4096)
def has_certain_width(character: str) -> bool:
    """Tell whether every terminal gives this cell's content the width that we do."""
    if character.isascii():
        return True
    return len(character) == 1 and unicodedata.east_asian_width(character) in ("W", "F", "Na", "H")


@lru_cache(maxsize=16384)
def sgr_of(style: Style, colours: ColorSystem | None) -> str:
    """Return the parameters of the SGR for a style, e.g. `1;38;5;12`; empty for the default."""
    if colours is not None:
        return Strip.render_ansi(style, colours)
    attributes = style.without_color
    if _is_lighter_behind(style) and not attributes.reverse:
        attributes = attributes + _REVERSE
    return Strip.render_ansi(attributes, ColorSystem.STANDARD)


def _is_lighter_behind(style: Style) -> bool:
    if style.bgcolor is None or style.bgcolor.is_default or style.color is None or style.color.is_default:
        return False
    text, behind = style.color.get_truecolor(), style.bgcolor.get_truecolor()
    return _lightness(*behind) > _lightness(*text) + _LIGHTER


def _lightness(red: int, green: int, blue: int) -> float:
    return 0.299 * red + 0.587 * green + 0.114 * blue
