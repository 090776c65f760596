"""Exception cases: what contradicts our books, the money in suspense, and how each is to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.doubt_words import case_state_name, kind_name, way_name
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.doubt_intents import resolve_case, use_credit
from console.tui.screens.case import no_credit, no_way
from console.tui.screens.list_pane import ListPane
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row
from console.tui.words import stage_name, stage_style

if TYPE_CHECKING:
    from console.contract.case import CaseLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

_STYLES: Final = {"open": "bad", "waiting": "warn", "credit": "warn", "resolved": "good"}


class CasesPane(ListPane["CaseLine"]):
    """One table, newest first."""

    VIEW: ClassVar[View] = View.CASES
    OPENS: ClassVar[View | None] = View.CASE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Exception cases"), _columns())
        self._total = (0, 0)

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return None if self.at_hand is None else self.at_hand.order_no

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Only what has a way out is resolved."""
        one = self.at_hand
        if one is None:
            return ()
        told = (("case.resolve", no_way(one)), ("case.credit", no_credit(one)))
        return tuple((action, why) for action, why in told if why)

    async def fetch(self, desk: Desk) -> None:
        page = await desk.cases()
        self.items, self._total = page.items, (page.open, page.suspense_fen)

    def note(self) -> str:
        count, fen = self._total
        said = t("{count} not over, {sum} in suspense", count=figures.count(count), sum=yuan(fen))
        if count > len(self.items):
            return f"{said}, {t('the newest {count} shown', count=len(self.items))}"
        return said

    def nothing(self) -> str:
        return t("no case waits")

    def row(self, one: CaseLine) -> Row:
        old = self.is_old
        way = one.way or (one.ways[0] if one.ways else "")
        age = (self.knowledge.now - one.opened_at).total_seconds()
        return (
            Cell(str(one.id), "old" if old else "text"),
            Cell(case_state_name(one.state), "old" if old else _STYLES.get(one.state, "text")),
            Cell(kind_name(one.kind), "old" if old else "strong"),
            Cell(yuan(one.suspense_fen), "old" if old else "figure"),
            Cell(figures.span(age), "old" if old else "figure"),
            Cell(shown(one.gateway), "old" if old else "text"),
            Cell(stage_name(one.stage), "old" if old else stage_style(one.stage)),
            Cell(way_name(way) if way else figures.NOTHING, "label"),
            Cell(shown(one.order_no), "dim"),
        )

    def do_case_resolve(self, argument: str) -> None:
        """Choose how the case ends."""
        if self.at_hand is not None and self.at_hand.ways:
            self.change(resolve_case(self.at_hand))

    def do_case_credit(self, argument: str) -> None:
        """Pay a repayment with the credit that the case left."""
        if self.at_hand is not None:
            self.change(use_credit(self.at_hand))


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("case"), 6, right=True),
        Column(t("state"), 13),
        Column(t("what"), 22, share=1),
        Column(t("in suspense"), 12, right=True),
        Column(t("age"), 5, right=True),
        Column(t("gateway"), 8, share=1),
        Column(t("stage"), 9, priority=1),
        Column(t("way out"), 30, share=1, priority=2),
        Column(t("order"), 32, priority=3),
    )
