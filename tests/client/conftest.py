"""The fake service that tests ask for by name."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.contract.language import use_language
from tests.client.fake import Fake, running


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory whose name is short enough for a socket."""
    use_language("en")
    with tempfile.TemporaryDirectory(prefix="rp-") as directory:
        yield Path(directory)


@pytest.fixture
async def fake(short: Path) -> AsyncIterator[Fake]:
    """A service that does what it is told."""
    async with running(short / "control.sock") as service:
        yield service
