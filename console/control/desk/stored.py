"""What a change that is in the store asks for, and what would undo it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.control.desk.draft import Asked
from console.control.desk.registry import kinds
from console.control.problems import ProblemError
from console.store import changes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.changes import StoredChange


def asked_again(stored: StoredChange) -> Asked:
    """Return what a stored change asks for. Raises ProblemError (409) when nobody knows its kind now."""
    kind = kinds().get(stored.kind)
    if kind is None:
        raise ProblemError(
            409, "kind_gone", "this program does not know this kind of change", "use the program that made it"
        )
    body = kind.body.model_validate(json.loads(stored.body))
    return Asked(kind, body, stored.reason, None, stored.lasts_ms, stored.incident, stored.revert_of)


def inverse_of(stored: StoredChange) -> Asked | None:
    """Return what undoes a change that was done, None when nothing does."""
    asked = asked_again(stored)
    back = asked.kind.inverse(asked.body, json.loads(stored.undo or "{}"))
    if back is None:
        return None
    kind = kinds()[back[0]]
    return Asked(kind, kind.body.model_validate(back[1]))


def undone_by(connection: Connection, done: StoredChange, asked: Asked) -> StoredChange | None:
    """Return the change that was to return by itself and that another one has just undone by hand: the newest
    before it on the same, whose return would be exactly what was done. None where there is none, or where it
    returns at this moment."""
    targets = changes.targets_of(connection, done.seq)
    before = changes.newest_on(connection, done.seq, targets)
    if before is None or before.due_at is None or before.kind not in kinds():
        return None
    if changes.targets_of(connection, before.seq) != targets:
        return None
    back = inverse_of(before)
    if back is None or (back.kind, back.body) != (asked.kind, asked.body):
        return None
    taken = changes.take_if_free(connection, before.id)
    return taken if taken is not None and taken.version == before.version else None
