"""View 3: a browser over a frozen selection of repayments.

Who is in it was decided when it was frozen; what each row shows is of now. Filtering freezes another one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.filter import FilterError, completions, parse_filter
from console.contract.language import t
from console.contract.text import shown
from console.tui.commands import BREAKDOWNS
from console.tui.filters import term
from console.tui.screens.order_verbs import OrderVerbs
from console.tui.screens.pane import (
    OpenChange,
    OpenRepayment,
    Say,
    SituationChanged,
    in_background,
)
from console.tui.screens.repayment_row import columns, row_of
from console.tui.widgets.paged_rows import PagedRows
from console.tui.widgets.prompt import Prompt
from console.tui.widgets.selection_lines import FilterLine, Summary
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.selection import Selection
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.rows import Row

_EMPTY_PAUSE: Final = 2.0
"""Seconds after which a selection that holds nothing is frozen again: what is wanted may be on its way."""

_LONGEST_EMPTY_PAUSE: Final = 60.0
"""The pause doubles each time, up to this."""


class RepaymentsPane(OrderVerbs):
    """Filter line, summary, table."""

    VIEW: ClassVar[View] = View.REPAYMENTS

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection)
        self.selection: Selection | None = None
        self.filter_text = ""
        self._submitted: str | None = None
        self._frozen_at = 0.0
        self._rows: PagedRows | None = None
        self._freezing = False
        self._empty_pause = _EMPTY_PAUSE
        self.prompt = Prompt("/ ", complete=self._complete, id="filter")
        self.filter_line = FilterLine()
        self.summary = Summary()
        self.table = VirtualTable(columns(), empty=t("loading"), id="repayments")

    def compose(self) -> ComposeResult:
        """The prompt takes the filter line's place while one types."""
        yield self.filter_line
        yield self.prompt
        yield self.summary
        yield self.table

    @property
    def has_row(self) -> bool:
        return self.table.cursor_key is not None

    @property
    def has_selection(self) -> bool:
        return self.selection is not None

    def first_focus(self) -> Widget | None:
        return self.prompt if self.prompt.display else self.table

    def entered(self) -> None:
        self._show_filter()
        self.tick()
        self.knowledge_changed()

    def tick(self) -> None:
        if self.selection is None:
            return
        age = time.monotonic() - self._frozen_at
        self.summary.age(age)
        waiting = not self.selection.count and not self._freezing and self.knowledge.in_touch
        if waiting and age >= self._empty_pause:
            self._empty_pause = min(2 * self._empty_pause, _LONGEST_EMPTY_PAUSE)
            self._freeze(self.filter_text)

    def knowledge_changed(self) -> None:
        """Freeze a first selection as soon as there is a service."""
        if self.selection is None and not self._freezing and self.knowledge.board is not None:
            self._freeze(self.filter_text)

    # --- freezing -----------------------------------------------------------------------------------

    def open_filter(self, filter_text: str) -> None:
        """Show what matches a filter that the console wrote itself."""
        self.filter_text = filter_text
        self._close_prompt()
        self._freeze(filter_text)

    def _freeze(self, filter_text: str, *, keep: bool = False) -> None:
        self._freezing = True
        self.filter_line.busy(True)
        in_background(self, "freeze", self._load, filter_text, keep)

    async def _load(self, filter_text: str, keep: bool) -> None:
        await self._try(filter_text, keep)
        self._freezing = False
        self.filter_line.busy(False)

    async def _try(self, filter_text: str, keep: bool) -> None:
        from console.client.errors import ClientError

        service = self.connection.service
        if service is None:
            self._refuse(filter_text, t("not connected"), None, "")
            return
        try:
            selection = await service.freeze(filter_text)
        except ClientError as error:
            self._refuse(filter_text, shown(error.problem), error.column, shown(error.hint))
            return
        self.filter_text = filter_text
        if self._submitted == filter_text == self.prompt.text.strip():
            self._close_prompt()
        self._show(selection, keep=keep)

    def _show(self, selection: Selection, *, keep: bool) -> None:
        from console.client.errors import ClientError

        if self._rows is not None:
            self._rows.close()
        if selection.count:
            self._empty_pause = _EMPTY_PAUSE
        self.selection = selection
        self._frozen_at = time.monotonic()
        self._rows = PagedRows(
            lambda at, count: self._fetch(selection.id, at, count),
            selection.count,
            failures=(ClientError, OSError, TimeoutError),
            on_failure=self._fetch_failed,
        )
        self.table.set_empty(t("no repayment matches"))
        self.table.show(self._rows, keep=keep)
        self._show_filter()
        self.summary.show(selection)
        self.post_message(SituationChanged())

    async def _fetch(self, selection_id: str, at: int, count: int) -> list[tuple[str, Row]]:
        service = self.connection.service
        if service is None:
            raise OSError(t("not connected"))
        rows = await service.rows(selection_id, at, count)
        return [(row.id, row_of(row, self.profile.view.timezone)) for row in rows]

    def _fetch_failed(self, failure: Exception | None) -> None:
        from console.client.errors import NotFound

        if isinstance(failure, NotFound):
            self.post_message(Say(t("this selection has expired; r freezes it again"), "bar-warn"))
        elif failure is not None:
            self.post_message(
                Say(t("rows cannot be loaded: {problem}", problem=shown(str(failure))), "bar-warn")
            )

    def _refuse(self, filter_text: str, problem: str, column: int | None, hint: str) -> None:
        """Point at what is wrong, in the prompt when one is typing, else below."""
        if self.prompt.display and self.prompt.text.strip() == filter_text:
            self.prompt.refuse(problem, column or 0, hint)
        else:
            self.table.set_empty(problem)
            self.post_message(Say(f"{problem}; {hint}" if hint else problem, "bar-bad"))

    # --- the filter line ----------------------------------------------------------------------------

    def _show_filter(self) -> None:
        self.filter_line.show(self.filter_text, len(self.table.marks))

    def _complete(self, text: str) -> tuple[str, ...]:
        return completions(text, self.known_values())[:40]

    def known_values(self) -> dict[str, tuple[str, ...]]:
        """Return values worth proposing: what the board and the selection name."""
        values = {"gateway": tuple(line.id for line in self.knowledge.gateways())}
        if self.selection is not None:
            errors = self.selection.breakdown.by_error
            values["error"] = tuple(shown(share.key) for share in errors if share.key)
        return values

    def _close_prompt(self) -> None:
        self._submitted = None
        if self.prompt.display:
            self.prompt.display = False
            self.filter_line.display = True
            self.screen.set_focus(self.table, scroll_visible=False)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Freeze what was typed, once it can be read."""
        event.stop()
        try:
            parse_filter(event.text)
        except FilterError as error:
            self.prompt.refuse(error.problem, error.column, error.hint)
            return
        self._submitted = event.text.strip()
        self._freeze(self._submitted)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Leave the filter as it was."""
        event.stop()
        self._close_prompt()

    def on_virtual_table_marks_changed(self, event: VirtualTable.MarksChanged) -> None:
        """Count the marks."""
        event.stop()
        self._show_filter()

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the repayment in full."""
        event.stop()
        self.post_message(OpenRepayment(event.key))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """A first row changes what can be done here."""
        event.stop()
        self.post_message(SituationChanged())

    # --- actions ------------------------------------------------------------------------------------

    def do_selection_filter(self, argument: str) -> None:
        """Open the filter line, or apply the filter that was given."""
        if argument:
            self._type(argument)
            self.on_prompt_submitted(Prompt.Submitted(self.prompt, argument))
            return
        self._type(f"{self.filter_text} " if self.filter_text else "")

    def _type(self, text: str) -> None:
        self.filter_line.display = False
        self.prompt.display = True
        self.prompt.begin(text)

    def do_selection_refresh(self, argument: str) -> None:
        """Freeze the same filter again; cursor and marks stay with their repayments."""
        self._freeze(self.filter_text, keep=True)

    def do_selection_mark(self, argument: str) -> None:
        """Mark the row under the cursor."""
        self.table.action_mark()

    def do_selection_unmark(self, argument: str) -> None:
        """Mark nothing."""
        self.table.clear_marks()

    def do_selection_breakdown(self, argument: str) -> None:
        """Show another breakdown, or the one that was named."""
        if argument and argument not in BREAKDOWNS:
            self.post_message(Say(t("break down by: {ways}", ways=", ".join(BREAKDOWNS)), "bar-warn"))
            return
        self.summary.turn(argument)

    def do_row_open(self, argument: str) -> None:
        """Show the repayment under the cursor."""
        self.table.action_select()

    def do_repayment_review(self, argument: str) -> None:
        """Ask whether the marked repayments go on, else the one under the cursor."""
        from console.tui.intents import MOST_REVIEWED, review_repayments

        chosen = tuple(sorted(self.table.marks)) or tuple(filter(None, (self.table.cursor_key,)))
        if len(chosen) > MOST_REVIEWED:
            said = t("at most {count} at once; {marked} are marked", count=MOST_REVIEWED, marked=len(chosen))
            self.post_message(Say(said, "bar-warn"))
        elif chosen:
            self.post_message(OpenChange(review_repayments(chosen)))

    @property
    def marked(self) -> frozenset[str]:
        return self.table.marks

    @property
    def in_sight(self) -> Selection | None:
        return self.selection if self.filter_text else None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.table.cursor_key

    @property
    def replay_filter(self) -> str | None:
        """What to plan a replay over: what is marked, else what the filter matches; None for everything."""
        return self.export_filter or self.filter_text or None

    @property
    def replay_selection(self) -> str | None:
        """The selection to plan a replay over: the one in sight, unless some of it is marked or it is all."""
        if self.selection is None or self.table.marks or not self.filter_text:
            return None
        kept = self.selection.expires_at > self.knowledge.now
        return self.selection.id if kept else None

    @property
    def export_filter(self) -> str | None:
        """The filter of the marked repayments, or None when none is marked."""
        marks = sorted(self.table.marks)
        return term("id", marks[0]) + "".join(f",{mark}" for mark in marks[1:]) if marks else None
