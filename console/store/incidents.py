"""Incidents and what was written into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from console.store.incident_tables import incident, incident_entry

if TYPE_CHECKING:
    from sqlalchemy import Connection


class StoredIncident(NamedTuple):
    """An incident as stored; `gateways` is a JSON list."""

    seq: int
    id: str
    title: str
    gateways: str
    since: int
    opened_at: int
    person: str
    closed_at: int | None
    version: int
    change_id: str


class StoredEntry(NamedTuple):
    """An entry as stored."""

    id: int
    incident_seq: int
    at: int
    person: str
    what: str
    ref: str | None
    text: str
    change_id: str
    removed_by: str | None


_BY_ID: Final = select(incident).where(incident.c.id == bindparam("id"))
_STEP: Final = update(incident).where(incident.c.seq == bindparam("k"))
_ENTRIES: Final = (
    select(incident_entry)
    .where(incident_entry.c.incident_seq == bindparam("seq"), incident_entry.c.removed_by.is_(None))
    .order_by(incident_entry.c.id)
)
_REMOVE: Final = update(incident_entry).where(
    incident_entry.c.incident_seq == bindparam("seq"),
    incident_entry.c.what == bindparam("word"),
    incident_entry.c.ref == bindparam("name"),
    incident_entry.c.removed_by.is_(None),
)


def insert_incident(connection: Connection, row: dict[str, Any]) -> None:
    """Store a new incident."""
    connection.execute(insert(incident), row | {"version": 1})


def find(connection: Connection, identity: str) -> StoredIncident | None:
    """Return one incident."""
    row = connection.execute(_BY_ID, {"id": identity}).one_or_none()
    return None if row is None else StoredIncident._make(row)


def page(connection: Connection, before: int | None, limit: int) -> list[StoredIncident]:
    """Return up to `limit` incidents, newest first, those before a number."""
    query = select(incident).order_by(incident.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(incident.c.seq < before)
    return [StoredIncident._make(row) for row in connection.execute(query)]


def set_closed(connection: Connection, seq: int, closed_at: int | None) -> None:
    """Close an incident, or open it again (None)."""
    connection.execute(_STEP.values(closed_at=closed_at, version=incident.c.version + 1), {"k": seq})


def write(connection: Connection, row: dict[str, Any]) -> None:
    """Write an entry into an incident."""
    connection.execute(insert(incident_entry), row)
    connection.execute(_STEP.values(version=incident.c.version + 1), {"k": row["incident_seq"]})


def entries(connection: Connection, seq: int) -> list[StoredEntry]:
    """Return what stands in an incident, oldest first."""
    return [StoredEntry._make(row) for row in connection.execute(_ENTRIES, {"seq": seq})]


def remove(connection: Connection, seq: int, what: str, ref: str, change_id: str) -> bool:
    """Take out what was attached; tell whether it was there."""
    values = {"seq": seq, "word": what, "name": ref}
    done = connection.execute(_REMOVE.values(removed_by=change_id), values)
    connection.execute(_STEP.values(version=incident.c.version + 1), {"k": seq})
    return done.rowcount > 0
