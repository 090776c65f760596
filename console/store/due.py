"""The due-date clock in the database: whose day is over, who is protected, and moving on.

What is over is decided by a day that the caller works out (holidays are not known here); that nothing open
becomes overdue is held by the database itself (see `guards`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.guards import unpaid
from console.store.prepared import Prepared, among
from console.store.tables import FALLING_DUE, IN_GRACE
from console.store.timeline import TimelineEntry, record

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Falling(NamedTuple):
    """A repayment whose instalment moves on."""

    seq: int
    borrower: str
    due_on: str
    grace_until: str | None


class Start(NamedTuple):
    """Since when the clock acts: the last day that was over by then, and the instant."""

    over: str
    at: int


class Doubtful(NamedTuple):
    """A repayment that is long in doubt, or was."""

    seq: int
    stage: str
    amount_fen: int
    due_on: str


class Place(NamedTuple):
    """Where the instalment of a repayment stands, and what protects it."""

    seq: int
    id: str
    borrower: str
    stage: str
    instalment: str
    due_state: str
    due_on: str
    grace_until: str | None
    overdue_since: int | None
    penalty_from: str | None
    created_at: int


_FALLING: Final = "r.seq, r.borrower_token, r.due_on, r.grace_until"
_OF_FALLING: Final = "FROM repayment r INDEXED BY ix_repayment_falling_due"
_OTHERS_PAID: Final = (
    "EXISTS (SELECT 1 FROM repayment p INDEXED BY ix_repayment_instalment WHERE p.instalment = r.instalment"
    " AND p.seq <> r.seq AND p.borrower_token = r.borrower_token AND p.stage = 'settled')"
)
_OVER: Final = (
    f"SELECT {_FALLING} {_OF_FALLING} WHERE {FALLING_DUE} AND r.due_on <= ?"
    f" AND (r.grace_until IS NULL OR r.grace_until <= ?) AND {unpaid('r.instalment', 'r.borrower_token')}"
    " AND (r.due_on > ? OR r.created_at >= ?) ORDER BY r.due_on, r.seq LIMIT ?"
)
_OVERDUE: Final = Prepared(_OVER)
_OVERDUE_LOCKED: Final = Prepared(_OVER, f"{_OVER} FOR UPDATE OF r SKIP LOCKED")
_SETTLED: Final = Prepared(
    f"SELECT {_FALLING} {_OF_FALLING} WHERE {FALLING_DUE} AND r.due_on <= ? AND {_OTHERS_PAID}"
    " ORDER BY r.due_on, r.seq LIMIT ?"
)
_GRACED: Final = Prepared(
    f"SELECT {_FALLING} {_OF_FALLING} WHERE {FALLING_DUE} AND r.due_state = 'due'"
    " AND r.due_on <= ? AND r.grace_until > ? ORDER BY r.due_on, r.seq LIMIT ?"
)
_GRACED_DOUBT: Final = Prepared(
    f"SELECT {_FALLING} FROM repayment r INDEXED BY ix_repayment_doubt_grace WHERE {IN_GRACE}"  # noqa: S608
    " AND r.due_state = 'due' AND r.due_on <= ? AND r.grace_until > ? ORDER BY r.grace_until, r.seq LIMIT ?"
)
_REGAINED: Final = Prepared(
    f"SELECT {_FALLING} {_OF_FALLING} WHERE {FALLING_DUE} AND r.due_state = 'in_grace'"
    " AND r.due_on > ? ORDER BY r.due_on, r.seq LIMIT ?"
)
_MOVE: Final = Prepared(
    "UPDATE repayment SET due_state = ?, updated_at = ? WHERE seq = ? AND due_state <> 'overdue'"
)
_MARK: Final = Prepared(
    "UPDATE repayment SET due_state = 'overdue', overdue_since = ?, penalty_from = due_on, updated_at = ?"
    " WHERE seq = ? AND due_state <> 'overdue'"
)
_DOUBTFUL: Final = "a.state IN ('UNKNOWN', 'CLOSING', 'MANUAL')"
_LONG_IN_DOUBT: Final = Prepared(
    "SELECT DISTINCT r.seq, r.stage, r.amount_fen, r.due_on FROM attempt a"  # noqa: S608 - our own words
    f" JOIN repayment r ON r.seq = a.repayment_seq WHERE {_DOUBTFUL}"
    " AND coalesce(a.unknown_since, a.sent_at, a.created_at) <= ? AND NOT EXISTS (SELECT 1 FROM care_item i"
    " WHERE i.repayment_seq = r.seq AND i.automatic AND i.released_at IS NULL) ORDER BY r.seq LIMIT ?"
)
_RESOLVED: Final = Prepared(
    "SELECT r.seq, r.stage, r.amount_fen, r.due_on FROM care_item i INDEXED BY ux_care_item_automatic"  # noqa: S608
    " CROSS JOIN repayment r WHERE r.seq = i.repayment_seq AND i.automatic AND i.released_at IS NULL"
    " AND r.stage NOT IN ('confirming', 'in_doubt', 'manual')"
    f" AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.repayment_seq = r.seq AND {_DOUBTFUL})"
    " ORDER BY r.seq LIMIT ?"
)
_RELEASE: Final = Prepared(
    "UPDATE care_item SET released_at = ? WHERE repayment_seq = ? AND automatic AND released_at IS NULL"
)
_SHORTEN: Final = Prepared(
    "UPDATE care_item SET credit_hold = false, automatic = false, grace_until = ?"
    " WHERE repayment_seq = ? AND automatic AND released_at IS NULL"
)
_PLACE: Final = Prepared(
    "SELECT seq, id, borrower_token, stage, instalment, due_state, due_on, grace_until, overdue_since,"
    " penalty_from, created_at FROM repayment WHERE id = ?"
)
_PROTECTION: Final = Prepared(
    "SELECT q.seq, q.stage, EXISTS (SELECT 1 FROM care_item i WHERE i.repayment_seq = q.seq"
    " AND i.credit_hold AND i.released_at IS NULL), EXISTS (SELECT 1 FROM attempt b"
    " JOIN exception_case x ON x.attempt_id = b.id WHERE b.repayment_seq = q.seq AND NOT x.resolved"
    " AND x.suspense_fen > 0) FROM repayment q WHERE q.instalment = ? AND q.borrower_token = ?"
)


_LOCK: Final = Prepared(
    "SELECT seq FROM repayment WHERE seq {among} ORDER BY seq",
    "SELECT seq FROM repayment WHERE seq {among} ORDER BY seq FOR UPDATE",
)


def overdue(
    connection: Connection, over: str, limit: int, start: Start, *, lock: bool = False
) -> list[Falling]:
    """Return unpaid repayments whose last day is `over` or before and that nothing protects; locked when
    asked. What was taken in before the start, with its day over by then, is left alone."""
    query = _OVERDUE_LOCKED if lock else _OVERDUE
    return [Falling._make(row) for row in query.rows(connection, (over, over, *start, limit))]


def moving(connection: Connection, over: str, limit: int) -> dict[str, list[int]]:
    """Return repayments by the state their instalment moves to without harm: paid, in grace, due again."""
    found = {
        "paid": _SETTLED.rows(connection, (over, limit)),
        "in_grace": [
            *_GRACED.rows(connection, (over, over, limit)),
            *_GRACED_DOUBT.rows(connection, (over, over, limit)),
        ],
        "due": _REGAINED.rows(connection, (over, limit)),
    }
    return {state: [row[0] for row in rows] for state, rows in found.items() if rows}


def move(connection: Connection, seqs: Sequence[int], state: str, now: int) -> None:
    """Move instalments on to a state that harms nobody, and tell it."""
    if _MOVE.many(connection, [(state, now, seq) for seq in seqs]):
        record(connection, [TimelineEntry(seq, now, "service", f"instalment_{state}") for seq in seqs])


def mark_overdue(connection: Connection, found: Sequence[Falling], now: int) -> None:
    """Make instalments overdue, the penalty counting from the due day. The database refuses it for one with
    an open repayment or a hold."""
    _MARK.many(connection, [(now, now, one.seq) for one in found])
    record(
        connection,
        [TimelineEntry(one.seq, now, "service", "overdue", f"since {one.due_on}") for one in found],
    )


def long_in_doubt(connection: Connection, since: int, limit: int) -> list[Doubtful]:
    """Return repayments in doubt since an instant or longer that have no care for it yet."""
    return [Doubtful._make(row) for row in _LONG_IN_DOUBT.rows(connection, (since, limit))]


def resolved(connection: Connection, limit: int) -> list[Doubtful]:
    """Return repayments that have care for being in doubt and are no more."""
    return [Doubtful._make(row) for row in _RESOLVED.rows(connection, (limit,))]


def end_doubt(
    connection: Connection, settled: Sequence[int], others: Sequence[int], *, grace_until: str, now: int
) -> None:
    """End the care of doubts that are over: all of it where the repayment settled; the hold of the others,
    whose grace then lasts until a day, also where the first one lapsed in doubt."""
    _RELEASE.many(connection, [(now, seq) for seq in settled])
    _SHORTEN.many(connection, [(grace_until, seq) for seq in others])


def place(connection: Connection, identity: str) -> Place | None:
    """Return where the instalment of a repayment stands."""
    rows = _PLACE.rows(connection, (identity,))
    return Place._make(rows[0]) if rows else None


def protection(connection: Connection, found: Place) -> tuple[bool, str]:
    """Return whether an instalment is paid, and why it is not made overdue now (empty: nothing keeps it)."""
    rows = _PROTECTION.rows(connection, (found.instalment, found.borrower))
    if any(stage == "settled" for _, stage, _, _ in rows):
        return True, ""
    own = [row for row in rows if row[0] == found.seq]
    for seq, stage, hold, suspense in [*own, *(row for row in rows if row[0] != found.seq)]:
        why = _protects(stage, bool(hold), bool(suspense))
        if why:
            return False, why if seq == found.seq else "other_repayment"
    return False, ""


def _protects(stage: str, hold: bool, suspense: bool) -> str:
    if stage in ("in_doubt", "manual"):
        return "in_doubt"
    if stage not in ("failed", "rejected", "cancelled", "reversed"):
        return "on_its_way"
    if suspense:
        return "suspense"
    return "credit_hold" if hold else ""


def locked(connection: Connection, seqs: Sequence[int]) -> list[int]:
    """Lock repayments against other writers, in one order; return them."""
    return [row[0] for row in _LOCK.rows(connection, (among(connection, list(seqs)),))]
