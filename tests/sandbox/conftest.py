"""The sandboxes that tests ask for by name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.sandbox import ACCEPTING, Sandbox, opened


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose gateways succeed at once."""
    async with opened(tmp_path) as opening:
        yield opening


@pytest.fixture
async def accepting(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose gateways accept every order and confirm it a second later."""
    async with opened(tmp_path, ACCEPTING) as opening:
        yield opening
