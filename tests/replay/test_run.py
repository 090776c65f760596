"""A replay over real HTTP against a third party with its own ledger, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.replay import Receipt, ReplayState
from console.repayment.replay.settings import ReplaySettings
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.replays import said_of
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import running, stages_of, until
from tests.replay.failed import fail_all
from tests.replay.stage import FAST, classes, found, outcomes, planned, receipt, start, state_of, tick, turn


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture(autouse=True)
def books_agree(store: Store) -> Any:
    """After every test the counters agree with a recount, and the tallies with the items."""
    yield
    assert store.read_now(counted) == store.read_now(recount)
    tallies = rows(
        store,
        "SELECT replay_seq, class, outcome, gateway, count, sum_fen FROM replay_tally WHERE count <> 0"
        " ORDER BY 1, 2, 3, 4",
    )
    items = rows(
        store,
        "SELECT replay_seq, class, outcome, gateway, count(*), sum(amount_fen) FROM replay_item"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
    )
    assert [tuple(map(str, row)) for row in tallies] == [tuple(map(str, row)) for row in items]


def balanced(one: Receipt) -> bool:
    assert one.conservation.balanced, one.conservation
    return True


async def failing(store: Store, count: int) -> tuple[str, ...]:
    """Take repayments in that have all failed."""
    ids = await take_in(store, *(entry(number, 500 + number) for number in range(count)))
    assert fail_all(store, "alipay") == count
    return ids


async def test_what_failed_is_settled_by_a_new_order_each(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    ids = await failing(store, 60)
    async with running(store, clock, party.config(), replay=FAST):
        identity = await planned(store, "state:failed")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        assert classes(store, identity) == ["resubmit"] * 60
        start(store, identity)
        await until(
            lambda: tick(clock) and state_of(store, identity) == "done",
            lambda: (found(store, identity), outcomes(store, identity)),
        )
    assert outcomes(store, identity) == {"settled": 60}
    assert sorted(order_no for order_no, _ in party.book.debits) == sorted(f"{one}-2" for one in ids)
    one = receipt(store, identity)
    assert balanced(one)
    assert one.conservation.settled.count == one.conservation.paid_orders.count == 60
    steps = rows(store, "SELECT what FROM timeline WHERE repayment_seq = 1 ORDER BY id")
    assert [step[0] for step in steps[-3:]] == ["replayed", "sending", "succeeded"]


async def test_what_is_in_doubt_is_asked_about_and_sent_again_only_when_it_failed(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "timeout" if times == 1 else "ok"
    ids = await take_in(store, *(entry(number, 500 + number) for number in range(20)))
    slow = {"inquiry_steps": (900.0,), "inquiry_every": 900.0}
    async with running(store, clock, party.config(), **slow):
        await until(lambda: tick(clock) and stages_of(store) == ["in_doubt"] * 20)
    party.behave = lambda order_no, times: "ok"
    async with running(store, clock, party.config(), replay=FAST, **slow):
        identity = await planned(store, "state:in_doubt")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        assert classes(store, identity) == ["inquire_first"] * 20
        start(store, identity)
        await until(
            lambda: tick(clock) and state_of(store, identity) == "done",
            lambda: (found(store, identity), outcomes(store, identity)),
        )
    assert balanced(receipt(store, identity))
    assert stages_of(store) == ["settled"] * 20
    assert party.book.debits_per_repayment() == dict.fromkeys(ids, 1)


async def test_a_pause_that_is_committed_sends_nothing_more(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await failing(store, 80)
    party.behave = lambda order_no, times: "ok"
    async with running(store, clock, party.config(), replay=FAST):
        identity = await planned(store, "state:failed", ReplaySettings(rate=40))
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        start(store, identity)
        await until(lambda: tick(clock) and outcomes(store, identity).get("settled", 0) > 5)
        turn(store, identity, ReplayState.PAUSED)
        begun = 80 - outcomes(store, identity)["waiting"]
        await until(lambda: tick(clock) and outcomes(store, identity).get("settled", 0) == begun)
        for _ in range(20):
            tick(clock)
            await asyncio.sleep(0.01)
        assert outcomes(store, identity) == {"settled": begun, "waiting": 80 - begun}
        turn(store, identity, ReplayState.RUNNING)
        await until(lambda: tick(clock) and state_of(store, identity) == "done")
    assert balanced(receipt(store, identity))


@pytest.mark.parametrize(("mode", "word"), [("decline", "failed again"), ("timeout", "in doubt")])
async def test_it_stops_itself_when_it_does_harm(
    store: Store, clock: ManualClock, party: ThirdParty, mode: str, word: str
) -> None:
    await failing(store, 40)
    party.behave = lambda order_no, times: mode
    party.answer_inquiry = lambda order_no, times: "not_found"
    limits = {**FAST, "stop_sample": 10, "stop_refailed": 0.4, "stop_unknown": 0.4}
    async with running(store, clock, party.config(timeout=0.1), replay=limits):
        identity = await planned(store, "state:failed")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        start(store, identity)
        await until(
            lambda: tick(clock) and found(store, identity).ended_at is not None,
            lambda: (found(store, identity), outcomes(store, identity)),
        )
    one = found(store, identity)
    assert one.state is ReplayState.STOPPED
    assert (why := said_of(one.why)) is not None and word in why.message
    assert outcomes(store, identity)["left"] > 0
    assert balanced(receipt(store, identity))


async def test_of_two_failed_repayments_of_one_instalment_one_is_sent(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    twin = entry(2, borrower="b-1", instalment="L1-1")
    await take_in(store, entry(1, borrower="b-1", instalment="L1-1"), twin, entry(3))
    assert fail_all(store, "alipay") == 3
    async with running(store, clock, party.config(), replay=FAST):
        identity = await planned(store, "state:failed")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        assert sorted(classes(store, identity)) == ["duplicate_instalment", "resubmit", "resubmit"]
        start(store, identity)
        await until(lambda: tick(clock) and state_of(store, identity) == "done")
    assert len(party.book.debits) == 2
    assert balanced(receipt(store, identity))


def second_orders(store: Store) -> dict[str, int]:
    query = "SELECT gateway, count(*) FROM attempt WHERE number = 2 GROUP BY gateway"
    return dict(map(tuple, rows(store, query)))


async def test_new_orders_go_only_where_the_replay_keeps_its_pace(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await failing(store, 30)
    async with running(store, clock, party.config(), party.config(id="wechat"), replay=FAST):
        identity = await planned(store, "state:failed")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        start(store, identity)
        assert rows(store, "SELECT gateway FROM replay_gateway") == [("alipay",)]
        await until(lambda: tick(clock) and state_of(store, identity) == "done")
    assert second_orders(store) == {"alipay": 30}


async def test_the_plan_sends_elsewhere_what_failed_at_a_gateway_that_takes_nothing(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await failing(store, 30)
    async with running(store, clock, party.config(weight=0), party.config(id="wechat"), replay=FAST):
        identity = await planned(store, "state:failed")
        await until(lambda: tick(clock) and state_of(store, identity) == "planned")
        start(store, identity)
        assert rows(store, "SELECT gateway FROM replay_gateway") == [("wechat",)]
        await until(lambda: tick(clock) and state_of(store, identity) == "done")
    assert second_orders(store) == {"wechat": 30}
