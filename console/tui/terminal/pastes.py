"""Pasted text stays text: nothing in it is taken for keys.

Textual's parser looks for keys inside a paste too, and gives the characters of every sequence it does
not know as keys. So escape characters are made visible before it sees them. It never holds typed keys
back.
"""

from __future__ import annotations

from typing import Final

START: Final = "\x1b[200~"
END: Final = "\x1b[201~"
"""What a terminal sends around a paste."""

VISIBLE_ESCAPE: Final = "\u241b"
"""What stands for a pasted escape character."""


class PasteGuard:
    """Follows where pastes begin and end, also when their marks are split over two reads."""

    def __init__(self) -> None:
        self._inside = False
        self._tail = ""
        """Outside, the last characters that were passed on; inside, a beginning of END kept back."""

    def feed(self, text: str) -> str:
        """Return the text for the parser."""
        out: list[str] = []
        while text:
            text = self._pasted(text, out) if self._inside else self._typed(text, out)
        return "".join(out)

    def _typed(self, text: str, out: list[str]) -> str:
        """Pass on what comes before a paste; return what is left."""
        joined = self._tail + text
        at = joined.find(START)
        if at < 0:
            out.append(text)
            self._tail = joined[1 - len(START) :]
            return ""
        begins = at + len(START) - len(self._tail)
        out.append(text[:begins])
        self._inside, self._tail = True, ""
        return text[begins:]

    def _pasted(self, text: str, out: list[str]) -> str:
        """Pass on what is pasted; return what is left."""
        joined = self._tail + text
        body, end, rest = joined.partition(END)
        if end:
            self._inside, self._tail = False, ""
        else:
            self._tail = next(END[:size] for size in range(len(END) - 1, -1, -1) if body.endswith(END[:size]))
            body = body.removesuffix(self._tail)
        out.append(body.replace("\x1b", VISIBLE_ESCAPE) + end)
        return rest
