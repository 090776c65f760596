"""The incident log: what went wrong, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.incident_intents import close_incident, note_incident, open_incident, reopen_incident
from console.tui.screens.list_pane import ListPane
from console.tui.screens.loading_pane import LoadingPane
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
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


class IncidentsPane(ListPane["IncidentLine"], IncidentPanes):
    """One table."""

    VIEW: ClassVar[View] = View.INCIDENTS
    OPENS: ClassVar[View | None] = View.INCIDENT

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Incidents"), _columns())

    async def fetch(self, desk: Desk) -> None:
        service = self.connection.service
        if service is not None:
            page = await service.playbooks.incidents()
            self.items, self.more = page.items, page.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay incident list", count=len(self.items))
        return figures.count(len(self.items)) if self.known else ""

    def nothing(self) -> str:
        return t("no incident was opened; o opens one")

    def row(self, one: IncidentLine) -> Row:
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
