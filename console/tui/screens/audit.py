"""The audit beside view 9: who did what, refused or done, and whether the chain still holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import nearest, shown
from console.tui import figures
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView, Say, in_background
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.prompt import Prompt
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.change import AuditPage, AuditRow, AuditVerdict
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

FIELDS: Final = ("who", "action", "change", "since")
"""What the audit can be filtered by."""


class FilterProblem(ValueError):
    """The filter cannot be read; `column` (from 0) points at the place."""

    def __init__(self, problem: str, column: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = column


def read_filter(text: str) -> dict[str, str]:
    """Return the fields of `who:lin action:queue.pause`. Raises FilterProblem."""
    found: dict[str, str] = {}
    column = 0
    for word in text.split(" "):
        name, colon, value = word.partition(":")
        if word and (not colon or name not in FIELDS or not value):
            near = nearest(name, FIELDS) if name else None
            hint = t("did you mean {name}?", name=near) if near else ", ".join(f"{one}:" for one in FIELDS)
            raise FilterProblem(
                f"{t('write {example}', example='who:lin action:queue.pause')}; {hint}", column
            )
        if word:
            found[name] = value
        column += len(word) + 1
    return found


class AuditPane(LoadingPane):
    """Filter line, table, and what verifying found."""

    VIEW: ClassVar[View] = View.AUDIT
    AGAIN: ClassVar[float] = 5.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Audit"))
        self.filter_text = ""
        self.verdict: AuditVerdict | None = None
        self._verified_at = 0.0
        self._rows: dict[int, AuditRow] = {}
        self._next: str | None = None
        self._source = InMemoryRows()
        self.prompt = Prompt("/ ", complete=_complete, id="filter")
        self.table = ActingTable(_columns(), self._source, empty=t("loading"), id="audit")

    def compose(self) -> ComposeResult:
        """The prompt is there while one types."""
        yield self.heading
        yield self.prompt
        yield self.table

    @property
    def has_row(self) -> bool:
        return self.table.cursor_key is not None

    @property
    def copied(self) -> str | None:
        """What copying means here: the change a row is about, else its number."""
        row = self._at_hand
        return None if row is None else row.change or str(row.seq)

    @property
    def _at_hand(self) -> AuditRow | None:
        key = self.table.cursor_key
        return None if key is None else self._rows.get(int(key))

    def first_focus(self) -> Widget | None:
        return self.prompt if self.prompt.display else self.table

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """A row that is about no change opens nothing."""
        row = self._at_hand
        return (("row.open", t("it is about no change")),) if row is not None and row.change is None else ()

    async def fetch(self, desk: Desk) -> None:
        wanted = self.filter_text
        page = await _asked(desk, wanted, None)
        if wanted != self.filter_text:
            return
        if not self._rows or (page.items and min(row.seq for row in page.items) > max(self._rows)):
            self._rows, self._next = {}, page.next
        self._rows |= {row.seq: row for row in page.items}

    async def _fetch_older(self) -> None:
        from console.client.errors import ClientError

        service, wanted = self.connection.service, self.filter_text
        if service is None or self._next is None:
            return
        try:
            page = await _asked(service.changes, wanted, self._next)
        except ClientError as error:
            self.post_message(Say(str(error), "bar-warn"))
            return
        if wanted == self.filter_text:
            self._rows |= {row.seq: row for row in page.items}
            self._next = page.next
            self.show()

    def note(self) -> str:
        said = []
        if self.filter_text:
            said.append(shown(self.filter_text))
        if self.verdict is not None:
            said.append(self._verified(self.verdict))
        elif not self.filter_text:
            said.append(t("v verifies, tab: changes"))
        return "   ".join(said)

    def _verified(self, verdict: AuditVerdict) -> str:
        age = figures.whole_span(time.monotonic() - self._verified_at)
        if verdict.sound:
            return t("sound: {count} rows, {age} ago", count=figures.count(verdict.rows), age=age)
        return t("BROKEN at row {row}", row=verdict.first_bad)

    def show(self) -> None:
        self.table.set_empty(self.problem or (t("nothing matches") if self.known else t("loading")))
        if self.known:
            ordered = sorted(self._rows, reverse=True)
            self._source.replace((str(seq), self._row(self._rows[seq])) for seq in ordered)

    def _row(self, row: AuditRow) -> Row:
        old = self.is_old
        bad = row.outcome.startswith("refused")
        return (
            Cell(str(row.seq), "dim"),
            Cell(figures.moment(row.at, self.profile.view.timezone), "dim"),
            Cell(shown(row.who), "old" if old else "text"),
            Cell(shown(row.action), "old" if old else "accent"),
            Cell(f"!{shown(row.outcome)}" if bad else shown(row.outcome), "bad" if bad else "label"),
            Cell(shown(row.subject), "label"),
            Cell(shown(row.reason), "label"),
            Cell(shown(row.change or ""), "dim"),
            Cell(shown(row.via), "dim"),
        )

    # --- keys ---------------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the change that a row is about."""
        event.stop()
        row = self._rows.get(int(event.key))
        if row is not None and row.change is not None:
            self.post_message(OpenView(View.CHANGE, row.change))
        else:
            self.post_message(Say(t("it is about no change"), "bar-dim"))

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Read older rows when the cursor comes to the last."""
        event.stop()
        if event.index >= len(self._rows) - 1 and self._next is not None:
            in_background(self, "older", self._fetch_older)
        self.tell_situation()

    def do_row_open(self, argument: str) -> None:
        """Show the change that the row is about."""
        self.table.action_select()

    def do_move_panel(self, argument: str) -> None:
        """Show the changes."""
        self.post_message(OpenView(View.CHANGES))

    def do_audit_verify(self, argument: str) -> None:
        """Have the service read the whole chain."""
        self.post_message(Say(t("verifying the audit ..."), "bar-dim"))
        in_background(self, "verify", self._verify)

    async def _verify(self) -> None:
        from console.client.errors import ClientError

        service = self.connection.service
        if service is None:
            return
        try:
            verdict = await service.changes.verify_audit()
        except ClientError as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        self.verdict, self._verified_at = verdict, time.monotonic()
        if verdict.sound:
            said = t("the audit is sound: {count} rows", count=figures.count(verdict.rows))
            self.post_message(Say(said))
        else:
            problem = "" if verdict.problem is None else shown(verdict.problem)
            said = t("the audit is BROKEN at row {row}: {problem}", row=verdict.first_bad, problem=problem)
            self.post_message(Say(said, "bar-bad"))
        self._tell_age()

    def write_audit(self, name: str) -> None:
        """Write every row that the filter lets through, also those that were not read yet, to a file."""
        in_background(self, "export", self._write, name, self.filter_text)

    async def _write(self, name: str, filter_text: str) -> None:
        from console.client.errors import ClientError
        from console.tui.export import ExportError, is_json, write_pieces

        service = self.connection.service
        if service is None:
            return
        form = "jsonl" if is_json(Path(name)) else "csv"
        try:
            coming = service.changes.export_audit(form, **read_filter(filter_text))
            path, size = await write_pieces(coming, name)
        except (ExportError, ClientError) as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        said = t("the audit is in {file}: {count:,} bytes", file=shown(str(path)), count=size)
        self.post_message(Say(said))

    # --- the filter ---------------------------------------------------------------------------------

    def do_selection_filter(self, argument: str) -> None:
        """Open the filter line, or apply the filter that was given."""
        self.prompt.display = True
        self.prompt.begin(argument or (f"{self.filter_text} " if self.filter_text else ""))
        if argument:
            self.on_prompt_submitted(Prompt.Submitted(self.prompt, argument))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Show what matches, once the filter can be read."""
        event.stop()
        text = event.text.strip()
        try:
            read_filter(text)
        except FilterProblem as error:
            self.prompt.refuse(error.problem, error.column)
            return
        self.filter_text = text
        self._rows, self._next = {}, None
        self._source.replace(())
        self.forget()
        self._close()
        self.load()

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Leave the filter as it was."""
        event.stop()
        self._close()

    def _close(self) -> None:
        self.prompt.display = False
        self.screen.set_focus(self.table, scroll_visible=False)


async def _asked(desk: Desk, filter_text: str, after: str | None) -> AuditPage:
    found = read_filter(filter_text)
    return await desk.audit(
        who=found.get("who"),
        action=found.get("action"),
        change=found.get("change"),
        since=found.get("since"),
        after=after,
    )


def _complete(text: str) -> tuple[str, ...]:
    head, _, word = text.rpartition(" ")
    before = f"{head} " if head else ""
    return tuple(f"{before}{name}:" for name in FIELDS if name.startswith(word) and ":" not in word)


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("row"), 6, right=True),
        Column(t("at"), 14),
        Column(t("who"), 10),
        Column(t("what"), 18),
        Column(t("outcome"), 12),
        Column(t("subject"), 18, share=2, priority=2),
        Column(t("reason"), 14, share=2, priority=1),
        Column(t("change"), 14, priority=3),
        Column(t("by way of"), 12, share=1, priority=4),
    )
