"""The in-doubt desk: orders whose outcome is not known, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.doubt import Tells, is_unknown_there
from console.contract.doubt_words import answer_name
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.contract.vocabulary import AttemptState, Stage
from console.tui import figures
from console.tui.doubt_intents import ask_now, close_order, resolve_by_hand
from console.tui.screens.list_pane import ListPane
from console.tui.screens.order_verbs import OrderVerbs
from console.tui.screens.pane import OpenRepayment
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row
from console.tui.widgets.virtual_table import VirtualTable
from console.tui.words import ATTEMPT_STYLES, ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.contract.doubt import DoubtLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

SHOWN: Final = 200
"""Orders shown at once; the most urgent ones are what is worked on."""

_STYLES: Final = {Tells.DEFINITIVE: "good", Tells.NONE: "warn", Tells.CONTRADICTORY: "bad"}


class DoubtsPane(OrderVerbs, ListPane["DoubtLine"]):
    """One table by deadline; verbs are about the marked ones, else about the one under the cursor."""

    VIEW: ClassVar[View] = View.DOUBTS

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("In doubt"), _columns(), table=VirtualTable)
        self.stage = ""
        """The only stage in sight; empty: in doubt and with people."""

    def open(self, stage: str) -> None:
        """Show one stage, or both where none is named."""
        if stage != self.stage:
            self.stage = stage
            self.forget()

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return None if self.at_hand is None else self.at_hand.order_no

    @property
    def replay_filter(self) -> str | None:
        """What to plan a replay over."""
        return "state:in_doubt"

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """People end only what inquiry could not; what is with people is not closed any more."""
        one = self.at_hand
        if one is None or self.table.marks:
            return ()
        if one.stage is Stage.MANUAL:
            return (("attempt.close", t("it is with people: e resolves it")),)
        closing = one.closing or one.state is AttemptState.CLOSING
        told = (("attempt.resolve", t("inquiry still runs: i asks now, c closes it")),)
        if not closing:
            return told
        why = t("it is being closed")
        if is_unknown_there(one):
            why = t("the gateway does not know this order; it is asked on, and in the end people decide")
        return (*told, ("attempt.close", why))

    @property
    def marked(self) -> Iterable[str]:
        return self.table.marks

    async def fetch(self, desk: Desk) -> None:
        page = await desk.doubts(stage=self.stage, limit=SHOWN)
        self.items, self.more = page.items, page.next is not None

    def note(self) -> str:
        if self.at_hand is not None and is_unknown_there(self.at_hand):
            return t("the gateway does not know this order")
        if self.more:
            return t("the {count} most urgent; all: repay repayment doubts", count=len(self.items))
        return t("by deadline: order expiry or end of grace")

    def nothing(self) -> str:
        return t("nothing is in doubt")

    def row(self, one: DoubtLine) -> Row:
        old, now = self.is_old, self.knowledge.now
        left = (one.deadline - now).total_seconds()
        ask = None if one.next_inquiry_at is None else (one.next_inquiry_at - now).total_seconds()
        over = t("over {span}", span=figures.whole_span(-left)) if left <= 0 else figures.whole_span(left)
        figure = "old" if old else "figure"
        answers = one.answers[:3]
        cells = [Cell(answer_name(answer), "old" if old else _STYLES[answer.tells]) for answer in answers]
        return (
            Cell(over, "old" if old else "bad" if left <= 0 else "warn" if left < 3600 else "figure"),
            Cell(
                t("to close") if one.closing and one.state is not AttemptState.CLOSING
                else t(ATTEMPTS[one.state]),
                "old" if old else ATTEMPT_STYLES.get(one.state, "text"),
            ),
            Cell(yuan(one.amount_fen), figure),
            Cell(figures.span((now - one.since).total_seconds()), figure),
            Cell(shown(one.gateway), "old" if old else "text"),
            *cells,
            *(Cell(figures.NOTHING, "dim"),) * (3 - len(cells)),
            Cell(figures.NOTHING if ask is None else figures.span(max(0.0, ask)), figure),
            Cell(shown(one.order_no), "dim"),
        )  # fmt: skip

    def opening(self, key: str) -> OpenRepayment:
        """The repayment with all its evidence."""
        return OpenRepayment(key)

    def do_attempt_inquire(self, argument: str) -> None:
        """Have the gateway asked now."""
        if self.table.marks:
            super().do_attempt_inquire(argument)
        elif self.at_hand is not None:
            self.change(ask_now(self.at_hand))

    def do_attempt_close(self, argument: str) -> None:
        """Have the gateway close the order."""
        if self.table.marks:
            super().do_attempt_close(argument)
        elif self.at_hand is not None:
            self.change(close_order(self.at_hand))

    def do_attempt_resolve(self, argument: str) -> None:
        """End the order by hand."""
        if self.table.marks:
            super().do_attempt_resolve(argument)
        elif self.at_hand is not None:
            self.change(resolve_by_hand(self.at_hand))

    def do_selection_mark(self, argument: str) -> None:
        """Mark the order under the cursor."""
        self.table.action_mark()

    def do_selection_unmark(self, argument: str) -> None:
        """Mark nothing."""
        self.table.clear_marks()

    def on_virtual_table_marks_changed(self, event: VirtualTable.MarksChanged) -> None:
        """Other things can be done with those that are marked."""
        event.stop()
        self.tell_situation()


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("deadline"), 12, right=True),
        Column(t("order"), 9),
        Column(t("money"), 12, right=True),
        Column(t("age"), 5, right=True),
        Column(t("gateway"), 10, share=1),
        Column(t("last answer"), 13),
        Column(t("before"), 13, priority=1),
        Column(t("before"), 13, priority=2),
        Column(t("asked in"), 8, right=True),
        Column(t("order"), 32, priority=3),
    )
