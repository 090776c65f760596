"""The desk's service and people, and windows declared straight in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.store import windows as stored
from console.store.database import Store
from console.windows.calendar import row_of
from console.windows.declaring import over_at
from console.windows.scope import parse_scope
from console.windows.wall_clock import wall_of, zone_of
from console.windows.window import Policy, Window
from tests.desk.conftest import li, person, root, service, sink, test_kinds, wang

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]

Declare = Callable[..., Window]


@pytest.fixture
def declare(store: Store, clock: ManualClock) -> Declare:
    """Declare a window that starts `after` seconds from now; spans are seconds."""

    def job(
        scope: str, after: float = 0, lasts: float = 600, drain: float = 0, ramp: float = 0, **changes: Any
    ) -> Window:
        start: datetime = wall_of(clock.now() + round(after * 1000), zone_of("Asia/Shanghai"))
        made = Window(
            id=changes.pop("id", "w_1"),
            scope=parse_scope(scope),
            policy=changes.pop("policy", Policy.HOLD),
            zone="Asia/Shanghai",
            start=start,
            duration=round(lasts * 1000),
            declared_at=clock.now(),
            drain=round(drain * 1000),
            ramp=round(ramp * 1000),
        )
        made = replace(made, **changes)
        row = row_of(made, over_at=over_at(made), change_id="chg_x")
        store.write_now(lambda connection: stored.declare(connection, row))
        return made

    return job
