"""The dialog that shows one value of a borrower in full: for 30 seconds, to whoever said what for.

The value lives in this dialog alone. It goes with the time, with the dialog, and when the terminal loses
the focus, and it is never copied.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, cast

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.contract.text import shown
from console.tui.change_form import CANCEL, DO, Entry, Form
from console.tui.line_editor import Line as Typed
from console.tui.screens.pane import in_background
from console.tui.screens.picker import DialogTitle
from console.tui.terminal.focus import report_focus
from console.tui.widgets.form_lines import FormLines
from console.tui.widgets.lines import Line, wrapped
from console.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.contract.privacy import Revealed
    from console.tui.connection import Connection
    from console.tui.screens.change_dialog import ChangeDialog

FIELD: Final = "field"
PURPOSE: Final = "purpose"
REASON: Final = "reason"

FIELDS: Final = ("mobile", "name", "id_number", "card")


class RevealDialog(ModalScreen[None], inherit_bindings=False):
    """See the module. `repayment_id` was frozen by whoever opened it."""

    AUTO_FOCUS = None

    def __init__(self, repayment_id: str, connection: Connection) -> None:
        super().__init__()
        self._repayment_id = repayment_id
        self._connection = connection
        self._revealed: Revealed | None = None
        self._until = 0.0
        self._asking = False
        self.message = ""
        self.form = Form(
            (
                Entry(FIELD, t("value"), Typed.of(FIELDS[0]), choices=FIELDS),
                Entry(PURPOSE, t("purpose"), hint=t("e.g. complaint"), required=True),
                Entry(REASON, t("reason"), required=True),
            )
        )
        self._reader = Reader(self._text, fill="dialog")
        self._lines = FormLines(cast("ChangeDialog", self))

    @property
    def revealed(self) -> bool:
        """Whether a value is in sight."""
        return self._revealed is not None

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Names and words of the buttons."""
        if self._asking:
            return ()
        if self.form.hidden:
            return ((CANCEL, t("Close")),)
        return ((CANCEL, t("Cancel")), (DO, t("Reveal")))

    def compose(self) -> ComposeResult:
        """Title, text, and the lines to fill in with the buttons."""
        with Vertical(classes="dialog -change"):
            yield DialogTitle(t("Reveal personal data"), t("tab next, esc leaves"))
            yield self._reader
            yield self._lines

    def on_mount(self) -> None:
        """Watch the time and the terminal's focus."""
        self.set_focus(self._lines)
        self.set_interval(0.5, self._tick)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)
        report_focus(self.app, on=True)
        self.redraw()

    def on_unmount(self) -> None:
        """Nothing stays."""
        self._revealed = None
        report_focus(self.app, on=False)

    def on_resize(self) -> None:
        """Take the room that is needed."""
        self.redraw()

    def redraw(self) -> None:
        """Draw everything, and give text and form the height they need."""
        if not self.is_mounted:
            return
        room = self.size.height - 1
        wanted = len(self._text(self._reader.size.width - 2))
        self._lines.styles.height = min(self._lines.wanted, room - 3)
        self._reader.styles.height = max(2, min(wanted, room - self._lines.wanted))
        self._reader.redraw()
        self._lines.redraw()

    def _text(self, width: int) -> Sequence[Line]:
        width = max(20, width)
        lines: list[Line] = [(), ((f" {t('repayment')}  {shown(self._repayment_id)}", "dialog"),)]
        found = self._revealed
        if found is None:
            said = t("Who saw what, what for and why is in the audit before it is shown.")
            return [*lines, *(((f" {part}", "dialog-dim"),) for part in wrapped(said, width)), ()]
        left = max(0, round(self._until - time.monotonic()))
        return [
            *lines,
            (),
            ((f" {shown(found.field.value)}  ", "dialog-dim"), (found.value, "dialog-key")),
            (),
            ((f" {t('gone in {count} s; {left} more within the hour', count=left, left=found.left)}",
              "dialog-dim"),),
            (),
        ]  # fmt: skip

    # --- the value ----------------------------------------------------------------------------------

    def _ask(self) -> None:
        missing = self.form.missing()
        if missing is not None:
            self.form.blame(missing.name)
            self.form.at = missing.name
            self.message = t("{field} is needed", field=missing.label)
            return
        self.form.blame("")
        self._asking, self.message = True, ""
        in_background(self, "reveal", self._fetch)

    async def _fetch(self) -> None:
        from console.client.errors import ClientError
        from console.contract.privacy import AskReveal, PersonalField

        service = self._connection.service
        try:
            if service is None:
                self.message = t("needs the service, which is not reached now")
                return
            asked = AskReveal(
                field=PersonalField(self.form.text(FIELD)),
                purpose=self.form.text(PURPOSE)[:64],
                reason=self.form.text(REASON)[:300],
            )
            found = await service.reveal(self._repayment_id, asked)
        except ClientError as error:
            self.message = str(error)
            return
        finally:
            self._asking = False
            self.redraw()
        if not self.app.app_focus:
            self._hide(t("hidden: the terminal lost the focus"))
            return
        self._revealed, self._until = found, time.monotonic() + found.shown_seconds
        self.form.hidden, self.form.at = True, CANCEL
        self.redraw()

    def _hide(self, why: str) -> None:
        self._revealed = None
        self.form.hidden, self.form.at = True, CANCEL
        self.message = why
        self.redraw()

    def _leave(self) -> None:
        self._revealed = None
        self.dismiss(None)

    def _tick(self) -> None:
        if self._revealed is None:
            return
        if time.monotonic() >= self._until:
            self._hide(t("hidden: its time is over"))
        else:
            self._reader.redraw()

    def _focus_changed(self, focused: bool) -> None:
        if not focused and self._revealed is not None:
            self._hide(t("hidden: the terminal lost the focus"))

    # --- keys ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Fill in, choose, confirm; every other key is dead."""
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        if self._asking:
            return
        entry = self.form.entry
        match event.key:
            case "escape":
                self._leave()
            case "tab" | "shift+tab":
                self.form.move(1 if event.key == "tab" else -1)
            case "enter":
                self._enter()
            case "y" if self._revealed is not None:
                self.message = t("a revealed value is not copied")
            case "left" | "right" if entry is None and not self.form.hidden:
                self.form.at = DO if event.key == "right" else CANCEL
            case _ if entry is not None:
                entry.pressed(event.key, event.character if event.is_printable else None)
        if self.is_attached:
            self.redraw()

    def on_paste(self, event: events.Paste) -> None:
        """Take it into the line that has the keys, never further."""
        event.stop()
        event.prevent_default()
        entry = self.form.entry
        if entry is not None and not self._asking and entry.paste(event.text):
            self.redraw()

    def _enter(self) -> None:
        if self.form.at == CANCEL:
            self._leave()
        elif self.form.at == DO:
            self._ask()
        else:
            self.form.advance()
