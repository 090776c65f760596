"""The lower part of a change dialog: its lines to fill in, what is wrong with them, and the buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.geometry import Offset

from console.contract.language import t
from console.contract.text import cell_width, shown
from console.tui.change_text import LABEL
from console.tui.change_words import choice_word
from console.tui.widgets.lines import Line, Lines, fitted, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.tui.change_form import Entry
    from console.tui.screens.change_dialog import ChangeDialog

_LEAST_FIELD: Final = 12


class FormLines(Lines, can_focus=True):
    """Draws what the dialog holds; the dialog itself takes the keys."""

    FILL = "dialog"

    def __init__(self, dialog: ChangeDialog) -> None:
        super().__init__(id="form")
        self._dialog = dialog
        self._label = LABEL

    @property
    def wanted(self) -> int:
        """How many lines it needs."""
        return len(self._dialog.form.visible) + 3

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return entries, message, buttons; where room is short, the entries around the one with the keys."""
        form = self._dialog.form
        labels = [cell_width(entry.label) + 2 for entry in form.visible]
        self._label = max([LABEL, *labels])
        lines = [self._entry(entry, width) for entry in form.visible]
        room = max(1, height - 3)
        at = next((index for index, entry in enumerate(form.visible) if entry.name == form.at), 0)
        first = max(0, min(at - room + 1, len(lines) - room)) if len(lines) > room else 0
        self._place_cursor(at - first)
        message: Line = ((f" {self._dialog.message}", "dialog-bad"),) if self._dialog.message else ()
        return [*lines[first : first + room], message, self._buttons(), ()]

    def _entry(self, entry: Entry, width: int) -> Line:
        here = entry.name == self._dialog.form.at
        wrong = entry.name == self._dialog.form.wrong
        head = f"{'!' if wrong else '>' if here else ' '}{entry.label}"
        label = head + " " * max(1, self._label - cell_width(head))
        field = self._choices(entry, here) if entry.choices else self._typed(entry, here, width)
        style = "dialog-bad" if wrong else "dialog-key" if here else "dialog-dim"
        line: Line = ((label, style), *field)
        if entry.hint:
            line = (*line, (f"  {entry.hint}", "dialog-dim"))
        return fitted(line, width, "dialog")

    def _typed(self, entry: Entry, here: bool, width: int) -> Line:
        text, cursor = entry.typed.text, entry.typed.cursor
        room = max(_LEAST_FIELD, width - self._label - 3 - cell_width(entry.hint))
        first = 0
        while cell_width(text[first:cursor]) > room - 2:
            first += 1
        visible = fitted(((text[first:], "input"),), max(room, 1), "dialog-field")
        if not here:
            return tuple((part, "dialog-field") for part, _ in visible)
        at = cursor - first
        drawn = "".join(shown(part) for part, _ in visible)
        return (
            (drawn[:at], "dialog-field"),
            (drawn[at : at + 1] or " ", "input-cursor"),
            (drawn[at + 1 :], "dialog-field"),
        )

    def _choices(self, entry: Entry, here: bool) -> Line:
        line: Line = ()
        for choice in entry.choices:
            chosen = choice == entry.typed.text
            style = ("button-focus" if here else "button") if chosen else "dialog-dim"
            word = choice_word(entry.name, choice)
            line = (*line, (f"[{word}]" if chosen else f" {word} ", style))
        return line

    def _buttons(self) -> Line:
        line: Line = ((" ", "dialog"),)
        for name, word in self._dialog.buttons:
            chosen = self._dialog.form.at == name
            text = f" > {word} < " if chosen else f"   {word}   "
            line = (*line, (text, "button-focus" if chosen else "button"), ("  ", "dialog"))
        if width_of(line) == 1:
            return ((f" {t('sending ...')}", "dialog-dim"),)
        return line

    def _place_cursor(self, y: int) -> None:
        """Tell the terminal where the cursor is, for input methods."""
        entry = self._dialog.form.entry
        if entry is not None and not entry.choices:
            x = self._label + cell_width(entry.typed.text[: entry.typed.cursor])
            self.app.cursor_position = self.region.offset + Offset(x, y)
