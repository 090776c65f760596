"""Maintenance windows in the database: as declared, and how their ends were adjusted.

What a window means, is for others to say; here are only rows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store import controls
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection


class StoredWindow(NamedTuple):
    """A window as declared. `start` is naive ISO text; spans are milliseconds, `…_at` instants."""

    seq: int
    id: str
    version: int
    scope: str
    policy: str
    zone: str
    start: str
    duration_ms: int
    rule: str | None
    drain_ms: int
    ramp_ms: int
    notice: str
    declared_at: int
    cancelled_at: int | None
    over_at: int | None
    change_id: str | None


class StoredAdjustment(NamedTuple):
    """Another end of the occurrence that starts at `starts_at`."""

    window_id: str
    number: int
    starts_at: int
    ends_at: int
    declared_at: int
    change_id: str | None


_COLUMNS: Final = ", ".join(StoredWindow._fields)
_LIVE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM maintenance_window WHERE over_at IS NULL"  # noqa: S608
    f" UNION ALL SELECT {_COLUMNS} FROM maintenance_window WHERE over_at > ?"
    f" UNION ALL SELECT {_COLUMNS} FROM maintenance_window WHERE over_at <= ? AND id IN"
    " (SELECT window_id FROM window_tally GROUP BY window_id HAVING sum(depth) > 0)"
)
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM maintenance_window WHERE id = ?")  # noqa: S608
_PAGE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM maintenance_window WHERE seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
)
_ADJUSTMENTS: Final = Prepared(
    f"SELECT {', '.join(StoredAdjustment._fields)} FROM window_adjustment"  # noqa: S608
    " WHERE window_id {among} ORDER BY window_id, number"
)
_INSERT: Final = Prepared(
    f"INSERT INTO maintenance_window ({', '.join(StoredWindow._fields[1:])})"  # noqa: S608
    f" VALUES ({', '.join('?' * (len(StoredWindow._fields) - 1))})"
)
_CANCEL: Final = Prepared(
    "UPDATE maintenance_window SET cancelled_at = ?, over_at = ?, version = version + 1"
    " WHERE id = ? AND version = ?"
)
_TOUCH: Final = Prepared(
    "UPDATE maintenance_window SET over_at = ?, version = version + 1 WHERE id = ? AND version = ?"
)
_ADJUST: Final = Prepared(
    f"INSERT INTO window_adjustment ({', '.join(StoredAdjustment._fields)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(StoredAdjustment._fields))})"
)


_DECLARERS: Final = Prepared(
    "SELECT w.id, c.person FROM maintenance_window w JOIN change c ON c.id = w.change_id WHERE w.id {among}"
)


class WindowMoved(Exception):
    """Somebody else changed the window in between."""


def live(connection: Connection, now: int) -> list[StoredWindow]:
    """Return the windows that may matter at an instant or later, and those something waits for."""
    return [StoredWindow._make(row) for row in _LIVE.rows(connection, (now, now))]


def find(connection: Connection, identity: str) -> StoredWindow | None:
    """Return one window."""
    rows = _ONE.rows(connection, (identity,))
    return StoredWindow._make(rows[0]) if rows else None


def page(connection: Connection, before_seq: int, limit: int) -> list[StoredWindow]:
    """Return windows declared before a number, newest first."""
    return [StoredWindow._make(row) for row in _PAGE.rows(connection, (before_seq, limit))]


def adjustments(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[StoredAdjustment]]:
    """Return the adjustments of windows, by window, in the order they were made."""
    found: dict[str, list[StoredAdjustment]] = defaultdict(list)
    if ids:
        for row in _ADJUSTMENTS.rows(connection, (among(connection, list(ids)),)):
            found[row[0]].append(StoredAdjustment._make(row))
    return found


def declarers(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return who declared windows, by window."""
    if not ids:
        return {}
    return {name: who for name, who in _DECLARERS.rows(connection, (among(connection, list(ids)),))}


def declare(connection: Connection, window: StoredWindow) -> None:
    """Store a new window (its `seq` is given by the database).

    When this is committed, no claim that does not know of it is under way.
    """
    controls.wait_for_claims(connection)
    _INSERT.many(connection, [tuple(window[1:])])


def cancel(connection: Connection, window: StoredWindow, *, now: int, over_at: int) -> None:
    """Let the occurrences of a window that have not started never do. Raises WindowMoved."""
    controls.wait_for_claims(connection)
    if _CANCEL.many(connection, [(now, over_at, window.id, window.version)]) != 1:
        raise WindowMoved(window.id)


def adjust(
    connection: Connection, window: StoredWindow, change: StoredAdjustment, *, over_at: int | None
) -> None:
    """Give an occurrence another end. Raises WindowMoved."""
    controls.wait_for_claims(connection)
    if _TOUCH.many(connection, [(over_at, window.id, window.version)]) != 1:
        raise WindowMoved(window.id)
    _ADJUST.many(connection, [tuple(change)])
