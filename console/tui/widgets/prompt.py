"""One line to type in, with completion by tab and errors that point at their column.

Owns the `/` and `:` lines and what is typed in dialogs. It never acts by itself: it says what was
submitted, and shows the error it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.message import Message

from console.contract.text import cell_width, shown
from console.tui.line_editor import Line as Typed
from console.tui.widgets.lines import Line, Lines, fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events


class Prompt(Lines, can_focus=True):
    """A line editor of two rows: the line, and below it completions or an error."""

    FILL = "input"

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

        @property
        def control(self) -> Prompt:
            return self.prompt

    class Changed(Message):
        """The text is another one."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

    class Cancelled(Message):
        """Escape was pressed, or the sign was deleted."""

        def __init__(self, prompt: Prompt) -> None:
            super().__init__()
            self.prompt = prompt

    def __init__(
        self,
        sign: str,
        *,
        complete: Callable[[str], tuple[str, ...]] | None = None,
        takes_paste: bool = True,
        leaves: tuple[str, ...] = (),
        id: str | None = None,
    ) -> None:
        """`complete` proposes whole texts; `leaves` are keys for whoever is around the prompt."""
        super().__init__(id=id)
        self.sign = sign
        self.typed = Typed()
        self._complete = complete
        self._takes_paste = takes_paste
        self._leaves = frozenset(("ctrl+c", *leaves))
        self._choices: tuple[str, ...] = ()
        self._chosen = -1
        self._error: tuple[int, str] | None = None
        self._first = 0
        self._hidden = False

    @property
    def text(self) -> str:
        """What has been typed."""
        return self.typed.text

    def ask(
        self, sign: str, complete: Callable[[str], tuple[str, ...]] | None, *, hidden: bool = False
    ) -> None:
        """Serve another question: its sign, what completes its answer, whether that is kept out of sight."""
        self.sign = sign
        self._hidden = hidden
        self._complete = complete

    def begin(self, text: str = "") -> None:
        """Start with a text, the cursor behind it, and take the keys."""
        self._set(Typed.of(text), announce=False)
        self.screen.set_focus(self, scroll_visible=False)

    def forget(self) -> None:
        """Keep nothing of what was typed."""
        self._set(Typed(), announce=False)

    def refuse(self, problem: str, column: int = 0, hint: str = "") -> None:
        """Show what is wrong, pointing at the column; typing clears it."""
        self._error = (column, f"{problem}; {hint}" if hint else problem)
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the line with its cursor, and what stands below it."""
        return (self._draw_line(width), self._draw_below(width))

    def _draw_line(self, width: int) -> Line:
        text, cursor = self.typed.text, self.typed.cursor
        if self._hidden:
            text = "*" * len(text)
        room = max(1, width - cell_width(self.sign) - 3)
        self._first = min(self._first, cursor)
        while cell_width(text[self._first : cursor]) > room:
            self._first += 1
        visible = text[self._first :]
        at = cursor - self._first
        under = visible[at : at + 1] or " "
        return (
            (f" {self.sign}", "input-hint"),
            (visible[:at], "input"),
            (under, "input-cursor" if self.has_focus else "input"),
            (visible[at + 1 :], "input"),
        )

    def _draw_below(self, width: int) -> Line:
        if self._error is not None:
            return self._draw_error(width)
        pieces: list[tuple[str, str]] = [(" ", "input-hint")]
        start = max(0, self._chosen - 3)
        for index, choice in enumerate(self._choices[start:], start):
            name = "input-cursor" if index == self._chosen else "input-hint"
            pieces.append((choice.rsplit(" ", 1)[-1], name))
            pieces.append(("  ", "input-hint"))
        return tuple(pieces)

    def _draw_error(self, width: int) -> Line:
        assert self._error is not None  # noqa: S101 - the caller has looked
        column, problem = self._error
        shift = 1 + cell_width(self.sign) + cell_width(self.text[self._first : column])
        message = f"^ {problem}"
        if shift + cell_width(message) > width:
            before = f"{problem} ^"
            if cell_width(before) <= shift + 1:
                return ((" " * (shift + 1 - cell_width(before)), "input"), (before, "bar-bad"))
            return fitted(
                ((" " * min(shift, max(0, width - cell_width(message))), "input"), (message, "bar-bad")),
                width,
                "input",
            )
        return ((" " * shift, "input"), (message, "bar-bad"))

    def on_key(self, event: events.Key) -> None:
        """Edit; every key stays here while the prompt is open, except those it leaves and ctrl+c."""
        if event.key in self._leaves:
            return
        event.stop()
        event.prevent_default()
        match event.key:
            case "enter":
                self.post_message(self.Submitted(self, self.text))
            case "escape":
                self.post_message(self.Cancelled(self))
            case "tab" | "shift+tab":
                self._cycle(1 if event.key == "tab" else -1)
            case "backspace" if not self.text:
                self.post_message(self.Cancelled(self))
            case _:
                edited = self.typed.pressed(event.key)
                if edited is None and event.character and event.is_printable:
                    edited = self.typed.insert(event.character)
                if edited is not None:
                    self._set(edited)

    def on_paste(self, event: events.Paste) -> None:
        """Insert the first line of what is pasted, made visible; it never submits."""
        event.stop()
        event.prevent_default()
        if self._takes_paste and event.text:
            self._set(self.typed.insert(shown(event.text.splitlines()[0])))

    def on_focus(self) -> None:
        """Show the cursor."""
        self.redraw()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.redraw()

    def _set(self, typed: Typed, *, announce: bool = True) -> None:
        changed = typed.text != self.typed.text
        self.typed = typed
        self._error = None
        self._chosen = -1
        self._choices = self._complete(typed.text) if self._complete is not None else ()
        self.redraw()
        self._place_cursor()
        if changed and announce:
            self.post_message(self.Changed(self, typed.text))

    def _cycle(self, step: int) -> None:
        if not self._choices:
            return
        choices = self._choices
        self._chosen = (self._chosen + step) % len(choices) if self._chosen >= 0 else (0 if step > 0 else -1)
        self._chosen %= len(choices)
        self.typed = Typed.of(choices[self._chosen])
        self._error = None
        if len(choices) == 1:
            self._set(self.typed, announce=False)
        self.redraw()
        self._place_cursor()
        self.post_message(self.Changed(self, self.text))

    def _place_cursor(self) -> None:
        """Tell the terminal where the cursor is, for input methods."""
        x = 1 + cell_width(self.sign) + cell_width(self.text[self._first : self.typed.cursor])
        self.app.cursor_position = self.region.offset + Offset(x, 0)
