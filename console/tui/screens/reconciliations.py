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
from console.tui.screens.list_pane import ListPane
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from datetime import datetime

    from console.contract.reconciliation import Reconciliation
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

STYLES = {"complete": "good", "incomplete": "bad", "waiting": "warn", "running": "warn"}


class ReconciliationsPane(ListPane["Reconciliation"]):
    """One table."""

    VIEW: ClassVar[View] = View.RECONCILIATIONS
    OPENS: ClassVar[View | None] = View.RECONCILIATION

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Reconciliations"), _columns())

    async def fetch(self, desk: Desk) -> None:
        service = self.connection.service
        if service is None:
            return
        page = await service.reconciliations.page()
        self.items, self.more = page.items, page.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay reconcile --limit N", count=len(self.items))
        return t("enter shows one, o reconciles a day")

    def nothing(self) -> str:
        return t("no day was reconciled yet; o reconciles one")

    def row(self, one: Reconciliation) -> Row:
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
