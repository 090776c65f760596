"""Settlement files: the ledger's day, whole; or wrong in the ways a gateway's file is wrong."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from console.contract.clock import Instant, business_day
from console.contract.faults import Fault
from console.gateways.wire import SettlementRow, WireError, parse_settlement
from console.sandbox import settlement
from tests.sandbox.sandbox import DAY, Merchant, Sandbox


async def day_of(sandbox: Sandbox, merchant: Merchant, orders: int = 40) -> date:
    """Debit some orders, give one back, and let the file of that day become ready."""
    day = business_day(sandbox.clock.now())
    await asyncio.gather(*(merchant.debit(f"rp_{number}-1") for number in range(orders)))
    await merchant.close("rp_3-1")
    sandbox.clock.advance(DAY)
    await merchant.debit("rp_later-1")
    sandbox.clock.advance(DAY)
    return day


async def rows_of(merchant: Merchant, day: date) -> list[SettlementRow]:
    heard = merchant.verified(await merchant.call("GET", f"/settlements/{day}"))
    assert heard.status == 200
    return list(parse_settlement(heard.body.decode().splitlines()))


async def test_the_file_of_a_day_is_the_ledger_of_that_day(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    day = await day_of(sandbox, merchant)
    rows = await rows_of(merchant, day)
    assert [(row.order_no, row.kind, row.amount_fen) for row in rows] == [
        (movement.order_no, movement.kind, movement.amount_fen)
        for movement in sandbox.ledger()
        if movement.order_no != "rp_later-1"
    ]
    assert len(rows) == 41
    answer = merchant.answer(await merchant.inquire("rp_7-1"))
    assert {row.gateway_ref for row in rows if row.order_no == "rp_7-1"} == {answer.gateway_ref}
    assert [row.order_no for row in await rows_of(merchant, day + timedelta(days=1))] == ["rp_later-1"]
    assert await rows_of(merchant, day - timedelta(days=1)) == []


async def test_the_file_is_not_ready_before_the_day_is_over(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    today = business_day(sandbox.clock.now())
    for word in (str(today), str(today + timedelta(days=1)), "yesterday", "2026-11-31"):
        heard = await merchant.call("GET", f"/settlements/{word}")
        assert merchant.refusal(heard) == (404, "SETTLEMENT_NOT_READY")


async def test_a_truncated_file_lacks_its_last_line(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    day = await day_of(sandbox, merchant)
    sandbox.fault(Fault.TRUNCATE)
    with pytest.raises(WireError, match="INCOMPLETE"):
        await rows_of(merchant, day)


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    first, end = settlement.bounds(date(2026, 11, 24))
    assert end - first == DAY * 1000
    assert business_day(first) == date(2026, 11, 24)
    assert business_day(first - 1) == date(2026, 11, 23)
    assert not settlement.ready(date(2026, 11, 24), end)
    assert settlement.ready(date(2026, 11, 24), Instant(end + 20 * 60_000))


@pytest.mark.parametrize(
    ("fault", "fewest", "most"),
    [
        (Fault.SETTLEMENT_OMIT, 5, 36),
        (Fault.SETTLEMENT_REPEAT, 46, 77),
        (Fault.SETTLEMENT_EXTRA, 46, 77),
    ],
)
async def test_a_misbehaving_file_still_agrees_with_itself(
    sandbox: Sandbox, fault: Fault, fewest: int, most: int
) -> None:
    merchant = sandbox.merchant()
    day = await day_of(sandbox, merchant)
    sandbox.fault(fault, 0.5)
    rows = await rows_of(merchant, day)
    assert fewest <= len(rows) <= most
    known = {movement.order_no for movement in sandbox.ledger()}
    strangers = {row.order_no for row in rows} - known
    assert bool(strangers) is (fault is Fault.SETTLEMENT_EXTRA)
    sandbox.world.faults.calm()
    assert len(await rows_of(merchant, day)) == 41
