"""An office for every test that wants one, on both databases."""

from __future__ import annotations

import pytest

from console.contract.clock import ManualClock
from console.store.database import Store
from tests.risk.running import Office


@pytest.fixture
def office(store: Store, clock: ManualClock) -> Office:
    """A screener over an empty store that knows the starters."""
    return Office(store, clock)
