"""Two weeks of maintenance windows at a glance: one row for each scope, columns of hours by the width.

A letter stands where a window holds (H), reroutes (R) or rejects (N), `-` where it drains, `~` where
traffic comes back; `|` is now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import cell_width, fit, shown
from console.tui import figures
from console.tui.widgets.lines import Line, Lines, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.window import WindowSummary

LETTERS: Final = {"hold": "H", "reroute": "R", "reject_with_notice": "N"}
DAYS: Final = (14, 7)
"""Days that are shown: as many as have room."""

LEAST_CELLS: Final = 4
"""Cells that a day needs."""

MOST_ROWS: Final = 6
_LABEL: Final = 18


class CalendarStrip(Lines):
    """Draws the days from today's midnight on, in the profile's zone."""

    def __init__(self, zone: str) -> None:
        super().__init__(id="calendar")
        self._zone = zone
        self._windows: tuple[WindowSummary, ...] = ()
        self._now: datetime | None = None

    def show(self, windows: Sequence[WindowSummary], now: datetime) -> None:
        """Show these windows, as of now."""
        self._windows, self._now = tuple(windows), now
        rows = len(_scopes(self._windows))
        self.styles.height = 1 + max(1, min(rows, MOST_ROWS) + (rows > MOST_ROWS))
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the days, then a row for each scope."""
        if self._now is None:
            return ()
        return strip_lines(self._windows, self._now, self._zone, width)


def strip_lines(windows: Sequence[WindowSummary], now: datetime, zone: str, width: int) -> list[Line]:
    """Return the strip. `now` is an instant, `zone` whose days it shows."""
    label = min(_LABEL, max(8, width // 4))
    room = width - label - 2
    days = next((days for days in DAYS if room // days >= LEAST_CELLS), DAYS[-1])
    cells = max(1, room // days)
    local = now.astimezone(figures.zone(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    edges = _edges(midnight, days, cells)
    lines = [_days(midnight, days, cells, label)]
    scopes = _scopes(windows)
    for scope, own in list(scopes.items())[:MOST_ROWS]:
        lines.append(
            (
                *fitted(((f" {shown(scope)}", "text"),), label, "text"),
                (" ", "text"),
                *_row(own, edges, now, cells),
            )
        )
    if len(scopes) > MOST_ROWS:
        lines.append(((f" +{len(scopes) - MOST_ROWS}", "dim"),))
    if not scopes:
        lines.append(((f" {t('no window is declared for these days')}", "empty"),))
    return lines


def _scopes(windows: Sequence[WindowSummary]) -> dict[str, list[WindowSummary]]:
    """Return windows that have times to come by scope, those that come first first."""
    found: dict[str, list[WindowSummary]] = {}
    live = [one for one in windows if one.slots]
    for one in sorted(live, key=lambda one: one.slots[0].starts_at):
        found.setdefault(one.scope, []).append(one)
    return found


def _edges(midnight: datetime, days: int, cells: int) -> list[datetime]:
    """Return where each cell begins, and the end of the last: days of 23 and 25 hours have as many cells."""
    edges = []
    for day in range(days):
        start = _day(midnight, day)
        length = (_day(midnight, day + 1) - start) / cells
        edges += [start + length * cell for cell in range(cells)]
    return [*edges, _day(midnight, days)]


def _day(midnight: datetime, days: int) -> datetime:
    """Return the instant of a local midnight `days` later, as UTC."""
    from datetime import UTC

    return (
        (midnight.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=midnight.tzinfo).astimezone(UTC)
    )


def _days(midnight: datetime, days: int, cells: int, label: int) -> Line:
    pieces: list[tuple[str, str]] = [(fit(f" {midnight:%Y-%m}", label + 1), "column")]
    names = t("Mo Tu We Th Fr Sa Su").split(" ")
    for day in range(days):
        at = midnight + timedelta(days=day)
        name = f"{names[at.weekday()]}{at:%d}"
        said = name if cell_width(name) < cells else f"{at:%d}"
        pieces.append((fit(said, cells), "key" if not day else "column"))
    return tuple(pieces)


def _row(windows: Sequence[WindowSummary], edges: Sequence[datetime], now: datetime, cells: int) -> Line:
    pieces: list[tuple[str, str]] = []
    for index in range(len(edges) - 1):
        start, end = edges[index], edges[index + 1]
        sign, style = _sign(windows, start, end)
        if start <= now < end and sign == " ":
            sign, style = "|", "key"
        elif sign == " " and index % cells == 0:
            sign, style = ".", "dim"
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + sign, style)
        else:
            pieces.append((sign, style))
    return tuple(pieces)


def _sign(windows: Sequence[WindowSummary], start: datetime, end: datetime) -> tuple[str, str]:
    """Return what happens in a cell: the strongest of what overlaps it."""
    weaker = (" ", "text")
    for one in windows:
        ramp = timedelta(seconds=one.ramp_seconds)
        for slot in one.slots:
            if slot.starts_at < end and slot.ends_at > start:
                return LETTERS.get(one.policy, "#"), "bad" if slot.state == "active" else "warn"
            if slot.closes_at < end and slot.starts_at > start:
                weaker = ("-", "warn")
            elif slot.ends_at < end and slot.ends_at + ramp > start and weaker[0] == " ":
                weaker = ("~", "good")
    return weaker
