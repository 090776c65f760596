"""What the desk does by itself: changes return when their time is over, requests lapse.

Due times are in the database, so a service that was down catches up when it is back; of several processes
each takes rows that no other has locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.change import ChangeState
from console.control.desk.desk import THE_SERVICE
from console.control.desk.draft import Asked, digest_of
from console.control.desk.states import Step, after
from console.control.desk.stored import inverse_of
from console.control.problems import where
from console.store import audit, changes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.changes import StoredChange

BATCH: Final = 50

TRY_AGAIN_MS: Final = 30_000
"""When a return that failed is tried again."""


def act(connection: Connection, now: Instant) -> list[StoredChange]:
    """Do what is due; return the changes as they are now."""
    return [
        _return(connection, stored, now)
        if stored.state is ChangeState.APPLIED
        else _lapse(connection, stored, now)
        for stored in changes.due(connection, now, BATCH)
    ]


def _lapse(connection: Connection, stored: StoredChange, now: Instant) -> StoredChange:
    lapsed = changes.step(
        connection, stored, state=after(stored.state, Step.LAPSE), ended_at=now, due_at=None
    )
    _tell(connection, lapsed, now, stored.kind, "lapsed", "nobody agreed in time")
    return lapsed


def _return(connection: Connection, stored: StoredChange, now: Instant) -> StoredChange:
    targets = changes.targets_of(connection, stored.seq)
    later = changes.later_on(connection, stored.seq, targets)
    if later:
        return _superseded(connection, stored, later[0], targets, now)
    changes.take_turn(connection, stored.kind.partition(".")[0])
    try:
        back = inverse_of(stored)
        if back is None:
            raise ValueError("nothing undoes it")
        with connection.begin_nested():
            told = _undo(connection, back, stored, now)
    except Exception as error:
        return _failed(connection, stored, now, where(error))
    expired = _expire(connection, stored, now)
    _tell(connection, expired, now, back.kind.name, "expired", told)
    return expired


def _undo(connection: Connection, back: Asked, stored: StoredChange, now: Instant) -> str:
    """Undo what was done, unless it is undone already; return what to tell."""
    impact = back.kind.preview(connection, back.body, now)
    if impact.refusal is not None:
        return f"{stored.id} of {stored.person}: there was nothing left to undo"
    back.kind.apply(connection, back.body, now, stored.id)
    return f"{stored.id} of {stored.person} returned by itself"


def _superseded(
    connection: Connection,
    stored: StoredChange,
    by: StoredChange,
    targets: frozenset[str],
    now: Instant,
) -> StoredChange:
    """End a change over which another one was laid. That one returns to what this one would have."""
    if by.kind == stored.kind and changes.targets_of(connection, by.seq) == targets:
        changes.step(connection, by, undo=stored.undo)
    expired = _expire(connection, stored, now)
    told = f"{stored.id} of {stored.person}: {by.id} changed the same later and stays"
    _tell(connection, expired, now, stored.kind, "superseded", told)
    return expired


def _failed(connection: Connection, stored: StoredChange, now: Instant, why: str) -> StoredChange:
    kept = changes.step(connection, stored, failures=stored.failures + 1, due_at=now + TRY_AGAIN_MS)
    if not stored.failures:
        told = f"{stored.id} of {stored.person} could not be undone and is tried again: {why}"
        _tell(connection, kept, now, stored.kind, "return_failed", told)
    return kept


def _expire(connection: Connection, stored: StoredChange, now: Instant) -> StoredChange:
    return changes.step(connection, stored, state=after(stored.state, Step.EXPIRE), ended_at=now, due_at=None)


def _tell(
    connection: Connection, stored: StoredChange, now: Instant, action: str, outcome: str, reason: str
) -> None:
    targets = ", ".join(sorted(changes.targets_of(connection, stored.seq)))
    entry = audit.Entry(
        at=now,
        who=THE_SERVICE.person,
        via=THE_SERVICE.via,
        action=action,
        subject=targets or stored.id,
        outcome=outcome,
        reason=reason,
        change_id=stored.id,
        before_digest=stored.digest,
        after_digest=digest_of({"body": stored.body, "undo": stored.undo, "state": stored.state}),
    )
    audit.append(connection, entry)
