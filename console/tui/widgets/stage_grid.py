"""The stages as cards: the flow from intake to settled above, what stands beside it below.

Each card tells depth, age of the oldest, money where there is room, rates in and out, and a small
history. The cursor is on a card; opening it asks for that stage's repayments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.message import Message

from console.contract.language import t
from console.contract.money import yuan
from console.contract.vocabulary import FLOW, SIDE, Stage
from console.tui import figures
from console.tui.knowledge import SAMPLE_SECONDS, Freshness
from console.tui.stuck import waits_too_long
from console.tui.widgets.history import bars, points_for
from console.tui.widgets.lines import Line, Lines, fitted, joined, spread
from console.tui.words import stage_name, stage_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from console.contract.board import StageLine
    from console.tui.knowledge import Knowledge

ROWS: Final = (FLOW, SIDE)
_NARROW: Final = 20
"""Width of a card below which numbers are cut short."""

_MONEY_FROM: Final = 30
"""Lines of the screen from which cards show money."""


_TALLEST_HISTORY: Final = 6
_GAP: Final = 2
_MARGIN: Final = (" ", "text")


class StageGrid(Lines, can_focus=True):
    """Two rows of cards with a cursor."""

    class Opened(Message):
        """The engineer wants to see a stage's repayments."""

        def __init__(self, stage: Stage) -> None:
            super().__init__()
            self.stage = stage

    class Moved(Message):
        """The cursor is on another card."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(id="stages")
        self._knowledge = knowledge
        self._row = 0
        self._column = 0
        self._history_rows = 1
        self._money = False

    @property
    def stage(self) -> Stage:
        """The stage under the cursor."""
        return ROWS[self._row][self._column]

    def suit(self, lines: int, below: int) -> None:
        """Choose how tall cards are where there are `lines`, of which the panels below want `below`."""
        self._money = lines >= _MONEY_FROM
        spare = (lines - below - 2 * (4 + self._money)) // 2
        self._history_rows = max(1, min(_TALLEST_HISTORY, spare))
        self.styles.height = 2 * (1 + self._card_height)

    @property
    def _card_height(self) -> int:
        return 3 + self._history_rows + (1 if self._money else 0)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return both rows with their headings."""
        lines: list[Line] = []
        card = (width - 2 - 4 * _GAP) // 5
        for row, stages in enumerate(ROWS):
            lines.append(self._heading(row, width, card))
            columns = [(self._card(stage, card, row, column), card) for column, stage in enumerate(stages)]
            lines.extend((_MARGIN, *line) for line in joined(columns, self._card_height, _GAP))
        return lines

    def _heading(self, row: int, width: int, card: int) -> Line:
        if row:
            return fitted(((f" {t('Beside the flow')}", "heading"),), width, "heading")
        minutes = figures.whole_span(points_for(card) * SAMPLE_SECONDS)
        legend = t("+in -out per minute, history of {span}", span=minutes)
        if self._knowledge.rates_to_come:
            legend = t("rates come after the first minute; history of {span}", span=minutes)
        return spread(((f" {t('Flow')}", "heading"),), ((legend + " ", "heading-dim"),), width, "heading")

    def _card(self, stage: Stage, width: int, row: int, column: int) -> list[Line]:
        line = self._knowledge.stage(stage)
        figure = _figure_style(self._knowledge.freshness)
        lines = [self._title(stage, width, row, column), _depth(line, width, figure)]
        if self._money:
            lines.append(((_money(line), figure if figure == "old" else "label"),))
        lines.append(((_rates(line, width), figure if figure == "old" else "label"),))
        name = f"in:{stage}" if stage is Stage.SETTLED else f"depth:{stage}"
        points = self._knowledge.history(name, points_for(width - 1))
        history = "old" if figure == "old" else "history"
        lines.extend(((text, history),) for text in bars(points, self._history_rows))
        return lines

    def _title(self, stage: Stage, width: int, row: int, column: int) -> Line:
        here = (row, column) == (self._row, self._column)
        active = here and self.has_focus
        style = ("cursor" if active else "cursor-idle") if here else stage_style(stage)
        if not here and style == "text":
            style = "strong"
        arrow = ">" if not row and column < 4 else ""
        line = self._knowledge.stage(stage)
        word = f" ({t('paused')})" if width >= _NARROW else " ||"
        paused = word if line is not None and line.paused else ""
        name = f"[{stage_name(stage)}]" if active else stage_name(stage)
        return spread(((f"{name}{paused}", style),), ((arrow, "accent"),), width, style if here else "text")

    # --- keys -----------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Move the cursor, open a card."""
        moves = {
            "left": (0, -1), "h": (0, -1), "right": (0, 1), "l": (0, 1),
            "up": (-1, 0), "k": (-1, 0), "down": (1, 0), "j": (1, 0),
            "home": (-9, -9), "g": (-9, -9), "end": (9, 9), "G": (9, 9),
        }  # fmt: skip
        if event.key == "enter":
            event.stop()
            self.post_message(self.Opened(self.stage))
        elif event.key in moves:
            down, right = moves[event.key]
            row, column = self._row + down, self._column + right
            if row > 1 and down == 1:
                return
            event.stop()
            self._go(min(1, max(0, row)), min(4, max(0, column)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the card that was clicked; open it when it is there already."""
        row = 0 if event.y < 1 + self._card_height else 1
        column = min(4, event.x * 5 // max(1, self.size.width))
        if (row, column) == (self._row, self._column) and self.has_focus:
            self.post_message(self.Opened(self.stage))
        self._go(row, column)

    def _go(self, row: int, column: int) -> None:
        self._row, self._column = row, column
        self.redraw()
        self.post_message(self.Moved())

    def on_focus(self) -> None:
        """Show the cursor as active."""
        self.redraw()

    def on_blur(self) -> None:
        """Show the cursor as idle."""
        self.redraw()


def _figure_style(freshness: Freshness) -> str:
    return {Freshness.OLD: "old", Freshness.UNKNOWN: "old", Freshness.STALE: "stale"}.get(freshness, "strong")


def _depth(line: StageLine | None, width: int, figure: str) -> Line:
    if line is None:
        return ((figures.UNKNOWN, "old"),)
    depth = figures.short_count(line.depth) if width < _NARROW else figures.count(line.depth)
    if line.stage is Stage.SETTLED:
        return ((depth, figure),)
    oldest = figures.span(line.oldest_seconds) if line.depth else figures.NOTHING
    label = "" if width < _NARROW else t("oldest") + " "
    style = figure if figure == "old" else "warn" if waits_too_long(line) else "label"
    mark = "!" if waits_too_long(line) else ""
    return spread(((depth, figure),), ((f"{label}{mark}{oldest}", style),), width)


def _rates(line: StageLine | None, width: int) -> str:
    if line is None:
        return figures.UNKNOWN
    write = figures.short_rate if width < _NARROW else figures.rate
    leaves = "" if line.stage is Stage.SETTLED else f" -{write(line.out_per_minute)}"
    return f"+{write(line.in_per_minute)}{leaves}"


def _money(line: StageLine | None) -> str:
    return figures.UNKNOWN if line is None else yuan(line.sum_fen)
