"""The audit chain: who did what, each row bound to the one before it by its hash.

A row is appended in the transaction of the effect it tells of. `verify` is pure: it reads rows and anchors
from anywhere and names the first row that is not as it was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, text

from console.store.change_tables import audit
from console.store.guards import AUDIT_KEPT_MS, AUDIT_PURGED

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

GENESIS: Final = "0" * 64
"""What the first row has for the hash before it."""

_LOCK: Final = 0x72657061792F6175
"""The advisory lock under which rows are appended one after the other on PostgreSQL."""


@dataclass(frozen=True)
class Entry:
    """What is to be told. `who` acted, signed in `via`; no personal data and no secret in any field."""

    at: int
    who: str
    via: str
    action: str
    subject: str
    outcome: str
    reason: str = ""
    change_id: str | None = None
    before_digest: str | None = None
    after_digest: str | None = None
    approvals: tuple[str, ...] = ()


class Row(NamedTuple):
    """A row of the chain; `approvals` is JSON."""

    seq: int
    at: int
    who: str
    via: str
    action: str
    subject: str
    outcome: str
    reason: str
    change_id: str | None
    before_digest: str | None
    after_digest: str | None
    approvals: str
    previous: str
    hash: str


class Anchor(NamedTuple):
    """What the chain's head was at an instant, kept where the database's owner cannot change it."""

    seq: int
    hash: str
    at: int


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; `first_bad` is the number of the first row that does not."""

    rows: int
    head: str
    first_bad: int | None = None
    problem: str = ""


_HEAD: Final = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
_FROM: Final = select(audit).where(audit.c.seq >= bindparam("first")).order_by(audit.c.seq)
_LENGTHS: Final = {
    "who": 128,
    "via": 64,
    "action": 64,
    "subject": 256,
    "outcome": 32,
    "reason": 512,
}


def canonical(fields: dict[str, Any]) -> bytes:
    """Return JSON that is the same wherever it is written: sorted keys, no spaces, no floats."""
    return json.dumps(
        fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_refuse
    ).encode("utf-8", "surrogatepass")


def row_hash(row: Row) -> str:
    """Return the hash that a row must have."""
    fields = row._asdict()
    del fields["hash"]
    if any(isinstance(value, float) for value in fields.values()):
        raise TypeError("a float has no one way to be written")
    return sha256(canonical(fields)).hexdigest()


def append(connection: Connection, entry: Entry) -> Row:
    """Append a row to the chain, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    seq, previous = head(connection)
    cut = {name: getattr(entry, name)[:length] for name, length in _LENGTHS.items()}
    row = Row(
        seq + 1,
        entry.at,
        cut["who"],
        cut["via"],
        cut["action"],
        cut["subject"],
        cut["outcome"],
        cut["reason"],
        entry.change_id,
        entry.before_digest,
        entry.after_digest,
        json.dumps(entry.approvals, ensure_ascii=False, separators=(",", ":")),
        previous,
        "",
    )
    row = row._replace(hash=row_hash(row))
    connection.execute(insert(audit), row._asdict())
    return row


def head(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the last row; 0 and GENESIS when there is none."""
    found = connection.execute(_HEAD).one_or_none()
    return (0, GENESIS) if found is None else (int(found.seq), str(found.hash))


class Wanted(NamedTuple):
    """Which rows to list: None leaves the choice open."""

    who: str | None = None
    action: str | None = None
    since: int | None = None
    change_id: str | None = None


EVERY: Final = Wanted()
"""Every row."""


def page(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> list[Row]:
    """Return up to `limit` rows, newest first, those before a number."""
    query = _narrowed(select(audit).order_by(audit.c.seq.desc()).limit(limit), wanted)
    if before is not None:
        query = query.where(audit.c.seq < before)
    return [Row(*row) for row in connection.execute(query)]


def rows_from(connection: Connection, first: int, limit: int, wanted: Wanted = EVERY) -> list[Row]:
    """Return up to `limit` rows in order, from a number on."""
    query = _narrowed(_FROM.limit(limit), wanted)
    return [Row(*row) for row in connection.execute(query, {"first": first})]


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.who is not None:
        query = query.where(audit.c.who == wanted.who)
    if wanted.action is not None:
        query = query.where(audit.c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.change_id is not None:
        query = query.where(audit.c.change_id == wanted.change_id)
    return query


class Verification:
    """Verifies a chain row by row, so that it never has to be held at once.

    A chain may begin behind rows that were let go of: a later row of it must tell their last number and
    hash, and an anchor of them must be as old as that row says they were.
    """

    def __init__(self, anchors: Iterable[Anchor] = ()) -> None:
        anchors = tuple(anchors)
        self._anchored: dict[int, str] = {}
        self._wrong_anchor: int | None = None
        for anchor in anchors:
            if self._anchored.setdefault(anchor.seq, anchor.hash) != anchor.hash:
                self._wrong_anchor = min(anchor.seq, self._wrong_anchor or anchor.seq)
        self._seq, self._previous = 0, GENESIS
        self._rows = 0
        self._began: tuple[int, str] | None = None
        self._ages = {anchor.seq: anchor.at for anchor in anchors}
        self.found: Verdict | None = None

    def take(self, rows: Iterable[Row]) -> bool:
        """Look at the next rows; tell whether all was well so far."""
        for row in rows:
            if self._rows == 0 and row.seq > 1:
                self._seq, self._previous = row.seq - 1, row.previous
                self._began = (self._seq, self._previous)
            problem = self._problem(row)
            if problem:
                before_all = self._began is not None and row.seq <= self._began[0]
                bad = 1 if before_all else min(row.seq, self._seq + 1)
                self.found = Verdict(self._rows, self._previous, bad, problem)
                return False
            self._seq, self._previous = row.seq, row.hash
            self._rows += 1
            if self._began is not None and row.action == AUDIT_PURGED and self._tells(row, self._began):
                self._began = None
        return True

    def _tells(self, row: Row, began: tuple[int, str]) -> bool:
        """Whether the row tells of the rows that are gone, and no anchor says they were younger."""
        gone, digest = began
        old_enough = row.at - AUDIT_KEPT_MS
        told = row.subject == str(gone) and row.after_digest == digest
        return told and all(at <= old_enough for seq, at in self._ages.items() if seq < gone)

    def end(self) -> Verdict:
        """Return the verdict after the last row."""
        if self.found is not None:
            return self.found
        if self._began is not None:
            first = self._began[0]
            return Verdict(self._rows, self._previous, 1, f"rows up to {first} are missing, untold")
        missing = sorted(seq for seq in self._anchored if seq > self._seq)
        if missing:
            problem = f"rows up to {missing[-1]} were anchored and are missing"
            return Verdict(self._rows, self._previous, self._seq + 1, problem)
        return Verdict(self._rows, self._previous)

    def _problem(self, row: Row) -> str:
        if row.seq != self._seq + 1:
            return f"row {self._seq + 1} is missing or out of order"
        if row.previous != self._previous:
            return "it does not follow the row before it"
        try:
            right = row_hash(row) == row.hash
        except (TypeError, ValueError):
            right = False
        if not right:
            return "its content was changed"
        if self._anchored.get(row.seq, row.hash) != row.hash or row.seq == self._wrong_anchor:
            return "it is not the row that was anchored"
        return ""


PURGE_AT_ONCE: Final = 5000
"""Rows let go of in one transaction, at most."""

_OLD: Final = (
    select(audit.c.seq, audit.c.hash, audit.c.at)
    .where(audit.c.seq < bindparam("below"))
    .order_by(audit.c.seq)
)


def has_older(connection: Connection, before: int) -> bool:
    """Return whether the oldest row was written before an instant."""
    at = connection.execute(_OLD.limit(1), {"below": head(connection)[0]}).scalars(2).one_or_none()
    return at is not None and int(at) <= before


def purge(connection: Connection, now: int, kept_ms: int) -> int:
    """Let go of the oldest rows once they are over their time; return how many.

    A row of the audit tells number and hash of the last of them, so that the rest still verifies. Only
    what is older than every row after it goes, and never less than three years after it was written.
    """
    before = now - max(kept_ms, AUDIT_KEPT_MS)
    last, _ = head(connection)
    gone: Any = None
    count = 0
    for row in connection.execute(_OLD.limit(PURGE_AT_ONCE), {"below": last}):
        if row.at > before:
            break
        gone, count = row, count + 1
    if gone is None:
        return 0
    told = f"{count} rows older than {kept_ms // 86_400_000} days"
    append(
        connection,
        Entry(now, "service", "service", AUDIT_PURGED, str(gone.seq), "applied", told, None, None, gone.hash),
    )
    connection.execute(delete(audit).where(audit.c.seq <= gone.seq))
    return count


def verify(rows: Iterable[Row], anchors: Iterable[Anchor] = ()) -> Verdict:
    """Return whether these rows are the whole chain as it was written."""
    verification = Verification(anchors)
    verification.take(rows)
    return verification.end()


def _refuse(value: object) -> str:
    raise TypeError(f"{type(value).__name__} is not written in the audit")
