"""Writing into an incident: who writes, and what may be attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.store import changes, incidents, replays, runs
from console.store import warnings as stored_warnings
from console.store.kinds import InvalidChange

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.incidents import StoredIncident


class Entry(NamedTuple):
    """What is written; `ref` names what is attached."""

    what: str
    text: str
    ref: str | None = None


def found(connection: Connection, identity: str) -> StoredIncident:
    """Return the incident of an id. Raises InvalidChange."""
    one = incidents.find(connection, identity)
    if one is None:
        raise InvalidChange("id", "there is no such incident", "repay incident list shows them")
    return one


def target(one: StoredIncident) -> dict[str, str | int]:
    """Return what a change of an incident binds: whether it is open."""
    return {f"incident:{one.id}": "open" if one.closed_at is None else "closed"}


def author_of(connection: Connection, change_id: str) -> str:
    """Return who asked for the change that is being done."""
    own = changes.find(connection, change_id)
    assert own is not None  # noqa: S101 - the desk writes the change before it is done
    return own.person


def write(connection: Connection, one: StoredIncident, entry: Entry, now: Instant, change_id: str) -> None:
    """Write an entry in the name of who asked for the change."""
    row = entry._asdict() | {"incident_seq": one.seq, "at": now, "change_id": change_id}
    incidents.write(connection, row | {"person": author_of(connection, change_id)})


def exists(connection: Connection, what: str, ref: str) -> bool:
    """Return whether there is such a thing to attach."""
    match what:
        case "change":
            return changes.find(connection, ref) is not None
        case "run":
            return runs.find(connection, ref) is not None
        case "replay":
            return replays.find(connection, ref) is not None
        case _:
            return stored_warnings.find(connection, ref) is not None
