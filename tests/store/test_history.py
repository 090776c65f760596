"""A past is loaded once, whole, and counted as held, not as flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from console.contract.clock import iso
from console.contract.vocabulary import AttemptState, Stage
from console.repayment.history import HistoryError, load_history
from console.repayment.personal import unseal
from console.store.counters import counted, recount
from console.store.invariants import check
from console.store.repayments import find
from console.store.tables import repayment, stage_minute
from tests.store.made import KEYS, NOW, entry

if TYPE_CHECKING:
    from console.store.database import Store


def line(number: int, outcome: str = "SUCCEEDED", code: str | None = None) -> dict[str, object]:
    return {
        **entry(number),
        "gateway": "alipay",
        "id": f"rp_h{number:08d}",
        "order_no": f"rp_h{number:08d}-1",
        "outcome": outcome,
        "code": code,
        "gateway_ref": f"g{number}",
        "created_at": iso(NOW - 10_000),
        "sent_at": iso(NOW - 9_000),
        "decided_at": iso(NOW - 8_000),
        "settled_at": None,
    }


LINES = [line(1), line(2, "FAILED", "CARD_EXPIRED"), line(3, "REVERSED"), line(4)]


async def test_a_past_is_loaded_with_attempt_evidence_and_timeline(store: Store) -> None:
    assert await load_history(store, LINES, keys=KEYS) == 4
    settled = await store.read(lambda c: find(c, "rp_h00000001"))
    assert settled is not None
    assert (settled.stage, settled.gateway, settled.error_code) == (Stage.SETTLED, "alipay", None)
    (attempt,) = settled.attempts
    assert (attempt.order_no, attempt.state) == ("rp_h00000001-1", AttemptState.SUCCEEDED)
    assert [told.verdict for told in attempt.evidence] == ["succeeded"]
    assert [step.what for step in settled.timeline] == ["taken_in", "sent", "succeeded"]
    failed = await store.read(lambda c: find(c, "rp_h00000002"))
    assert failed is not None
    assert failed.stage is Stage.FAILED
    assert failed.error_code is not None
    assert failed.error_code.raw == "CARD_EXPIRED"
    sealed = await store.read(lambda c: c.execute(select(repayment.c.sealed).limit(1)).scalar_one())
    assert unseal(bytes(sealed), "ext-1", KEYS).name == "王小明"


async def test_a_past_loaded_again_changes_nothing(store: Store) -> None:
    await load_history(store, LINES[:2], keys=KEYS)
    assert await load_history(store, LINES, keys=KEYS) == 2
    assert await load_history(store, LINES, keys=KEYS) == 0
    depths = {Stage.SETTLED: 2, Stage.FAILED: 1, Stage.REVERSED: 1}
    found = await store.read(counted)
    assert {stage: count for stage, (count, _) in found.items()} == depths
    assert found == await store.read(recount)
    assert await store.read(lambda c: c.execute(select(stage_minute.c.minute)).all()) == []


async def test_a_loaded_past_keeps_every_invariant(store: Store) -> None:
    await load_history(store, LINES, keys=KEYS)
    findings = await store.read(lambda c: check(c, NOW))
    assert [finding for finding in findings if finding.state == "failed"] == []


async def test_a_garbled_line_is_refused(store: Store) -> None:
    for change in (
        {"outcome": "UNKNOWN"},
        {"sent_at": "x"},
        {"amount_fen": -1},
        {"decided_at": "2026-01-01"},
    ):
        with pytest.raises(HistoryError):
            await load_history(store, [{**line(1), **change}], keys=KEYS)
