"""Columns of the virtual table: how wide each is, and which give way when the window is narrow. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

GAP: Final = 1
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `width` is in cells, the least one where `share` lets the column grow. Columns with a `priority` of 0
    always stay; the others are shown while there is room, the lowest number first.
    """

    title: str
    width: int
    share: int = 0
    right: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which columns are shown, by index and width, and how many are not."""

    shown: tuple[tuple[int, int], ...]
    hidden: int


@lru_cache(maxsize=64)
def arranged(columns: tuple[Column, ...], width: int) -> Arrangement:
    """Return the columns that fit into `width` cells; what is left over goes to those with a share.

    When even the columns that always stay do not fit, the last of them are narrowed, down to nothing.
    """
    kept = [index for index, column in enumerate(columns) if column.priority == 0]
    for index in sorted(range(len(columns)), key=lambda index: (columns[index].priority, index)):
        if columns[index].priority and _needed(columns, [*kept, index]) <= width:
            kept.append(index)
    kept.sort()
    widths = {index: columns[index].width for index in kept}
    spare = width - _needed(columns, kept)
    if spare > 0:
        _share_out(columns, widths, spare)
    for index in reversed(kept):
        if spare >= 0:
            break
        given = min(widths[index], -spare)
        widths[index] -= given
        spare += given
    shown = tuple((index, widths[index]) for index in kept if widths[index] > 0)
    return Arrangement(shown, len(columns) - len(shown))


def _needed(columns: tuple[Column, ...], kept: list[int]) -> int:
    return sum(columns[index].width for index in kept) + GAP * max(0, len(kept) - 1)


def _share_out(columns: tuple[Column, ...], widths: dict[int, int], spare: int) -> None:
    growing = [index for index in widths if columns[index].share]
    shares = sum(columns[index].share for index in growing)
    for index in growing:
        part = spare * columns[index].share // shares
        widths[index] += part
        spare -= part
        shares -= columns[index].share
