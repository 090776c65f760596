"""Complaints: taken in once by their external id, and counted, also for each strategy that acted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.counters import MINUTE_MS
from console.store.prepared import Prepared
from console.store.timeline import TimelineEntry, record

if TYPE_CHECKING:
    from sqlalchemy import Connection


class StoredComplaint(NamedTuple):
    """A complaint; `strategies` by commas, `repayment` is the id."""

    seq: int
    id: str
    external_id: str
    digest: str
    repayment: str | None
    borrower: str
    channel: str
    text: str
    strategies: str
    at: int
    received_at: int


class Subject(NamedTuple):
    """What a complaint is about; `strategies` are those that acted on it, by commas (decisions are found by
    their time: those of the first five minutes)."""

    seq: int
    id: str
    borrower: str
    strategies: str


_COLUMNS: Final = (
    "c.seq, c.id, c.external_id, c.digest, r.id, c.borrower_token, c.channel, c.text, c.strategies, c.at,"
    " c.received_at FROM complaint c LEFT JOIN repayment r ON r.seq = c.repayment_seq"
)
_BY_EXTERNAL: Final = Prepared(f"SELECT {_COLUMNS} WHERE c.external_id = ?")
_PAGE: Final = Prepared(f"SELECT {_COLUMNS} WHERE c.seq < ? ORDER BY c.seq DESC LIMIT ?")
_OF_REPAYMENT: Final = Prepared(
    f"SELECT {_COLUMNS} WHERE c.repayment_seq = ? AND c.seq < ? ORDER BY c.seq DESC LIMIT ?"
)
_OF_BORROWER: Final = Prepared(
    f"SELECT {_COLUMNS} WHERE c.borrower_token = ? AND c.seq < ? ORDER BY c.seq DESC LIMIT ?"
)
_SUBJECT: Final = Prepared(
    "SELECT r.seq, r.id, r.borrower_token, coalesce((SELECT i.strategies FROM interception i"
    " WHERE i.repayment_seq = r.seq), (SELECT d.enforced FROM decision d"
    " WHERE d.at BETWEEN r.created_at AND r.created_at + 300000 AND d.repayment_seq = r.seq"
    " ORDER BY d.at LIMIT 1), '') FROM repayment r WHERE r.id = ?"
)
_KNOWN_BORROWER: Final = Prepared("SELECT 1 FROM repayment WHERE borrower_token = ? LIMIT 1")
_INSERT: Final = Prepared(
    "INSERT INTO complaint (id, external_id, digest, repayment_seq, borrower_token, channel, text,"
    " strategies, at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (external_id) DO NOTHING"
)
_COUNT: Final = Prepared(
    "INSERT INTO complaint_minute (minute, strategy_id, shard, count) VALUES (?, ?, ?, 1)"
    " ON CONFLICT (minute, strategy_id, shard) DO UPDATE SET count = complaint_minute.count + 1"
)
_SERIES: Final = Prepared(
    "SELECT minute, sum(count) FROM complaint_minute WHERE strategy_id = ? AND minute >= ? GROUP BY minute"
    " ORDER BY minute"
)
_COUNTS: Final = Prepared(
    "SELECT coalesce(sum(CASE WHEN minute > ? THEN count ELSE 0 END), 0), coalesce(sum(count), 0)"
    " FROM complaint_minute WHERE strategy_id = ? AND minute > ?"
)
_TOTALS: Final = Prepared(
    "SELECT strategy_id, sum(count) FROM complaint_minute WHERE strategy_id <> '' AND minute >= ?"
    " GROUP BY strategy_id"
)
_PURGE: Final = Prepared("DELETE FROM complaint_minute WHERE minute < ?")


def find(connection: Connection, external_id: str) -> StoredComplaint | None:
    """Return the complaint with an external id."""
    rows = _BY_EXTERNAL.rows(connection, (external_id,))
    return StoredComplaint._make(rows[0]) if rows else None


def subject(connection: Connection, repayment: str) -> Subject | None:
    """Return the repayment a complaint is about."""
    rows = _SUBJECT.rows(connection, (repayment,))
    return Subject._make(rows[0]) if rows else None


def knows(connection: Connection, borrower: str) -> bool:
    """Tell whether any repayment is this borrower's."""
    return bool(_KNOWN_BORROWER.rows(connection, (borrower,)))


def take_in(connection: Connection, new: StoredComplaint, about: Subject | None, shard: int) -> bool:
    """Keep a complaint and count it; False when it was there already."""
    row = (new.id, new.external_id, new.digest, None if about is None else about.seq, *new[5:])
    if _INSERT.many(connection, [row]) != 1:
        return False
    minute = new.received_at // MINUTE_MS
    names = ["", *sorted(name for name in new.strategies.split(",") if name)]
    _COUNT.many(connection, [(minute, name, shard) for name in names])
    if about is not None:
        record(connection, [TimelineEntry(about.seq, new.received_at, "borrower", "complaint", new.id)])
    return True


def page(
    connection: Connection, before_seq: int, limit: int, *, repayment_seq: int | None, borrower: str | None
) -> list[StoredComplaint]:
    """Return complaints before a number, the newest first, of one repayment or borrower where given."""
    if repayment_seq is not None:
        rows = _OF_REPAYMENT.rows(connection, (repayment_seq, before_seq, limit))
    elif borrower is not None:
        rows = _OF_BORROWER.rows(connection, (borrower, before_seq, limit))
    else:
        rows = _PAGE.rows(connection, (before_seq, limit))
    return [StoredComplaint._make(row) for row in rows]


def series(connection: Connection, since: int, strategy: str = "") -> list[tuple[int, int]]:
    """Return complaints per minute (its number since the epoch, and how many) from an instant on, of all or
    of one strategy; minutes without any are left out."""
    rows = _SERIES.rows(connection, (strategy, since // MINUTE_MS))
    return [(int(minute), int(count)) for minute, count in rows]


def counts(connection: Connection, now: int, strategy: str = "") -> tuple[int, int]:
    """Return how many complaints came in the last hour and in the last day, in all or about one strategy."""
    minute = now // MINUTE_MS
    ((hour, day),) = _COUNTS.rows(connection, (minute - 60, strategy, minute - 1440))
    return int(hour), int(day)


def totals(connection: Connection, since: int) -> dict[str, int]:
    """Return complaints by strategy from an instant on."""
    return {name: int(count) for name, count in _TOTALS.rows(connection, (since // MINUTE_MS,))}


def purge(connection: Connection, before_minute: int) -> None:
    """Delete the counts of minutes before one."""
    _PURGE.many(connection, [(before_minute,)])
