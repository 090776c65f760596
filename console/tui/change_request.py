"""One change on its way: previewed, filled in, confirmed, sent until it is known what became of it.

Holds what a change dialog shows, and draws nothing. The idempotency key is made at the beginning, and
anew only after the service has said for certain that nothing was done; so whatever becomes of a try,
sending again does it once.
"""

from __future__ import annotations

import asyncio
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_form import CANCEL, CODE, EXPIRES, REASON, Entry, Form
from console.tui.change_text import FLIP_HOURS, done
from console.tui.intents import STRATEGY_SET, span_problem
from console.tui.line_editor import Line as Typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.client.changes import Call
    from console.client.errors import ClientError
    from console.contract.change import Change, Preview
    from console.contract.strategy_preview import Flips
    from console.contract.text import Untrusted
    from console.profiles.profile import Guard
    from console.tui.connection import Connection, Desk
    from console.tui.intents import Intent

_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while nobody knows the outcome; the last one is repeated."""

_SETTLE: Final = 0.25
"""Seconds without another key after which a form that was edited is previewed again."""

_DEFAULT_EXPIRY: Final = "1h"


def held_back(guard: Guard, count: int) -> str:
    """Return why this console does not send a change of so many repayments that a profile may bound, whatever
    the service would say; empty where it does."""
    if guard.read_only:
        return t("this console is read-only")
    if count > guard.max_items:
        return t(
            "it touches {count} repayments, the profile allows {most} (guard.max_items):"
            " narrow the filter, or raise it in the profile",
            count=figures.count(count),
            most=figures.count(guard.max_items),
        )
    return ""


class Step(StrEnum):
    """Where a change is."""

    READING = "reading"
    ASKING = "asking"
    NOT_READ = "not_read"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ENDED = "ended"


class ChangeRequest:
    """See the module. `changed` is called whenever there is something new to show."""

    def __init__(
        self, intent: Intent, guard: Guard, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.intent = intent
        self.form = Form()
        self.step = Step.READING
        self.preview: Preview | None = None
        self.change: Change | None = None
        self.key = _new_key()
        """The idempotency key of what is confirmed next."""
        self.moved: tuple[Preview, Untrusted] | None = None
        """What was seen before it moved, and what the service says about that."""
        self.problem: tuple[str, ...] = ()
        """What keeps it from being done, safe to show."""
        self.message = ""
        """What is wrong with what was filled in."""
        self.flips: Flips | None = None
        """Which stored repayments would flip, where that is known."""
        self._guard = guard
        self._connection = connection
        self._changed = changed
        self._call: Call | None = None
        self.form.set_entries(self._entries())
        if intent.questions:
            self.form.at = intent.questions[0].name

    @property
    def editable(self) -> bool:
        """Whether what is filled in may be changed."""
        return self.step in (Step.READING, Step.ASKING, Step.NOT_READ)

    @property
    def is_open_ended(self) -> bool:
        """Whether it was sent, and nobody knows yet what becomes of it."""
        return self.step in (Step.SENDING, Step.UNKNOWN)

    @property
    def told(self) -> str:
        """What became of it, in a few words; empty when nothing was sent."""
        if self.is_open_ended:
            return t("whether it was done is not known; look in view 9 (key {key})", key=self.key)
        return "" if self.change is None else done(self.change)

    # --- what is filled in --------------------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        """Return the lines to fill in; what was filled in stays, but for the code."""
        entries = [
            Entry(one.name, one.label, Typed.of(one.value), one.hint, one.choices, one.required)
            for one in self.intent.questions
        ]
        preview = self.preview
        needed = self.intent.reason == "needed" and (preview is None or preview.needs.reason)
        entries.append(Entry(REASON, t("reason"), hint=t("why; others will read it"), required=needed))
        if preview is not None and self.intent.may_expire and preview.needs.expiry != "never":
            entries.append(self._expiry(forced=preview.needs.expiry == "required"))
        if preview is not None and preview.refusal is None and self._guard.confirm == "type":
            hint = t("type {code} to confirm", code=shown(self.code))
            entries.append(Entry(CODE, t("confirm code"), hint=hint, required=True, pasted=False))
        for entry in entries:
            known = self.form.find(entry.name)
            if known is not None and entry.name != CODE:
                entry.typed = known.typed
        return entries

    def _expiry(self, *, forced: bool) -> Entry:
        value = self.intent.lasts or (self.intent.expires or _DEFAULT_EXPIRY if forced else "")
        hint = t("a span: 30m, 2h") if forced else t("a span: 30m, 2h; empty: it stays")
        return Entry(EXPIRES, t("returns in"), Typed.of(value), hint, required=forced)

    @property
    def code(self) -> str:
        """What has to be typed where the profile asks for it; empty without a preview."""
        from console.client.changes import code_of

        return code_of(self.preview) if self.preview is not None else ""

    def edited(self, entry: Entry) -> bool:
        """Take note that an entry is another one; return whether it must be previewed again."""
        is_asked = any(question.name == entry.name for question in self.intent.questions)
        if is_asked or self.step is not Step.NOT_READ:
            self.message = ""
        if not is_asked:
            return False
        self.moved = None
        self.begin_reading()
        return True

    def _body(self) -> dict[str, Any]:
        """Return the body without reason. Raises ValueError for what cannot be read."""
        body = dict(self.intent.body)
        for question in self.intent.questions:
            text = self.form.text(question.name)
            if question.required and not text:
                self.form.blame(question.name)
                raise ValueError(t("{field} is needed", field=question.label))
            try:
                value = question.read(text)
            except ValueError as error:
                self.form.blame(question.name)
                raise ValueError(f"{question.label}: {error}") from None
            if value is not None:
                body[question.name] = value
        return self.intent.fill(body)

    # --- what it would do ---------------------------------------------------------------------------

    def begin_reading(self) -> None:
        """The preview is not that of what is filled in any more."""
        self.step = Step.READING
        self.problem = ()
        self.flips = None
        self.form.blame("")

    async def look_closely(self) -> None:
        """Ask what it would do, and, of a strategy, which of the stored repayments would flip."""
        from console.client.errors import ClientError
        from console.contract.strategy_preview import NewStrategyPreview

        await self.look()
        service = self._connection.service
        if self.step is not Step.ASKING or service is None or self.intent.body.get("kind") != STRATEGY_SET:
            return
        fields = {name: value for name, value in self._body().items() if name != "kind"}
        try:
            asked = NewStrategyPreview(changes=(fields,), hours=FLIP_HOURS)
            self.flips = await service.changes.flips(asked)
        except ClientError:
            return  # the preview itself is there; this only adds to it
        self._changed()

    async def look(self) -> None:
        """Ask the service what it would do."""
        from console.client.errors import ClientError

        if self.preview is not None:
            await asyncio.sleep(_SETTLE)
        self.form.blame("")
        try:
            body = self._body()
        except ValueError as error:
            self.message = str(error)
            self._not_read(())
            return
        service = self._connection.service
        if service is None:
            self._not_read((t("not connected"),))
            return
        try:
            self._arrived(await self._asked(service.changes, body))
        except ClientError as error:
            self._not_read((shown(error.problem), shown(error.hint)))
            self.form.blame(self._blamed(shown(error.detail), shown(error.problem)))
            self._changed()

    def _blamed(self, field: str, problem: str) -> str:
        """Return the entry that the service's complaint about a field of the body is about."""
        names = [question.name for question in self.intent.questions]
        if field in names or field != "params":
            return field
        words = set(problem.replace(":", " ").split())
        return next((name for name in names if name.removeprefix("param:") in words), "")

    async def _asked(self, desk: Desk, body: dict[str, Any]) -> Preview:
        if self.intent.given is not None:
            return self.intent.given
        if self.intent.reverts:
            return await desk.preview_revert(self.intent.reverts)
        return await desk.preview(body)

    def _not_read(self, problem: tuple[str, ...]) -> None:
        self.step = Step.NOT_READ
        self.preview = None
        self.problem = problem
        self.form.has_button = bool(problem)
        self.form.set_entries(self._entries())
        self._changed()

    def _arrived(self, preview: Preview) -> None:
        self.preview = preview
        self.step = Step.ASKING
        self.message = ""
        held = held_back(self._guard, preview.bounded_count)
        self.problem = (held,) if held else ()
        may = preview.refusal is None and not held
        self.form.has_button = may and self._guard.confirm != "type"
        self.form.set_entries([one for one in self._entries() if may or one.name != CODE])
        self._changed()

    # --- doing it -----------------------------------------------------------------------------------

    def confirm(self) -> bool:
        """Begin to send, once everything is as it has to be; else say what is wrong, and go there."""
        preview = self.preview
        if self.step is not Step.ASKING or preview is None or preview.refusal is not None:
            self.message = t("still reading what it would do")
            return False
        self.message = held_back(self._guard, preview.bounded_count) or self._wrong()
        if self.message:
            return False
        from console.client.changes import Call

        body = self._body()
        for name in (REASON, EXPIRES):
            if text := self.form.text(name):
                body[name] = text
        if self.intent.binds:
            body[self.intent.binds] = preview.digest
        self._call = Call(self.intent.path, body)
        self.begin_sending()
        return True

    def _wrong(self) -> str:
        missing = self.form.missing()
        if missing is not None:
            self.form.at = missing.name
            return t("{field} is needed", field=missing.label)
        expires = self.form.text(EXPIRES)
        if expires and (problem := span_problem(expires)):
            self.form.at = EXPIRES
            return problem
        code = self.form.find(CODE)
        if code is not None and code.text.lower() != self.code:
            self.form.at = CODE
            code.typed = Typed()
            return t("that is not the code; nothing is done")
        return ""

    def begin_sending(self) -> None:
        """It is on its way from now on."""
        self.step = Step.SENDING
        self.form.hidden = True

    async def send(self) -> None:
        """Send until it is known what became of it; always the same bytes with the same key."""
        from console.client.errors import ClientError, TimedOut, Unreachable

        tries = 0
        while True:
            try:
                await self._try_to_send()
            except (Unreachable, TimedOut) as error:
                self._outcome_unknown(error)
            except ClientError as error:
                if error.code != "in_flight":
                    await self._not_done(error)
                    return
                self._outcome_unknown(error)
            else:
                self._ended()
                return
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    async def _try_to_send(self) -> None:
        from console.client.errors import Unreachable

        service = self._connection.service
        if service is None or self._call is None:
            raise Unreachable(t("not connected"))
        await self._deliver(service.changes, self._call)

    async def _deliver(self, desk: Desk, call: Call) -> None:
        """Send it, and keep what the service made of it. Raises ClientError."""
        self.change = await desk.send(call, self.key)

    def _outcome_unknown(self, error: ClientError) -> None:
        self.step = Step.UNKNOWN
        self.problem = (str(error),)
        self.form.has_button = True
        self.form.at = CANCEL
        self._changed()

    async def _not_done(self, error: ClientError) -> None:
        """Nothing was done: show why, or what moved, and ask again from the start."""
        self.key = _new_key()
        self.form.hidden = False
        self.form.at = CANCEL
        if error.code == "changed_since_preview" and self.intent.given is None and self.preview is not None:
            self.moved = (self.preview, error.detail)
            self.begin_reading()
            await self.look()
            self.form.at = CANCEL
        else:
            self.step = Step.ASKING
            self.problem = (shown(error.problem), shown(error.hint))
            self.form.has_button = self._guard.confirm != "type"
            self.form.set_entries(self._entries())
        self._changed()

    def _ended(self) -> None:
        self.step = Step.ENDED
        self.problem = ()
        self.moved = None
        self.form.hidden, self.form.has_button = True, False
        self.form.at = CANCEL
        self._changed()


def _new_key() -> str:
    return f"repay-{os.urandom(16).hex()}"
