"""One replay: its plan, its progress or its receipt above, its repayments below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.pane import Heading, OpenRepayment, Say, in_background
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.replays import ReplayPanes
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable
from console.tui.words import stage_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.replay import Receipt, Replay, ReplayItem, ReplayOutcome
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line

_MOST_ITEMS: Final = 1000
"""Items that are read again and again, at most; view 3 shows all of them."""

_PAGE: Final = 200
_LEAST_TABLE: Final = 5
"""Lines that the items keep, whatever the text above needs."""


class ReplayPane(ReadingPane["Replay"], ReplayPanes):
    """Text above, table below; `tab` gives the keys to the other one."""

    VIEW: ClassVar[View] = View.REPLAY

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Replay"))
        self.receipt: Receipt | None = None
        self.outcome: ReplayOutcome | None = None
        """Only items with this outcome are listed; None for all."""
        self._items: dict[str, ReplayItem] = {}
        self._more = False
        self._wanted = _PAGE
        self._rows = InMemoryRows()
        self.item_heading = Heading(t("Repayments"))
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="replay-items")

    def compose(self) -> ComposeResult:
        """Heading, text, items."""
        yield self.heading
        yield self.reader
        yield self.item_heading
        yield self.table

    @property
    def replay_filter(self) -> str | None:
        """What to plan over from here: the repayments of this replay that are failed now."""
        from console.tui.replay_lines import may_go_once_more

        found = self.found
        some = found is not None and (found.refailed or may_go_once_more(found))
        return f"replay:{self.key} state:failed" if some else None

    def first_focus(self) -> Widget | None:
        return self.table

    def open(self, key: str) -> None:
        """Show another one."""
        if key != self.key:
            self.receipt, self.outcome = None, None
            self._forget_items()
        super().open(key)

    def _forget_items(self) -> None:
        self._items, self._more, self._wanted = {}, False, _PAGE
        self._rows.replace(())

    async def read(self, desk: Desk, key: str) -> Replay:
        assert self.replays is not None  # noqa: S101 - nothing is read before the client is loaded
        return await self.replays.show(key)

    async def fetch(self, desk: Desk) -> None:
        from console.contract.replay import OVER, ReplayState

        replays, wanted, outcome = self.replays, self.key, self.outcome
        if replays is None:
            return
        found = await self.read(desk, wanted)
        items: list[ReplayItem] = []
        after: str | None = None
        while found.state is not ReplayState.PLANNING and len(items) < self._wanted:
            page = await replays.items(
                wanted, outcome=outcome.value if outcome else "", limit=_PAGE, after=after
            )
            items += page.items
            after = page.next
            if after is None:
                break
        receipt = self.receipt
        if found.state in OVER and receipt is None:
            receipt = await replays.receipt(wanted)
        if (wanted, outcome) == (self.key, self.outcome):
            self.found, self.receipt, self._more = found, receipt, after is not None
            self._items = {one.repayment: one for one in items}

    # --- drawing --------------------------------------------------------------------------------------

    def show(self) -> None:
        self._fit()
        self.reader.redraw()
        self.table.set_empty(self.problem or (t("no repayment of that kind") if self.known else t("loading")))
        if self.known:
            self._rows.replace((key, self._row(one)) for key, one in self._items.items())
        self.item_heading.note(self._item_note())

    def _fit(self) -> None:
        """Give the text as many lines as it needs, as long as the items keep some."""
        needed = len(self._content(max(20, self.size.width - 2)))
        self.reader.styles.height = max(3, min(needed, self.size.height - 2 - _LEAST_TABLE))

    def on_resize(self) -> None:
        """Arrange for the size."""
        self._fit()

    def lines(self, one: Replay, width: int) -> Sequence[Line]:
        from console.tui.change_request import held_back
        from console.tui.replay_lines import replay_lines

        held = held_back(self.profile.guard, one.to_run)
        return replay_lines(one, self.receipt, width, self.profile.view.timezone, self.knowledge.now, held)

    def _item_note(self) -> str:
        from console.contract.replay_words import outcome_name

        said = t("o: all outcomes")
        if self.outcome is not None:
            said = t("o: only {outcome}", outcome=outcome_name(self.outcome))
        if self._more:
            first = t("the first {count}; all: / replay:{id}", count=len(self._items), id=shown(self.key))
            said = f"{first}   {said}"
        return said

    def _row(self, one: ReplayItem) -> Row:
        from console.contract.replay_words import class_name, outcome_name
        from console.tui.replay_lines import OUTCOME_STYLES

        old = self.is_old
        return (
            Cell(outcome_name(one.outcome), "old" if old else OUTCOME_STYLES.get(one.outcome, "text")),
            Cell(class_name(one.class_), "label"),
            Cell(stage_word(one.stage), "text"),
            Cell(yuan(one.amount_fen), "figure"),
            Cell(shown(one.grace_until or one.due_on), "label"),
            Cell(shown(one.gateway or figures.NOTHING), "text"),
            Cell("" if one.error_code is None else one.error_code, "bad"),
            Cell(shown(one.repayment), "dim"),
            Cell(shown(one.old_order_no or figures.NOTHING), "dim"),
            Cell(shown(one.new_order_no or figures.NOTHING), "dim"),
        )

    # --- keys -----------------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the repayment in full."""
        event.stop()
        self.post_message(OpenRepayment(event.key))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Read more items when the cursor comes to the last."""
        event.stop()
        if self._more and event.index >= len(self._items) - 1 and self._wanted < _MOST_ITEMS:
            self._wanted += _PAGE
            self.load()

    def do_row_open(self, argument: str) -> None:
        """Show the repayment under the cursor."""
        self.table.action_select()

    def do_move_panel(self, argument: str) -> None:
        """Give the keys to the text, or to the items."""
        other = self.table if self.reader.has_focus else self.reader
        self.screen.set_focus(other, scroll_visible=False)

    def do_replay_outcome(self, argument: str) -> None:
        """List the items of the next outcome that occurs; after the last, all of them."""
        if self.found is None:
            return
        kinds = [None, *(line.outcome for line in self.found.outcomes if line.count)]
        at = kinds.index(self.outcome) if self.outcome in kinds else 0
        self.outcome = kinds[(at + 1) % len(kinds)]
        self._forget_items()
        self.forget()
        self.load()
        self.show()

    def write_receipt(self, name: str) -> None:
        """Write the receipt to a file."""
        if self.receipt is not None:
            in_background(self, "receipt", self._write, name, self.receipt)

    async def _write(self, name: str, receipt: Receipt) -> None:
        from console.tui.export import ExportError
        from console.tui.receipt import write

        try:
            path: Path = await write(receipt, name, self.profile.view.timezone)
        except ExportError as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        self.post_message(Say(t("the receipt is in {file}", file=shown(str(path)))))


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("outcome"), 12),
        Column(t("class"), 17, priority=3),
        Column(t("stage"), 10),
        Column(t("amount"), 13, right=True),
        Column(t("due"), 10, priority=2),
        Column(t("gateway"), 9),
        Column(t("error"), 11, share=1),
        Column(t("id"), 29, priority=1),
        Column(t("old order"), 31, priority=4),
        Column(t("new order"), 31, priority=5),
    )
