"""Settlement files: the ledger's day, whole; or wrong in the ways a gateway's file is wrong."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from console.contract.clock import Instant, business_day
from console.contract.faults import Fault
from console.repayment.reconcile.parse import Incomplete, SettlementReader
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


class Row(NamedTuple):
    """What a row of a settlement file says."""

    order_no: str
    gateway_ref: str
    is_debit: bool
    amount_fen: int
    currency: str


async def rows_of(merchant: Merchant, day: date) -> list[Row]:
    """Return the rows of a day's file. Raises Incomplete."""
    heard = merchant.verified(await merchant.call("GET", f"/settlements/{day}"))
    assert heard.status == 200
    return _read(heard.body, day)


def _read(content: bytes, day: date) -> list[Row]:
    with TemporaryDirectory() as name:
        file = Path(name, "file")
        file.write_bytes(content)
        frames = SettlementReader(file, *settlement.bounds(day)).frames()
        return [Row(*row) for frame in frames for row in frame.iter_rows()]


async def test_the_file_of_a_day_is_the_ledger_of_that_day(sandbox: Sandbox) -> None:
    merchant = sandbox.merchant()
    day = await day_of(sandbox, merchant)
    rows = await rows_of(merchant, day)
    assert [(row.order_no, row.is_debit, row.amount_fen) for row in rows] == [
        (movement.order_no, movement.kind == "debit", movement.amount_fen)
        for movement in sandbox.ledger()
        if movement.order_no != "rp_later-1"
    ]
    assert len(rows) == 41
    answer = merchant.answer(await merchant.inquire("rp_7-1"))
    assert {row.gateway_ref for row in rows if row.order_no == "rp_7-1"} == {answer.gateway_ref.raw}
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
    with pytest.raises(Incomplete):
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
