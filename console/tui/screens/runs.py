"""Runs of playbooks, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.playbook import Run
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

STYLES = {"done": "good", "partly": "warn", "waiting": "warn", "reverted": "dim", "begun": "accent"}


class RunsPane(LoadingPane):
    """One table."""

    VIEW: ClassVar[View] = View.RUNS
    AGAIN: ClassVar[float] = 2.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Playbooks"))
        self.items: tuple[Run, ...] = ()
        self._rows = InMemoryRows()
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="runs")

    def compose(self) -> ComposeResult:
        """Heading and table."""
        yield self.heading
        yield self.table

    @property
    def has_row(self) -> bool:
        return self.copied is not None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.table.cursor_key

    def first_focus(self) -> Widget | None:
        return self.table

    async def fetch(self, desk: Desk) -> None:
        service = self.connection.service
        if service is not None:
            self.items = (await service.playbooks.runs()).items

    def note(self) -> str:
        return t("begin one with: repay playbook apply NAME")

    def show(self) -> None:
        empty = t("no playbook was applied yet") if self.known else t("loading")
        self.table.set_empty(self.problem or empty)
        if self.known:
            self._rows.replace((one.id, self._row(one)) for one in self.items)

    def _row(self, one: Run) -> Row:
        old = self.is_old
        return (
            Cell(run_word(one.state.value), "old" if old else STYLES[one.state.value]),
            Cell(f"{one.done}/{len(one.steps)}", "old" if old else "figure"),
            Cell(shown(one.title), "old" if old else "text"),
            Cell(shown(one.who), "label"),
            Cell(figures.moment(one.created_at, self.profile.view.timezone), "dim"),
            Cell(shown(one.reason), "label"),
            Cell(shown(one.id), "dim"),
        )

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show it in full."""
        event.stop()
        self.post_message(OpenView(View.RUN, event.key))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Another one may be opened."""
        event.stop()
        self.tell_situation()

    def do_row_open(self, argument: str) -> None:
        """Show what the cursor is on."""
        self.table.action_select()


def run_word(state: str) -> str:
    """Return where a run stands, in a word."""
    words = {
        "begun": t("begun"),
        "partly": t("in part"),
        "waiting": t("waits to be approved"),
        "done": t("done"),
        "reverted": t("undone"),
    }
    return words[state]


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("state"), 11),
        Column(t("steps"), 6, right=True),
        Column(t("playbook"), 20, share=1),
        Column(t("who"), 10, priority=1),
        Column(t("begun"), 14),
        Column(t("reason"), 16, priority=2),
        Column(t("id"), 21, priority=3),
    )
