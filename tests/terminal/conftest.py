"""Private places for each test in a real terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Private directories; whatever runs in them at the end is ended."""
    home = tmp_path_factory.mktemp("c")
    names = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "REPAY_STATE_DIR": str(home / "state"),
        "REPAY_RUNTIME_DIR": str(home / "run"),
    }
    yield names
    for lock in (home / "run").glob("*.lock"):
        _end(lock)


def _end(lock: Path) -> None:
    """End the process that wrote its id into a lock, if it is one of ours."""
    with suppress(ValueError, psutil.Error):
        process = psutil.Process(int(lock.read_text()))
        if "console." in " ".join(process.cmdline()):
            process.kill()
            process.wait(5)
