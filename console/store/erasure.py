"""Letting go of personal data: what is said of a borrower goes once its time is over, the books stay.

A repayment whose processing ended three years ago loses its sealed and masked data, the raw evidence, its
timeline, the texts of messages and complaints, and the marks by which its borrower is found. Amounts, days,
order numbers, verdicts and the keyed token stay: the books add up, and nothing can be taken in twice. What is
unresolved is never touched; the database refuses it, whoever asks (see `guards`). What comes in afterwards
keeps no raw evidence (see `late_evidence`), and a complaint's text for three years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.vocabulary import Stage
from console.store import audit
from console.store.counters import Deltas, fold
from console.store.guards import AT_ITS_END, RECORDS_ERASED, RECORDS_KEPT_MS, UNSETTLED
from console.store.prepared import Prepared, among
from console.store.timeline import TimelineEntry, record

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT_ONCE: Final = 200
"""Repayments erased in one transaction, at most."""

ERASED: Final = "erased"
"""Word of the timeline."""


class _Over(NamedTuple):
    seq: int
    stage: str
    amount_fen: int
    borrower_token: str


_OVER_TEXT: Final = (
    "SELECT r.seq, r.stage, r.amount_fen, r.borrower_token FROM repayment r INDEXED BY ix_repayment_kept"  # noqa: S608 - our own words
    " WHERE r.erased_at IS NULL"
    f" AND r.created_at < ? AND r.updated_at < ? AND (r.stage IN ({AT_ITS_END}) OR r.stage = 'failed')"
    f" AND NOT {UNSETTLED.format(seq='r.seq')} AND NOT EXISTS (SELECT 1 FROM replay p"
    " CROSS JOIN replay_item i WHERE p.ended_at IS NULL AND i.replay_seq = p.seq AND i.repayment_seq = r.seq)"
    " ORDER BY r.created_at LIMIT ?"
)
_OVER: Final = Prepared(_OVER_TEXT, f"{_OVER_TEXT} FOR UPDATE OF r SKIP LOCKED")
_CANCEL: Final = Prepared(
    "UPDATE repayment SET stage = 'cancelled', waiting_since = NULL, next_action_at = NULL,"
    " version = version + 1 WHERE seq = ? AND stage = 'failed'"
)
_ERASE: Final = Prepared(
    "UPDATE repayment SET erased_at = ?, sealed = ?, name_masked = '***', mobile_masked = '***',"
    " id_number_masked = '***', card_masked = '***' WHERE seq = ?"
)
_RAW: Final = Prepared(
    "UPDATE evidence SET raw = ? WHERE attempt_id IN (SELECT id FROM attempt WHERE repayment_seq = ?)"
)
_STEPS: Final = Prepared("DELETE FROM timeline WHERE repayment_seq = ?")
_SIGNALS: Final = Prepared("DELETE FROM signal WHERE repayment_seq = ?")
_MESSAGES: Final = Prepared(
    "UPDATE outbox SET text_zh = '', text_en = '' WHERE repayment_seq = ? AND state <> 'waiting'"
)
_COMPLAINTS: Final = Prepared("UPDATE complaint SET text = '' WHERE repayment_seq = ?")
_OVER_COMPLAINT: Final = (
    "received_at < ? AND text <> '' AND (repayment_seq IS NULL OR EXISTS (SELECT 1 FROM repayment r"
    " WHERE r.seq = complaint.repayment_seq AND r.erased_at IS NOT NULL))"
)
_LOOSE_COMPLAINTS: Final = Prepared(f"UPDATE complaint SET text = '' WHERE {_OVER_COMPLAINT}")  # noqa: S608 - our own words
_MARKS: Final = Prepared(
    "DELETE FROM borrower_mark WHERE borrower_token {among} AND NOT EXISTS (SELECT 1 FROM repayment r"
    " WHERE r.borrower_token = borrower_mark.borrower_token AND r.erased_at IS NULL) RETURNING mark"
)
_PAYERS: Final = Prepared(
    "DELETE FROM payer WHERE token {among} AND NOT EXISTS (SELECT 1 FROM repayment r"
    " WHERE r.borrower_token = payer.token AND r.erased_at IS NULL) RETURNING token"
)


def erase(connection: Connection, now: int, kept_ms: int, *, shard: int) -> int:
    """Erase the oldest repayments whose time is over; return how many, `AT_ONCE` at most.

    One that failed and was left failed is cancelled with it: without its data it could not be sent. A row of
    the audit tells how many. Never less than three years after a repayment was last touched.
    """
    kept_ms = max(kept_ms, RECORDS_KEPT_MS)
    before = now - kept_ms
    over = [_Over(*row) for row in _OVER.rows(connection, (before, before, AT_ONCE))]
    told = f"personal data of {len(over)} repayments older than {kept_ms // 86_400_000} days"
    if not over:
        if not _loose(connection, before):
            return 0
        told = f"complaints older than {kept_ms // 86_400_000} days"
    audit.append(
        connection, audit.Entry(now, "service", "service", RECORDS_ERASED, "records", "applied", told)
    )
    _LOOSE_COMPLAINTS.many(connection, [(before,)])
    if over:
        _cancel(connection, over, now, shard)
        _let_go(connection, over, now)
    return len(over)


_LOOSE: Final = Prepared(f"SELECT 1 FROM complaint WHERE {_OVER_COMPLAINT} LIMIT 1")  # noqa: S608 - our own words


def _loose(connection: Connection, before: int) -> bool:
    """Return whether a complaint is over its time that is about no repayment, or came after its erasure."""
    return bool(_LOOSE.rows(connection, (before,)))


def _cancel(connection: Connection, over: list[_Over], now: int, shard: int) -> None:
    failed = [one for one in over if one.stage == Stage.FAILED]
    _CANCEL.many(connection, [(one.seq,) for one in failed])
    deltas = Deltas()
    for one in failed:
        deltas.moved(Stage.FAILED, Stage.CANCELLED, one.amount_fen)
    if failed:
        fold(connection, deltas, shard, now)


def _let_go(connection: Connection, over: list[_Over], now: int) -> None:
    seqs = [(one.seq,) for one in over]
    _ERASE.many(connection, [(now, b"", *seq) for seq in seqs])
    _RAW.many(connection, [(b"", *seq) for seq in seqs])
    for statement in (_STEPS, _SIGNALS, _MESSAGES, _COMPLAINTS):
        statement.many(connection, seqs)
    record(connection, [TimelineEntry(one.seq, now, "service", ERASED) for one in over])
    tokens = among(connection, sorted({one.borrower_token for one in over}))
    for statement in (_MARKS, _PAYERS):
        statement.rows(connection, (tokens,))
