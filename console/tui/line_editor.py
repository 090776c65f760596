"""Editing one line of text: a value, a cursor and what keys do to them. Pure; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from console.contract.text import shown

MAX_LENGTH: Final = 2000
"""Characters a line may hold."""


@dataclass(frozen=True)
class Line:
    """What has been typed; `cursor` is the index of the character under it."""

    text: str = ""
    cursor: int = 0

    @classmethod
    def of(cls, text: str) -> Line:
        """Return a line with the cursor behind its end."""
        return cls(text[:MAX_LENGTH], min(len(text), MAX_LENGTH))

    def insert(self, text: str) -> Line:
        """Return the line with `text` typed at the cursor; what would not be visible is written out."""
        text = shown(text)[: MAX_LENGTH - len(self.text)]
        return Line(self.text[: self.cursor] + text + self.text[self.cursor :], self.cursor + len(text))

    def pressed(self, key: str) -> Line | None:
        """Return the line after an editing key, or None when the key does not edit."""
        match key:
            case "left":
                return replace(self, cursor=max(0, self.cursor - 1))
            case "right":
                return replace(self, cursor=min(len(self.text), self.cursor + 1))
            case "home":
                return replace(self, cursor=0)
            case "end" | "ctrl+e":
                return replace(self, cursor=len(self.text))
            case "backspace" | "ctrl+h":
                return self._without(max(0, self.cursor - 1), self.cursor)
            case "delete":
                return self._without(self.cursor, min(len(self.text), self.cursor + 1))
            case "ctrl+u":
                return self._without(0, self.cursor)
            case "ctrl+k":
                return self._without(self.cursor, len(self.text))
            case "ctrl+w":
                return self._without(self._word_start(), self.cursor)
            case _:
                return None

    def _without(self, start: int, end: int) -> Line:
        return Line(self.text[:start] + self.text[end:], start)

    def _word_start(self) -> int:
        before = self.text[: self.cursor].rstrip()
        return max(before.rfind(" "), before.rfind(",")) + 1
