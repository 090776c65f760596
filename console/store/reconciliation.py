"""Reconciliation in the database: runs and their leases, findings, members.

What a finding means is for others to say; here are only rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.attempts import LeaseLost
from console.store.packed import pack, unpack
from console.store.prepared import SKIP_LOCKED, Prepared, among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from console.contract.clock import Instant

GATEWAY: Final = "gateway"
"""The origin of a run whose file comes from the gateway itself; else it is the file's SHA-256."""

_MEMBERS_PER_ROW: Final = 65_536


class StoredRun(NamedTuple):
    """One matching of a gateway's day, as stored (see the table)."""

    seq: int
    id: str
    gateway: str
    day: str
    origin: str
    pieces: int
    change_id: str | None
    state: str
    asked_at: int
    next_action_at: int | None
    lease_epoch: int
    started_at: int | None
    ended_at: int | None
    tries: int
    problem: str
    ledger: str
    digest: str
    proves_absence: bool
    report: str


class StoredFinding(NamedTuple):
    """One order that had to be looked at, as stored (see the table)."""

    run_seq: int
    order_no: str
    finding: str
    attempt_id: int | None
    repayment_id: str | None
    state: str | None
    became: str | None
    ours_fen: int
    theirs_fen: int
    explained_fen: int
    debits: int
    reversals: int
    currency: str
    gateway_ref: str


class Total(NamedTuple):
    """What the orders of one finding come to."""

    finding: str
    orders: int
    ours_fen: int
    theirs_fen: int
    explained_fen: int


_COLUMNS: Final = ", ".join(StoredRun._fields)
_INSERT: Final = Prepared(
    "INSERT INTO reconciliation (id, gateway, day, origin, pieces, change_id, state, asked_at,"
    " next_action_at, lease_epoch, tries, problem, ledger, digest, proves_absence, report)"
    " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, 0, 0, '', '', '', false, '') ON CONFLICT DO NOTHING"
)
_HURRY: Final = Prepared(
    "UPDATE reconciliation SET next_action_at = ?, change_id = ?, problem = ''"
    " WHERE gateway = ? AND day = ? AND origin = ? AND state = 'waiting'"
)
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM reconciliation WHERE id = ?")  # noqa: S608 - our own words
_PAGE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM reconciliation WHERE seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
)
_OF_DAY: Final = Prepared(
    f"SELECT {_COLUMNS} FROM reconciliation WHERE gateway = ? AND day = ? ORDER BY seq"  # noqa: S608
)
_COMPLETE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM reconciliation WHERE gateway = ? AND day >= ? AND day <= ?"  # noqa: S608
    " AND state = 'complete' ORDER BY seq"
)
_DUE: Final = (
    f"SELECT {_COLUMNS} FROM reconciliation WHERE state IN ('waiting', 'running')"  # noqa: S608
    " AND next_action_at <= ? AND gateway {among} ORDER BY next_action_at LIMIT 1"
)
_IS_DUE: Final = Prepared(_DUE)
_CLAIM: Final = Prepared(_DUE, _DUE + SKIP_LOCKED)
_CLAIMED: Final = Prepared(
    "UPDATE reconciliation SET state = 'running', next_action_at = ?, lease_epoch = lease_epoch + 1,"
    " started_at = coalesce(started_at, ?), tries = tries + 1, problem = '' WHERE seq = ?"
)
_TELL_WHY: Final = Prepared(
    "UPDATE reconciliation SET problem = ? WHERE state = 'waiting' AND next_action_at <= ?"
)
_HOLD: Final = Prepared(
    "UPDATE reconciliation SET next_action_at = ? WHERE seq = ? AND lease_epoch = ? AND state = 'running'"
)
_POSTPONE: Final = Prepared(
    "UPDATE reconciliation SET state = 'waiting', next_action_at = ?, problem = ?,"
    " started_at = CASE WHEN ? THEN NULL ELSE started_at END"
    " WHERE seq = ? AND lease_epoch = ? AND state = 'running'"
)
_END: Final = Prepared(
    "UPDATE reconciliation SET state = ?, ended_at = ?, next_action_at = NULL, problem = ?, ledger = ?,"
    " digest = ?, proves_absence = ?, report = ? WHERE seq = ? AND lease_epoch = ? AND state = 'running'"
)
_ADD_FINDING: Final = Prepared(
    f"INSERT INTO reconciliation_finding ({', '.join(StoredFinding._fields)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(StoredFinding._fields))}) ON CONFLICT (run_seq, order_no) DO NOTHING"
)
_FINDINGS: Final = Prepared(
    f"SELECT {', '.join(StoredFinding._fields)} FROM reconciliation_finding"  # noqa: S608
    " WHERE run_seq = ? AND finding = ? AND order_no > ? ORDER BY order_no LIMIT ?"
)
_TOTALS: Final = Prepared(
    "SELECT finding, count(*), sum(ours_fen), sum(theirs_fen), sum(explained_fen)"
    " FROM reconciliation_finding WHERE run_seq = ? GROUP BY finding"
)
_FOUND_IN_FILE: Final = Prepared(
    "SELECT attempt_id FROM reconciliation_finding"
    " WHERE run_seq = ? AND attempt_id IS NOT NULL AND debits + reversals > 0"
)
_DROP_MEMBERS: Final = Prepared("DELETE FROM reconciliation_member WHERE run_seq = ?")
_ADD_MEMBERS: Final = Prepared(
    "INSERT INTO reconciliation_member (run_seq, number, attempts) VALUES (?, ?, ?)"
)
_MEMBERS: Final = Prepared("SELECT attempts FROM reconciliation_member WHERE run_seq = ? ORDER BY number")
_DEBITED: Final = Prepared(
    "SELECT attempt_id FROM reconciliation_finding"
    " WHERE run_seq = ? AND attempt_id {among} AND debits > reversals"
)
_OWED: Final = Prepared(
    "SELECT 1 FROM attempt WHERE gateway = ? AND decided_at >= ? AND decided_at < ? AND state = 'SUCCEEDED'"
    " LIMIT 1"
)
_ABSENT: Final = Prepared(
    "SELECT a.order_no FROM attempt a WHERE a.gateway = ? AND a.next_action_at IS NOT NULL"
    " AND a.state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL') AND a.state = 'UNKNOWN'"
    " AND a.not_found >= 1 AND a.sent_at >= ? AND a.order_expires_at <= ? AND a.order_no > ?"
    " AND NOT EXISTS (SELECT 1 FROM reconciliation_finding f WHERE f.attempt_id = a.id"
    " AND f.debits + f.reversals > 0) ORDER BY a.order_no LIMIT ?"
)
_IN_DOUBT: Final = Prepared(
    "SELECT count(*) FROM attempt WHERE gateway = ?"
    " AND state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL') AND sent_at < ?"
)
_PROOF: Final = Prepared(
    "SELECT a.order_no, a.request_digest, r.sealed FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq"
    " WHERE a.order_no {among}"
)
_ABOUT: Final = Prepared(
    "SELECT a.order_no, a.decided_at, r.id FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq"
    " WHERE a.order_no {among}"
)


def insert(
    connection: Connection,
    *,
    identity: str,
    gateway: str,
    day: str,
    now: Instant,
    origin: str = GATEWAY,
    pieces: int = 0,
    change_id: str | None = None,
) -> bool:
    """Ask for a run, due at once; tell whether it is new: one per gateway, day and origin is under way."""
    row = (identity, gateway, day, origin, pieces, change_id, now, now)
    return _INSERT.many(connection, [row]) == 1


def hurry(connection: Connection, gateway: str, day: str, origin: str, change_id: str, now: Instant) -> None:
    """Have a run that waits for its file look again now."""
    _HURRY.many(connection, [(now, change_id, gateway, day, origin)])


def find(connection: Connection, identity: str) -> StoredRun | None:
    """Return a run."""
    rows = _ONE.rows(connection, (identity,))
    return _run(rows[0]) if rows else None


def page(connection: Connection, before: int, limit: int) -> list[StoredRun]:
    """Return runs, newest first, from below a number."""
    return [_run(row) for row in _PAGE.rows(connection, (before, limit))]


def of_day(connection: Connection, gateway: str, day: str) -> list[StoredRun]:
    """Return all runs of a gateway's day, oldest first."""
    return [_run(row) for row in _OF_DAY.rows(connection, (gateway, day))]


def complete(connection: Connection, gateway: str, first: str, last: str) -> dict[str, StoredRun]:
    """Return the latest complete run of each day from `first` to `last`."""
    return {row[3]: _run(row) for row in _COMPLETE.rows(connection, (gateway, first, last))}


def is_due(connection: Connection, gateways: Sequence[str], *, now: Instant) -> bool:
    """Tell whether a run is due."""
    return bool(_IS_DUE.rows(connection, (now, among(connection, gateways))))


def tell_why(connection: Connection, problem: str, now: Instant) -> None:
    """Write what is in the way of runs that are due and were not begun."""
    _TELL_WHY.many(connection, [(problem, now)])


def claim(
    connection: Connection, gateways: Sequence[str], *, now: Instant, until: Instant
) -> StoredRun | None:
    """Take the run that is due first, until an instant; None when there is none."""
    rows = _CLAIM.rows(connection, (now, among(connection, gateways)))
    if not rows:
        return None
    seq = rows[0][0]
    _CLAIMED.many(connection, [(until, now, seq)])
    return find(connection, rows[0][1])


def hold(connection: Connection, run: StoredRun, until: Instant) -> None:
    """Keep a run until an instant. Raises LeaseLost when somebody else has it."""
    _still_ours(_HOLD.many(connection, [(until, run.seq, run.lease_epoch)]))


def postpone(connection: Connection, run: StoredRun, at: Instant, problem: str, *, anew: bool) -> None:
    """Have a run tried again later; `anew` when nothing of it was written yet. Raises LeaseLost."""
    _still_ours(_POSTPONE.many(connection, [(at, problem[:64], anew, run.seq, run.lease_epoch)]))


def end(
    connection: Connection,
    run: StoredRun,
    *,
    state: str,
    now: Instant,
    problem: str = "",
    ledger: str = "",
    digest: str = "",
    proves_absence: bool = False,
    report: str = "",
) -> None:
    """End a run. Raises LeaseLost."""
    row = (state, now, problem[:64], ledger, digest, proves_absence, report, run.seq, run.lease_epoch)
    _still_ours(_END.many(connection, [row]))


def add_findings(connection: Connection, findings: Sequence[StoredFinding]) -> None:
    """Write findings; one of an order that has one already changes nothing."""
    _ADD_FINDING.many(connection, [tuple(one) for one in findings])


def findings(
    connection: Connection, run_seq: int, finding: str, after: str, limit: int
) -> list[StoredFinding]:
    """Return findings of one kind by order number, from behind `after`."""
    return [StoredFinding._make(row) for row in _FINDINGS.rows(connection, (run_seq, finding, after, limit))]


def totals(connection: Connection, run_seq: int) -> dict[str, Total]:
    """Return what the stored findings of a run come to, by finding."""
    rows = _TOTALS.rows(connection, (run_seq,))
    return {row[0]: Total(row[0], *(int(value) for value in row[1:])) for row in rows}


def replace_members(connection: Connection, run_seq: int, attempts: Sequence[int]) -> None:
    """Write which attempts' rows agreed."""
    _DROP_MEMBERS.many(connection, [(run_seq,)])
    packed = (
        (run_seq, number, pack(attempts[start : start + _MEMBERS_PER_ROW]))
        for number, start in enumerate(range(0, len(attempts), _MEMBERS_PER_ROW))
    )
    _ADD_MEMBERS.many(connection, list(packed))


def settled_in(connection: Connection, run_seq: int) -> Iterable[int]:
    """Yield every attempt that the run's file had a row of."""
    for (packed,) in _MEMBERS.rows(connection, (run_seq,)):
        yield from unpack(packed)
    for (attempt_id,) in _FOUND_IN_FILE.rows(connection, (run_seq,)):
        yield attempt_id


def debited_in(connection: Connection, run_seq: int, attempts: Sequence[int]) -> set[int]:
    """Return those attempts of which the run's file had a debit that it did not give back."""
    wanted = set(attempts)
    found = {row[0] for row in _DEBITED.rows(connection, (run_seq, among(connection, list(wanted))))}
    for (packed,) in _MEMBERS.rows(connection, (run_seq,)):
        found |= wanted.intersection(unpack(packed))
    return found


def is_owed(connection: Connection, gateway: str, since: int, until: int) -> bool:
    """Tell whether we know of a debit that was confirmed in a span of time."""
    return bool(_OWED.rows(connection, (gateway, since, until)))


def in_doubt(connection: Connection, gateway: str, sent_before: int) -> int:
    """Return how many orders of a gateway are in doubt."""
    return int(_IN_DOUBT.rows(connection, (gateway, sent_before))[0][0])


def maybe_absent(
    connection: Connection, gateway: str, since: int, until: int, after: str, limit: int
) -> list[str]:
    """Return order numbers in doubt, not found by inquiry, whose life lies in the span and of which no
    file had a row."""
    rows = _ABSENT.rows(connection, (gateway, since, until, after, limit))
    return [row[0] for row in rows]


def sent_with(connection: Connection, order_nos: Sequence[str]) -> dict[str, tuple[str | None, bytes]]:
    """Return request digest and sealed personal data by order number."""
    rows = _PROOF.rows(connection, (among(connection, order_nos),))
    return {row[0]: (row[1], bytes(row[2])) for row in rows}


def decided(connection: Connection, order_nos: Sequence[str]) -> dict[str, tuple[int | None, str]]:
    """Return when an order was decided, and whose repayment it is of, by order number."""
    return {row[0]: (row[1], row[2]) for row in _ABOUT.rows(connection, (among(connection, order_nos),))}


def _run(row: Sequence[object]) -> StoredRun:
    run = StoredRun._make(row)
    return run._replace(proves_absence=bool(run.proves_absence))


def _still_ours(touched: int) -> None:
    if touched != 1:
        raise LeaseLost("somebody else reconciles this now")
