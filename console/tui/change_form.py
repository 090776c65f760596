"""The lines to fill in of a change dialog, and its buttons: what keys do to them. Pure; draws nothing.

One stop has the keys. The first is Cancel, then come the entries, last the button that does it, so that
whoever only presses enter does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from console.contract.text import shown
from console.tui.line_editor import Line as Typed

if TYPE_CHECKING:
    from collections.abc import Sequence

CANCEL: Final = "cancel"
DO: Final = "do"
REASON: Final = "reason"
EXPIRES: Final = "expires"
CODE: Final = "code"


@dataclass
class Entry:
    """One line to fill in. With `choices` it holds one of them; `pasted` text is taken only where it may."""

    name: str
    label: str
    typed: Typed = field(default_factory=Typed)
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    pasted: bool = True

    @property
    def text(self) -> str:
        """What is filled in, without spaces around it."""
        return self.typed.text.strip()

    @property
    def missing(self) -> bool:
        """Whether it still has to be filled in."""
        return self.required and not self.text

    def pressed(self, key: str, character: str | None) -> bool:
        """Take an editing key; return whether the text is another one."""
        before = self.typed
        if self.choices:
            self._choose(key, character)
        else:
            edited = self.typed.pressed(key)
            if edited is None and character is not None and character.isprintable():
                edited = self.typed.insert(character)
            self.typed = edited or self.typed
        return before.text != self.typed.text

    def paste(self, text: str) -> bool:
        """Take the first line of what was pasted, where that is allowed."""
        if not self.pasted or self.choices or not text:
            return False
        self.typed = self.typed.insert(shown(text.splitlines()[0]))
        return True

    def _choose(self, key: str, character: str | None) -> None:
        at = self.choices.index(self.typed.text) if self.typed.text in self.choices else -1
        step = {"left": -1, "right": 1, "space": 1}.get(key)
        if step is not None:
            self.typed = Typed.of(self.choices[(at + step) % len(self.choices)])
            return
        for choice in (*self.choices[at + 1 :], *self.choices[: at + 1]):
            if character is not None and choice.startswith(character.lower()):
                self.typed = Typed.of(choice)
                return


class Form:
    """Entries and buttons, and which of them has the keys."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = list(entries)
        self.at = CANCEL
        self.has_button = True
        """Whether there is a button that does it; without, the code is typed."""
        self.hidden = False
        """Whether the entries are out of sight, kept for later."""
        self.wrong = ""
        """The entry that something is wrong with."""

    @property
    def stops(self) -> list[str]:
        """What can have the keys, in the order of the tab key."""
        names = [CANCEL, *(entry.name for entry in self.visible)]
        return [*names, DO] if self.has_button else names

    @property
    def visible(self) -> list[Entry]:
        """The entries in sight."""
        return [] if self.hidden else self.entries

    @property
    def entry(self) -> Entry | None:
        """The entry that has the keys."""
        return next((entry for entry in self.visible if entry.name == self.at), None)

    def find(self, name: str) -> Entry | None:
        """Return the entry of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def text(self, name: str) -> str:
        """Return what is filled in under a name; empty when there is no such entry."""
        entry = self.find(name)
        return "" if entry is None else entry.text

    def blame(self, name: str) -> None:
        """Mark the entry of that name as wrong, and no other."""
        self.wrong = name

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show other entries; the keys go to Cancel when theirs is gone."""
        self.entries = list(entries)
        if self.at not in self.stops:
            self.at = CANCEL

    def move(self, step: int) -> None:
        """Give the keys to the next stop."""
        stops = self.stops
        self.at = stops[(stops.index(self.at) + step) % len(stops)]

    def advance(self) -> None:
        """Give the keys to the entry that is wrong, or has to be filled in, else to what does it."""
        if self.wrong != self.at and self.find(self.wrong) is not None:
            self.at = self.wrong
            return
        for entry in self.entries:
            if entry.missing and entry.name != self.at:
                self.at = entry.name
                return
        self.at = DO if self.has_button else CODE if self.find(CODE) is not None else CANCEL

    def missing(self) -> Entry | None:
        """Return the first entry that still has to be filled in."""
        return next((entry for entry in self.entries if entry.missing), None)
