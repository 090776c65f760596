"""View 1: is money moving, what is stuck, how are the gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, Vertical

from console.actions.registry import View
from console.contract.language import t
from console.contract.part_words import part_name
from console.contract.text import cell_width, shown
from console.tui import figures
from console.tui.filters import REPLAYABLE, replayable, term
from console.tui.intents import Here, start_gateway, stop_gateway, weigh_gateway
from console.tui.knowledge import Freshness
from console.tui.screens.pane import Heading, OpenChange, OpenFilter, OpenView, Pane, SituationChanged
from console.tui.screens.queues import opening_of, queue_refusals, toggle_queue
from console.tui.stuck import Trouble, troubles
from console.tui.widgets.columns import Column
from console.tui.widgets.desk_line import DeskLine
from console.tui.widgets.history import bars, points_for
from console.tui.widgets.lines import Line, Lines, fitted, width_of
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.stage_grid import StageGrid
from console.tui.widgets.virtual_table import VirtualTable
from console.tui.words import gateway_light, light

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.board import GatewayLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.knowledge import Knowledge

_WIDE_FROM = 120
_HISTORY = 16
_STACKED, _BESIDE = 16, 12
"""Lines that the lower panels want when they are stacked, and when they stand beside each other."""


class OverviewPane(Pane):
    """Cards of the stages, gateways, troubles and the health of the parts."""

    VIEW: ClassVar[View] = View.OVERVIEW

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection)
        self.stages = StageGrid(knowledge)
        self._gateway_rows = InMemoryRows()
        self.gateways = VirtualTable(
            _gateway_columns(), self._gateway_rows, empty=t("not known yet"), footer=False, id="gateways"
        )
        self._trouble_rows = InMemoryRows()
        self.stuck = VirtualTable(
            _trouble_columns(), self._trouble_rows, empty=t("not known yet"), footer=False, id="stuck"
        )
        self._filters: dict[str, str] = {}
        self._cards: dict[str, str] = {}
        self._gateway_heading = Heading(t("Gateways"))
        self._stuck_heading = Heading(t("What is stuck"))
        self._parts = PartsLine(knowledge)
        self._desk = DeskLine(knowledge)
        self._lower = Container(id="lower")
        self._gateway_panel = Vertical(id="gateways-panel")

    def compose(self) -> ComposeResult:
        """Cards above, the two tables below or beside each other."""
        yield self._desk
        yield self.stages
        with self._lower:
            with self._gateway_panel:
                yield self._gateway_heading
                yield self.gateways
            with Vertical(id="stuck-panel"):
                yield self._stuck_heading
                yield self.stuck
                yield self._parts

    @property
    def has_row(self) -> bool:
        return True

    def first_focus(self) -> Widget | None:
        return self.stages

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for the size."""
        wide = event.size.width >= _WIDE_FROM
        self.stages.suit(event.size.height, _BESIDE if wide else _STACKED)
        self._lower.set_class(wide, "-wide")
        self._fit_panels()

    def _fit_panels(self) -> None:
        if self._lower.has_class("-wide"):
            self._gateway_panel.styles.height = "100%"
        else:
            self._gateway_panel.styles.height = 2 + max(1, min(6, self._gateway_rows.count))

    def entered(self) -> None:
        self.knowledge_changed()

    def tick(self) -> None:
        self._desk.update()
        self.stages.redraw()
        if self.knowledge.freshness is not Freshness.FRESH:
            self.knowledge_changed()

    def knowledge_changed(self) -> None:
        self._desk.update()
        self.stages.redraw()
        self._parts.fit(3 if self.size.height >= 30 else 1)
        board = self.knowledge.board
        if board is None:
            return
        old = self.knowledge.freshness is Freshness.OLD
        self.gateways.set_empty(t("no gateway is configured"))
        before = self._gateway_rows.count
        self._gateway_rows.replace((line.id, self._gateway_row(line, old)) for line in board.gateways)
        if self._gateway_rows.count != before:
            self._fit_panels()
        found = troubles(board, self.profile.view.timezone)
        self._filters = {trouble.key: trouble.filter for trouble in found if trouble.filter}
        self._cards = {trouble.key: trouble.card for trouble in found if trouble.card}
        self.stuck.set_empty(t("nothing is stuck") if not old else t("not known now"))
        self._trouble_rows.replace((trouble.key, _trouble_row(trouble, old)) for trouble in found)
        if not self.stuck.has_focus and found:
            self.stuck.move_to(0)
        self._stuck_heading.note(figures.count(len(found)) if found else "")

    def _gateway_row(self, line: GatewayLine, old: bool) -> Row:
        letter, word, style = gateway_light(line)
        history = bars(self.knowledge.history(f"success:{line.id}", points_for(_HISTORY)), 1, top=1.0)[0]
        figure = "old" if old else "figure"
        success = "bad" if line.success_rate is not None and line.success_rate < 0.8 else figure
        doubt = "warn" if line.unknown_ratio is not None and line.unknown_ratio > 0.05 else figure
        return (
            Cell(shown(line.id), "old" if old else "text"),
            Cell(f"{letter} {word}", "old" if old else style),
            Cell(figures.share(line.success_rate), "old" if old else success),
            Cell(figures.share(line.unknown_ratio), "old" if old else doubt),
            Cell(figures.span(line.confirm_p95_seconds), figure),
            Cell(figures.count(line.in_flight), figure),
            Cell(figures.count(line.weight), "old" if old else "dim"),
            Cell(history, "old" if old else "history"),
        )

    # --- what the cursor asks for -------------------------------------------------------------------

    def on_stage_grid_opened(self, event: StageGrid.Opened) -> None:
        """Show the stage's repayments."""
        event.stop()
        self.post_message(opening_of(event.stage))

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the repayments of a gateway or of a trouble, or the card of a warning."""
        event.stop()
        if event.table is self.gateways:
            self.post_message(OpenFilter(term("gateway", event.key)))
        elif event.key in self._cards:
            self.post_message(OpenView(View.WARNING, self._cards[event.key]))
        elif event.key in self._filters:
            self.post_message(OpenFilter(self._filters[event.key]))

    def do_row_open(self, argument: str) -> None:
        """Open what the cursor is on."""
        if self.stages.has_focus:
            self.post_message(opening_of(self.stages.stage))
        else:
            (self.stuck if self.stuck.has_focus else self.gateways).action_select()

    @property
    def here(self) -> Here:
        """The queue or the gateway under the cursor of the panel that has the keys."""
        if self.gateways.has_focus:
            return Here(gateway=self.gateways.cursor_key or "")
        return Here(stage=self.stages.stage.value) if self.stages.has_focus else Here()

    @property
    def replay_filter(self) -> str | None:
        """What to plan a replay over: what is failed or in doubt under the cursor."""
        if self.stuck.has_focus:
            return replayable(self._filters.get(self.stuck.cursor_key or "", ""))
        if self.here.gateway:
            return f"{REPLAYABLE} {term('gateway', self.here.gateway)}"
        return replayable(f"stage:{self.here.stage}")

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """What works on a gateway needs one under the cursor, what works on a queue a queue."""
        here = self.here
        found: tuple[tuple[str, str], ...] = ()
        if not here.gateway:
            reason = t("put the cursor on a gateway first: tab")
            found = (("gateway.toggle", reason), ("gateway.weight", reason))
        return (*found, *queue_refusals(here.stage))

    def do_queue_toggle(self, argument: str) -> None:
        """Ask to pause the queue under the cursor, or to let it go on."""
        self.post_message(OpenChange(toggle_queue(self.here.stage, self.knowledge)))

    def do_gateway_toggle(self, argument: str) -> None:
        """Ask to stop the gateway under the cursor, or to start a stopped one."""
        name = self.here.gateway
        stopped = any(line.id == name and line.state == "stopped" for line in self.knowledge.gateways())
        self.post_message(OpenChange(start_gateway(name) if stopped else stop_gateway(name)))

    def do_gateway_weight(self, argument: str) -> None:
        """Ask for another weight of the gateway under the cursor."""
        line = next((line for line in self.knowledge.gateways() if line.id == self.here.gateway), None)
        if line is not None:
            self.post_message(OpenChange(weigh_gateway(line.id, line.weight)))

    def on_stage_grid_moved(self, event: StageGrid.Moved) -> None:
        """Another queue may be done other things with."""
        event.stop()
        self.post_message(SituationChanged())

    def on_descendant_focus(self) -> None:
        """Another panel has the keys."""
        self.post_message(SituationChanged())

    def do_move_panel(self, argument: str) -> None:
        """Give the keys to the next panel."""
        panels: list[Widget] = [self.stages, self.gateways, self.stuck]
        here = next((index for index, panel in enumerate(panels) if panel.has_focus), -1)
        self.screen.set_focus(panels[(here + 1) % len(panels)], scroll_visible=False)
        self.post_message(SituationChanged())


class PartsLine(Lines):
    """The health of the parts: what is not well first, then as many as fit."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__()
        self._knowledge = knowledge

    def fit(self, most: int) -> None:
        """Take as many lines as the parts need, at most `most`."""
        self.styles.height = max(1, min(most, len(self._laid_out(max(20, self.size.width)))))
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return letter, name and, where not all is well, the word for each part."""
        lines = self._laid_out(width)
        if len(lines) <= height:
            return lines
        last, hidden = lines[height - 1], sum(len(line) // 2 for line in lines[height:])
        more = f" +{hidden}"
        while len(last) > 3 and width_of(last) + cell_width(more) > width:
            last, hidden = last[:-2], hidden + 1
            more = f" +{hidden}"
        return (*lines[: height - 1], fitted((*last, (more, "dim")), width))

    def _laid_out(self, width: int) -> list[Line]:
        """Return all lines: a label each, then two pieces for each part."""
        board = self._knowledge.board
        label = f"  {t('parts')}:"
        if board is None:
            return [((f"{label} {figures.UNKNOWN}", "old"),)]
        old = self._knowledge.freshness is Freshness.OLD
        lines: list[Line] = []
        line: Line = ((label, "old" if old else "dim"),)
        for part in sorted(board.parts, key=lambda part: part.state == "ok"):
            letter, word, style = light(part.state)
            name, well = part_name(part.name), part.state == "ok"
            piece: Line = (
                (f" {letter} ", "old" if old else style),
                (name if well else f"{name} {word}", _part_style(old, well, style)),
            )
            if width_of(line) + width_of(piece) > width and len(line) > 1:
                lines.append(line)
                line = ((" " * cell_width(label), "dim"),)
            line = (*line, *piece)
        return [*lines, line]


def _part_style(old: bool, well: bool, style: str) -> str:
    return "old" if old else "label" if well else style


def _gateway_columns() -> tuple[Column, ...]:
    return (
        Column(t("gateway"), 10, share=1),
        Column(t("state"), 11),
        Column(t("success"), 7, right=True),
        Column(t("in doubt"), 8, right=True),
        Column(t("p95"), 7, right=True, priority=1),
        Column(t("in flight"), 9, right=True, priority=2),
        Column(t("weight"), 6, right=True, priority=4),
        Column(t("success, recent"), _HISTORY, priority=3),
    )


def _trouble_columns() -> tuple[Column, ...]:
    return (Column(t("what"), 26, share=1), Column(t("why"), 20, share=2))


def _trouble_row(trouble: Trouble, old: bool) -> Row:
    style = "old" if old else trouble.style
    return (Cell(f"{trouble.letter} {trouble.what}", style), Cell(trouble.why, "old" if old else "label"))
