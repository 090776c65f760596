"""The control sequences that may reach the terminal; everything else is taken out.

The list holds what the driver and the output stage write themselves, and nothing that carries text:
no OSC (title, clipboard, links, colours), no DCS, APC, PM or SOS, no private modes but those named.
"""

from __future__ import annotations

import re
from typing import Final

ALLOWED: Final = (
    r"\x1b\[[0-9;]*m"  # SGR: style
    r"|\x1b\[[0-9;]*[HGABCD]"  # cursor moves
    r"|\x1b\[[0-9;]*r|\x1bM|\n"  # scroll region, scroll down, scroll up
    r"|\x1b\[\?(?:7|25|1000|1002|1004|1006|1049|2004|2026)[hl]"  # modes of a full-screen program
    r"|\x1b\[\?2026\$p|\x1b\[5n"  # questions
    r"|\x1b\[>1u|\x1b\[<u"  # kitty keyboard, on and off
    r"|\x07"  # bell
)
"""Each alternative is one complete sequence."""

_FORBIDDEN: Final = (
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings, with their text
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # any other CSI
    r"|\x1b[ -/]*[0-~]?"  # any other escape sequence
    r"|[\x00-\x1f\x7f-\x9f]"  # any other control character
)

_CONTROL: Final = re.compile(f"({ALLOWED})|{_FORBIDDEN}")


_LISTED: Final = re.compile(ALLOWED)


def filtered(data: str) -> str:
    """Return the data without any control sequence that is not allowed, and without its text."""
    return _CONTROL.sub(_keep, data)


def controls_of(data: str) -> str:
    """Return the allowed control sequences in the data and nothing else: no text at all."""
    return "".join(_LISTED.findall(filtered(data)))


def _keep(match: re.Match[str]) -> str:
    return match.group(1) or ""
