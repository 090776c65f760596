"""Hostile repayments put straight into a store, so that the display is tried whatever intake refuses.

Texts are cut to what their columns hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from console.contract.vocabulary import Stage
from console.store.counters import Deltas, fold
from console.store.tables import attempt, evidence, repayment, timeline

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.database import Store

AMOUNT_FEN: Final = 123_456
STEP: Final = 1000


def put_hostile(store: Store, strings: Sequence[str]) -> None:
    """Store one failed repayment for each string, which stands wherever text from outside can stand."""
    for first in range(0, len(strings), STEP):
        store.write_now(partial(_put, strings=strings[first : first + STEP], first=first + 1))


def identity(number: int) -> str:
    """The id of the repayment that holds the string of that number, from 1."""
    return f"rp_{number:026d}"


def _put(connection: Connection, strings: Sequence[str], first: int) -> None:
    numbered = list(enumerate(strings, first))
    now = 1_780_000_000_000
    connection.execute(insert(repayment), [_repayment(number, text, now) for number, text in numbered])
    connection.execute(insert(attempt), [_attempt(number, text, now) for number, text in numbered])
    connection.execute(insert(evidence), [_evidence(number, text, now) for number, text in numbered])
    connection.execute(
        insert(timeline),
        [
            {"repayment_seq": number, "at": now, "actor": text[:128], "what": "sending", "detail": text[:256]}
            for number, text in numbered
        ],
    )
    deltas = Deltas()
    deltas.held(Stage.FAILED, AMOUNT_FEN * len(strings), len(strings))
    fold(connection, deltas, 0, now)


def _repayment(number: int, text: str, now: int) -> dict[str, Any]:
    return {
        "seq": number,
        "id": identity(number),
        "external_id": f"{text[:120]}#{number}",
        "intake_digest": f"{number:064d}",
        "borrower_token": f"{number:024x}",
        "name_masked": text[:128],
        "mobile_masked": text[:32],
        "id_number_masked": text[:32],
        "card_masked": text[:32],
        "sealed": b"",
        "amount_fen": AMOUNT_FEN,
        "currency": "CNY",
        "product": text[:64],
        "instalment": text[:128],
        "due_on": "2026-11-30",
        "stage": str(Stage.FAILED),
        "waiting_since": now,
        "gateway": "hostile",
        "error_code": text[:128],
        "attempts": 1,
        "lease_epoch": 0,
        "version": 0,
        "created_at": now,
        "updated_at": now,
    }


def _attempt(number: int, text: str, now: int) -> dict[str, Any]:
    return {
        "id": number,
        "repayment_seq": number,
        "number": 1,
        "order_no": f"{identity(number)}-1",
        "gateway": "hostile",
        "state": "FAILED",
        "amount_fen": AMOUNT_FEN,
        "currency": "CNY",
        "amount_digest": "d",
        "gateway_ref": text[:128],
        "code": text[:128],
        "created_at": now,
        "sent_at": now,
        "decided_at": now,
        "sends": 1,
        "inquiries": 0,
        "not_found": 0,
        "lease_epoch": 0,
        "version": 0,
    }


def _evidence(number: int, text: str, now: int) -> dict[str, Any]:
    return {
        "attempt_id": number,
        "gateway": "hostile",
        "source": "response",
        "external_id": f"{identity(number)}-1",
        "at": now,
        "verdict": "failed",
        "code": text[:128],
        "amount_fen": AMOUNT_FEN,
        "raw": text.encode()[:4096],
    }
