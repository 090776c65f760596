"""Reconciliations: what each gateway's day came to, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.reconciliation_words import problem_words, state_word
from console.contract.text import shown
from console.tui import figures
from console.tui.intents import Intent, Question
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.reconciliation import Reconciliation
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

STYLES = {"complete": "good", "incomplete": "bad", "waiting": "warn", "running": "warn"}


class ReconciliationsPane(LoadingPane):
    """One table."""

    VIEW: ClassVar[View] = View.RECONCILIATIONS

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Reconciliations"))
        self.items: tuple[Reconciliation, ...] = ()
        self._more = False
        self._rows = InMemoryRows()
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="reconciliations")

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
        if service is None:
            return
        page = await service.reconciliations.page()
        self.items, self._more = page.items, page.next is not None

    def note(self) -> str:
        if self._more:
            return t("the newest {count}; all: repay reconcile --limit N", count=len(self.items))
        return t("enter shows one, o reconciles a day")

    def show(self) -> None:
        empty = t("no day was reconciled yet; o reconciles one") if self.known else t("loading")
        self.table.set_empty(self.problem or empty)
        if self.known:
            self._rows.replace((one.id, self._row(one)) for one in self.items)

    def _row(self, one: Reconciliation) -> Row:
        report, old = one.report, self.is_old
        unknown = Cell(figures.UNKNOWN, "dim")
        way = "" if report is not None or not one.problem else problem_words(one.problem)
        return (
            Cell(shown(one.day), "old" if old else "text"),
            Cell(shown(one.gateway), "old" if old else "text"),
            Cell(state_word(one.state), "old" if old else STYLES.get(one.state, "text")),
            unknown if report is None else Cell(figures.count(report.rows), "figure"),
            unknown
            if one.exceptions is None
            else Cell(figures.count(one.exceptions), "warn" if one.exceptions else "good"),
            unknown if report is None else Cell(yuan(report.suspense_fen), "figure"),
            unknown if report is None else Cell(yuan(report.debits_fen - report.reversals_fen), "figure"),
            Cell(way, "warn"),
            Cell(shown(one.id), "dim"),
        )

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show it in full."""
        event.stop()
        self.post_message(OpenView(View.RECONCILIATION, event.key))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Another one may be opened."""
        event.stop()
        self.tell_situation()

    def do_row_open(self, argument: str) -> None:
        """Show what the cursor is on."""
        self.table.action_select()

    def do_reconcile_run(self, argument: str) -> None:
        """Reconcile a day; yesterday is proposed."""
        gateways = tuple(line.id for line in self.knowledge.gateways())
        self.change(reconcile(gateways, self.knowledge.now))


def reconcile(gateways: tuple[str, ...], now: datetime) -> Intent:
    """Match a gateway's own settlement file of a day with our books."""
    from datetime import timedelta

    from console.contract.clock import BUSINESS_ZONE

    yesterday = now.astimezone(figures.zone(BUSINESS_ZONE)) - timedelta(days=1)
    return Intent(
        t("Reconcile a gateway's day"),
        "",
        t("Reconcile"),
        {"kind": "reconcile.run"},
        questions=(
            Question(
                "gateway", t("gateway"), gateways[0] if gateways else "", choices=gateways, required=True
            ),
            Question("day", t("date"), f"{yesterday:%Y-%m-%d}", t("a day that has ended"), required=True),
        ),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("date"), 10),
        Column(t("gateway"), 10),
        Column(t("state"), 10),
        Column(t("rows"), 9, right=True),
        Column(t("to look at"), 10, right=True),
        Column(t("in suspense"), 14, right=True),
        Column(t("net"), 16, right=True, priority=2),
        Column(t("what is in the way"), 24, share=1, priority=1),
        Column(t("id"), 16, priority=3),
    )
