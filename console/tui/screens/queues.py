"""View 2: every stage as a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.vocabulary import FINAL_STAGES, Stage
from console.tui import figures
from console.tui.filters import replayable
from console.tui.intents import PAUSABLE, Here, pause_queue, resume_queue
from console.tui.knowledge import Freshness
from console.tui.screens.pane import Heading, OpenChange, OpenFilter, OpenView
from console.tui.screens.table_pane import TablePane
from console.tui.stuck import waits_too_long
from console.tui.widgets.columns import Column
from console.tui.widgets.history import bars, points_for
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable
from console.tui.words import stage_name, stage_style, stage_word

if TYPE_CHECKING:
    from console.contract.board import StageLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.knowledge import Knowledge

_HISTORY = 24


class QueuesPane(TablePane):
    """One table: depth, money, oldest, rates and history of each stage."""

    VIEW: ClassVar[View] = View.QUEUES

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection)
        self._rows = InMemoryRows((stage.value, _unknown_row(stage)) for stage in Stage)
        self.table = VirtualTable(_columns(), self._rows, footer=False, id="queues")
        self.heading = Heading(t("Queues"), _note())

    def entered(self) -> None:
        self.knowledge_changed()

    def tick(self) -> None:
        if self.knowledge.freshness is not Freshness.FRESH:
            self.knowledge_changed()

    def knowledge_changed(self) -> None:
        board = self.knowledge.board
        if board is None:
            return
        old = self.knowledge.freshness is Freshness.OLD
        to_come = self.knowledge.rates_to_come
        self.heading.note(t("rates come after the first minute") if to_come else _note())
        known = {line.stage: line for line in board.stages}
        self._rows.replace(
            (stage.value, self._row(known[stage], old) if stage in known else _unknown_row(stage))
            for stage in Stage
        )

    def _row(self, line: StageLine, old: bool) -> Row:
        figure = "old" if old else "figure"
        stuck = waits_too_long(line)
        final = line.stage in FINAL_STAGES
        oldest = figures.NOTHING if final or not line.depth else figures.span(line.oldest_seconds)
        leaves = figures.NOTHING if final else figures.rate(line.out_per_minute)
        name = f"in:{line.stage}" if final else f"depth:{line.stage}"
        history = bars(self.knowledge.history(name, points_for(_HISTORY)), 1)[0]
        return (
            Cell(stage_name(line.stage), "old" if old else stage_style(line.stage)),
            Cell(figures.count(line.depth), "old" if old else "strong"),
            Cell(yuan(line.sum_fen), figure),
            Cell(f"!{oldest}" if stuck else oldest, "old" if old else "warn" if stuck else figure),
            Cell(figures.rate(line.in_per_minute), figure),
            Cell(leaves, figure),
            Cell(t("paused") if line.paused else "", "warn"),
            Cell(history, "old" if old else "history"),
        )

    def opening(self, key: str) -> OpenFilter | OpenView:
        """The stage's repayments."""
        return opening_of(key)

    @property
    def here(self) -> Here:
        """The queue under the cursor."""
        return Here(stage=self.table.cursor_key or "")

    @property
    def replay_filter(self) -> str | None:
        """What to plan a replay over: the queue under the cursor, if what waits there can be replayed."""
        return replayable(f"stage:{self.here.stage}")

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """A queue without a worker cannot be paused."""
        return queue_refusals(self.here.stage)

    def do_queue_toggle(self, argument: str) -> None:
        """Ask to pause the queue under the cursor, or to let it go on."""
        self.post_message(OpenChange(toggle_queue(self.here.stage, self.knowledge)))


def _note() -> str:
    return t("rates are per minute; enter shows the repayments")


def opening_of(stage: str) -> OpenFilter | OpenView:
    """Return what shows a stage: its repayments, or the working list of what is in doubt."""
    if stage in (Stage.IN_DOUBT, Stage.MANUAL):
        return OpenView(View.DOUBTS, stage)
    return OpenFilter(f"stage:{stage}")


def queue_refusals(stage: str) -> tuple[tuple[str, str], ...]:
    """Return why a queue cannot be paused, when it cannot."""
    if stage in PAUSABLE:
        return ()
    names = ", ".join(stage_word(name) for name in PAUSABLE)
    return (("queue.toggle", t("queues with a worker: {names}", names=names)),)


def toggle_queue(stage: str, knowledge: Knowledge) -> Intent:
    """Return the intent to let a paused queue go on, or to pause any other."""
    line = knowledge.stage(Stage(stage))
    return resume_queue(stage) if line is not None and line.paused else pause_queue(stage)


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("stage"), 11, share=1),
        Column(t("waiting"), 10, right=True),
        Column(t("money"), 18, right=True, priority=1),
        Column(t("oldest"), 8, right=True),
        Column(t("in"), 7, right=True),
        Column(t("out"), 7, right=True),
        Column("", 8, priority=3),
        Column(t("history"), _HISTORY, priority=2),
    )


def _unknown_row(stage: Stage) -> Row:
    unknown = Cell(figures.UNKNOWN, "old")
    return (Cell(stage_name(stage), stage_style(stage)), *(unknown,) * 5, Cell(""), Cell(""))
