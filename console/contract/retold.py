"""Sentences of the service, whose values are filled in already, told again in the reader's language.

What the catalogue does not know stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from console.contract.language import current_language, t

_FIELD: Final = re.compile(r"([a-z][a-z0-9_.]*): (.+)", re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_LONGEST: Final = 400
"""Characters of a sentence that is looked at, at most."""


def retold(sentence: str) -> str:
    """Return a sentence in the language in use; untrusted as it came."""
    known = t(sentence)
    if current_language() != "zh" or known != sentence or len(sentence) > _LONGEST:
        return known
    return _whole(sentence) or _after_a_field(sentence) or _in_parts(sentence) or sentence


def _whole(sentence: str) -> str | None:
    for pattern, chinese in _templates():
        if found := pattern.fullmatch(sentence):
            return chinese.format_map(found.groupdict())
    return None


def _after_a_field(sentence: str) -> str | None:
    found = _FIELD.fullmatch(sentence)
    return None if found is None else f"{found[1]}：{retold(found[2])}"


def _in_parts(sentence: str) -> str | None:
    parts = sentence.split("; ")
    return "；".join(map(retold, parts)) if len(parts) > 1 else None


@lru_cache(maxsize=1)
def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    from console.contract.zh_problems import TEMPLATES

    return tuple((_pattern(english), chinese) for english, chinese in TEMPLATES.items())


def _pattern(english: str) -> re.Pattern[str]:
    """Return what fits a sentence whatever its values; in a value neither a field nor a sentence
    ends."""
    parts = _PLACEHOLDER.split(english)
    texts = [
        re.escape(part) if at % 2 == 0 else f"(?P<{part}>(?:(?!: )[^;])+?)" for at, part in enumerate(parts)
    ]
    return re.compile("".join(texts), re.DOTALL)
