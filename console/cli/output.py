"""What a command prints: tables for people, JSON for programs, colour only where it is wanted."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TextIO

from console.contract.text import cell_width, fit, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Tone(StrEnum):
    """Emphasis; never the only sign of anything."""

    PLAIN = ""
    GOOD = "32"
    WARN = "33"
    BAD = "31"
    STRONG = "1"
    DIM = "2"


UNKNOWN: Final = "?"
"""What stands for a figure that nobody knows."""


@dataclass(frozen=True)
class Column:
    """One column of a table. Text in cells must have gone through `shown`."""

    heading: str
    right: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell with emphasis."""

    text: str
    tone: Tone = Tone.PLAIN


class Output:
    """The two streams of a command."""

    def __init__(self, *, json: bool, colour: bool, stdout: TextIO | None = None) -> None:
        self.json = json
        self.stdout = stdout or sys.stdout
        self.colour = colour and not json and wants_colour(self.stdout)

    def line(self, text: str = "") -> None:
        """Print a line of data."""
        self.stdout.write(f"{text}\n")

    def talk(self, text: str) -> None:
        """Print a line for people, beside the data."""
        self.stdout.flush()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def document(self, value: Any) -> None:
        """Print one JSON document, indented for a terminal, on one line otherwise."""
        self.line(json_text(value, indent=2 if self.stdout.isatty() else None))

    def tinted(self, text: str, tone: Tone) -> str:
        """Return the text with emphasis, where colour is wanted."""
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.colour and tone is not Tone.PLAIN else text

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]]) -> None:
        """Print a table, aligned by the cells its texts take; nothing is cut."""
        cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
        widths = [
            max([cell_width(column.heading), *(cell_width(row[at].text) for row in cells)])
            for at, column in enumerate(columns)
        ]
        headings = [Cell(column.heading, Tone.STRONG) for column in columns]
        for row in [headings, *cells]:
            parts = []
            for at, (cell, column, width) in enumerate(zip(row, columns, widths, strict=True)):
                last = at == len(columns) - 1 and not column.right
                padded = cell.text if last else fit(cell.text, width, right=column.right)
                parts.append(self.tinted(padded, cell.tone))
            self.line("  ".join(parts).rstrip())


def wants_colour(stream: TextIO) -> bool:
    """Return whether the stream is a terminal that shows colour and nobody asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def json_text(value: Any, indent: int | None = None) -> str:
    """Return the value as JSON in which no character acts on a terminal.

    Readable text stays readable; what would act or be invisible is written as `\\uXXXX`.
    """
    import json

    separators = None if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        character if character == "\n" or shown(character) == character else _json_escape(character)
        for character in text
    )


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
