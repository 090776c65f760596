"""How dispatch obeys windows, decision by decision, and at the edges of its transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from console.contract.clock import ManualClock, to_instant
from console.gateways.routing import Route
from console.repayment.dispatch import Dispatcher
from console.repayment.gate import Budget, Gate, Go, Hold, Reject, Room, drawn, judge
from console.repayment.inquire import Inquirer
from console.store.claims import DueRepayment
from console.store.database import Store
from console.store.holds import Backlog
from console.windows.calendar import Force, force
from console.windows.scope import parse_scope
from console.windows.window import Policy, Window
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import attempts_of, desk, running, until_stages
from tests.windows.conftest import Declare

MINUTE = 60_000
START = to_instant(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
HOLD = Window(
    "w_1",
    parse_scope("gateway=alipay"),
    Policy.HOLD,
    "Asia/Shanghai",
    datetime(2026, 11, 24, 2, 0),
    90 * MINUTE,
    0,
    ramp=9 * MINUTE,
)
END = START + 90 * MINUTE
ROUTES = [Route("alipay", 60, 5, True), Route("wechat", 40, 5, True)]


def due(number: int, wanted: str | None = None, attempts: int = 0) -> DueRepayment:
    return DueRepayment(
        number, f"rp_{number}", f"x-{number}", 500, "CNY", "cash_loan", b"", wanted, attempts, 0
    )


def verdict(
    now: Force, one: DueRepayment, budget: Budget | None = None, *, released: bool = False
) -> Go | Hold | Reject:
    return judge(now, one, ROUTES, budget or Budget(), released=released)


def test_a_draw_is_the_same_each_time_whatever_room_there_is_and_follows_the_weights() -> None:
    full = [route._replace(free=0) for route in reversed(ROUTES)]
    draws = [drawn(ROUTES, None, f"rp_{n}") for n in range(4000)]
    assert draws == [drawn(full, None, f"rp_{n}") for n in range(4000)]
    assert 0.57 < Counter(draws)["alipay"] / 4000 < 0.63
    assert drawn(ROUTES, "wechat", "rp_1") == "wechat"
    assert drawn([], "wechat", "rp_1") is None
    assert drawn([ROUTES[0], ROUTES[1]._replace(healthy=False)], "wechat", "rp_1") == drawn(
        ROUTES, None, "rp_1"
    )


def test_what_is_not_covered_goes_on_but_never_to_the_closed_gateway() -> None:
    closed = force([HOLD], {}, START)
    for number in range(50):
        found = verdict(closed, due(number))
        if drawn(ROUTES, None, f"rp_{number}") == "alipay":
            assert isinstance(found, Hold) and found.until == END
        else:
            assert found == Go(None, frozenset({"alipay"}))
    assert isinstance(verdict(closed, due(1, "alipay")), Hold)
    assert verdict(closed, due(1, "wechat")) == Go("wechat", frozenset({"alipay"}))


def test_an_attempt_is_never_turned_away() -> None:
    rejecting = force([replace(HOLD, policy=Policy.REJECT)], {}, START)
    assert isinstance(verdict(rejecting, due(1, "alipay")), Reject)
    assert isinstance(verdict(rejecting, due(1, "alipay", attempts=1)), Hold)


def test_two_gateways_rerouted_at_once_go_to_neither() -> None:
    other = replace(HOLD, id="w_2", scope=parse_scope("gateway=wechat"), policy=Policy.REROUTE)
    first = force([replace(HOLD, policy=Policy.REROUTE), other], {}, START)
    assert isinstance(verdict(first, due(1, "alipay")), Hold)


def test_a_ramp_lets_through_what_its_budget_holds_and_keeps_the_rest() -> None:
    recovering = force([HOLD], {"w_1": Backlog(9, 900)}, END + MINUTE)
    assert [one.share for one in recovering.recoveries] == [0.1]
    budget = Budget({"w_1": 1})
    assert verdict(recovering, due(1, "alipay"), budget) == Go("alipay", frozenset())
    assert isinstance(verdict(recovering, due(2, "alipay"), budget), Hold)
    assert budget.spent == {"w_1": 1}
    assert verdict(recovering, due(3, "alipay"), budget, released=True) == Go("alipay", frozenset())
    assert verdict(recovering, due(4, "wechat"), budget) == Go("wechat", frozenset({"alipay"}))
    over = force([HOLD], {"w_1": Backlog(9, 900)}, END + 9 * MINUTE)
    assert verdict(over, due(5, "alipay"), Budget()) == Go("alipay", frozenset())


@pytest.mark.parametrize(
    ("free", "wanted", "gateways", "left"),
    [
        ({"alipay": 10, "wechat": 10}, {"alipay": 3}, ("alipay",), 7),
        ({"alipay": 10, "wechat": 10}, {"alipay": 30}, ("alipay",), 5),
        ({"alipay": 1}, {"alipay": 30}, ("alipay",), 1),
        ({"alipay": 10, "wechat": 10}, {"alipay": 3, "wechat": 1}, (), 16),
        ({"wechat": 10}, {"wechat": 4}, ("alipay",), 6),
        ({}, {}, ("alipay",), 0),
    ],
)
def test_what_waited_leaves_beside_what_comes_in(
    free: dict[str, int], wanted: dict[str | None, int], gateways: tuple[str, ...], left: int
) -> None:
    assert Room(free, wanted, 100).beside_new(gateways) == left


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


async def test_an_order_that_is_delayed_past_the_beginning_of_a_window_is_not_sent(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare("gateway=alipay", after=3)
    await take_in(store, entry(1))
    config = party.config()
    worker = desk(store, clock, config)
    store.write_now(
        lambda c: (
            c.exec_driver_sql("UPDATE stage_counter SET stage = 'dispatch' WHERE stage = 'intake'")
            and c.exec_driver_sql("UPDATE repayment SET stage = 'dispatch'")
        )
    )
    write = store.write

    async def slow(job: Callable[[Connection], Any]) -> Any:
        found = await write(job)
        clock.advance(3)
        return found

    dispatcher = Dispatcher(worker, asyncio.Event())
    monkeypatch.setattr(store, "write", slow)
    await dispatcher.round()
    monkeypatch.undo()
    await dispatcher.finish(5)
    await worker.gatherer.drain()
    assert [(state, code) for _, state, code in attempts_of(store)] == [("CREATED", "TOO_LATE")]
    assert party.book.debits == []


async def test_an_order_in_doubt_is_asked_about_but_not_sent_again_inside_a_window(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    party.behave = lambda order_no, times: "timeout_before"
    await take_in(store, entry(1))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "in_doubt")
    store.write_now(lambda c: c.exec_driver_sql("UPDATE attempt SET not_found = 5"))
    clock.advance(10)
    declare("gateway=alipay", after=12)
    assert _claimed(store, clock, party) == [False], "shortly before"
    clock.advance(40)
    assert _claimed(store, clock, party) == [False], "inside"
    clock.advance(600)
    assert _claimed(store, clock, party) == [True], "after"


def _claimed(store: Store, clock: ManualClock, party: ThirdParty) -> list[bool]:
    """Claim what is to be asked about; tell of each whether it is sent again."""
    inquirer = Inquirer(desk(store, clock, party.config()), asyncio.Event())
    return [asked.resend for asked in store.write_now(lambda c: inquirer._claim(c, {"alipay": 1}))]


async def test_the_pace_of_a_ramp_is_its_share_of_the_rate(
    store: Store, clock: ManualClock, declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr("console.repayment.gate.time.monotonic", lambda: moment[0])
    gate = Gate({"alipay": 100.0, "wechat": 50.0})
    declare("gateway=alipay", lasts=10, ramp=90)
    clock.advance(10)
    store.read_now(lambda c: gate.force(c, clock.now()))
    sent = 0
    for _ in range(100):
        moment[0] += 0.1
        store.read_now(lambda c: gate.force(c, clock.now()))
        budget = gate.budget()
        while budget.spend("w_1"):
            sent += 1
        gate.spent(budget)
    assert sent == pytest.approx(0.1 * 100 * 10, abs=2)
    assert rows(store, "SELECT count(*) FROM window_hold")[0][0] == 0
