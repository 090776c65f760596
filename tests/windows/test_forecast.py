"""What a window's forecast takes for what comes in, on both databases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import Stage
from console.store.controls import Announced, announce
from console.store.counters import Deltas, fold
from console.store.database import Store
from console.store.holds import Backlog
from console.windows.forecast import Forecast
from console.windows.outlook import forecast
from console.windows.window import Window
from tests.windows.conftest import Declare

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINUTE_MS = 60_000
USUAL, SURGE = 60, 240
"""Repayments a minute; half of them go to the gateway of the window."""


@pytest.fixture
def began(store: Store, clock: ManualClock) -> int:
    """The beginning of the next minute, where the clock is put, after an hour of the usual."""
    clock.advance(60 - clock.now() % MINUTE_MS / 1000)
    now = clock.now()

    def past(connection: Connection) -> None:
        announce(connection, [Announced("alipay", 50, 64, 20.0)], now=now)
        for back in range(60, 0, -1):
            _minute(connection, now - back * MINUTE_MS, USUAL, sent=USUAL // 2)

    store.write_now(past)
    return now


def _minute(connection: Connection, at: int, came: int, sent: int = 0) -> None:
    deltas = Deltas()
    deltas.moved(None, Stage.INTAKE, 0, came)
    deltas.sent("alipay", sent)
    fold(connection, deltas, 0, Instant(at))


def lived(store: Store, clock: ManualClock, *minutes: int) -> int:
    """Live through minutes in which so many come; return how many wait for the window."""
    for came in minutes:
        store.write_now(partial(_minute, at=clock.now(), came=came))
        clock.advance(60)
    return sum(minutes) // 2


def seen(store: Store, clock: ManualClock, window: Window, backlog: int) -> Forecast:
    found = store.read_now(
        lambda connection: forecast(connection, window, {window.id: Backlog(backlog, 0)}, clock.now())
    )
    assert found is not None
    return found


def test_a_surge_that_begins_inside_is_reckoned_with_while_the_window_lasts(
    store: Store, clock: ManualClock, declare: Declare, began: int
) -> None:
    window = declare("gateway=alipay", lasts=3600, ramp=180)
    waits = lived(store, clock, *[USUAL] * 40)
    before = seen(store, clock, window, waits)
    assert before.arriving * 60 == pytest.approx(USUAL / 2, rel=0.05)
    waits += lived(store, clock, *[SURGE] * 5)
    now = seen(store, clock, window, waits)
    assert now.arriving * 60 == pytest.approx(SURGE / 2, rel=0.05)
    assert now.backlog == pytest.approx(waits + 15 * SURGE / 2, rel=0.05)
    waits += lived(store, clock, *[USUAL] * 6)
    assert seen(store, clock, window, waits).arriving * 60 == pytest.approx(USUAL / 2, rel=0.05)


def test_a_surge_that_began_inside_is_reckoned_with_from_the_first_minute_after_it(
    store: Store, clock: ManualClock, declare: Declare, began: int
) -> None:
    window = declare("gateway=alipay", lasts=1200, ramp=600)
    waits = lived(store, clock, *[USUAL] * 10, *[SURGE] * 11)
    found = seen(store, clock, window, waits)
    assert found.arriving * 60 == pytest.approx(SURGE / 2, rel=0.05)
    assert found.seconds is not None
