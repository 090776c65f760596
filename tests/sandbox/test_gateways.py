"""Gateways over real HTTP: what they do by themselves, and every way in which they misbehave."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from console.contract.clock import Instant, ManualClock
from console.contract.faults import Fault
from console.gateways.wire import MERCHANT_HEADER, SIGNATURE_HEADER, DebitRequest, Status, WireError
from console.sandbox.gateway import Reply
from console.sandbox.habits import DECLINE_CODES, GATEWAYS, INSTANT
from tests.sandbox.sandbox import DAY, DECLINING, QUICK, Sandbox, opened


async def test_a_debit_is_in_the_ledger_before_it_is_answered(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    answer = merchant.answer(await merchant.debit("rp_1-1"))
    assert (answer.status, answer.amount_fen, answer.merchant) == (Status.SUCCEEDED, 12_345, "repay-alipay")
    lines = sandbox.world.book.ledgers["alipay"].path.read_text().splitlines()
    assert lines == [
        '{"time":"2026-05-28T20:26:40.000Z","gateway":"alipay","order_no":"rp_1-1",'
        '"kind":"debit","amount_fen":12345}'
    ]


async def test_the_same_order_again_gets_the_same_answer_and_no_second_debit(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    answers = {(await merchant.debit("rp_1-1")).body for _ in range(3)}
    answers |= {heard.body for heard in await asyncio.gather(*(merchant.debit("rp_1-1") for _ in range(20)))}
    assert len(answers) == 1
    assert sandbox.moved() == [("rp_1-1", "debit")]


async def test_twenty_at_once_with_one_order_number_debit_once(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    await asyncio.gather(*(merchant.debit("rp_2-1") for _ in range(20)))
    assert sandbox.moved() == [("rp_2-1", "debit")]


async def test_an_inquiry_does_not_tell_what_is_not_in_the_ledger_yet(sandbox: Sandbox) -> None:
    merchant, book = sandbox.merchant(), sandbox.world.book
    late = DebitRequest("rp_1-1", 100, "CNY", "a", "", Instant(sandbox.clock.now() + 1000))
    inquiry = sandbox.world.gateways["alipay"].inquire

    def inquire_just_after_the_debit(order_no: str) -> Reply:
        sandbox.world.gateways["alipay"].debit(late)
        return inquiry(order_no)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox.world.gateways["alipay"], "inquire", inquire_just_after_the_debit)
        heard = await merchant.inquire("rp_1-1")
    assert merchant.answer(heard).status is Status.SUCCEEDED
    assert book.ledgers["alipay"].size() > 0


@pytest.mark.parametrize("other", [{"amount_fen": 12_346}, {"account": "9990012572883896"}])
async def test_an_order_number_with_other_content_is_refused_and_recorded(
    sandbox: Sandbox, other: dict[str, int | str]
) -> None:
    merchant = sandbox.merchant()
    await merchant.debit("rp_1-1")
    assert merchant.refusal(await merchant.debit("rp_1-1", **other)) == (409, "ORDER_CONFLICT")  # type: ignore[arg-type]
    assert sandbox.moved() == [("rp_1-1", "debit")]
    count, violations = sandbox.world.book.violations(10)
    assert (count, violations[0][1:]) == (1, ("alipay", "rp_1-1", "ORDER_CONFLICT"))


async def test_an_order_that_comes_too_late_is_refused_and_not_debited(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    assert merchant.refusal(await merchant.debit("rp_1-1", expires_in=0)) == (410, "ORDER_EXPIRED")
    assert merchant.refusal(await merchant.inquire("rp_1-1")) == (404, "ORDER_NOT_FOUND")
    assert sandbox.moved() == []


async def test_an_order_that_was_debited_is_known_also_after_it_expired(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    await merchant.debit("rp_1-1", expires_in=1)
    sandbox.clock.advance(3 * DAY)
    assert merchant.answer(await merchant.inquire("rp_1-1")).status is Status.SUCCEEDED
    assert merchant.answer(await merchant.debit("rp_1-1", expires_in=-1)).status is Status.SUCCEEDED
    assert sandbox.moved() == [("rp_1-1", "debit")]


async def test_a_request_that_is_not_the_merchants_is_refused(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    heard = await merchant.call("POST", "/debits", b"{}", headers={SIGNATURE_HEADER: "0" * 64})
    assert merchant.refusal(heard) == (401, "WRONG_SIGNATURE")
    heard = await merchant.call("POST", "/debits", b"{}", headers={MERCHANT_HEADER: "someone"})
    assert merchant.refusal(heard) == (401, "UNKNOWN_MERCHANT")
    assert merchant.refusal(await merchant.call("POST", "/debits", b"{}")) == (400, "WRONG_FIELD")
    assert merchant.refusal(await merchant.call("PUT", "/debits", b"{}")) == (404, "NO_SUCH_CALL")


async def test_an_accepted_order_is_confirmed_in_its_time(accepting: Sandbox) -> None:
    merchant = accepting.merchant()
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.ACCEPTED
    assert accepting.moved() == []
    accepting.clock.advance(1)
    await accepting.until_moved(("rp_1-1", "debit"))
    assert merchant.answer(await merchant.inquire("rp_1-1")).status is Status.SUCCEEDED


async def test_an_accepted_order_that_runs_out_fails(accepting: Sandbox) -> None:
    merchant = accepting.merchant()
    await merchant.debit("rp_1-1", expires_in=0.5, notify_url=accepting.receiver.url)
    accepting.clock.advance(1)
    [callback] = await accepting.receiver.at_least(1)
    assert (callback.answer.status, callback.answer.code.raw) == (Status.FAILED, "ORDER_EXPIRED")
    assert accepting.moved() == []


async def test_a_decline_has_a_code_of_the_list(tmp_path: Path) -> None:
    async with opened(tmp_path, DECLINING) as sandbox:
        merchant = sandbox.merchant()
        answer = merchant.answer(await merchant.debit("rp_1-1"))
        assert answer.status is Status.FAILED
        assert answer.code.raw in DECLINE_CODES
        assert sandbox.moved() == []


async def test_closing_gives_back_what_was_debited_where_the_gateway_does_that(sandbox: Sandbox) -> None:
    alipay, bank = sandbox.merchant("alipay"), sandbox.merchant("bank")
    await alipay.debit("rp_1-1")
    await bank.debit("rp_2-1")
    assert alipay.answer(await alipay.close("rp_1-1")).status is Status.REVERSED
    assert alipay.answer(await alipay.close("rp_1-1")).status is Status.REVERSED
    assert bank.answer(await bank.close("rp_2-1")).status is Status.SUCCEEDED
    assert sandbox.moved("alipay") == [("rp_1-1", "debit"), ("rp_1-1", "reversal")]
    assert sandbox.moved("bank") == [("rp_2-1", "debit")]


async def test_an_order_closed_before_it_came_is_never_debited(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    closed = merchant.answer(await merchant.close("rp_1-1", 500))
    assert (closed.status, closed.amount_fen) == (Status.CLOSED, 500)
    assert merchant.answer(await merchant.debit("rp_1-1", amount_fen=500)).status is Status.CLOSED
    assert sandbox.moved() == []


async def test_a_closed_order_is_not_confirmed(accepting: Sandbox) -> None:
    merchant = accepting.merchant()
    await merchant.debit("rp_1-1")
    await merchant.debit("rp_2-1")
    assert merchant.answer(await merchant.close("rp_1-1")).status is Status.CLOSED
    accepting.clock.advance(10)
    await accepting.until_moved(("rp_2-1", "debit"))


# Misbehaviour


async def test_ok_makes_everything_succeed(tmp_path: Path) -> None:
    async with opened(tmp_path, replace(DECLINING, accepted=1.0)) as sandbox:
        sandbox.fault(Fault.OK)
        merchant = sandbox.merchant()
        assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.SUCCEEDED


async def test_decline(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.DECLINE)
    merchant = sandbox.merchant()
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.FAILED


async def test_slow(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.SLOW)
    merchant = sandbox.merchant()
    with pytest.raises(TimeoutError):
        await merchant.debit("rp_1-1", within=0.2)
    assert merchant.answer(await merchant.debit("rp_2-1")).status is Status.SUCCEEDED


async def test_timeout_before_debit(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.TIMEOUT_BEFORE_DEBIT)
    merchant = sandbox.merchant()
    with pytest.raises(TimeoutError):
        await merchant.debit("rp_1-1", within=0.2)
    assert merchant.refusal(await merchant.inquire("rp_1-1")) == (404, "ORDER_NOT_FOUND")
    assert sandbox.moved() == []


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER_DEBIT, Fault.ERROR_AFTER_DEBIT, Fault.RESET])
async def test_the_debit_is_made_and_the_answer_is_lost(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.fault(fault)
    merchant = sandbox.merchant()
    if fault is Fault.ERROR_AFTER_DEBIT:
        assert (await merchant.debit("rp_1-1")).status in (500, 502, 503)
    else:
        with pytest.raises((TimeoutError, aiohttp.ClientConnectionError)):
            await merchant.debit("rp_1-1", within=0.3)
    assert sandbox.moved() == [("rp_1-1", "debit")]
    sandbox.world.faults.calm()
    assert merchant.answer(await merchant.inquire("rp_1-1")).status is Status.SUCCEEDED
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.SUCCEEDED
    assert sandbox.moved() == [("rp_1-1", "debit")]


async def test_a_lost_answer_is_followed_by_a_callback_at_last(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.ERROR_AFTER_DEBIT)
    await sandbox.merchant().debit("rp_1-1", notify_url=sandbox.receiver.url)
    sandbox.clock.advance(20)
    [callback] = await sandbox.receiver.at_least(1)
    assert callback.answer.status is Status.SUCCEEDED


async def test_reset_is_a_reset(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    await merchant.debit("rp_1-1")
    sandbox.fault(Fault.RESET)
    path = "/alipay/debits/rp_1-1"
    head = "".join(f"{name}: {value}\r\n" for name, value in merchant.signed("GET", path).items())
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.world.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_truncate(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.TRUNCATE)
    with pytest.raises(aiohttp.ClientPayloadError):
        await sandbox.merchant().debit("rp_1-1")
    assert sandbox.moved() == [("rp_1-1", "debit")]


async def test_trickle(tmp_path: Path) -> None:
    async with opened(tmp_path, timings=replace(QUICK, trickle=0.02)) as sandbox:
        sandbox.fault(Fault.TRICKLE)
        merchant = sandbox.merchant()
        with pytest.raises(TimeoutError):
            await merchant.debit("rp_1-1", within=0.5)
        assert sandbox.moved() == [("rp_1-1", "debit")]


async def test_a_trickled_answer_is_whole_in_the_end(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.TRICKLE)
    merchant = sandbox.merchant()
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.SUCCEEDED


async def test_nonsense(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.NONSENSE)
    merchant = sandbox.merchant()
    for number in range(20):
        heard = await merchant.debit(f"rp_{number}-1")
        with pytest.raises(WireError):
            merchant.answer(heard)
    assert len(sandbox.moved()) == 20


async def test_wrong_signature(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.WRONG_SIGNATURE)
    merchant = sandbox.merchant()
    with pytest.raises(WireError, match="WRONG_SIGNATURE"):
        merchant.answer(await merchant.debit("rp_1-1"))


async def test_wrong_amount(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.WRONG_AMOUNT)
    merchant = sandbox.merchant()
    assert merchant.answer(await merchant.debit("rp_1-1")).amount_fen != 12_345
    assert sandbox.ledger()[0].amount_fen == 12_345


async def test_redirect(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.REDIRECT)
    assert (await sandbox.merchant().debit("rp_1-1")).status == 302


async def test_not_found_for_a_while(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.NOT_FOUND)
    merchant = sandbox.merchant()
    await merchant.debit("rp_1-1")
    assert merchant.refusal(await merchant.inquire("rp_1-1")) == (404, "ORDER_NOT_FOUND")
    sandbox.clock.advance(29)
    assert merchant.refusal(await merchant.inquire("rp_1-1")) == (404, "ORDER_NOT_FOUND")
    sandbox.clock.advance(1)
    assert merchant.answer(await merchant.inquire("rp_1-1")).status is Status.SUCCEEDED


async def test_flip_flop_never_says_a_false_outcome(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.FLIP_FLOP)
    merchant = sandbox.merchant()
    await merchant.debit("rp_1-1")
    heard = [await merchant.inquire("rp_1-1") for _ in range(6)]
    assert [one.status for one in heard] == [200, 404, 200] * 2
    said = [merchant.answer(one).status for one in heard if one.status == 200]
    assert said == [Status.ACCEPTED, Status.SUCCEEDED] * 2


async def test_late_confirm(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.LATE_CONFIRM)
    merchant = sandbox.merchant()
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.ACCEPTED
    sandbox.clock.advance(59)
    assert merchant.answer(await merchant.inquire("rp_1-1")).status is Status.ACCEPTED
    sandbox.clock.advance(31)
    await sandbox.until_moved(("rp_1-1", "debit"))


async def test_success_after_close(accepting: Sandbox) -> None:
    accepting.fault(Fault.SUCCESS_AFTER_CLOSE)
    merchant = accepting.merchant()
    await merchant.debit("rp_1-1", notify_url=accepting.receiver.url)
    assert merchant.answer(await merchant.close("rp_1-1")).status is Status.CLOSED
    assert accepting.moved() == []
    accepting.clock.advance(10)
    [callback] = await accepting.receiver.at_least(1)
    assert callback.answer.status is Status.SUCCEEDED
    assert accepting.moved() == [("rp_1-1", "debit")]


async def test_down(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.DOWN)
    merchant = sandbox.merchant()
    for call in (merchant.debit("rp_1-1"), merchant.inquire("rp_1-1"), merchant.close("rp_1-1")):
        with pytest.raises(aiohttp.ClientConnectionError):
            await call
    assert sandbox.moved() == []
    other = sandbox.merchant("bank")
    assert other.answer(await other.debit("rp_1-1")).status is Status.SUCCEEDED


async def test_a_fault_strikes_at_its_rate_and_several_at_theirs(sandbox: Sandbox) -> None:
    sandbox.fault(Fault.DECLINE, 0.3)
    sandbox.fault(Fault.ERROR_AFTER_DEBIT, 0.3)
    merchant = sandbox.merchant()
    heard = await asyncio.gather(*(merchant.debit(f"rp_{number}-1") for number in range(600)))
    errors = sum(one.status >= 500 for one in heard)
    declined = sum(b"FAILED" in one.body for one in heard)
    assert 120 < errors < 240
    assert 80 < declined < 180  # 30 % of the 70 % that are answered


async def test_the_quiet_profile_has_a_few_declines_and_some_confirmations_by_callback(
    tmp_path: Path,
) -> None:
    habits = replace(GATEWAYS["alipay"], latency=INSTANT.latency, unanswered=0.0)
    async with opened(tmp_path, habits) as sandbox:
        merchant = sandbox.merchant()
        heard = await asyncio.gather(*(merchant.debit(f"rp_{number}-1") for number in range(1000)))
        said = [merchant.answer(one).status for one in heard]
        assert 140 < said.count(Status.ACCEPTED) < 265
        assert 5 <= said.count(Status.FAILED) < 60


async def test_the_gateways_keep_their_latency(tmp_path: Path) -> None:
    async with opened(tmp_path, replace(INSTANT, latency=(0.05, 0.06)), clock=ManualClock()) as sandbox:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await sandbox.merchant().debit("rp_1-1")
        assert loop.time() - before >= 0.05
