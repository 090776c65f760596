"""Finds out when a part of the screen has moved up or down, so that the terminal can move it itself.

Pure. A scroll is proposed only where it saves cells: the rows it brings are compared with the rows
that would be written without it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import ne
from typing import TYPE_CHECKING, Final

from console.tui.terminal.cells import CellRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.tui.terminal.encoding import Pen

_FEWEST_ROWS: Final = 4
"""Fewer rows that moved together are not worth a look."""

_EDGE: Final = 2
"""Columns at the right that do not count when rows are recognised: a scroll bar changes there."""

_WORTH: Final = 0.6
"""A scroll must leave at most this share of the cells to be written."""


@dataclass(frozen=True, slots=True)
class Scroll:
    """Rows `top` to `bottom` move by `distance` lines: up when positive, down when negative."""

    top: int
    bottom: int
    distance: int


def scroll_between(
    wanted: Sequence[CellRow], shown: Sequence[CellRow], lines: Sequence[int]
) -> Scroll | None:
    """Return the scroll that best turns `shown` into `wanted`, or None; `lines` are those that differ."""
    if len(lines) < _FEWEST_ROWS:
        return None
    places = {key: line for line, row in enumerate(shown) if (key := _key(row))}
    distances: Counter[int] = Counter()
    for line in lines:
        place = places.get(_key(wanted[line]))
        if place is not None and place != line:
            distances[place - line] += 1
    if not distances:
        return None
    distance, count = distances.most_common(1)[0]
    if count < _FEWEST_ROWS:
        return None
    moved = [line for line in lines if places.get(_key(wanted[line])) == line + distance]
    scroll = Scroll(
        min(moved[0], moved[0] + distance),
        max(moved[-1], moved[-1] + distance),
        distance,
    )
    return scroll if _saves(scroll, wanted, shown) else None


def _key(row: CellRow) -> str:
    return "".join(row.characters[:-_EDGE]).strip(" \0")


def _saves(scroll: Scroll, wanted: Sequence[CellRow], shown: Sequence[CellRow]) -> bool:
    without = with_scroll = 0
    height = scroll.bottom + 1
    for line in range(scroll.top, height):
        without += _cost(wanted[line], shown[line])
        origin = line + scroll.distance
        if scroll.top <= origin < height:
            with_scroll += _cost(wanted[line], shown[origin])
        else:
            with_scroll += len(wanted[line].characters)
    return with_scroll < without * _WORTH


def _cost(wanted: CellRow, shown: CellRow) -> int:
    if wanted.characters == shown.characters:
        return sum(map(ne, wanted.styles, shown.styles))
    return sum(map(ne, wanted.characters, shown.characters))


def apply(scroll: Scroll, shown: list[CellRow], pen: Pen) -> None:
    """Write the scroll with `pen`, and move the rows of `shown` as the terminal will."""
    top, bottom, steps = scroll.top, scroll.bottom, abs(scroll.distance)
    width = len(shown[top].characters)
    fresh = [CellRow.filled(width) for _ in range(steps)]
    pen.plain()
    pen.raw(f"\x1b[{top + 1};{bottom + 1}r")
    if scroll.distance > 0:
        pen.raw(f"\x1b[{bottom + 1};1H" + "\n" * steps)
        shown[top : bottom + 1] = shown[top + steps : bottom + 1] + fresh
    else:
        pen.raw(f"\x1b[{top + 1};1H" + "\x1bM" * steps)
        shown[top : bottom + 1] = fresh + shown[top : bottom + 1 - steps]
    pen.raw("\x1b[r")
