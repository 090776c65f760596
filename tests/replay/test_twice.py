"""What the database itself makes impossible, whoever replays. On both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.replay import ReplayClass, ReplayOutcome
from console.store import replay_items
from console.store.database import Store
from console.store.replay_items import Item, Planned
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
