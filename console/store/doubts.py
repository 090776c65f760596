"""Orders that people work on: the list of them by deadline, and those that a change is about.

An order's deadline is when its gateway lets it expire or when the grace of its instalment ends, whichever
is first. No index holds that, so a page merges three walks, each along an index: what is first in none of
them cannot be first of all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.clock import Instant, business_day
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict
from console.store import selections
from console.store.attempts import FROM_ATTEMPT, SUBJECT_COLUMNS, LeaseLost, Subject, subject_from
from console.store.prepared import Prepared, among
from console.store.tables import DOUBTFUL, IN_GRACE, NO_GRACE

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST: Final = 10_000
"""Repayments that one change takes at most."""

ANSWERS: Final = 3
"""Answers told of an order, the latest first."""

_WALK: Final = 400
"""Rows taken from an index at once."""

_FOREVER: Final = (2**62, 2**62)


class Place(NamedTuple):
    """A place in the list: a deadline and the repayment at it."""

    deadline: int
    seq: int


class Answer(NamedTuple):
    """What a gateway, or the lack of its answer, told."""

    source: EvidenceSource
    at: int
    verdict: Verdict
    code: str | None


class Doubt(NamedTuple):
    """One order that people work on, with its repayment and the latest answers.

    `since` is when it came to its stage, `deadline` when it must be over; `closing` tells that people want
    it closed.
    """

    seq: int
    id: str
    stage: str
    amount_fen: int
    currency: str
    since: int
    order_no: str
    gateway: str
    state: str
    order_expires_at: int | None
    next_action_at: int | None
    inquiries: int
    due_on: str
    grace_until: str | None
    attempt_id: int
    closing: bool
    deadline: int
    answers: tuple[Answer, ...] = ()


_COLUMNS: Final = (
    "r.seq, r.id, r.stage, r.amount_fen, r.currency, r.waiting_since, a.order_no, a.gateway, a.state,"
    " a.order_expires_at, coalesce((SELECT q.next_action_at FROM close_request q WHERE q.attempt_id = a.id"
    " AND a.state = 'CLOSING'), a.next_action_at), a.inquiries, r.due_on, r.grace_until, a.id,"
    " EXISTS (SELECT 1 FROM close_request q WHERE q.attempt_id = a.id AND q.next_action_at IS NOT NULL)"
)
_JOINED: Final = "JOIN attempt a ON a.repayment_seq = r.seq AND a.number = r.attempts"


def _walk(table: str, index: str, columns: str, condition: str) -> Prepared:
    """Return the walk along an index; SQLite is told which, it would sort a wider one."""
    tail = f" WHERE {condition} AND ({columns}) > (?, ?) ORDER BY {columns} LIMIT ?"
    return Prepared(
        f"SELECT {columns} FROM {table} INDEXED BY {index}{tail}",  # noqa: S608 - our words
        f"SELECT {columns} FROM {table}{tail}",  # noqa: S608 - our words
    )


_BY_EXPIRY: Final = _walk("attempt", "ix_attempt_doubt", "order_expires_at, repayment_seq", DOUBTFUL)
_BY_GRACE: Final = _walk("repayment", "ix_repayment_doubt_grace", "grace_until, seq", IN_GRACE)
_BY_DUE: Final = _walk("repayment", "ix_repayment_doubt_due", "due_on, seq", NO_GRACE)
_ROWS: Final = Prepared(
    f"SELECT {_COLUMNS} FROM repayment r {_JOINED}"  # noqa: S608 - our words
    " WHERE r.seq {among} AND r.stage IN ('in_doubt', 'manual')"
)
_HEARD: Final = Prepared(
    "SELECT attempt_id, source, at, verdict, code FROM (SELECT attempt_id, source, at, verdict, code, id,"
    " row_number() OVER (PARTITION BY attempt_id ORDER BY id DESC) AS place FROM evidence"
    " WHERE attempt_id {among}) AS heard WHERE place <= 3 ORDER BY id DESC"
)
_LAST: Final = f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT} WHERE r.seq {{among}} AND a.number = r.attempts"
_SUBJECTS: Final = Prepared(f"{_LAST} ORDER BY a.id")
_LOCKED: Final = Prepared(f"{_LAST} ORDER BY a.id", f"{_LAST} ORDER BY a.id FOR UPDATE OF a, r")
_SEQ: Final = Prepared("SELECT seq FROM repayment WHERE id = ?")
_NEWEST_CLAIM: Final = Prepared(
    "SELECT coalesce(max(id), 0) FROM evidence WHERE attempt_id {among}"
    " AND verdict IN ('succeeded', 'failed', 'accepted', 'closed', 'reversed', 'contradiction')"
)
_KNOWN: Final = Prepared(
    "SELECT e.attempt_id FROM evidence e WHERE e.attempt_id {among}"
    " AND e.verdict IN ('succeeded', 'failed', 'accepted', 'closed', 'reversed', 'contradiction')"
    " AND NOT EXISTS (SELECT 1 FROM exception_case x WHERE x.attempt_id = e.attempt_id AND x.resolved"
    " AND x.evidence_id >= e.id)"
)
_ASK_NOW: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, version = version + 1"
    " WHERE id = ? AND version = ? AND lease_epoch = ?"
)
_SIGN: Final = Prepared("UPDATE attempt SET resolved_by = ? WHERE id = ? AND state = 'MANUAL'")


def page(
    connection: Connection, after: Place | None, limit: int, *, stage: Stage | None = None
) -> tuple[list[Doubt], Place | None]:
    """Return up to `limit` orders by deadline, and the place to go on after; None after the last."""
    found: list[Doubt] = []
    at = after or Place(-1, -1)
    while True:
        batch, bound = _batch(connection, at)
        found += [one for one in batch if stage is None or one.stage == stage]
        if len(found) > limit:
            kept = found[:limit]
            return _told(connection, kept), Place(kept[-1].deadline, kept[-1].seq)
        if bound is None:
            return _told(connection, found), None
        at = bound


def deadline_of(order_expires_at: int | None, grace_until: str | None, due_on: str) -> int:
    """Return when an order must be over: its expiry at the gateway or the end of the grace."""
    grace = _end_of(grace_until or due_on)
    return grace if order_expires_at is None else min(order_expires_at, grace)


def _batch(connection: Connection, after: Place) -> tuple[list[Doubt], Place | None]:
    """Return orders by deadline after a place, and up to where they are complete; None: to the end."""
    day = business_day(max(after.deadline, 0)) - timedelta(days=1)
    day_seq = after.seq if _end_of(day.isoformat()) == after.deadline else 2**62
    expiring = _BY_EXPIRY.rows(connection, (after.deadline, after.seq, _WALK))
    walks = [[Place(key, seq) for key, seq in expiring]]
    for walk in (_BY_GRACE, _BY_DUE):
        rows = walk.rows(connection, (day.isoformat(), day_seq, _WALK))
        walks.append([Place(_end_of(key), seq) for key, seq in rows])
    bound = min(Place._make(_FOREVER) if len(walk) < _WALK else walk[-1] for walk in walks)
    seqs = sorted({place.seq for walk in walks for place in walk})
    rows = _ROWS.rows(connection, (among(connection, seqs),)) if seqs else []
    found = [_doubt(row) for row in rows]
    within = [one for one in found if after < Place(one.deadline, one.seq) <= bound]
    within.sort(key=lambda one: (one.deadline, one.seq))
    return within, None if bound == _FOREVER else bound


def _end_of(day: str) -> int:
    """Return the instant a day (Asia/Shanghai, eight hours ahead all year) ends."""
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), UTC)
    return round(midnight.timestamp() * 1000) - 8 * 3_600_000


def _doubt(row: Sequence[object]) -> Doubt:
    *fields, closing = row
    _, _, _, _, _, _, _, _, _, expires_at, _, _, due_on, grace_until, _ = fields
    deadline = deadline_of(expires_at, grace_until, due_on)  # type: ignore[arg-type] # column order is ours
    return Doubt(*fields, bool(closing), deadline)  # type: ignore[call-arg, arg-type]


def _told(connection: Connection, found: Sequence[Doubt]) -> list[Doubt]:
    """Return the orders with the latest answers to each."""
    if not found:
        return []
    heard: dict[int, list[Answer]] = defaultdict(list)
    for attempt_id, source, at, verdict, code in _HEARD.rows(
        connection, (among(connection, [one.attempt_id for one in found]),)
    ):
        heard[attempt_id].append(Answer(EvidenceSource(source), at, Verdict(verdict), code))
    return [one._replace(answers=tuple(heard[one.attempt_id])) for one in found]


# What a change is about.


def last_attempts(connection: Connection, seqs: Sequence[int], *, lock: bool = False) -> list[Subject]:
    """Return the last attempts of repayments; with `lock` nobody else writes them meanwhile."""
    statement = _LOCKED if lock else _SUBJECTS
    return [subject_from(row) for row in statement.rows(connection, (among(connection, seqs),))]


def seq_of(connection: Connection, repayment_id: str) -> int | None:
    """Return the number of a repayment, None when there is none."""
    rows = _SEQ.rows(connection, (repayment_id,))
    return rows[0][0] if rows else None


def members(connection: Connection, selection_id: str) -> list[int]:
    """Return the numbers of a selection's repayments."""
    return [seq for chunk in selections.members(connection, selection_id) for seq in chunk]


def newest_claim(connection: Connection, attempts: Iterable[int]) -> int:
    """Return the number of the newest evidence by which a gateway claims to know one of these attempts."""
    return int(_NEWEST_CLAIM.rows(connection, (among(connection, list(attempts)),))[0][0])


def known(connection: Connection, attempts: Iterable[int]) -> frozenset[int]:
    """Return those of which a gateway claims to know, without people having decided on that."""
    return frozenset(row[0] for row in _KNOWN.rows(connection, (among(connection, list(attempts)),)))


def ask_now(connection: Connection, subjects: Iterable[Subject], now: Instant) -> None:
    """Have gateways asked now. Raises LeaseLost when a row changed under the transaction."""
    rows = [
        (now, one.attempt.id, one.attempt.version, one.attempt.lease_epoch)
        for one in subjects
        if one.attempt.state in ASKED
    ]
    if _ASK_NOW.many(connection, rows) != len(rows):
        raise LeaseLost("a row changed under its writer")


def sign(connection: Connection, subjects: Iterable[Subject], change_id: str) -> None:
    """Name the approved change by which people end these attempts; the database asks for it."""
    _SIGN.many(connection, [(change_id, one.attempt.id) for one in subjects])


ASKED: Final = frozenset(
    {AttemptState.ACCEPTED, AttemptState.UNKNOWN, AttemptState.CLOSING, AttemptState.MANUAL}
)
"""States in which a gateway is asked what became of an order."""
