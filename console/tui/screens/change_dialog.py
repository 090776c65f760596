"""The one dialog by which anything is changed: it shows the effect, asks for the reason, and tells the end.

Its targets were frozen by whoever opened it. Focus starts on Cancel; only the button, or the code typed
where the profile asks for it, sends; a paste never does. While it is open every other key is dead. The
idempotency key is made when it opens, so that whatever becomes of the first try, sending again with the
same key does it once.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_form import CANCEL, CODE, DO, EXPIRES, REASON, Entry, Form
from console.tui.change_text import (
    STOP,
    difference_lines,
    done,
    intent_lines,
    outcome_lines,
    preview_lines,
    problem_lines,
    unknown_lines,
)
from console.tui.intents import span_problem
from console.tui.line_editor import Line as Typed
from console.tui.screens.pane import in_background
from console.tui.screens.picker import DialogTitle
from console.tui.widgets.form_lines import FormLines
from console.tui.widgets.lines import Line
from console.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.client.changes import Call
    from console.client.errors import ClientError
    from console.contract.change import Change, Preview
    from console.contract.text import Untrusted
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.knowledge import Knowledge

_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while nobody knows the outcome; the last one is repeated."""

_SETTLE: Final = 0.25
"""Seconds without another key after which a form that was edited is previewed again."""


class Step(StrEnum):
    """Where a dialog is."""

    READING = "reading"
    ASKING = "asking"
    NOT_READ = "not_read"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ENDED = "ended"


class ChangeDialog(ModalScreen["Change | None"], inherit_bindings=False):
    """Returns the change as the service answered it, None when nothing was sent."""

    AUTO_FOCUS = None

    def __init__(
        self, intent: Intent, profile: Profile, knowledge: Knowledge, connection: Connection
    ) -> None:
        super().__init__()
        self.intent = intent
        self.form = Form()
        self.step = Step.READING
        self.preview: Preview | None = None
        self.change: Change | None = None
        self.key = _new_key()
        """The idempotency key of what is confirmed next."""
        self._profile = profile
        self._knowledge = knowledge
        self._connection = connection
        self._moved: tuple[Preview, Untrusted] | None = None
        self._problem: tuple[str, ...] = ()
        self._message = ""
        self._call: Call | None = None
        self._reader = Reader(self._text, fill="dialog")
        self._lines = FormLines(self)

    # --- what is on it ------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Title, text, and the lines to fill in with the buttons."""
        with Vertical(classes="dialog -change"):
            yield DialogTitle(self.intent.title, t("tab next, esc leaves"))
            yield self._reader
            yield self._lines

    def on_mount(self) -> None:
        """Ask what it would do."""
        self.form.set_entries(self._entries())
        if self.intent.questions:
            self.form.at = self.intent.questions[0].name
        self.set_focus(self._lines)
        self.set_interval(1.0, self.redraw)
        self._read()

    def on_resize(self) -> None:
        """Take the room that is needed."""
        self.redraw()

    def redraw(self) -> None:
        """Draw everything, and give text and form the height they need."""
        if not self.is_mounted:
            return
        room = self.size.height - 1
        below = self._lines.wanted
        wanted = len(self._text(max(20, self._reader.size.width - 2)))
        self._lines.styles.height = min(below, room - 3)
        self._reader.styles.height = max(2, min(wanted, room - below))
        self._reader.redraw()
        self._lines.redraw()

    @property
    def message(self) -> str:
        """What is wrong with what was filled in."""
        return self._message

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Names and words of the buttons."""
        match self.step:
            case Step.ENDED:
                return ((CANCEL, t("Close")),)
            case Step.UNKNOWN:
                return ((CANCEL, t("Close")), (DO, t("Ask again now")))
            case Step.NOT_READ if self._problem:
                return ((CANCEL, t("Cancel")), (DO, t("Read again")))
            case Step.NOT_READ:
                return ((CANCEL, t("Cancel")),)
            case Step.SENDING:
                return ()
        if not self.form.has_button:
            return ((CANCEL, t("Cancel")),)
        return ((CANCEL, t("Cancel")), (DO, self.intent.verb))

    @property
    def editable(self) -> bool:
        """Whether what is filled in may be changed."""
        return self.step in (Step.READING, Step.ASKING, Step.NOT_READ)

    def _text(self, width: int) -> Sequence[Line]:
        width = max(20, width)
        lines = [(), *self._head(width), *intent_lines(self.intent, self._knowledge.hello, width)]
        match self.step:
            case Step.READING if self.preview is None:
                lines.append(((f" {t('reading what it would do ...')}", "dialog-dim"),))
            case Step.ENDED if self.change is not None:
                zone = self._profile.view.timezone
                lines += outcome_lines(self.change, self._knowledge.now, zone, width)
            case Step.UNKNOWN:
                lines += unknown_lines(self._problem[0], self.key, width)
            case _ if self.preview is not None and self.step is not Step.NOT_READ:
                lines += preview_lines(self.preview, width)
        if self.step in (Step.NOT_READ, Step.ENDED, Step.ASKING):
            lines += problem_lines(t("refused"), self._problem, width)
        return [*lines, ()]

    def _head(self, width: int) -> list[Line]:
        if self.preview is None or self._moved is None:
            return []
        before, told = self._moved
        return difference_lines(before, self.preview, told, width)

    # --- what it would do ---------------------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        """Return the lines to fill in; what was filled in stays."""
        entries = [
            Entry(
                question.name,
                question.label,
                Typed.of(question.value),
                question.hint,
                question.choices,
                question.required,
            )
            for question in self.intent.questions
        ]
        if self.intent.reason != "none":
            needed = self.intent.reason == "needed" and (self.preview is None or self.preview.needs.reason)
            entries.append(Entry(REASON, t("reason"), hint=t("why; others will read it"), required=needed))
        preview = self.preview
        if preview is not None and self.intent.may_expire and preview.needs.expiry != "never":
            forced = preview.needs.expiry == "required"
            value = self.intent.expires or "1h" if forced else ""
            hint = t("a span: 30m, 2h") if forced else t("a span: 30m, 2h; empty: it stays")
            entries.append(Entry(EXPIRES, t("returns in"), Typed.of(value), hint, required=forced))
        if preview is not None and self._types_code and preview.refusal is None:
            hint = t("type {code} to confirm", code=shown(self._code))
            entries.append(Entry(CODE, t("confirm code"), hint=hint, required=True, pasted=False))
        for entry in entries:
            known = self.form.find(entry.name)
            if known is not None and entry.name != CODE:
                entry.typed = known.typed
        return entries

    @property
    def _types_code(self) -> bool:
        return self._profile.guard.confirm == "type"

    @property
    def _code(self) -> str:
        from console.client.changes import code_of

        return code_of(self.preview) if self.preview is not None else ""

    def _read(self) -> None:
        self.step = Step.READING
        self._problem = ()
        in_background(self, "preview", self._look)
        self.redraw()

    async def _look(self) -> None:
        from console.client.errors import ClientError

        if self.preview is not None:
            await asyncio.sleep(_SETTLE)
        try:
            body = self._body()
        except ValueError as error:
            self._message = str(error)
            self.preview = None
            self._not_read(())
            return
        service = self._connection.service
        if service is None:
            self._not_read((t("not connected"),))
            return
        try:
            preview = await self._asked(service.changes, body)
        except ClientError as error:
            self._not_read((shown(error.problem), shown(error.hint)))
            return
        self._arrived(preview)

    async def _asked(self, changes: Any, body: dict[str, Any]) -> Preview:
        preview: Preview
        if self.intent.given is not None:
            preview = self.intent.given
        elif self.intent.reverts:
            preview = await changes.preview_revert(self.intent.reverts)
        else:
            preview = await changes.preview(body)
        return preview

    def _not_read(self, problem: tuple[str, ...]) -> None:
        self.step = Step.NOT_READ
        self.preview = None
        self._problem = problem
        self.form.has_button = bool(problem)
        self.form.set_entries(self._entries())
        self.redraw()

    def _arrived(self, preview: Preview) -> None:
        self.preview = preview
        self.step = Step.ASKING
        self.form.has_button = not self._types_code and preview.refusal is None
        self.form.set_entries(self._entries())
        held = self._held_back(preview)
        self._problem = (held,) if held else ()
        if held:
            self.form.has_button = False
            self.form.set_entries([entry for entry in self.form.entries if entry.name != CODE])
        self.redraw()

    def _held_back(self, preview: Preview) -> str:
        """Return why this console does not send it, whatever the service would say."""
        guard = self._profile.guard
        if guard.read_only:
            return t("this console is read-only")
        if preview.count > guard.max_items and preview.needs.risk != STOP:
            return t(
                "it touches {count} repayments, the profile allows {most} (guard.max_items)",
                count=figures.count(preview.count),
                most=figures.count(guard.max_items),
            )
        return ""

    def _body(self) -> dict[str, Any]:
        """Return the body without reason. Raises ValueError for what cannot be read."""
        body = dict(self.intent.body)
        for question in self.intent.questions:
            text = self.form.text(question.name)
            if question.required and not text:
                raise ValueError(t("{field} is needed", field=question.label))
            try:
                value = question.read(text)
            except ValueError as error:
                raise ValueError(f"{question.label}: {error}") from None
            if value is not None:
                body[question.name] = value
        return self.intent.fill(body)

    # --- keys ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Fill in, choose, confirm; every other key is dead."""
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        if self.step is Step.SENDING:
            return
        match event.key:
            case "escape":
                self._leave()
            case "tab":
                self.form.move(1)
            case "shift+tab":
                self.form.move(-1)
            case "pagedown" | "pageup":
                page = max(1, self._reader.size.height - 1)
                self._reader.scroll_lines(page if event.key == "pagedown" else -page)
            case "enter":
                self._enter()
            case _:
                self._type(event)
        if self.is_attached:
            self.redraw()

    def _type(self, event: events.Key) -> None:
        entry = self.form.entry
        if entry is None:
            self._choose(event.key)
            return
        if event.key in ("up", "down"):
            self.form.move(1 if event.key == "down" else -1)
            return
        if not self.editable:
            return
        character = event.character if event.is_printable else None
        if entry.pressed(event.key, character):
            self._message = ""
            self._edited(entry)

    def _choose(self, key: str) -> None:
        """Move between the buttons, or scroll."""
        names = [name for name, _ in self.buttons]
        steps = {"left": -1, "h": -1, "right": 1, "l": 1}
        if key in steps and self.form.at in names:
            at = max(0, min(len(names) - 1, names.index(self.form.at) + steps[key]))
            self.form.at = names[at]
        elif key in ("j", "down", "k", "up"):
            self._reader.scroll_lines(1 if key in ("j", "down") else -1)

    def on_paste(self, event: events.Paste) -> None:
        """Take it into the line that has the keys, never further."""
        event.stop()
        event.prevent_default()
        entry = self.form.entry
        if entry is not None and self.editable and entry.paste(event.text):
            self._message = ""
            self._edited(entry)
            self.redraw()

    def _edited(self, entry: Entry) -> None:
        if any(question.name == entry.name for question in self.intent.questions):
            self._moved = None
            self._read()

    def _enter(self) -> None:
        if self.step is Step.ENDED or self.form.at == CANCEL:
            self._leave()
        elif self.form.at == DO:
            self._pressed()
        elif self.form.at == CODE and self.editable:
            self._confirmed()
        else:
            self.form.advance()
            if self.form.at == CODE and self.form.find(CODE) is None:
                self.form.at = CANCEL

    def _pressed(self) -> None:
        match self.step:
            case Step.NOT_READ:
                self._read()
            case Step.UNKNOWN:
                self._send_again()
            case Step.ASKING:
                self._confirmed()

    def _leave(self) -> None:
        self.dismiss(self.change)

    # --- doing it -----------------------------------------------------------------------------------

    def _confirmed(self) -> None:
        """Send, once everything is filled in as it has to be."""
        preview = self.preview
        if self.step is not Step.ASKING or preview is None or preview.refusal is not None:
            self._message = t("still reading what it would do")
            return
        problem = self._wrong()
        if problem:
            self._message = problem
            return
        from console.client.changes import Call

        body = self._body()
        if reason := self.form.text(REASON):
            body["reason"] = reason
        if expires := self.form.text(EXPIRES):
            body["expires"] = expires
        if self.intent.binds:
            body[self.intent.binds] = preview.digest
        self._call = Call(self.intent.path, body)
        self._send_again()

    def _wrong(self) -> str:
        """Return what keeps it from being sent, and go there."""
        missing = self.form.missing()
        if missing is not None:
            self.form.at = missing.name
            return t("{field} is needed", field=missing.label)
        expires = self.form.text(EXPIRES)
        if expires and (problem := span_problem(expires)):
            self.form.at = EXPIRES
            return problem
        code = self.form.find(CODE)
        if code is not None and code.text.lower() != self._code:
            self.form.at = CODE
            code.typed = Typed()
            return t("that is not the code; nothing is done")
        return ""

    def _send_again(self) -> None:
        self.step = Step.SENDING
        self._message = ""
        in_background(self, "send", self._send)

    async def _send(self) -> None:
        """Send until it is known what became of it; always the same bytes with the same key."""
        from console.client.errors import ClientError, Conflict, TimedOut, Unreachable

        tries = 0
        while True:
            service = self._connection.service
            try:
                if service is None or self._call is None:
                    raise Unreachable(t("not connected"))
                change = await service.changes.send(self._call, self.key)
            except (Unreachable, TimedOut) as error:
                self._outcome_unknown(error)
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
                continue
            except Conflict as error:
                if error.code == "in_flight":
                    self._outcome_unknown(error)
                    await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                    tries += 1
                    continue
                await self._not_done(error)
            except ClientError as error:
                await self._not_done(error)
            else:
                self._ended(change)
            return

    def _outcome_unknown(self, error: ClientError) -> None:
        self.step = Step.UNKNOWN
        self._problem = (str(error),)
        self.form.set_entries(())
        self.form.has_button = True
        self.form.at = CANCEL
        self.redraw()

    async def _not_done(self, error: ClientError) -> None:
        """Nothing was done: show why, or what moved, and ask again from the start."""
        self.key = _new_key()  # the answer is final: what is confirmed next is another request
        moved = error.code == "changed_since_preview" and self.intent.given is None
        before = self.preview
        if moved and before is not None:
            self._moved = (before, error.detail)
            await self._look_again()
            return
        self._problem = (shown(error.problem), shown(error.hint))
        self.step = Step.ASKING
        self.form.set_entries(self._entries())
        self.form.at = CANCEL
        self.redraw()

    async def _look_again(self) -> None:
        self.form.at = CANCEL
        await self._look()
        self.form.at = CANCEL
        self.redraw()

    def _ended(self, change: Change) -> None:
        self.change = change
        self.step = Step.ENDED
        self._problem = ()
        self._moved = None
        self.form.set_entries(())
        self.form.has_button = False
        self.form.at = CANCEL
        self.redraw()

    @property
    def told(self) -> str:
        """What became of it, in a few words; empty when nothing was sent."""
        if self.step is Step.UNKNOWN:
            return t("whether it was done is not known; look in view 9 (key {key})", key=self.key)
        return "" if self.change is None else done(self.change)


def _new_key() -> str:
    import os

    return f"repay-{os.urandom(16).hex()}"
