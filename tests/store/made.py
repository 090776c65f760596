"""Repayments made for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert

from console.contract.vocabulary import FINAL_STAGES, Stage
from console.repayment.intake import prepare
from console.repayment.personal import Keys
from console.store import intake
from console.store.counters import Deltas, fold
from console.store.numbers import allot
from console.store.tables import attempt, repayment

if TYPE_CHECKING:
    from console.store.intake import SealedRepayment

NOW = 1_780_000_000_000
KEYS = Keys.generate()


def entry(number: int, **changes: object) -> dict[str, object]:
    """One sound entry for intake."""
    return {
        "external_id": f"ext-{number}",
        "borrower": f"b-{number % 7}",
        "name": "王小明",
        "mobile": "13812345612",
        "id_number": "110101199001011233",
        "card": "6225751234561496",
        "amount_fen": 10_000 + number,
        "product": "cash_loan",
        "instalment": f"L{number}-1",
        "due_on": "2026-06-01",
        **changes,
    }


def sealed(*entries: dict[str, object]) -> tuple[SealedRepayment, ...]:
    """The entries, validated and sealed."""
    prepared = prepare(entries, keys=KEYS, now=NOW)
    assert not prepared.rejected
    return prepared.entries


def take_in(connection: Connection, *entries: dict[str, object]) -> tuple[str, ...]:
    """Take the entries in; return their ids."""
    inserted = intake.insert_repayments(connection, sealed(*entries), now=NOW, shard=0, actor="test")
    return tuple(identity for identity in inserted.ids if identity)


def place(connection: Connection, number: int, stage: Stage, **columns: Any) -> int:
    """Put one repayment straight into a stage, counted; return its `seq`."""
    seq = allot(connection, repayment, 1)[0]
    made = sealed(entry(number))[0]
    row: dict[str, Any] = {name: getattr(made, name) for name in made.__slots__}
    row |= {
        "seq": seq,
        "stage": str(stage),
        "waiting_since": None if stage in FINAL_STAGES else NOW,
        "next_action_at": None,
        "attempts": 0,
        "lease_epoch": 0,
        "version": 0,
        "created_at": NOW,
        "updated_at": NOW,
        **columns,
    }
    connection.execute(insert(repayment), row)
    deltas = Deltas()
    deltas.moved(None, stage, row["amount_fen"])
    fold(connection, deltas, 0, NOW)
    return seq


def attempt_row(repayment_seq: int, number: int, state: str, **columns: Any) -> dict[str, Any]:
    """The columns of an attempt."""
    final = state in ("SUCCEEDED", "FAILED", "CLOSED", "REVERSED")
    return {
        "repayment_seq": repayment_seq,
        "number": number,
        "order_no": f"o{repayment_seq}-{number}",
        "gateway": "alipay",
        "state": state,
        "amount_fen": 100,
        "currency": "CNY",
        "amount_digest": "d",
        "created_at": NOW,
        "sent_at": NOW,
        "decided_at": NOW if final else None,
        "next_action_at": None if final else NOW,
        "sends": 1,
        "inquiries": 0,
        "not_found": 0,
        "lease_epoch": 0,
        "version": 0,
        **columns,
    }


def add_attempt(connection: Connection, repayment_seq: int, number: int, state: str, **columns: Any) -> int:
    """Insert an attempt; return its id."""
    result = connection.execute(insert(attempt), attempt_row(repayment_seq, number, state, **columns))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
