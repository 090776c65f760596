"""Filters the console writes by itself."""

from __future__ import annotations

import re
from typing import Final

REPLAYABLE: Final = "state:failed,in_doubt"
"""What a replay can bring to an outcome."""

_REPLAYABLE_STAGES: Final = frozenset({"stage:failed", "stage:in_doubt"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:-]+\Z")


def term(field: str, value: str) -> str:
    """Return `field:value`, quoted where the value needs it."""
    if _PLAIN.match(value):
        return f"{field}:{value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


def replayable(text: str) -> str | None:
    """Return a filter narrowed to what can be replayed; None where it is about another stage, or nothing."""
    words = text.split()
    if not words or any(word.startswith("stage:") and word not in _REPLAYABLE_STAGES for word in words):
        return None
    return text if set(words) & _REPLAYABLE_STAGES else f"{REPLAYABLE} {text}"
