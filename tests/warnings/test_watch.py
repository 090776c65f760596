"""The watch over a real store: what counters tell becomes warnings."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from console.contract.clock import ManualClock
from console.contract.sla_terms import SlaTerms
from console.store import complaints, controls, products, strategy_counters
from console.store.complaints import StoredComplaint
from console.store.controls import Announced
from console.store.counters import MINUTE_MS, Deltas, fold
from console.store.database import Store
from console.store.sla_counters import EventKind
from console.store.strategy_counters import Tally
from console.warnings.plan import Planned
from console.warnings.reader import Reader
from console.warnings.reading import SlaNow
from console.warnings.watch import Watch
from tests.warnings.told import current

GATEWAYS = ("alipay", "wechat")


def minute_of(
    connection: Connection,
    minute: int,
    *,
    came: int = 200,
    lost: Mapping[str, int] | None = None,
    acted: int = 2,
) -> None:
    """Count one minute: `came` repayments, 100 orders a gateway of which some are lost."""
    now = minute * MINUTE_MS
    chance = random.Random(minute)
    taps = [products.Came("cash_loan", False, chance.random() < 0.03) for _ in range(came)]
    products.fold_products(connection, taps, 0, now)
    deltas = Deltas()
    for gateway in GATEWAYS:
        bad = (lost or {}).get(gateway, chance.randrange(2))
        for kind, code, count in (
            (EventKind.SENT, "", 100),
            (EventKind.SUCCEEDED, "", 97 - bad if bad < 97 else 0),
            (EventKind.FAILED, "CARD_EXPIRED", 3 if bad < 97 else 0),
            (EventKind.IN_DOUBT, "TIMEOUT", bad),
            (EventKind.CALLBACK, "", 20),
        ):
            for _ in range(count):
                deltas.sla.add(gateway, kind, code)
        deltas.latencies[gateway, 90] += 100
    fold(connection, deltas, 0, now)
    tally = Tally(seen=came, hits=acted, acted=acted, clean_seen=came // 2, clean_hits=0)
    strategy_counters.fold(connection, {"velocity": tally}, 0, now)


def watch_of(store: Store, clock: ManualClock, plan: tuple[Planned, ...] = ()) -> Watch:
    """A watch over two gateways."""
    terms = SlaTerms()
    reader = Reader(lambda: dict.fromkeys(GATEWAYS, terms), lambda _c, _n: dict.fromkeys(GATEWAYS, SlaNow()))
    return Watch(store, clock, reader, lambda _c, _n: {}, plan)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """SQLite alone: what the watch reads and writes is tested on both databases beside."""
    return f"sqlite:///{tmp_path / 'control.db'}"


@pytest.fixture
def minute(store: Store, clock: ManualClock) -> int:
    """The present minute, after a quiet hour; the clock stands a little into the one after it."""
    clock.advance(60 - clock.now() % MINUTE_MS / 1000 + 5)
    last = clock.now() // MINUTE_MS - 1
    announced = [Announced(name, 50, 64, 200.0) for name in GATEWAYS]
    store.write_now(lambda connection: controls.announce(connection, announced, now=clock.now()))

    def past(connection: Connection) -> None:
        for before in range(50, -1, -1):
            minute_of(connection, last - before)

    store.write_now(past)
    return last


async def after(store: Store, clock: ManualClock, watch: Watch, minutes: int, **counted: Any) -> None:
    """Let minutes pass in which something was counted, each looked at."""
    for _ in range(minutes):
        present = clock.now() // MINUTE_MS
        store.write_now(partial(minute_of, minute=present, **counted))
        clock.advance(60)
        assert await watch.round()


async def test_quiet_minutes_warn_of_nothing(store: Store, clock: ManualClock, minute: int) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 10)
    assert current(store) == []


async def test_a_gateway_that_loses_orders_is_warned_of_within_two_minutes(
    store: Store, clock: ManualClock, minute: int
) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 2, lost={"wechat": 97})
    (one,) = current(store)
    assert (one.subject, one.cause) == ("gateway:wechat", "gateway_down")
    assert '"kind":"gateway.weight"' in one.card and '"weight":5' in one.card
    await after(store, clock, watch, 12)
    assert current(store) == []


async def test_a_tight_strategy_is_named_not_the_gateways(
    store: Store, clock: ManualClock, minute: int
) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 2, acted=40)
    (one,) = current(store)
    assert (one.subject, one.cause) == ("strategy:velocity", "strategy_too_sensitive")


@pytest.mark.parametrize(("came", "causes"), [(800, []), (200, ["shortfall"]), (2400, ["peak_load"])])
async def test_the_plan_says_what_a_surge_is_and_what_is_missing(
    store: Store, clock: ManualClock, minute: int, came: int, causes: list[str]
) -> None:
    begins = datetime.fromtimestamp(clock.now() // MINUTE_MS * 60, ZoneInfo("Asia/Shanghai"))
    sale = Planned(name="sale", days=(begins.date(),), since=begins.time(), multiplier=4.0, band=0.3)
    watch = watch_of(store, clock, (sale,))
    await watch.round()
    await after(store, clock, watch, 1, came=came)
    assert [one.cause for one in current(store)] == causes


async def test_without_a_plan_the_same_is_a_surge(store: Store, clock: ManualClock, minute: int) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 1, came=800)
    assert [one.cause for one in current(store)] == ["peak_load"]


async def test_complaints_about_a_strategy_name_it(store: Store, clock: ManualClock, minute: int) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    about = StoredComplaint(0, "", "", "", None, "b_1", "app", "", "velocity", 0, clock.now())
    for number in range(20):
        new = about._replace(id=f"cmp_{number}", external_id=f"e{number}", digest=f"d{number}")
        store.write_now(partial(complaints.take_in, new=new, about=None, shard=0))
    await after(store, clock, watch, 1)
    (one,) = current(store)
    assert (one.subject, one.cause) == ("strategy:velocity", "strategy_too_sensitive")


async def test_the_past_warns_nobody_and_pauses_do_not(store: Store, clock: ManualClock, minute: int) -> None:
    clock.advance(3600)
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 3)
    assert current(store) == []
