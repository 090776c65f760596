"""Callbacks: at least once, signed, and in every order that hurts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.contract.clock import ManualClock
from console.contract.faults import Fault
from console.gateways.wire import Status, verify_answer
from console.sandbox.callbacks import BACKOFF, PULSE
from tests.sandbox.sandbox import ACCEPTING, Sandbox, opened, until


def waiting(sandbox: Sandbox) -> int:
    return sandbox.world.book.counts()["to_call"]


async def confirmed(sandbox: Sandbox, order_no: str = "rp_1-1") -> None:
    """Let an order be accepted and its time come."""
    await sandbox.merchant().debit(order_no, notify_url=sandbox.receiver.url)
    sandbox.clock.advance(1)


async def test_a_confirmation_calls_back_once_and_signed(accepting: Sandbox) -> None:
    await confirmed(accepting)
    [callback] = await accepting.receiver.at_least(1)
    [(_, heard)] = accepting.receiver.heard
    seconds = accepting.clock.now() / 1000
    verify_answer(accepting.secrets["alipay"], heard.timestamp, heard.signature, heard.body, seconds)
    assert callback.answer.status is Status.SUCCEEDED
    assert accepting.moved() == [("rp_1-1", "debit")]
    await until(lambda: waiting(accepting) == 0)
    accepting.clock.advance(600)
    await asyncio.sleep(0.15)  # three pulses in which nothing may happen
    assert len(accepting.receiver.heard) == 1


async def test_a_callback_that_is_not_taken_comes_again_as_the_same_event(accepting: Sandbox) -> None:
    accepting.receiver.refuse = 2
    await confirmed(accepting)
    for count in (1, 2):
        await accepting.receiver.at_least(count)
        await until(lambda: accepting.world.callbacks.in_flight == 0)
        accepting.clock.advance(BACKOFF[count - 1] * 1.2 + 0.1)
    callbacks = await accepting.receiver.at_least(3)
    assert len({callback.event_id for callback in callbacks}) == 1
    await until(lambda: waiting(accepting) == 0)
    assert accepting.world.callbacks.delivered == 1


async def test_a_callback_under_way_is_not_sent_again_meanwhile(accepting: Sandbox) -> None:
    accepting.receiver.slowness = 4 * PULSE
    await confirmed(accepting)
    await accepting.receiver.at_least(1)
    await until(lambda: waiting(accepting) == 0)
    assert len(accepting.receiver.heard) == 1


async def test_a_callback_planned_while_another_is_under_way_is_not_forgotten(accepting: Sandbox) -> None:
    accepting.receiver.slowness = 4 * PULSE
    await confirmed(accepting)
    await accepting.receiver.at_least(1)
    order = accepting.world.book.get("alipay", "rp_1-1")
    assert order is not None
    order.callback_at = accepting.clock.now() + 60_000
    accepting.world.book.put(order)
    await until(lambda: accepting.world.callbacks.in_flight == 0)
    assert waiting(accepting) == 1


async def test_a_gateway_gives_up_in_the_end(accepting: Sandbox) -> None:
    accepting.receiver.refuse = 1000
    await confirmed(accepting)
    for count in range(1, len(BACKOFF) + 2):
        await accepting.receiver.at_least(count)
        await until(lambda: accepting.world.callbacks.in_flight == 0)
        accepting.clock.advance(90)
    await until(lambda: accepting.world.callbacks.given_up == 1)
    assert waiting(accepting) == 0


async def test_a_callback_survives_the_gateway(tmp_path: Path) -> None:
    clock = ManualClock()
    async with opened(tmp_path, ACCEPTING, clock=clock) as sandbox:
        url = sandbox.receiver.url
        await sandbox.merchant().debit("rp_1-1", notify_url=url)
    clock.advance(5)
    async with opened(tmp_path, ACCEPTING, clock=clock) as sandbox:
        await sandbox.until_moved(("rp_1-1", "debit"))
        order = sandbox.world.book.get("alipay", "rp_1-1")
        assert order is not None
        assert order.notify_url == url
        await until(lambda: order.callback_tries == 1)


async def test_duplicate_callback(accepting: Sandbox) -> None:
    accepting.fault(Fault.DUPLICATE_CALLBACK)
    await confirmed(accepting)
    callbacks = await accepting.receiver.at_least(2)
    assert len({callback.event_id for callback in callbacks}) == 1


async def test_duplicate_callback_also_about_an_order_answered_at_once(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.DUPLICATE_CALLBACK)
    await sandbox.merchant().debit("rp_1-1", notify_url=sandbox.receiver.url)
    callbacks = await sandbox.receiver.at_least(2)
    assert {callback.answer.status for callback in callbacks} == {Status.SUCCEEDED}


async def test_early_callback_is_there_before_the_answer(accepting: Sandbox) -> None:
    accepting.fault(Fault.EARLY_CALLBACK)
    merchant = accepting.merchant()
    answer = merchant.answer(await merchant.debit("rp_1-1", notify_url=accepting.receiver.url))
    [callback] = accepting.receiver.callbacks()
    assert (callback.answer.status, answer.status) == (Status.SUCCEEDED, Status.ACCEPTED)
    assert waiting(accepting) == 0
    assert accepting.moved() == [("rp_1-1", "debit")]


async def test_out_of_order_callback(accepting: Sandbox) -> None:
    accepting.fault(Fault.OUT_OF_ORDER_CALLBACK)
    await confirmed(accepting)
    first, second = await accepting.receiver.at_least(2)
    assert (first.answer.status, second.answer.status) == (Status.SUCCEEDED, Status.ACCEPTED)
    assert first.event_id != second.event_id


async def test_no_callback(accepting: Sandbox) -> None:
    accepting.fault(Fault.NO_CALLBACK)
    await confirmed(accepting)
    await accepting.until_moved(("rp_1-1", "debit"))
    assert waiting(accepting) == 0
    assert accepting.receiver.heard == []


async def test_a_gateway_that_is_down_calls_back_when_it_is_up_again(accepting: Sandbox) -> None:
    await accepting.merchant().debit("rp_1-1", notify_url=accepting.receiver.url)
    accepting.fault(Fault.DOWN)
    accepting.clock.advance(1)
    await accepting.until_moved(("rp_1-1", "debit"))
    await until(lambda: waiting(accepting) == 1 and accepting.world.callbacks.in_flight == 0)
    assert accepting.receiver.heard == []
    accepting.world.faults.calm()
    accepting.clock.advance(3)
    await accepting.receiver.at_least(1)


async def test_a_callback_to_nowhere_stops_nothing(accepting: Sandbox) -> None:
    merchant = accepting.merchant()
    for number, url in enumerate(("http://127.0.0.1:1/x", "nonsense", "http://", "ftp://x/")):
        await merchant.debit(f"rp_n{number}-1", notify_url=url)
    await confirmed(accepting)
    await accepting.receiver.at_least(1)
