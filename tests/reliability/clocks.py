"""A system clock that a test sets: every process reads by how much from the same file."""

from __future__ import annotations

import time
from pathlib import Path
from unittest import mock

from console.contract.clock import Instant, SystemClock


def set_shift(file: Path, seconds: int) -> None:
    """Step the clocks that follow `file` to so many seconds beside the true time, at once."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds * 1000))
    new.rename(file)


def shift(clock: type[SystemClock], file: Path) -> None:
    """Let the clocks of this process follow `file`."""

    def now(_: SystemClock) -> Instant:
        return Instant(time.time_ns() // 1_000_000 + int(file.read_text()))

    mock.patch.object(clock, "now", now).start()
