"""The outbox: messages that are to reach the receiver, each claimed by one worker at a time.

Dunning and credit reports are let in, and let out, by the database alone (see `guards`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.guards import unpaid
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NewMessage(NamedTuple):
    """A message to send. `key` tells apart what may go out on one `day` to one borrower."""

    kind: str
    grant_seq: int | None
    repayment_seq: int
    borrower: str
    day: str
    key: str
    text_zh: str
    text_en: str


class Claimed(NamedTuple):
    """A message that this worker sends now; `tries` counts this time too."""

    id: int
    kind: str
    borrower: str
    text_zh: str
    text_en: str
    created_at: int
    tries: int
    repayment: str
    external_id: str
    amount_fen: int
    currency: str
    instalment: str
    due_on: str
    grace_until: str | None
    penalty_from: str | None


class StoredMessage(NamedTuple):
    """A message as a repayment's detail shows it."""

    kind: str
    state: str
    text_zh: str
    text_en: str
    created_at: int
    sent_at: int | None
    tries: int
    problem: str | None


_PUT: Final = Prepared(
    "INSERT INTO outbox (kind, grant_seq, repayment_seq, borrower_token, day, digest, text_zh, text_en,"
    " state, created_at, next_action_at, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, 0)"
    " ON CONFLICT (kind, borrower_token, day, digest) DO NOTHING"
)
_TOLD: Final = Prepared(
    "SELECT borrower_token, count(*) FROM outbox WHERE kind = 'notice' AND day = ? AND state <> 'withdrawn'"
    " AND borrower_token {among} GROUP BY borrower_token"
)
_SAME: Final = Prepared(
    "SELECT borrower_token FROM outbox WHERE kind = 'notice' AND day = ? AND digest = ?"
    " AND borrower_token {among}"
)
_MAY_GO: Final = (
    f"(o.kind = 'notice' OR (r.due_state = 'overdue' AND {unpaid('r.instalment', 'r.borrower_token')}))"
)
_DUE: Final = (
    f"SELECT o.id, {_MAY_GO} FROM outbox o JOIN repayment r ON r.seq = o.repayment_seq"  # noqa: S608
    " WHERE o.next_action_at <= ? ORDER BY o.next_action_at, o.id LIMIT ?"
)
_CLAIM_DUE: Final = Prepared(_DUE, f"{_DUE} FOR UPDATE OF o SKIP LOCKED")
_CLAIM: Final = Prepared("UPDATE outbox SET tries = tries + 1, next_action_at = ? WHERE id = ?")
_LATER: Final = Prepared(
    "UPDATE outbox SET next_action_at = ?, problem = ? WHERE id = ? AND state = 'waiting'"
)
_PAID: Final = Prepared(
    "UPDATE outbox SET state = 'withdrawn', next_action_at = NULL, problem = 'paid' WHERE state = 'waiting'"
    " AND id {among} AND EXISTS (SELECT 1 FROM repayment r JOIN repayment q ON q.instalment = r.instalment"
    " AND q.borrower_token = r.borrower_token WHERE r.seq = outbox.repayment_seq AND q.stage = 'settled')"
)
_CLAIMED: Final = Prepared(
    "SELECT o.id, o.kind, o.borrower_token, o.text_zh, o.text_en, o.created_at, o.tries, r.id,"
    " r.external_id, r.amount_fen, r.currency, r.instalment, r.due_on, r.grace_until, r.penalty_from"
    " FROM outbox o JOIN repayment r ON r.seq = o.repayment_seq WHERE o.id {among} ORDER BY o.id"
)
_SENT: Final = Prepared(
    "UPDATE outbox SET state = 'sent', sent_at = ?, next_action_at = NULL, problem = NULL"
    " WHERE id = ? AND state = 'waiting'"
)
_GIVEN_UP: Final = Prepared(
    "UPDATE outbox SET state = 'given_up', next_action_at = NULL, problem = ? WHERE id = ?"
    " AND state = 'waiting'"
)
_WITHDRAW: Final = Prepared(
    "UPDATE outbox SET state = 'withdrawn', next_action_at = NULL WHERE grant_seq = ? AND state = 'waiting'"
)
_BESIDE: Final = Prepared(
    "SELECT kind, state, text_zh, text_en, created_at, sent_at, tries, problem FROM outbox"
    " WHERE repayment_seq = ? ORDER BY id DESC LIMIT 50"
)
_WAITING: Final = Prepared("SELECT count(*), min(created_at) FROM outbox WHERE next_action_at IS NOT NULL")


def digest_of(key: str) -> str:
    """Return what tells messages apart."""
    return hashlib.sha256(key.encode()).hexdigest()


def told(connection: Connection, day: str, borrowers: Sequence[str]) -> dict[str, int]:
    """Return how many notices borrowers have of a day already."""
    rows = _TOLD.rows(connection, (day, among(connection, list(borrowers))))
    return {name: int(count) for name, count in rows}


def have(connection: Connection, day: str, key: str, borrowers: Sequence[str]) -> set[str]:
    """Return which borrowers have this very notice of a day already."""
    rows = _SAME.rows(connection, (day, digest_of(key), among(connection, list(borrowers))))
    return {row[0] for row in rows}


def put(connection: Connection, messages: Sequence[NewMessage], now: int) -> int:
    """Put messages in; return how many were not there already. The database refuses to dun or report
    whose instalment is not plainly overdue."""
    rows = [
        (m.kind, m.grant_seq, m.repayment_seq, m.borrower, m.day, digest_of(m.key), m.text_zh, m.text_en)
        for m in messages
    ]
    return _PUT.many(connection, [(*row, now, now) for row in rows])


def claim(connection: Connection, *, now: int, lease_ms: int, later_ms: int, limit: int) -> list[Claimed]:
    """Take messages that are due for `lease_ms`, and return them.

    Those that may not go out now are looked at again after `later_ms`; withdrawn when they were paid.
    """
    found = [(row[0], bool(row[1])) for row in _CLAIM_DUE.rows(connection, (now, limit))]
    free = [identity for identity, may_go in found if may_go]
    kept = [identity for identity, may_go in found if not may_go]
    if kept:
        _PAID.many(connection, [(among(connection, kept),)])
        _LATER.many(connection, [(now + later_ms, "protected", identity) for identity in kept])
    _CLAIM.many(connection, [(now + lease_ms, identity) for identity in free])
    return [Claimed._make(row) for row in _CLAIMED.rows(connection, (among(connection, free),))]


def sent(connection: Connection, identity: int, now: int) -> None:
    """Note that the receiver took a message."""
    _SENT.many(connection, [(now, identity)])


def failed(connection: Connection, identity: int, problem: str, again_at: int | None) -> None:
    """Note that the receiver did not take a message; it is tried again at an instant, or given up."""
    if again_at is None:
        _GIVEN_UP.many(connection, [(problem[:128], identity)])
    else:
        _LATER.many(connection, [(again_at, problem[:128], identity)])


def withdraw(connection: Connection, grant_seq: int) -> None:
    """Take back the messages of a grant that were not sent."""
    _WITHDRAW.many(connection, [(grant_seq,)])


def beside(connection: Connection, repayment_seq: int) -> list[StoredMessage]:
    """Return the messages about a repayment, the newest first, at most 50."""
    return [StoredMessage._make(row) for row in _BESIDE.rows(connection, (repayment_seq,))]


def waiting(connection: Connection) -> tuple[int, int | None]:
    """Return how many messages wait, and since when the oldest was made."""
    count, oldest = _WAITING.rows(connection, ())[0]
    return int(count), oldest
