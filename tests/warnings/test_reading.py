"""What the watch reads, on both databases, and that one process at a time watches."""

from __future__ import annotations

from functools import partial

import pytest

from console.contract.clock import ManualClock
from console.sla.indicators import confirm_seconds, newest
from console.store import products
from console.store.counters import MINUTE_MS
from console.store.database import Store
from console.store.latency import latency_bucket
from console.warnings.reader import Reader
from console.warnings.watch import LEASE_MS
from tests.warnings.test_watch import GATEWAYS, minute, watch_of

__all__ = ["minute"]


async def test_one_watches_at_a_time(store: Store, clock: ManualClock, minute: int) -> None:
    first, second = watch_of(store, clock), watch_of(store, clock)
    assert await first.round() and not await second.round()
    clock.advance(LEASE_MS / 1000 + 1)
    assert await second.round() and not await first.round()
    await second.end()
    assert await first.round()


def test_what_comes_in_is_counted_by_product(store: Store, clock: ManualClock) -> None:
    came = [
        products.Came("a", False, True),
        products.Came("a", True, False),
        products.Came("b", False, False),
    ]
    for _ in range(2):
        store.write_now(partial(products.fold_products, came=came, shard=0, now=120_000))
    found = store.read_now(partial(products.taken, first=2, last=3))
    assert found == {2: {"a": products.Taken(2, 2, 2), "b": products.Taken(2, 0, 0)}}


def test_a_minute_is_read_as_it_was_counted(store: Store, clock: ManualClock, minute: int) -> None:
    reader = Reader(lambda: dict.fromkeys(GATEWAYS), lambda _c, _n: {})
    reading = store.read_now(partial(reader.now, minute=minute, at=clock.now()))
    assert reading.volume == 200
    wechat = reading.gateways["wechat"]
    assert (wechat.sent, wechat.failed, wechat.callbacks) == (100, 3, 20)
    assert wechat.good + wechat.failed + wechat.in_doubt == wechat.outcomes == 100
    assert wechat.p95 == pytest.approx(2.4, rel=0.1)
    assert reading.strategies["velocity"].acted == 2


def test_an_outage_that_is_over_leaves_no_slow_confirmations_behind() -> None:
    """Orders that were in doubt find their outcome for minutes; those sent since are confirmed at once."""
    quick, slow = latency_bucket(2_000), latency_bucket(200_000)
    decided = {minute: [(quick, 50), (slow, 30)] for minute in range(100, 105)}
    waits = [(95, 40), (104, 1)]
    at = 105 * MINUTE_MS + 2_000
    assert confirm_seconds(newest(decided, waits, 102, at), 0.95) == pytest.approx(2.0, rel=0.05)
    all_of_them = confirm_seconds(newest(decided, waits, 90, at), 0.95)
    assert all_of_them is not None and all_of_them > 100


def test_orders_that_stay_open_make_the_newest_ones_slow() -> None:
    decided = {minute: [(latency_bucket(2_000), 10)] for minute in range(102, 105)}
    waits = [(minute, 40) for minute in range(100, 105)]
    found = confirm_seconds(newest(decided, waits, 102, 105 * MINUTE_MS), 0.95)
    assert found is not None and found > 60
