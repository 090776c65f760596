"""A small history drawn in braille: two points per cell, four levels per row.

Braille has one width in every terminal, where block characters are wide in some Chinese ones. A known
zero shows one dot, an unknown point nothing. A few points far above all others would flatten them: those
are cut, and `^` stands in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT: Final = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT: Final = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_BLANK: Final = 0x2800

SPIKE: Final = "^"
"""Stands where a point is cut."""

_ENOUGH: Final = 10
"""Points that must be known before any is taken for a spike."""

_FAR_ABOVE: Final = 4.0
"""How many times the usual figure a spike is, at least."""

_ROOM: Final = 1.25
_CUT_FROM: Final = 1.001


def points_for(width: int) -> int:
    """Return how many points fit in `width` cells."""
    return 2 * width


def bars(points: Sequence[float | None], rows: int, top: float | None = None) -> list[str]:
    """Return the points as `rows` lines of braille, uppermost first.

    `top` is the figure at full height; None takes the greatest point that is no spike.
    """
    scale = top if top is not None else scale_of(points)
    levels = [_level(point, scale, 4 * rows) for point in points]
    cut = [point is not None and scale > 0 and point > scale * _CUT_FROM for point in points]
    if len(levels) % 2:
        levels.insert(0, 0)
        cut.insert(0, False)
    lines: list[str] = []
    for row in range(rows - 1, -1, -1):
        cells = []
        for at in range(0, len(levels), 2):
            left, right = levels[at], levels[at + 1]
            dots = _LEFT[min(4, max(0, left - 4 * row))] | _RIGHT[min(4, max(0, right - 4 * row))]
            spike = row == rows - 1 and (cut[at] or cut[at + 1])
            cells.append(SPIKE if spike else chr(_BLANK | dots) if dots else " ")
        lines.append("".join(cells))
    return lines


def scale_of(points: Sequence[float | None]) -> float:
    """Return the figure at full height: the greatest point, unless one in ten or fewer stand far above all
    others; then what the others need."""
    known = sorted(point for point in points if point is not None)
    if not known:
        return 0.0
    usual = known[int(0.9 * (len(known) - 1))]
    spiked = len(known) >= _ENOUGH and 0 < usual * _FAR_ABOVE < known[-1]
    return usual * _ROOM if spiked else known[-1]


def _level(point: float | None, scale: float, height: int) -> int:
    if point is None:
        return 0
    if scale <= 0:
        return 1
    return max(1, min(height, round(point / scale * height)))
