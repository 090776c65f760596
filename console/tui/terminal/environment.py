"""The environment a console may see: nothing in it drives the application.

Must run before Textual is imported, because Textual reads its variables at import time. Imports
nothing but the standard library.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping

DRIVING_PREFIX: Final = "TEXTUAL"
"""`TEXTUAL`, `TEXTUAL_PRESS`, `TEXTUAL_DRIVER`, `TEXTUAL_SCREENSHOT` and the rest: they press keys,
load code and write files."""

FROZEN_SIZE: Final = ("COLUMNS", "LINES")
"""An exported size would win over the terminal's own and never follow a resize."""

ESCAPE_DELAY_MILLISECONDS: Final = "50"
"""How long a lone escape byte may be the start of a key sequence; a user's own ESCDELAY is kept."""


FRAMES_PER_SECOND: Final = "120"
"""How often Textual may paint at most: a key pressed right after a frame waits 8 ms, not 16. Nothing
is painted while nothing changes, and the output stage merges what a terminal cannot take."""


def scrub(environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Remove what would drive the application, and return the names removed, sorted.

    Sets what Textual reads from the environment and the console wants otherwise.
    """
    removed = sorted(name for name in environment if name.startswith(DRIVING_PREFIX) or name in FROZEN_SIZE)
    for name in removed:
        del environment[name]
    environment.setdefault("ESCDELAY", ESCAPE_DELAY_MILLISECONDS)
    environment["TEXTUAL_FPS"] = FRAMES_PER_SECOND
    return removed
