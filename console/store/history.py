"""A past from elsewhere: repayments with their outcome, written in bulk, each once.

Depth counters grow, the flow of the stages does not: nothing of it happened now. Its gateways are measured
by it, in the minutes in which it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from console.contract.vocabulary import (
    FINAL_STAGES,
    AttemptState,
    EvidenceSource,
    Stage,
    Verdict,
)
from console.store import marks, payers, sla_counters
from console.store.counters import Deltas, fold
from console.store.numbers import allot
from console.store.prepared import Prepared
from console.store.tables import attempt, repayment
from console.store.timeline import TimelineEntry, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.store.intake import SealedRepayment

STAGES: Final = {
    AttemptState.SUCCEEDED: Stage.SETTLED,
    AttemptState.FAILED: Stage.FAILED,
    AttemptState.REVERSED: Stage.REVERSED,
}
"""Where a past repayment ends, by the outcome of its attempt."""

_VERDICTS: Final = {
    AttemptState.SUCCEEDED: Verdict.SUCCEEDED,
    AttemptState.FAILED: Verdict.FAILED,
    AttemptState.REVERSED: Verdict.REVERSED,
}


@dataclass(frozen=True, slots=True)
class PastRepayment:
    """A repayment that is over: one attempt, final. Instants in milliseconds."""

    intake: SealedRepayment
    gateway: str
    order_no: str
    gateway_ref: str | None
    outcome: AttemptState
    code: str | None
    amount_digest: str
    created_at: int
    sent_at: int
    decided_at: int


_KNOWN: Final = select(repayment.c.external_id).where(
    repayment.c.external_id.in_(bindparam("external_ids", expanding=True))
)
_REPAYMENT: Final = Prepared(
    "INSERT INTO repayment (seq, id, external_id, intake_digest, borrower_token, name_masked, mobile_masked,"
    " id_number_masked, card_masked, sealed, amount_fen, currency, product, instalment, due_on,"
    " wanted_gateway, stage, waiting_since, gateway, error_code, attempts, lease_epoch, version, created_at,"
    " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, ?, ?)"
)
_ATTEMPT: Final = Prepared(
    "INSERT INTO attempt (id, repayment_seq, number, order_no, gateway, state, amount_fen, currency,"
    " amount_digest, gateway_ref, code, created_at, sent_at, decided_at, sends, inquiries, not_found,"
    " lease_epoch, version) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, 0, 0)"
)
_EVIDENCE: Final = Prepared(
    "INSERT INTO evidence (attempt_id, gateway, source, external_id, at, verdict, code, amount_fen, raw)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert_history(
    connection: Connection, pasts: Sequence[PastRepayment], *, shard: int, now: int, actor: str = "history"
) -> int:
    """Write those that are not there yet, with attempt, evidence and timeline; return how many were new.

    Send a few hundred at once, so that live writes come in between.
    """
    names = {"external_ids": [past.intake.external_id for past in pasts]}
    known = set(connection.execute(_KNOWN, names).scalars())
    fresh = list({p.intake.external_id: p for p in pasts if p.intake.external_id not in known}.values())
    if not fresh:
        return 0
    numbers = allot(connection, repayment, len(fresh))
    attempts = allot(connection, attempt, len(fresh))
    marks.keep(connection, ((mark, p.intake.borrower_token) for p in fresh for mark in p.intake.marks))
    _REPAYMENT.many(connection, [_repayment_row(seq, past) for seq, past in zip(numbers, fresh, strict=True)])
    numbered = list(zip(attempts, numbers, fresh, strict=True))
    _ATTEMPT.many(connection, [_attempt_row(identity, seq, past) for identity, seq, past in numbered])
    _EVIDENCE.many(connection, [_evidence_row(identity, past) for identity, _, past in numbered])
    record(connection, [line for _, seq, past in numbered for line in _timeline(seq, past, actor)])
    payers.bring_past(connection, _payers(fresh))
    deltas = Deltas()
    for past in fresh:
        deltas.held(STAGES[past.outcome], past.intake.amount_fen)
    fold(connection, deltas, shard, now)
    sla_counters.fold_past(connection, [_outcome(past) for past in fresh], shard)
    return len(fresh)


def _outcome(past: PastRepayment) -> sla_counters.PastOutcome:
    """Return what a past tells of its gateway. One that was given back had succeeded, some time before."""
    given_back = past.outcome is AttemptState.REVERSED
    return sla_counters.PastOutcome(
        past.gateway,
        past.sent_at,
        past.decided_at,
        past.outcome is not AttemptState.FAILED,
        past.code,
        None if given_back else max(0, past.decided_at - past.sent_at),
        past.intake.amount_fen if past.outcome is AttemptState.SUCCEEDED else 0,
    )


def _payers(pasts: Sequence[PastRepayment]) -> list[payers.Payer]:
    """Return what the pasts tell of their payers, one per payer."""
    found: dict[str, payers.Payer] = {}
    for past in pasts:
        token = past.intake.borrower_token
        payer = found.setdefault(token, payers.Payer(token, past.created_at))
        payer.first_seen = min(payer.first_seen, past.created_at)
        if past.intake.signals is not None:
            payer.last_device, payer.last_region = past.intake.signals.device, past.intake.signals.region
        match past.outcome:
            case AttemptState.SUCCEEDED:
                payer.settled += 1
                payer.usual_fen += (past.intake.amount_fen - payer.usual_fen) // payer.settled
            case AttemptState.FAILED:
                payer.failed += 1
                if past.code in payers.SUSPICIOUS_CODES:
                    payer.bad_at = past.decided_at
            case _:
                payer.bad_at = past.decided_at
    return list(found.values())


def _repayment_row(seq: int, past: PastRepayment) -> tuple[object, ...]:
    made, stage = past.intake, STAGES[past.outcome]
    return (
        seq,
        made.id,
        made.external_id,
        made.intake_digest,
        made.borrower_token,
        made.name_masked,
        made.mobile_masked,
        made.id_number_masked,
        made.card_masked,
        made.sealed,
        made.amount_fen,
        made.currency,
        made.product,
        made.instalment,
        made.due_on,
        made.wanted_gateway,
        stage.value,
        None if stage in FINAL_STAGES else past.decided_at,
        past.gateway,
        past.code if stage is Stage.FAILED else None,
        past.created_at,
        past.decided_at,
    )


def _attempt_row(identity: int, seq: int, past: PastRepayment) -> tuple[object, ...]:
    return (
        identity,
        seq,
        past.order_no,
        past.gateway,
        past.outcome.value,
        past.intake.amount_fen,
        past.intake.currency,
        past.amount_digest,
        past.gateway_ref,
        past.code,
        past.created_at,
        past.sent_at,
        past.decided_at,
    )


def _evidence_row(identity: int, past: PastRepayment) -> tuple[object, ...]:
    verdict, source = _VERDICTS[past.outcome], EvidenceSource.RESPONSE
    amount = past.intake.amount_fen
    return (
        identity,
        past.gateway,
        source.value,
        past.order_no,
        past.decided_at,
        verdict.value,
        past.code,
        amount,
        b"",
    )


def _timeline(seq: int, past: PastRepayment, actor: str) -> tuple[TimelineEntry, ...]:
    return (
        TimelineEntry(seq, past.created_at, actor, "taken_in", past.intake.external_id),
        TimelineEntry(seq, past.sent_at, actor, "sent", past.order_no),
        TimelineEntry(seq, past.decided_at, actor, past.outcome.value.lower(), past.code or ""),
    )
