"""What the queries of lists have in common: the cursor of a page, and words of a closed list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from console.contract.text import nearest
from console.control.problems import ProblemError, invalid

NEWEST: Final = 2**62
"""A number above all that the store gives: the first page begins before it."""


def before(cursor: str | None) -> int:
    """Return the number before which a page begins, newest first. Raises ProblemError (422)."""
    return NEWEST if cursor is None else number(cursor)


def number(text: str, most: int = NEWEST) -> int:
    """Return a number of a cursor, at most so large. Raises ProblemError (422)."""
    if not (text.isascii() and text.isdigit()):
        raise no_cursor()
    return min(int(text), most)


def no_cursor() -> ProblemError:
    """Return what refuses a cursor that no page gave."""
    return invalid("cursor", "it is the next of the page before", hint="leave it out for the first page")


def words(field: str, text: str, known: Sequence[str]) -> frozenset[str]:
    """Return the words of a text with commas, each of them known. Raises ProblemError (422)."""
    found = frozenset(word for word in text.split(",") if word)
    for word in sorted(found.difference(known)):
        near = nearest(word, known)
        hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
        raise invalid(field, "there is no such word", hint=hint)
    return found
