"""Copying to the user's clipboard: the one sequence that carries text, written for a user's key only."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from console.contract.text import Untrusted, shown
from console.tui.terminal.driver import ConsoleDriver

if TYPE_CHECKING:
    from textual.driver import Driver

LARGEST_COPY: Final = 74_000
"""Bytes of text; terminals drop larger clipboard sequences (xterm keeps 100,000 of base64)."""


def copy_to_clipboard(driver: Driver | None, text: Untrusted | str) -> bool:
    """Copy text to the clipboard, and return whether it was sent to a terminal.

    Untrusted text is shown as one line, so that pasting it runs nothing; in other text the line
    feeds stay and everything else that could act is made visible. Raises ValueError when the text
    has more than LARGEST_COPY bytes.
    """
    lines = [text] if isinstance(text, Untrusted) else text.split("\n")
    content = "\n".join(shown(line) for line in lines).encode()
    if len(content) > LARGEST_COPY:
        raise ValueError(f"too long for the clipboard: {len(content)} bytes, at most {LARGEST_COPY}")
    if not isinstance(driver, ConsoleDriver):
        return False
    driver.send_clipboard(b64encode(content))
    return True
