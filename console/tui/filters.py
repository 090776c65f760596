"""Filters the console writes by itself."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:-]+\Z")


def term(field: str, value: str) -> str:
    """Return `field:value`, quoted where the value needs it."""
    if _PLAIN.match(value):
        return f"{field}:{value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'
