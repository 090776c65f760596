"""A question before something is done: what, on what, where. Focus starts on Cancel.

Its targets were frozen by whoever asks. In production one types the short code shown; a paste never
confirms. While it is open every other key is dead.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.tui.screens.picker import DialogTitle
from console.tui.widgets.lines import Line, Lines, wrapped
from console.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

_CODE_LETTERS: Final = "bcdfghkmnprstvwxz"
"""Letters that cannot be mistaken for digits or for one another."""


def short_code() -> str:
    """Return four letters to type."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(4))


class Confirm(ModalScreen[bool], inherit_bindings=False):
    """Returns whether the engineer said yes. All texts must be safe to show."""

    AUTO_FOCUS = None

    def __init__(self, title: str, lines: Sequence[str], verb: str, *, code: str | None = None) -> None:
        """`verb` is what the second button says; with a `code` it has to be typed instead."""
        super().__init__()
        self._title = title
        self._text = ConfirmText(lines if code is None else (*lines, t("type {code} to confirm", code=code)))
        self._code = code
        self._buttons = Buttons((t("Cancel"), verb))
        self._prompt = Prompt("> ", takes_paste=False)

    def compose(self) -> ComposeResult:
        """Title, text, and either buttons or a line to type the code in."""
        with Vertical(classes="dialog"):
            yield DialogTitle(self._title)
            yield self._text
            yield self._buttons if self._code is None else self._prompt

    def on_mount(self) -> None:
        """Start on Cancel, or on an empty line."""
        if self._code is None:
            self.set_focus(self._buttons)
        else:
            self._prompt.begin()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Go on only with the very code."""
        event.stop()
        if event.text.strip().lower() == self._code:
            self.dismiss(True)
        else:
            self._prompt.refuse(t("that is not the code; nothing is done"))

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Do nothing."""
        event.stop()
        self.dismiss(False)

    def on_key(self, event: events.Key) -> None:
        """Choose a button; every other key is dead."""
        if event.key == "ctrl+c":
            return
        event.stop()
        match event.key:
            case "escape":
                self.dismiss(False)
            case "left" | "h":
                self._buttons.choose(0)
            case "right" | "l":
                self._buttons.choose(1)
            case "tab" | "shift+tab":
                self._buttons.choose(1 - self._buttons.at)
            case "enter":
                self.dismiss(self._buttons.at == 1)


class ConfirmText(Lines):
    """What is asked."""

    FILL = "dialog"

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._said = tuple(lines)
        self.styles.height = len(self._said) + 2

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines with a blank one around."""
        said: list[Line] = [
            ((f" {part}", "dialog"),) for line in self._said for part in wrapped(line, width - 2)
        ]
        if len(said) + 2 != height:
            self.styles.height = len(said) + 2
        return ((), *said, ())


class Buttons(Lines, can_focus=True):
    """Two buttons in a row."""

    FILL = "dialog"

    def __init__(self, words: tuple[str, str]) -> None:
        super().__init__()
        self._words = words
        self.at = 0

    def choose(self, index: int) -> None:
        """Put the focus on a button."""
        self.at = index
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return both; the chosen one stands in arrows, not in colour alone."""
        line: Line = ((" ", "dialog"),)
        for index, word in enumerate(self._words):
            chosen = index == self.at
            text = f" > {word} < " if chosen else f"   {word}   "
            line = (*line, (text, "button-focus" if chosen else "button"), ("  ", "dialog"))
        return (line,)
