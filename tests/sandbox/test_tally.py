"""The judge: every double debit in the ledgers is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.sandbox.ledger import DEBIT, REVERSAL, LedgerError, ledger_line
from console.sandbox.tally import BATCH, Tally

NOW = 1_780_000_000_000


def write(
    path: Path, *movements: tuple[str, str], gateway: str = "alipay", at: int = NOW, fen: int = 100
) -> None:
    with path.open("ab") as file:
        for order_no, kind in movements:
            file.write(ledger_line(at, gateway, order_no, kind, fen))


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    return {name: tmp_path / f"{name}.jsonl" for name in ("alipay", "bank")}


def doubles(tally: Tally) -> list[object]:
    tally.catch_up()
    count, found = tally.double_debits(100)
    assert count == len(found)
    return [double["repayment"] for double in found]


def test_only_more_than_one_net_debit_is_a_double(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    write(
        paths["alipay"],
        ("rp_once-1", DEBIT),
        ("rp_order-1", DEBIT),
        ("rp_order-1", DEBIT),
        ("rp_across-1", DEBIT),
        ("rp_attempts-1", DEBIT),
        ("rp_attempts-2", DEBIT),
        ("rp_back-1", DEBIT),
        ("rp_back-1", REVERSAL),
        ("rp_back-2", DEBIT),
    )
    write(paths["bank"], ("rp_across-2", DEBIT), gateway="bank")
    assert doubles(tally) == ["rp_across", "rp_attempts", "rp_order"]
    write(paths["bank"], ("rp_across-2", REVERSAL), ("rp_back-3", DEBIT), gateway="bank")
    assert doubles(tally) == ["rp_attempts", "rp_back", "rp_order"]
    tally.close()


def test_a_double_names_its_orders_and_their_gateways(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    write(paths["alipay"], ("rp_1-1", DEBIT), ("rp_2-1", DEBIT))
    write(paths["bank"], ("rp_1-2", DEBIT), gateway="bank", fen=70)
    tally.catch_up()
    assert tally.double_debits(10) == (
        1,
        [
            {
                "repayment": "rp_1",
                "debits": 2,
                "reversals": 0,
                "net_fen": 170,
                "orders": [
                    {"gateway": "alipay", "order_no": "rp_1-1", "debits": 1, "reversals": 0, "net_fen": 100},
                    {"gateway": "bank", "order_no": "rp_1-2", "debits": 1, "reversals": 0, "net_fen": 70},
                ],
            }
        ],
    )
    tally.close()


def test_the_count_goes_on_where_it_was(tmp_path: Path, paths: dict[str, Path]) -> None:
    for round_ in range(3):
        tally = Tally(tmp_path / "tally.db", paths)
        write(paths["alipay"], *((f"rp_{round_}x{number}-1", DEBIT) for number in range(BATCH + 3)))
        tally.catch_up(lines=10)
        tally.catch_up()
        tally.catch_up()
        total = tally.totals()[0]
        tally.close()
        assert (total.gateway, total.debits) == ("alipay", (BATCH + 3) * (round_ + 1))
        assert total.net_fen == total.debits * 100


def test_a_line_being_written_is_counted_when_it_is_whole(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    whole = ledger_line(NOW, "alipay", "rp_1-1", DEBIT, 100)
    for part, debits in ((whole[:40], 0), (whole[40:], 1)):
        with paths["alipay"].open("ab") as file:
            file.write(part)
        tally.catch_up()
        assert tally.totals()[0].debits == debits
    tally.close()


def test_a_new_ledger_in_place_of_the_old_is_counted_anew(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    write(paths["alipay"], ("rp_1-1", DEBIT), ("rp_1-2", DEBIT))
    write(paths["bank"], ("rp_3-1", DEBIT), gateway="bank")
    assert doubles(tally) == ["rp_1"]
    paths["alipay"].unlink()
    write(paths["alipay"], ("rp_1-1", DEBIT))
    assert doubles(tally) == []
    assert [total.debits for total in tally.totals()] == [1, 1]
    tally.close()


def test_nets_can_be_asked_for_since_an_instant(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    write(paths["alipay"], ("rp_1-1", DEBIT), ("rp_2-1", DEBIT), ("rp_2-1", REVERSAL))
    write(paths["alipay"], ("rp_3-1", DEBIT), at=NOW + 60_000)
    tally.catch_up()
    assert [(net["repayment"], net["net_fen"]) for net in tally.nets()] == [
        ("rp_1", 100),
        ("rp_2", 0),
        ("rp_3", 100),
    ]
    assert [net["repayment"] for net in tally.nets("2026-05-28T20:27:00.000Z")] == ["rp_3"]
    tally.close()


def test_an_unreadable_count_is_made_anew(tmp_path: Path, paths: dict[str, Path]) -> None:
    write(paths["alipay"], ("rp_1-1", DEBIT))
    (tmp_path / "tally.db").write_bytes(b"not a database at all, but long enough to look" * 40)
    tally = Tally(tmp_path / "tally.db", paths)
    tally.catch_up()
    assert tally.totals()[0].debits == 1
    tally.close()


def test_a_broken_ledger_is_named_with_its_place(tmp_path: Path, paths: dict[str, Path]) -> None:
    tally = Tally(tmp_path / "tally.db", paths)
    paths["bank"].write_bytes(b"\x1b]0;owned\x07\n")
    with pytest.raises(LedgerError, match=r"bank\.jsonl, before byte 11: not a ledger line"):
        tally.catch_up()
    tally.close()
