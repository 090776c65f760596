"""A gateway that is slow, or does not answer at all, takes nothing from the others."""

import asyncio

from console.contract.clock import Instant, ManualClock
from console.repayment.dispatch import Dispatcher
from console.repayment.inquire import Inquirer
from console.repayment.turns import FARTHEST_MS, SOONEST_MS, Turns
from console.store.database import Store
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import PATIENCE, desk, running, unnoted, until

NOW = Instant(1_780_000_000_000)

BACKLOG = 900
"""Repayments that wish a slow gateway: many times what one batch holds."""


async def test_a_backlog_that_wishes_a_slow_gateway_lets_others_pass(
    store: Store, clock: ManualClock
) -> None:
    async with serving(ThirdParty(clock)) as one, serving(ThirdParty(clock)) as other:
        slow = one.config(rate_per_second=4.0)
        office = desk(store, clock, slow, other.config(id="wechat"))
        await take_in(store, *(entry(number, gateway="alipay") for number in range(BACKLOG)))
        pass_all(store)
        clock.advance(0.001)
        await take_in(store, *(entry(number, gateway="wechat") for number in range(BACKLOG, BACKLOG + 50)))
        pass_all(store)
        dispatcher = Dispatcher(office, asyncio.Event())
        for _ in range(60):
            await dispatcher.round()
            clock.advance(0.1)
            if len(other.book.debits) == 50:
                break
        await until(lambda: len(other.book.debits) == 50, lambda: f"{len(one.book.debits)} to the slow one")
        assert _due(store, clock) < BACKLOG / 4, "those that wait are not looked at again and again"
        assert _overdue(store, clock) == 0, "and each comes back before long"
        for lane in office.lanes.values():
            await lane.gateway.close()


def _due(store: Store, clock: ManualClock) -> int:
    query = "SELECT count(*) FROM repayment WHERE stage = 'dispatch' AND next_action_at <= :at"
    count: int = rows(store, query, at=clock.now())[0][0]
    return count


def _overdue(store: Store, clock: ManualClock) -> int:
    query = "SELECT count(*) FROM repayment WHERE stage = 'dispatch' AND next_action_at > :at"
    count: int = rows(store, query, at=clock.now() + 2 * FARTHEST_MS)[0][0]
    return count


async def test_a_gateway_that_hangs_takes_nothing_from_the_others(store: Store, clock: ManualClock) -> None:
    async with serving(ThirdParty(clock)) as one, serving(ThirdParty(clock)) as other:
        one.behave = lambda order_no, times: "timeout"
        one.answer_inquiry = lambda order_no, times: "timeout"
        hanging = one.config(timeout=10 * PATIENCE, max_in_flight=8)
        async with running(store, clock, hanging, other.config(id="wechat")):
            await take_in(store, *(entry(number, gateway="alipay") for number in range(30)))
            await until(lambda: clock.advance(0.02) > 0 and one.seen.total() >= 7)
            await take_in(store, *(entry(number, gateway="wechat") for number in range(100, 140)))
            await until(
                lambda: clock.advance(0.02) > 0 and len(other.book.debits) >= 40,
                lambda: len(other.book.debits),
            )
            hung = rows(store, "SELECT count(*) FROM attempt WHERE gateway = 'alipay' AND state = 'SENDING'")
            assert hung[0][0] >= 7, "it still answers nothing"
        one.hold.set()


async def test_an_inquirer_that_hangs_at_one_gateway_asks_the_other(store: Store, clock: ManualClock) -> None:
    async with serving(ThirdParty(clock)) as one, serving(ThirdParty(clock)) as other:
        for party in (one, other):
            party.behave = lambda order_no, times: "error"
        one.answer_inquiry = lambda order_no, times: "timeout"
        office = desk(store, clock, one.config(timeout=60.0), other.config(id="wechat", timeout=60.0))
        for lane in office.lanes.values():
            lane.health.note = unnoted  # type: ignore[method-assign] # both are tried on
        await take_in(store, *(entry(n, gateway="alipay") for n in range(40)))
        await take_in(store, *(entry(n, gateway="wechat") for n in range(40, 60)))
        pass_all(store)
        dispatcher, inquirer = Dispatcher(office, asyncio.Event()), Inquirer(office, asyncio.Event())
        in_doubt = "SELECT count(*) FROM repayment WHERE stage = 'in_doubt'"
        while rows(store, in_doubt)[0][0] < 60:
            await dispatcher.round()
            await asyncio.sleep(0.01)
            clock.advance(0.2)
        clock.advance(7)
        settled = "SELECT count(*) FROM repayment WHERE stage = 'settled'"
        for _ in range(500):
            await inquirer.round()
            await asyncio.sleep(0.01)
            if rows(store, settled)[0][0] == 20:
                break
        assert rows(store, settled)[0][0] == 20
        one.hold.set()
        await inquirer.finish(1.0)
        await office.gatherer.drain()
        for lane in office.lanes.values():
            await lane.gateway.close()


async def test_an_inquirer_with_nothing_to_ask_takes_no_room_from_debits(
    store: Store, clock: ManualClock
) -> None:
    async with serving(ThirdParty(clock)) as one:
        office = desk(store, clock, one.config(max_in_flight=8))
        (lane,) = office.lanes.values()
        free = lane.limits.free()
        idle = asyncio.create_task(Inquirer(office, asyncio.Event()).round())
        seen = set()
        while not idle.done():
            seen.add(lane.limits.free())
            await asyncio.sleep(0)
        assert not await idle
        assert seen == {free}
        await lane.gateway.close()


def test_turns_follow_the_pace_of_a_gateway_and_are_never_far() -> None:
    turns = Turns({"alipay": 10.0, "wechat": 1000.0})
    given = [turns.take("alipay", NOW) - NOW for _ in range(200)]
    assert given[:3] == [SOONEST_MS, SOONEST_MS + 100, SOONEST_MS + 200]
    assert all(FARTHEST_MS <= wait <= 2 * FARTHEST_MS for wait in given[100:])
    assert turns.take("wechat", NOW) == turns.take(None, NOW) == turns.take("unheard_of", NOW)
    later = Instant(NOW + 60_000)
    assert turns.take("alipay", later) == later + SOONEST_MS
    earlier = Instant(NOW - 3_600_000)
    assert turns.take("alipay", earlier) - earlier <= 2 * FARTHEST_MS, "a clock that stepped back"
