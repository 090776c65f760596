"""What the database itself makes impossible, whoever replays. On both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.filter import parse_filter
from console.contract.replay import ReplayClass, ReplayOutcome
from console.store import repayments, replay_items, replays, retention
from console.store.database import Store
from console.store.replay_rows import Item, Planned
from tests.pipeline.entries import entry, take_in
from tests.replay.failed import fail_all
from tests.replay.stage import found, planned, start

ITEM = Item(1, "2026-06-10", ReplayClass.RESUBMIT, ReplayOutcome.WAITING, "alipay", 500, 1, None, False)


async def plan_by_hand(store: Store) -> tuple[str, int]:
    identity = await planned(store, "state:failed")
    seq = found(store, identity).seq
    new = Planned(1, ITEM.day, ITEM.class_, ITEM.outcome, ITEM.gateway, ITEM.amount_fen, 1, "r-1")
    store.write_now(lambda connection: replay_items.plan(connection, seq, [new], chunk=0, digest="d"))
    return identity, seq


async def test_a_repayment_is_sent_once_after_one_attempt_over_all_replays(
    store: Store, clock: ManualClock
) -> None:
    await take_in(store, entry(1))
    fail_all(store, "alipay")
    (_, first), (_, second) = await plan_by_hand(store), await plan_by_hand(store)

    def submit(connection: Connection, seq: int) -> None:
        replay_items.submit(connection, seq, [(ITEM, "r-2")], now=clock.now())

    store.write_now(lambda connection: submit(connection, first))
    with pytest.raises(IntegrityError):
        store.write_now(lambda connection: submit(connection, second))


async def test_two_replays_never_run_at_one_gateway(store: Store) -> None:
    await take_in(store, entry(1))
    fail_all(store, "alipay")
    (first, _), (second, _) = await plan_by_hand(store), await plan_by_hand(store)
    start(store, first)
    with pytest.raises(IntegrityError):
        start(store, second)


async def test_an_item_stands_in_a_replay_once(store: Store) -> None:
    await take_in(store, entry(1))
    fail_all(store, "alipay")
    _, seq = await plan_by_hand(store)
    again = Planned(1, ITEM.day, ITEM.class_, ITEM.outcome, ITEM.gateway, 500, 1, "r-1")
    with pytest.raises(IntegrityError):
        store.write_now(lambda connection: replay_items.plan(connection, seq, [again], chunk=1, digest="d"))


async def test_a_repayment_tells_how_often_it_was_replayed(store: Store, clock: ManualClock) -> None:
    (identity,) = await take_in(store, entry(1))
    fail_all(store, "alipay")
    _, seq = await plan_by_hand(store)

    def told(connection: Connection) -> list[int | None]:
        one = repayments.find(connection, identity)
        listed, _ = repayments.page(connection, parse_filter(""), None, 10, now=clock.now())
        by_number = repayments.by_seq(connection, [1])
        return [None if one is None else one.replayed, listed[0].replayed, by_number[0].replayed]

    assert store.read_now(told) == [0, 0, 0]
    store.write_now(lambda c: replay_items.submit(c, seq, [(ITEM, "r-2")], now=clock.now()))
    assert store.read_now(told) == [1, 1, 1]


async def test_a_plan_that_nobody_starts_is_deleted_after_a_day(store: Store, clock: ManualClock) -> None:
    await take_in(store, entry(1))
    fail_all(store, "alipay")
    (_, old), (begun, kept) = await plan_by_hand(store), await plan_by_hand(store)
    store.write_now(lambda c: replays.planned(c, old, estimate_ms=0, now=clock.now()))
    start(store, begun)
    a_day = clock.now() + replays.PLANS_KEPT_MS

    def left(connection: Connection) -> list[int]:
        retention.purge(connection, a_day)
        before = connection.execute(text("SELECT count(*) FROM replay")).scalar_one()
        retention.purge(connection, a_day + 1)
        tables = ("replay", "replay_item", "replay_tally")
        counts = [connection.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables]
        return [before, *counts]

    assert store.write_now(left) == [2, 1, 1, 1]
    assert found(store, begun).seq == kept
