"""The incident log: what went wrong, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.incident_intents import close_incident, note_incident, open_incident, reopen_incident
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.incident import IncidentLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class IncidentPanes(LoadingPane):
    """What the list and the detail have in common: the incident at hand and what to do with it."""

    AGAIN: ClassVar[float] = 2.0

    @property
    def at_hand(self) -> IncidentLine | None:
        """The incident that the keys act on."""
        raise NotImplementedError

    @property
    def has_row(self) -> bool:
        return self.at_hand is not None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return None if self.at_hand is None else self.at_hand.id

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """What is closed is not closed again, what is open not opened."""
        one = self.at_hand
        if one is None:
            return ()
        if one.closed_at is None:
            return (("incident.reopen", t("the incident is open")),)
        return (("incident.close", t("the incident is closed")),)

    def do_incident_open(self, argument: str) -> None:
        """Open another one."""
        self.change(open_incident(tuple(line.id for line in self.knowledge.gateways())))

    def do_incident_note(self, argument: str) -> None:
        """Write a note into it."""
        if self.at_hand is not None:
            self.change(note_incident(self.at_hand))

    def do_incident_close(self, argument: str) -> None:
        """Close it."""
        if self.at_hand is not None:
            self.change(close_incident(self.at_hand))

    def do_incident_reopen(self, argument: str) -> None:
        """Open it again."""
        if self.at_hand is not None:
            self.change(reopen_incident(self.at_hand))


class IncidentsPane(IncidentPanes):
    """One table."""

    VIEW: ClassVar[View] = View.INCIDENTS

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Incidents"))
        self.items: tuple[IncidentLine, ...] = ()
        self._more = False
        self._rows = InMemoryRows()
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="incidents")

    def compose(self) -> ComposeResult:
        """Heading and table."""
        yield self.heading
        yield self.table

    @property
    def at_hand(self) -> IncidentLine | None:
        return next((one for one in self.items if one.id == self.table.cursor_key), None)

    def first_focus(self) -> Widget | None:
        return self.table

    async def fetch(self, desk: Desk) -> None:
        service = self.connection.service
        if service is not None:
            page = await service.playbooks.incidents()
            self.items, self._more = page.items, page.next is not None

    def note(self) -> str:
        if self._more:
            return t("the newest {count}; all: repay incident list", count=len(self.items))
        return figures.count(len(self.items)) if self.known else ""

    def show(self) -> None:
        empty = t("no incident was opened; o opens one") if self.known else t("loading")
        self.table.set_empty(self.problem or empty)
        if self.known:
            self._rows.replace((one.id, self._row(one)) for one in self.items)

    def _row(self, one: IncidentLine) -> Row:
        old, zone = self.is_old, self.profile.view.timezone
        is_open = one.closed_at is None
        until = figures.NOTHING if one.closed_at is None else figures.moment(one.closed_at, zone)[:11]
        return (
            Cell(t("open") if is_open else t("closed"), "old" if old else "warn" if is_open else "dim"),
            Cell(figures.moment(one.since, zone)[:11], "figure"),
            Cell(until, "dim"),
            Cell(", ".join(shown(name) for name in one.gateways) or t("all"), "label"),
            Cell(shown(one.title), "old" if old else "text"),
            Cell(shown(one.who), "label"),
            Cell(shown(one.id), "dim"),
        )

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show it in full."""
        event.stop()
        self.post_message(OpenView(View.INCIDENT, event.key))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Another one may be done other things with."""
        event.stop()
        self.tell_situation()

    def do_row_open(self, argument: str) -> None:
        """Show what the cursor is on."""
        self.table.action_select()


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("state"), 8),
        Column(t("since"), 11),
        Column(t("until"), 11),
        Column(t("gateways"), 12),
        Column(t("title"), 24, share=1),
        Column(t("who"), 12, priority=1),
        Column(t("id"), 21, priority=2),
    )
