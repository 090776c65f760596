"""The past: the same every time, and in agreement with the ledgers."""

from __future__ import annotations

import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

from console.contract.clock import ManualClock, iso
from console.sandbox.book import Book
from console.sandbox.history import CHUNK, History
from console.sandbox.ledger import DEBIT, Movement, parse_line, read_lines
from tests.sandbox.sandbox import DAY

GATEWAYS = ("alipay", "wechat", "unionpay", "bank")
INTAKE = {
    "external_id",
    "borrower",
    "name",
    "mobile",
    "id_number",
    "card",
    "amount_fen",
    "product",
    "instalment",
    "due_on",
}


def opened(directory: Path, clock: ManualClock | None = None) -> tuple[Book, History]:
    clock = clock or ManualClock()
    book = Book(directory, GATEWAYS, clock)
    return book, History(book, GATEWAYS, clock)


async def told(history: History, count: int = 3000, days: int = 7, seed: int = 5) -> list[dict[str, Any]]:
    lines = b"".join([chunk async for chunk in history.tell(count, days, seed)]).splitlines()
    return [json.loads(line) for line in lines]


def movements(directory: Path) -> list[Movement]:
    return [
        parse_line(line)
        for name in GATEWAYS
        for _, line in read_lines(directory / "ledger" / f"{name}.jsonl")
    ]


def lose_database(directory: Path) -> None:
    for file in directory.glob("orders.db*"):
        file.unlink()


async def test_outcomes_and_ledgers_agree(tmp_path: Path) -> None:
    book, history = opened(tmp_path)
    past = await told(history)
    book.close()
    net: dict[str, int] = {}
    for movement in movements(tmp_path):
        signed = movement.amount_fen if movement.kind == DEBIT else -movement.amount_fen
        key = f"{movement.gateway} {movement.order_no}"
        net[key] = net.get(key, 0) + signed
    expected = {
        f"{one['gateway']} {one['order_no']}": one["amount_fen"] if one["outcome"] == "SUCCEEDED" else 0
        for one in past
        if one["outcome"] != "FAILED"
    }
    assert net == expected
    assert len({one["id"] for one in past}) == 3000
    assert all(one["order_no"] == one["id"] + "-1" and one["id"].startswith("rp_h") for one in past)


async def test_the_mix_is_that_of_a_quiet_week(tmp_path: Path) -> None:
    book, history = opened(tmp_path)
    past = await told(history)
    book.close()
    outcomes = [one["outcome"] for one in past]
    assert 60 < outcomes.count("FAILED") < 150
    assert 5 < outcomes.count("REVERSED") < 40
    assert all((one["code"] is None) is (one["outcome"] != "FAILED") for one in past)
    assert all((one["settled_at"] is None) is (one["outcome"] != "SUCCEEDED") for one in past)
    assert {one["gateway"] for one in past} == set(GATEWAYS)


async def test_times_are_in_order_and_over(tmp_path: Path) -> None:
    book, history = opened(tmp_path)
    past = await told(history)
    book.close()
    now = ManualClock().now()
    created = [one["created_at"] for one in past]
    assert created == sorted(created)
    assert iso(now - 7 * DAY * 1000 - 3_600_000) <= created[0]
    for one in past:
        assert one["created_at"] < one["sent_at"] < one["decided_at"] < iso(now)
        assert set(one) >= INTAKE


async def test_a_second_telling_is_the_same_and_writes_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    book, history = opened(tmp_path, clock)
    first = await told(history)
    book.close()
    before = movements(tmp_path)
    clock.advance(3 * DAY)
    book, history = opened(tmp_path, clock)
    assert await told(history, count=7, days=1, seed=99) == first
    book.close()
    assert movements(tmp_path) == before


async def test_a_telling_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    clock = ManualClock()
    (tmp_path / "cut").mkdir()
    book, history = opened(tmp_path / "cut", clock)
    async with aclosing(history.tell(3000, 7, 5)) as chunks:
        async for _ in chunks:
            if history.told() >= 3 * CHUNK:
                break
    assert 0 < len(movements(tmp_path / "cut")) < 1000
    book.close()
    book, history = opened(tmp_path / "cut", clock)
    await told(history)
    book.close()
    (tmp_path / "whole").mkdir()
    book, history = opened(tmp_path / "whole", ManualClock())
    await told(history)
    book.close()
    assert movements(tmp_path / "cut") == movements(tmp_path / "whole")


async def test_a_lost_database_does_not_debit_the_past_again(tmp_path: Path) -> None:
    clock = ManualClock()
    book, history = opened(tmp_path, clock)
    first = await told(history, count=500)
    book.close()
    before = movements(tmp_path)
    lose_database(tmp_path)
    clock.advance(DAY)
    book, history = opened(tmp_path, clock)
    assert await told(history, count=500) == first
    book.close()
    assert movements(tmp_path) == before


async def test_the_gateways_know_their_past(tmp_path: Path) -> None:
    book, history = opened(tmp_path)
    past = await told(history, count=100)
    for one in past:
        order = book.get(one["gateway"], one["order_no"])
        assert order is not None
        assert (order.status.value, order.code) == (one["outcome"], one["code"] or "")
        assert order.answer("m").gateway_ref.raw == one["gateway_ref"]
    book.close()
