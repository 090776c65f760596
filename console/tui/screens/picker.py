"""A dialog to find one thing among some: the palette, named filters, profiles.

It only chooses. While it is open every other key is dead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.contract.text import cell_width, fit
from console.tui.widgets.lines import Line, Lines, fitted, spread
from console.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

_MOST_SHOWN: Final = 14


@dataclass(frozen=True)
class Choice:
    """One thing to choose. `note` stands at its right, `detail` below it; all safe to show."""

    key: str
    title: str
    note: str = ""
    detail: str = ""


def matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Return the choices that hold every word typed, in any order; those that begin with it first."""
    words = typed.lower().split()
    found = [
        choice
        for choice in choices
        if all(word in f"{choice.title} {choice.key} {choice.note}".lower() for word in words)
    ]
    return sorted(found, key=lambda choice: not choice.title.lower().startswith(typed.lower()))


class ChoiceList(Lines):
    """The choices that match, with a cursor."""

    FILL = "dialog"

    def __init__(self) -> None:
        super().__init__(id="choices")
        self.found: list[Choice] = []
        self.at = 0
        self._first = 0

    @property
    def chosen(self) -> Choice | None:
        """The choice under the cursor."""
        return self.found[self.at] if self.found else None

    def renew(self, found: list[Choice]) -> None:
        """Show the same choices with other notes, the cursor on the same one."""
        chosen = self.chosen
        keys = [choice.key for choice in found]
        self.found = found
        self.at = keys.index(chosen.key) if chosen is not None and chosen.key in keys else 0
        self.redraw()

    def show(self, found: list[Choice]) -> None:
        """Show other choices, the cursor on the first."""
        self.found, self.at, self._first = found, 0, 0
        self.redraw()

    def move(self, step: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(len(self.found) - 1, self.at + step))
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the choices around the cursor."""
        if not self.found:
            return (((f" {t('nothing matches')}", "dialog-dim"),),)
        self._first = max(self.at - height + 1, min(self._first, self.at))
        lines: list[Line] = []
        for index, choice in enumerate(self.found[self._first : self._first + height], self._first):
            here = index == self.at
            style, note = ("dialog-cursor", "dialog-cursor") if here else ("dialog", "dialog-dim")
            told = _told(choice, width)
            title = fitted(((f" {choice.title}", style),), max(8, width - cell_width(told) - 2), style)
            lines.append(spread(title, ((f"{told} ", note),), width, style))
        return lines

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked."""
        self.move(self._first + event.y - self.at)


def _told(choice: Choice, width: int) -> str:
    """Return the note, cut where both do not fit: the title keeps its room, up to half of the line."""
    title = min(cell_width(choice.title) + 1, width // 2)
    room = width - title - 3
    return choice.note if cell_width(choice.note) <= room else fit(choice.note, room)


class Picker(ModalScreen["str | None"], inherit_bindings=False):
    """Type to narrow, enter to choose, escape to leave; returns the chosen key."""

    AUTO_FOCUS = None

    def __init__(self, title: str, choices: Sequence[Choice], *, hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._choices = tuple(choices)
        self._list = ChoiceList()
        self._prompt = Prompt("> ", leaves=("down", "up", "pagedown", "pageup"))

    def compose(self) -> ComposeResult:
        """Title, prompt, list."""
        with Vertical(classes="dialog") as box:
            box.styles.height = min(_MOST_SHOWN, max(3, len(self._choices))) + 3
            yield DialogTitle(self._title, self._hint)
            yield self._prompt
            yield self._list

    def on_mount(self) -> None:
        """Show everything at first."""
        self._list.show(list(self._choices))
        self._prompt.begin()

    def note(self, key: str, note: str) -> None:
        """Let another note stand at the right of a choice."""
        self._choices = tuple(
            replace(choice, note=note) if choice.key == key else choice for choice in self._choices
        )
        self._list.renew(matching(self._choices, self._prompt.text))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Narrow."""
        event.stop()
        self._list.show(matching(self._choices, event.text))

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Leave without choosing."""
        event.stop()
        self.dismiss(None)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Choose what the cursor is on."""
        event.stop()
        if self._list.chosen is not None:
            self.dismiss(self._list.chosen.key)

    def on_key(self, event: events.Key) -> None:
        """Move the cursor; the prompt leaves these keys."""
        steps = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}
        if event.key in steps:
            event.stop()
            self._list.move(steps[event.key])


class DialogTitle(Lines):
    """The first line of a dialog."""

    FILL = "dialog-title"

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(classes="title")
        self._title = title
        self._hint = hint

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the title, and how to leave."""
        hint = self._hint or t("esc leaves")
        return (
            spread(
                ((f" {self._title}", "dialog-title"),), ((f"{hint} ", "dialog-title"),), width, "dialog-title"
            ),
        )
