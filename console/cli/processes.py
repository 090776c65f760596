"""Becoming one of the platform's processes: the command line starts them and never imports them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence


def become(module: str, words: Sequence[str]) -> NoReturn:
    """Replace this process by `python -m module words…`, so that signals and exit codes are its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, (sys.executable, "-P", "-m", module, *words))  # noqa: S606 - our own module
