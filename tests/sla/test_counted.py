"""What the store counts of gateways: exact over any span, open orders, money drawn, and a past."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial

from sqlalchemy import Connection, func, select

from console.contract.clock import ManualClock
from console.repayment.history import load_history
from console.store import reserves, sla
from console.store.database import Store
from console.store.reserves import Placed
from console.store.retention import purge
from console.store.sla_counters import MINUTE_MS, MOST_CODES, EventKind, SlaDeltas
from console.store.sla_tables import open_minute, sla_hour, sla_minute
from tests.sla.counted import MINUTE, count
from tests.store.made import KEYS
from tests.store.test_history import line


def test_any_span_is_the_sum_of_its_minutes(store: Store) -> None:
    chance = random.Random(7)
    told: Counter[int] = Counter()
    for _ in range(60):
        minute, good = MINUTE - chance.randrange(400), chance.randrange(1, 9)
        told[minute] += good
        store.write_now(partial(count, minute=minute, good=good, latencies_ms=(100,) * good, shard=good % 3))
    for _ in range(60):
        first = MINUTE - chance.randrange(420)
        last = first + chance.randrange(0, 300)
        expected = sum(good for minute, good in told.items() if first <= minute < last)
        events = store.read_now(partial(sla.events, first=first, last=last)).get("alipay", [])
        timed = store.read_now(partial(sla.latencies, first=first, last=last)).get("alipay", [])
        assert sum(event.count for event in events) == expected, (first, last)
        assert sum(number for _, number in timed) == expected, (first, last)


def test_a_gateway_cannot_fill_the_store_with_codes_of_its_own() -> None:
    deltas = SlaDeltas()
    for number in range(100):
        deltas.add("alipay", EventKind.FAILED, f"CODE_{number}")
    for odd in ("\u202eX", "x" * 33, "a b", "<script>", None):
        deltas.add("alipay", EventKind.IN_DOUBT, odd)
    codes = {code for _, kind, code in deltas.events if kind == "failed"}
    assert len(codes) == MOST_CODES + 1 and "OTHER" in codes
    assert {code for _, kind, code in deltas.events if kind == "in_doubt"} == {"OTHER"}


def test_open_orders_close_across_shards_and_are_forgotten(store: Store, clock: ManualClock) -> None:
    def add(shard: int, number: int, minute: int) -> None:
        store.write_now(
            lambda c: c.execute(
                open_minute.insert().values(minute=minute, gateway="alipay", shard=shard, count=number)
            )
        )

    add(0, 3, MINUTE - 30)
    add(1, -3, MINUTE - 30)
    add(0, 2, MINUTE - 20)
    assert store.read_now(sla.open_orders) == {"alipay": [(MINUTE - 20, 2)]}
    store.write_now(lambda c: purge(c, MINUTE * MINUTE_MS))
    assert store.read_now(lambda c: c.execute(select(func.count()).select_from(open_minute)).scalar()) == 1


def test_counters_are_kept_for_90_days(store: Store) -> None:
    store.write_now(partial(count, minute=MINUTE - 91 * 1440, good=1))
    store.write_now(partial(count, minute=MINUTE - 89 * 1440, good=2))
    store.write_now(lambda c: purge(c, MINUTE * MINUTE_MS))
    for query in (select(func.sum(sla_minute.c.count)), select(func.sum(sla_hour.c.count))):
        assert store.read_now(partial(Connection.scalar, statement=query)) == 2


def test_a_reserve_is_what_lay_there_and_was_added_less_what_settled(store: Store) -> None:
    store.write_now(partial(count, minute=MINUTE - 5, good=3, fen=1_000))
    placed = [Placed("alipay", 100_000, 20_000)]
    for _ in range(2):
        store.write_now(lambda c: reserves.announce(c, placed, now=1))
    store.write_now(partial(count, minute=MINUTE, good=2, fen=700, shard=1))
    store.write_now(partial(count, minute=MINUTE, declined=2, bad=4))
    store.write_now(lambda c: reserves.top_up(c, "alipay", 5_000, now=2, change_id="chg_1"))
    store.write_now(lambda c: reserves.announce(c, [Placed("alipay", 999, 30_000)], now=3))
    found = store.read_now(reserves.reserves)["alipay"]
    assert (found.balance_fen, found.floor_fen, found.topped_up_fen) == (103_600, 30_000, 5_000)


async def test_a_past_fills_the_minutes_it_happened_in_and_draws_nothing(store: Store) -> None:
    store.write_now(lambda c: reserves.announce(c, [Placed("alipay", 100_000, 0)], now=1))
    lines = [line(1), line(2, "FAILED", "CARD_EXPIRED"), line(3, "REVERSED"), line(4)]
    assert await load_history(store, lines, keys=KEYS) == 4
    assert await load_history(store, lines, keys=KEYS) == 0
    minute = (1_780_000_000_000 - 8_000) // MINUTE_MS
    events = store.read_now(partial(sla.events, first=minute, last=minute + 1))["alipay"]
    assert {(one.kind, one.code): (one.count, one.sum_fen) for one in events} == {
        ("failed", "CARD_EXPIRED"): (1, 0),
        ("sent", ""): (4, 0),
        ("succeeded", ""): (3, 20_005),
    }
    timed = store.read_now(partial(sla.latencies, first=minute, last=minute + 1))["alipay"]
    assert sum(number for _, number in timed) == 3, "one that was given back tells no confirmation time"
    assert store.read_now(reserves.reserves)["alipay"].balance_fen == 100_000
