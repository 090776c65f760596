"""Attempts in the database: started in batches, moved by evidence in batches.

Everything that changes an attempt's state goes through `Steps`: the step itself under version and lease
epoch, the repayment's stage, the timeline, exception cases and counters, all in the caller's
transaction. What a piece of evidence means is not decided here; the decision comes in as a function.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import (
    FINAL_ATTEMPT_STATES,
    FINAL_STAGES,
    AttemptState,
    EvidenceSource,
    Stage,
    Verdict,
)
from console.store import counters, payers, timeline
from console.store.facts import RAW_LIMIT, Attempt, Decide, Decision, Evidence
from console.store.prepared import Prepared, among
from console.store.suspense import suspense_fen

StageOf = Callable[[AttemptState], Stage]


class LeaseLost(Exception):
    """A guarded write met another version or lease epoch: somebody else owns the row now. Stop."""


class Applied(NamedTuple):
    """What became of one piece of evidence; `state` is the attempt's state after it."""

    outcome: Literal["applied", "repeated", "unknown_order"]
    state: AttemptState | None = None


@dataclass(slots=True)
class Subject:
    """An attempt with what its repayment looks like, as locked by the transaction."""

    attempt: Attempt
    stage: Stage
    last_number: int
    repayment_version: int
    payer: str


ATTEMPT_COLUMNS: Final = ", ".join(f"a.{name}" for name in Attempt._fields)

SUBJECT_COLUMNS: Final = f"{ATTEMPT_COLUMNS}, r.stage, r.attempts, r.version, r.borrower_token"

FROM_ATTEMPT: Final = "FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq"

_BY_ORDER: Final = f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT} WHERE a.order_no {{among}} ORDER BY a.id"
_SUBJECTS: Final = Prepared(_BY_ORDER, f"{_BY_ORDER} FOR UPDATE OF a, r")
_HEARD: Final = Prepared(
    "SELECT attempt_id, source, external_id FROM evidence WHERE attempt_id {among}",
)
_INSERT_EVIDENCE: Final = Prepared(
    "INSERT INTO evidence (attempt_id, gateway, source, external_id, at, verdict, code, amount_fen, raw)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MOVE_ATTEMPT: Final = Prepared(
    "UPDATE attempt SET state = ?, next_action_at = ?, inquiries = ?, not_found = ?, unknown_since = ?,"
    " decided_at = ?, code = ?, gateway_ref = coalesce(?, gateway_ref), lease_owner = ?,"
    " version = version + 1 WHERE id = ? AND version = ? AND lease_epoch = ?"
)
_MOVE_REPAYMENT: Final = Prepared(
    "UPDATE repayment SET stage = ?, waiting_since = ?, error_code = ?, next_action_at = NULL,"
    " lease_owner = NULL, version = version + 1, updated_at = ? WHERE seq = ? AND version = ?"
)
_OPEN_CASE: Final = Prepared(
    "INSERT INTO exception_case"
    " (attempt_id, evidence_id, kind, opened_at, amount_fen, resolved, suspense_fen, lease_epoch)"
    " SELECT ?, id, ?, ?, ?, false, ? - CASE WHEN ? THEN coalesce((SELECT sum(y.suspense_fen)"
    " FROM exception_case y WHERE y.attempt_id = ? AND y.kind <> ? AND NOT y.resolved), 0) ELSE 0 END, 0"
    " FROM evidence"
    " WHERE attempt_id = ? AND source = ? AND external_id = ?"
    " ON CONFLICT (attempt_id, kind) WHERE NOT resolved DO UPDATE"
    " SET evidence_id = excluded.evidence_id, suspense_fen = CASE WHEN exception_case.way = 'apply_next'"
    " AND excluded.suspense_fen > exception_case.suspense_fen THEN exception_case.suspense_fen"
    " ELSE excluded.suspense_fen END"
)
_CONFIRM_CASE: Final = Prepared(
    "UPDATE exception_case SET resolved = true, resolved_at = ?, suspense_fen = 0, next_action_at = NULL"
    " WHERE attempt_id = ? AND way IN ('reverse', 'refund') AND NOT resolved"
)
_UNKNOWN_SINCE: Final = Prepared(
    "SELECT min(unknown_since), count(*) FROM attempt WHERE state = 'UNKNOWN' AND next_action_at IS NOT NULL"
)

_STATE: Final = Attempt._fields.index("state")
_STATES: Final = {state.value: state for state in AttemptState}
_STAGES: Final = {stage.value: stage for stage in Stage}
_COUNTED: Final[dict[AttemptState, counters.Outcome]] = {
    AttemptState.SUCCEEDED: "succeeded",
    AttemptState.FAILED: "failed",
    AttemptState.UNKNOWN: "unknown",
}


def apply(
    connection: Connection,
    batch: Sequence[Evidence],
    decide: Decide,
    stage_of: StageOf,
    *,
    now: Instant,
    shard: int,
) -> list[Applied]:
    """Take in pieces of evidence, in order, and return what became of each.

    A piece that was heard before changes nothing; so does one about an order that is not this gateway's.
    Raises LeaseLost when a row changed under the transaction.
    """
    subjects = subjects_of(connection, {piece.order_no for piece in batch})
    heard = _heard_before(connection, [subject.attempt.id for subject in subjects.values()])
    steps = Steps(now, stage_of)
    outcomes: list[Applied] = []
    for piece in batch:
        subject = subjects.get(piece.order_no)
        if subject is None or subject.attempt.gateway != piece.gateway:
            outcomes.append(Applied("unknown_order"))
            continue
        key = (subject.attempt.id, piece.source.value, piece.external_id)
        if key in heard:
            outcomes.append(Applied("repeated", subject.attempt.state))
            continue
        heard.add(key)
        steps.hear(subject, piece, decide(subject.attempt, piece, now))
        outcomes.append(Applied("applied", subject.attempt.state))
    steps.write(connection, shard)
    return outcomes


def subjects_of(connection: Connection, order_nos: Iterable[str]) -> dict[str, Subject]:
    """Return attempts by order number, locked in one order against other writers."""
    rows = _SUBJECTS.rows(connection, (among(connection, sorted(order_nos)),))
    return {row[3]: subject_from(row) for row in rows}


def subject_from(row: Sequence[object]) -> Subject:
    """Return the subject in a row of SUBJECT_COLUMNS."""
    *fields, stage, last_number, version, payer = row
    return Subject(attempt_from(fields), _STAGES[stage], last_number, version, payer)  # type: ignore[index, arg-type] # column order is ours


def attempt_from(row: Sequence[object]) -> Attempt:
    """Return the attempt in a row of ATTEMPT_COLUMNS."""
    return Attempt._make((*row[:_STATE], _STATES[row[_STATE]], *row[_STATE + 1 :]))  # type: ignore[index] # text


def oldest_unknown(connection: Connection) -> tuple[int | None, int]:
    """Return since when the oldest attempt is UNKNOWN, and how many are."""
    since, count = _UNKNOWN_SINCE.rows(connection, ())[0]
    return since, count


def _heard_before(connection: Connection, ids: Sequence[int]) -> set[tuple[int, str, str]]:
    return {(row[0], row[1], row[2]) for row in _HEARD.rows(connection, (among(connection, ids),))}


class Steps:
    """The writes of one batch, gathered in order and written at once."""

    def __init__(self, now: Instant, stage_of: StageOf) -> None:
        self._now = now
        self._stage_of = stage_of
        self._deltas = counters.Deltas()
        self._evidence: list[tuple[object, ...]] = []
        self._moves: list[tuple[object, ...]] = []
        self._touches: list[tuple[object, ...]] = []
        self._stages: list[tuple[object, ...]] = []
        self._timeline: list[timeline.TimelineEntry] = []
        self._cases: list[tuple[object, ...]] = []
        self._confirmed: list[tuple[object, ...]] = []
        self._payers: list[payers.PayerOutcome] = []

    def hear(self, subject: Subject, piece: Evidence, decision: Decision) -> None:
        """Keep a piece of evidence and take the step that was decided on it."""
        attempt = subject.attempt
        self._evidence.append(
            (
                attempt.id,
                piece.gateway,
                piece.source.value,
                piece.external_id,
                piece.at,
                decision.verdict.value,
                piece.code,
                piece.amount_fen,
                piece.raw[:RAW_LIMIT],
            )
        )
        self._deltas.sla.heard(piece)
        if decision.case is not None:
            self._open_case(attempt, piece, decision)
        if decision.verdict is Verdict.REVERSED or _closed_as_asked(piece, decision):
            self._confirmed.append((self._now, attempt.id))
        self.step(subject, decision, piece.source, piece.code, piece.gateway_ref)

    def step(
        self,
        subject: Subject,
        decision: Decision,
        source: EvidenceSource | None,
        code: str | None = None,
        gateway_ref: str | None = None,
        *,
        by: str | None = None,
    ) -> None:
        """Take one step of an attempt; `source` is None when time alone decided it, or people, who did it
        by the change `by`."""
        attempt = subject.attempt
        if decision.state is attempt.state and not _changes(attempt, decision):
            return
        owner = None if decision.released else attempt.lease_owner
        self._moves.append(
            (
                decision.state.value,
                decision.next_action_at,
                decision.inquiries,
                decision.not_found,
                decision.unknown_since,
                self._now if decision.state in FINAL_ATTEMPT_STATES else None,
                code,
                gateway_ref,
                owner,
                attempt.id,
                attempt.version,
                attempt.lease_epoch,
            )
        )
        if decision.state is not attempt.state:
            self._tell(subject, decision.state, source, code, by)
        subject.attempt = attempt._replace(
            state=decision.state,
            next_action_at=decision.next_action_at,
            inquiries=decision.inquiries,
            not_found=decision.not_found,
            unknown_since=decision.unknown_since,
            lease_owner=owner,
            version=attempt.version + 1,
        )

    def write(self, connection: Connection, shard: int) -> None:
        """Write all that was gathered. Raises LeaseLost when a row changed under the transaction."""
        _INSERT_EVIDENCE.many(connection, self._evidence)
        _guarded(_MOVE_ATTEMPT, connection, self._moves)
        _guarded(_MOVE_REPAYMENT, connection, self._stages)
        _OPEN_CASE.many(connection, self._cases)
        _CONFIRM_CASE.many(connection, self._confirmed)
        timeline.record(connection, self._timeline)
        payers.conclude(connection, self._payers)
        counters.fold(connection, self._deltas, shard, self._now)

    def _tell(
        self,
        subject: Subject,
        state: AttemptState,
        source: EvidenceSource | None,
        code: str | None,
        by: str | None,
    ) -> None:
        attempt = subject.attempt
        how = (by or "time") if source is None else source.value
        detail = f"{attempt.order_no} by {how}" + (f": {code}" if code else "")
        actor = "service" if source in (None, EvidenceSource.TRANSPORT) else attempt.gateway
        self._timeline.append(
            timeline.TimelineEntry(attempt.repayment_seq, self._now, actor, state.value.lower(), detail)
        )
        self._deltas.sla.stepped(attempt, state, code)
        if by is None and attempt.state is not AttemptState.CREATED and (kind := _COUNTED.get(state)):
            final = state in FINAL_ATTEMPT_STATES and attempt.sent_at is not None
            latency = max(0, self._now - attempt.sent_at) if final and attempt.sent_at is not None else None
            self._deltas.outcome(attempt.gateway, kind, latency)
        stage = self._stage_of(state)
        if attempt.number != subject.last_number or subject.stage in FINAL_STAGES or stage is subject.stage:
            return
        waiting = None if stage in FINAL_STAGES else self._now
        error = None if state in _WITHOUT_ERROR else code
        self._stages.append(
            (stage.value, waiting, error, self._now, attempt.repayment_seq, subject.repayment_version)
        )
        self._deltas.moved(subject.stage, stage, attempt.amount_fen)
        self._learn(subject.payer, stage, attempt.amount_fen, code)
        subject.stage = stage
        subject.repayment_version += 1

    def _learn(self, payer: str, stage: Stage, amount_fen: int, code: str | None) -> None:
        """Keep in mind what an outcome says about the payer."""
        match stage:
            case Stage.SETTLED:
                self._payers.append(payers.PayerOutcome(payer, settled_fen=amount_fen))
            case Stage.FAILED:
                bad_at = self._now if code in payers.SUSPICIOUS_CODES else None
                self._payers.append(payers.PayerOutcome(payer, failed=1, bad_at=bad_at))
            case Stage.REVERSED:
                self._payers.append(payers.PayerOutcome(payer, bad_at=self._now))
            case _:
                pass

    def _open_case(self, attempt: Attempt, piece: Evidence, decision: Decision) -> None:
        kind, key = decision.case, (attempt.id, piece.source.value, piece.external_id)
        assert kind is not None  # noqa: S101 - asked before
        fen = suspense_fen(attempt.state, decision.verdict, attempt.amount_fen, piece.amount_fen)
        whole = decision.verdict is Verdict.CONTRADICTION
        counted = (fen, whole, attempt.id, kind.value)
        self._cases.append((attempt.id, kind.value, self._now, attempt.amount_fen, *counted, *key))
        self._timeline.append(
            timeline.TimelineEntry(
                attempt.repayment_seq,
                self._now,
                attempt.gateway,
                "exception_case",
                f"{attempt.order_no}: {kind}",
            )
        )


_WITHOUT_ERROR: Final = frozenset({AttemptState.ACCEPTED, AttemptState.SUCCEEDED})


def _closed_as_asked(piece: Evidence, decision: Decision) -> bool:
    return piece.source is EvidenceSource.CLOSE and decision.verdict is Verdict.CLOSED


def _changes(attempt: Attempt, decision: Decision) -> bool:
    return (
        decision.next_action_at != attempt.next_action_at
        or decision.inquiries != attempt.inquiries
        or decision.not_found != attempt.not_found
        or (decision.released and attempt.lease_owner is not None)
    )


def _guarded(statement: Prepared, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    if statement.many(connection, rows) != len(rows):
        raise LeaseLost("a row changed under its writer")
