"""What the parts of the platform are called."""

from __future__ import annotations

from typing import Final

from console.contract.language import t
from console.contract.text import shown

PARTS: Final[dict[str, str]] = {
    "store": "store",
    "workers": "workers",
    "sandbox": "sandbox",
    "audit": "audit",
    "doubt": "doubt",
    "screen": "screen",
    "dispatch": "dispatch",
    "inquire": "inquire",
    "close": "close",
    "expire": "expire",
    "reconcile": "reconcile",
    "replay": "replay",
    "care": "care",
    "notices": "notices",
    "watch": "watch",
}
"""Name on the wire → message."""


def part_name(name: str) -> str:
    """Return a part's name in the reader's language; an unknown one is shown as it is."""
    return t(PARTS[name]) if name in PARTS else shown(name)
