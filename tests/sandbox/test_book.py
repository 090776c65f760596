"""The gateways' memory: what was answered is in the files, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.gateways.wire import Status
from console.sandbox import book as book_module
from console.sandbox.book import Book, BookError
from console.sandbox.ledger import DEBIT, REVERSAL, Ledger, LedgerError, ledger_line, read_lines
from console.sandbox.orders import Order, gateway_reference, repayment_of

NOW = ManualClock().now()


def made(order_no: str, amount_fen: int = 100) -> Order:
    return Order("alipay", order_no, amount_fen, "CNY", "a", "", NOW + 1000, NOW, Status.SUCCEEDED)


def opened(directory: Path) -> Book:
    return Book(directory, ("alipay", "bank"), ManualClock())


def debit(book: Book, order_no: str) -> None:
    order = made(order_no)
    book.put(order)
    book.move(order, DEBIT, NOW)


def lines(directory: Path) -> list[bytes]:
    return [line for _, line in read_lines(directory / "ledger" / "alipay.jsonl")]


def line(order_no: str) -> bytes:
    return ledger_line(NOW, "alipay", order_no, DEBIT, 100)[:-1]


async def test_one_turn_of_the_loop_is_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = opened(tmp_path)
    commits = 0
    commit = book.commit

    def counted() -> None:
        nonlocal commits
        commits += 1
        commit()

    monkeypatch.setattr(book, "commit", counted)

    async def one(number: int) -> None:
        debit(book, f"rp_{number}-1")
        await book.committed()

    await asyncio.gather(*(one(number) for number in range(50)))
    assert commits == 1
    assert lines(tmp_path) == [line(f"rp_{number}-1") for number in range(50)]
    book.close()


def test_a_ledger_line_lost_between_the_two_writes_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cut in (0, 5, 95):
        directory = tmp_path / str(cut)
        directory.mkdir()
        book = opened(directory)
        debit(book, "rp_1-1")
        book.commit()

        def torn(ledger: Ledger, text: bytes, cut: int = cut) -> None:
            os.write(ledger._handle, text[:cut])
            raise OSError(28, "No space left on device")

        debit(book, "rp_2-1")
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "append", torn)
            with pytest.raises(BookError, match="No space left"):
                book.commit()
        book._database.close()  # as a kill would: nothing is said to the ledger
        again = opened(directory)
        assert lines(directory) == [line("rp_1-1"), line("rp_2-1")]
        found = again.get("alipay", "rp_2-1")
        assert found is not None
        assert found.status is Status.SUCCEEDED
        again.close()


def test_a_full_disk_is_mended_by_the_next_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = opened(tmp_path)

    def full(ledger: Ledger, text: bytes) -> None:
        raise OSError(28, "No space left on device")

    debit(book, "rp_1-1")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", full)
        for _ in range(2):
            with pytest.raises(BookError):
                book.commit()
            debit(book, "rp_2-1")
    book.commit()
    assert lines(tmp_path) == [line("rp_1-1"), line("rp_2-1")]
    book.close()


async def test_what_could_not_be_kept_is_answered_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = opened(tmp_path)
    debit(book, "rp_1-1")
    waiting = [book.committed() for _ in range(3)]

    def broken(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(book, "_commit", broken)
        for waiter in waiting:
            with pytest.raises(BookError):
                await waiter
    assert book.get("alipay", "rp_1-1") is None
    assert lines(tmp_path) == []
    book.close()


async def test_a_waiter_that_goes_away_takes_nobody_with_it(tmp_path: Path) -> None:
    book = opened(tmp_path)
    debit(book, "rp_1-1")
    first, second = book.committed(), book.committed()
    first.cancel()
    await second
    book.close()


def test_a_lost_database_is_learnt_from_the_ledger(tmp_path: Path) -> None:
    book = opened(tmp_path)
    for number in (1, 2):
        debit(book, f"rp_{number}-1")
    order = made("rp_2-1")
    order.status = Status.REVERSED
    book.put(order)
    book.move(order, REVERSAL, NOW)
    book.close()
    for file in tmp_path.glob("orders.db*"):
        file.unlink()
    again = opened(tmp_path)
    statuses = [again.get("alipay", f"rp_{number}-1") for number in (1, 2, 3)]
    assert [order and order.status for order in statuses] == [Status.SUCCEEDED, Status.REVERSED, None]
    again.close()


def test_a_ledger_that_no_gateway_wrote_is_named(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "ledger" / "alipay.jsonl").write_bytes(b'{"time": "yesterday"}\n')
    with pytest.raises(LedgerError, match="not a ledger line"):
        opened(tmp_path)


def test_an_unreadable_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "orders.db").write_bytes(b"not a database at all, but long enough to look" * 40)
    with pytest.raises(BookError, match=r"orders\.db: .*move it away"):
        opened(tmp_path)


def test_memory_holds_only_recent_orders_and_the_files_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "RECENT", 10)
    book = opened(tmp_path)
    for number in range(100):
        debit(book, f"rp_{number}-1")
        book.commit()
    assert len(book._recent) <= 11
    assert all(book.get("alipay", f"rp_{number}-1") for number in range(100))
    book.close()


def test_what_is_due_comes_in_its_order_and_only_then(tmp_path: Path) -> None:
    book = opened(tmp_path)
    for seconds in (3, 1, 2):
        order = made(f"rp_{seconds}-1")
        order.decide_at = NOW + seconds * 1000
        order.callback_at = NOW + seconds * 1000
        book.put(order)
    assert book.due(NOW + 999, 10) == ([], [])
    decide, call = book.due(NOW + 2000, 1)
    assert [order.order_no for order in decide] == ["rp_1-1", "rp_2-1"]
    assert [order.order_no for order in call] == ["rp_1-1"]
    book.close()


def test_the_repayment_is_in_the_order_number() -> None:
    assert repayment_of("rp_01J2-1") == "rp_01J2"
    assert repayment_of("rp_01J2-12") == "rp_01J2"
    assert repayment_of("rp_01J2") == "rp_01J2"
    assert repayment_of("a-b") == "a-b"
    assert gateway_reference("alipay", "x") == gateway_reference("alipay", "x")
    assert gateway_reference("alipay", "x") != gateway_reference("alipay", "y")
