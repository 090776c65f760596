"""The one dialog by which anything is changed: it shows the effect, asks for the reason, and tells the end.

Its targets were frozen by whoever opened it. Focus starts on Cancel, or on the first line to fill in;
only the button, or the code typed where the profile asks for it, sends; a paste never does. While it is
open every other key is dead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.tui.change_form import CANCEL, CODE, DO
from console.tui.change_request import ChangeRequest, Step
from console.tui.change_text import (
    FLIP_HOURS,
    difference_lines,
    flips_lines,
    intent_lines,
    outcome_lines,
    preview_lines,
    problem_lines,
    unknown_lines,
)
from console.tui.screens.pane import in_background
from console.tui.screens.picker import DialogTitle
from console.tui.widgets.form_lines import FormLines
from console.tui.widgets.lines import Line
from console.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.actions.registry import View
    from console.contract.change import Change, Preview
    from console.profiles.profile import Profile
    from console.tui.change_form import Form
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.knowledge import Knowledge


class ChangeDialog(ModalScreen["Change | None"], inherit_bindings=False):
    """Returns the change as the service answered it, None when nothing was sent."""

    AUTO_FOCUS = None

    def __init__(
        self, intent: Intent, profile: Profile, knowledge: Knowledge, connection: Connection
    ) -> None:
        super().__init__()
        self.request = self.make_request(intent, profile, connection, self.redraw)
        self._zone = profile.view.timezone
        self._knowledge = knowledge
        self._reader = Reader(self._text, fill="dialog")
        self._lines = FormLines(self)

    def make_request(
        self, intent: Intent, profile: Profile, connection: Connection, changed: Callable[[], None]
    ) -> ChangeRequest:
        """Return what the dialog is about."""
        return ChangeRequest(intent, profile.guard, connection, changed)

    def ended_lines(self, width: int) -> Sequence[Line]:
        """Return what became of it."""
        change = self.request.change
        return () if change is None else outcome_lines(change, self._knowledge.now, self._zone, width)

    def told_lines(self, preview: Preview, width: int) -> Sequence[Line]:
        """Return what it would do, and what it needs."""
        return preview_lines(preview, width)

    def flipped_lines(self, width: int) -> Sequence[Line]:
        """Return which stored repayments would flip, where that is known."""
        flips = self.request.flips
        return () if flips is None else flips_lines(flips, f"{FLIP_HOURS} h", width)

    @property
    def form(self) -> Form:
        """The lines to fill in."""
        return self.request.form

    @property
    def change(self) -> Change | None:
        """What the service made of it; None while nothing was done."""
        return self.request.change

    @property
    def message(self) -> str:
        """What is wrong with what was filled in."""
        return self.request.message

    @property
    def leads_to(self) -> tuple[View, str] | None:
        """What is shown when it was done; None for what was shown before."""
        return None

    def compose(self) -> ComposeResult:
        """Title, text, and the lines to fill in with the buttons."""
        with Vertical(classes="dialog -change"):
            yield DialogTitle(self.request.intent.title, t("tab next, esc leaves"))
            yield self._reader
            yield self._lines

    def on_mount(self) -> None:
        """Ask what it would do."""
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
        wanted = len(self._text(self._reader.size.width - 2))
        self._lines.styles.height = min(below, room - 3)
        self._reader.styles.height = max(2, min(wanted, room - below))
        self._reader.redraw()
        self._lines.redraw()

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Names and words of the buttons."""
        close, cancel = (CANCEL, t("Close")), (CANCEL, t("Cancel"))
        match self.request.step:
            case Step.SENDING:
                return ()
            case Step.ENDED:
                return (close,)
            case Step.UNKNOWN:
                return (close, (DO, t("Ask again now")))
            case Step.NOT_READ if self.form.has_button:
                return (cancel, (DO, t("Read again")))
        return (cancel, (DO, self.request.intent.verb)) if self.form.has_button else (cancel,)

    def _text(self, width: int) -> Sequence[Line]:
        width = max(20, width)
        request = self.request
        preview = request.preview
        lines: list[Line] = [()]
        if preview is not None and request.moved is not None:
            before, told = request.moved
            lines += difference_lines(before, preview, told, width)
        lines += intent_lines(request.intent, self._knowledge.hello, width)
        match request.step:
            case Step.ENDED:
                lines += self.ended_lines(width)
            case Step.UNKNOWN:
                lines += unknown_lines(request.problem[0], request.key, width)
            case Step.READING if preview is None:
                lines.append(((f" {t('reading what it would do ...')}", "dialog-dim"),))
            case _:
                lines += [] if preview is None else self.told_lines(preview, width)
                lines += self.flipped_lines(width)
                lines += problem_lines(t("refused"), request.problem, width)
        return [*lines, ()]

    # --- keys ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Fill in, choose, confirm; every other key is dead."""
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        if self.request.step is Step.SENDING:
            return
        page = max(1, self._reader.size.height - 1)
        match event.key:
            case "escape":
                self._leave()
            case "tab" | "shift+tab":
                self.form.move(1 if event.key == "tab" else -1)
            case "pagedown" | "pageup":
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
        elif event.key in ("up", "down"):
            self.form.move(1 if event.key == "down" else -1)
        elif self.request.editable:
            character = event.character if event.is_printable else None
            if entry.pressed(event.key, character) and self.request.edited(entry):
                self._look()

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
        if entry is not None and self.request.editable and entry.paste(event.text):
            if self.request.edited(entry):
                self._look()
            self.redraw()

    def _enter(self) -> None:
        request, at = self.request, self.form.at
        if request.step is Step.ENDED or at == CANCEL:
            self._leave()
        elif at == DO and request.step is Step.NOT_READ:
            self._read()
        elif at == DO and request.step is Step.UNKNOWN:
            request.begin_sending()
            self._send()
        elif at in (DO, CODE):
            if request.confirm():
                self._send()
        else:
            self.form.advance()

    def _leave(self) -> None:
        self.dismiss(self.change)

    def _read(self) -> None:
        self.request.begin_reading()
        self._look()
        self.redraw()

    def _look(self) -> None:
        in_background(self, "preview", self.request.look_closely)

    def _send(self) -> None:
        in_background(self, "send", self.request.send)
