"""Text from outside, and the one way to show it.

Names, error codes, gateway answers, file contents and messages of other programs are hostile until
shown: they may carry escape sequences, markup, bidirectional overrides or invisible characters. They
travel as `Untrusted` from JSON decoding on, and reach a screen, a terminal or a log only through
`shown`. Nothing else in the project turns them into text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

ELLIPSIS: Final = "…"
"""Marks a cut; one cell wide."""

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Controls, format characters (bidi, zero-width, tags), surrogates, private use, unassigned, line and
paragraph separators, spaces other than the two of `_PLAIN_SPACES`."""

_PLAIN_SPACES: Final = frozenset(" \u3000")
"""The ASCII space, and the full-width one that Chinese text uses."""

_INVISIBLE_EXTRA: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(chr(c) for c in range(0xFE00, 0xFE10))
    + "".join(chr(c) for c in range(0xE0100, 0xE01F0))
)
"""Characters that Unicode does not class as format characters but that show as nothing
(fillers, variation selectors, braille blank)."""

_MAX_COMBINING: Final = 2
"""How many combining marks one character may carry before the rest are escaped."""


class Untrusted:
    """Text that came from outside; opaque until it goes through `shown`.

    Not a `str` on purpose: formatting or printing it by accident raises TypeError. Compares and
    hashes by its raw text. As a pydantic field it takes and gives a JSON string.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: str) -> None:
        self.raw = raw

    def __str__(self) -> str:
        raise TypeError("untrusted text reaches a reader only through shown()")

    def __format__(self, spec: str) -> str:
        raise TypeError("untrusted text reaches a reader only through shown()")

    def __repr__(self) -> str:
        return f"Untrusted({shown(self.raw)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Untrusted) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash((Untrusted, self.raw))

    def __bool__(self) -> bool:
        return bool(self.raw)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(
            _as_untrusted,
            core_schema.union_schema([core_schema.is_instance_schema(cls), core_schema.str_schema()]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _raw_of, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string"}


def _as_untrusted(value: str | Untrusted) -> Untrusted:
    return value if isinstance(value, Untrusted) else Untrusted(value)


def _raw_of(value: Untrusted) -> str:
    return value.raw


def shown(text: Untrusted | str) -> str:
    """Return text that is safe to put on one line of a terminal, a log or a file for people.

    Every character that would act or be invisible (C0, DEL, C1, bidi, zero-width, tags, fillers,
    surrogates, unassigned) is written as `\\xNN`, `\\uNNNN` or `\\UNNNNNNNN`; line feeds and tabs too, so
    the result is one line. Combining marks beyond two on a character are written out as well. The
    result holds no escape sequence; markup characters such as `[` are kept, so it must be drawn as
    literal text.
    """
    raw = text.raw if isinstance(text, Untrusted) else text
    if raw.isascii() and raw.isprintable():
        return raw
    return _visible(raw)


@lru_cache(maxsize=8192)
def _visible(raw: str) -> str:
    out: list[str] = []
    combining = _MAX_COMBINING
    for character in raw:
        category = unicodedata.category(character)
        if category in ("Mn", "Me", "Mc"):
            combining += 1
            hidden = combining > _MAX_COMBINING or character in _INVISIBLE_EXTRA
        else:
            hidden = character not in _PLAIN_SPACES and (
                category in _INVISIBLE_CATEGORIES or character in _INVISIBLE_EXTRA
            )
            combining = _MAX_COMBINING if hidden else 0
        out.append(escaped(character) if hidden else character)
    return "".join(out)


def escaped(character: str) -> str:
    """Return one character as a visible escape, e.g. `\\x1b`, `\\u202e`, `\\U000e0041`."""
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def cell_width(text: str) -> int:
    """Return how many terminal cells the text takes. The text must have gone through `shown`."""
    if text.isascii():
        return len(text)
    from wcwidth import wcwidth

    return sum(max(0, wcwidth(character)) for character in text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return the text cut or padded to exactly `width` cells; a cut ends in `…`.

    `right` aligns to the right. A wide character that would be halved is replaced by a space.
    """
    if width <= 0:
        return ""
    taken = cell_width(text)
    if taken > width:
        text = _cut(text, width - 1) + ELLIPSIS
        taken = cell_width(text)
    padding = " " * (width - taken)
    return padding + text if right else text + padding


def _cut(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    from wcwidth import wcwidth

    used = 0
    for index, character in enumerate(text):
        used += max(0, wcwidth(character))
        if used > width:
            return text[:index]
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like `word`, or None when none is near.

    `known` is an iterable of names.
    """
    import difflib

    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.55)
    return found[0] if found else None
