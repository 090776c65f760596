"""Money in suspense, by gateway and day: what gateways hold beyond what our books count."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.case import SuspenseLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.virtual_table import VirtualTable


class SuspensePane(LoadingPane):
    """One table, the newest day first."""

    VIEW: ClassVar[View] = View.SUSPENSE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Money in suspense"))
        self.items: tuple[SuspenseLine, ...] = ()
        self._rows = InMemoryRows()
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="suspense")

    def compose(self) -> ComposeResult:
        """Heading and table."""
        yield self.heading
        yield self.table

    @property
    def has_row(self) -> bool:
        return self.table.cursor_key is not None

    def first_focus(self) -> Widget | None:
        return self.table

    async def fetch(self, desk: Desk) -> None:
        self.items = (await desk.suspense()).items

    def note(self) -> str:
        total = sum(one.suspense_fen for one in self.items)
        return t("{sum} in suspense; enter shows the cases", sum=yuan(total))

    def show(self) -> None:
        self.table.set_empty(self.problem or (t("no money is in suspense") if self.known else t("loading")))
        if self.known:
            style = "old" if self.is_old else "text"
            figure = "old" if self.is_old else "figure"
            self._rows.replace(
                (
                    f"{one.gateway} {one.day.isoformat()}",
                    (
                        Cell(one.day.isoformat(), style),
                        Cell(shown(one.gateway), style),
                        Cell(figures.count(one.cases), figure),
                        Cell(yuan(one.suspense_fen), figure),
                    ),
                )
                for one in self.items
            )

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the cases that the money is in."""
        event.stop()
        self.post_message(OpenView(View.CASES))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """A first row changes what can be done here."""
        event.stop()
        self.tell_situation()

    def do_row_open(self, argument: str) -> None:
        """Show the cases."""
        self.table.action_select()


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("day"), 10),
        Column(t("gateway"), 12, share=1),
        Column(t("cases"), 8, right=True),
        Column(t("in suspense"), 14, right=True),
    )
