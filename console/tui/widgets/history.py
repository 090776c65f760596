"""A small history drawn in braille: two points per cell, four levels per row.

Braille has one width in every terminal, where block characters are wide in some Chinese ones. A known
zero shows one dot, an unknown point nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT: Final = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT: Final = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_BLANK: Final = 0x2800


def points_for(width: int) -> int:
    """Return how many points fit in `width` cells."""
    return 2 * width


def bars(points: Sequence[float | None], rows: int, top: float | None = None) -> list[str]:
    """Return the points as `rows` lines of braille, uppermost first.

    `top` is the figure at full height; None takes the greatest point.
    """
    scale = top if top is not None else max((point for point in points if point is not None), default=0.0)
    levels = [_level(point, scale, 4 * rows) for point in points]
    if len(levels) % 2:
        levels.insert(0, 0)
    lines: list[str] = []
    for row in range(rows - 1, -1, -1):
        cells = []
        for left, right in zip(levels[::2], levels[1::2], strict=True):
            dots = _LEFT[min(4, max(0, left - 4 * row))] | _RIGHT[min(4, max(0, right - 4 * row))]
            cells.append(chr(_BLANK | dots) if dots else " ")
        lines.append("".join(cells))
    return lines


def _level(point: float | None, scale: float, height: int) -> int:
    if point is None:
        return 0
    if scale <= 0:
        return 1
    return max(1, min(height, round(point / scale * height)))
