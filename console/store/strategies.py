"""Strategies in the database: as they are now, every version they had, and the scenario in force.

What a strategy is, is a JSON document to this module. Every write raises the revision, by which whoever
screens notices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Connection

from console.store.prepared import Prepared

REVISION: Final = "revision"
SCENARIO: Final = "scenario"
DEFAULT_SCENARIO: Final = "normal"


class StoredStrategy(NamedTuple):
    """A strategy as it is now. `approved_version` differs from `version` while a loosening lasts."""

    id: str
    version: int
    approved_version: int
    mode: str
    percent: int | None
    document: str
    changed_at: int
    changed_by: str
    change_id: str | None


class StoredVersion(NamedTuple):
    """One version of a strategy."""

    version: int
    document: str
    approved: bool
    at: int
    who: str
    why: str
    change_id: str | None


class NewVersion(NamedTuple):
    """What a strategy becomes. One that is not `approved` is left again: the strategy returns to the
    last version that was."""

    id: str
    mode: str
    percent: int | None
    document: str
    who: str
    why: str
    approved: bool = True
    change_id: str | None = None


_COLUMNS: Final = "id, version, approved_version, mode, percent, document, changed_at, changed_by, change_id"
_ALL: Final = Prepared(f"SELECT {_COLUMNS} FROM strategy ORDER BY id")  # noqa: S608
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM strategy WHERE id = ?")  # noqa: S608
_EXPIRIES: Final = Prepared(
    "SELECT s.id, c.expires_at FROM strategy s JOIN change c ON c.id = s.change_id"
    " WHERE s.version <> s.approved_version AND c.expires_at IS NOT NULL AND c.state = 'applied'"
)
_VERSIONS: Final = Prepared(
    "SELECT version, document, approved, at, who, why, change_id FROM strategy_version"
    " WHERE strategy_id = ? ORDER BY version DESC LIMIT ?"
)
_VERSION: Final = Prepared(
    "SELECT version, document, approved, at, who, why, change_id FROM strategy_version"
    " WHERE strategy_id = ? AND version = ?"
)
_SET: Final = Prepared(
    "INSERT INTO strategy (id, version, approved_version, mode, percent, document, changed_at, changed_by,"
    " change_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
    " version = excluded.version, approved_version = excluded.approved_version, mode = excluded.mode,"
    " percent = excluded.percent, document = excluded.document, changed_at = excluded.changed_at,"
    " changed_by = excluded.changed_by, change_id = excluded.change_id"
)
_ADD_VERSION: Final = Prepared(
    "INSERT INTO strategy_version (strategy_id, version, document, approved, at, who, why, change_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SETTINGS: Final = Prepared("SELECT name, value FROM risk_setting")
_FIRST_SETTING: Final = Prepared(
    "INSERT INTO risk_setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
)
_PUT_SETTING: Final = Prepared(
    "INSERT INTO risk_setting (name, value) VALUES (?, ?) ON CONFLICT (name)"
    " DO UPDATE SET value = excluded.value"
)
_RAISE: Final = (
    "UPDATE risk_setting SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR(20)) WHERE name = 'revision'"
)


def settings(connection: Connection) -> tuple[int, str]:
    """Return the revision of all strategies, 0 before the first, and the scenario in force."""
    found: dict[str, str] = {name: value for name, value in _SETTINGS.rows(connection, ())}
    return int(found.get(REVISION, "0")), found.get(SCENARIO, DEFAULT_SCENARIO)


def set_scenario(connection: Connection, scenario: str) -> None:
    """Put a scenario in force."""
    _PUT_SETTING.many(connection, [(SCENARIO, scenario)])
    raise_revision(connection)


def raise_revision(connection: Connection) -> None:
    """Let everybody who screens read the strategies again; serialises writers to them."""
    _FIRST_SETTING.many(connection, [(REVISION, "0")])
    connection.exec_driver_sql(_RAISE)


def all_strategies(connection: Connection) -> list[StoredStrategy]:
    """Return every strategy, by id."""
    return [StoredStrategy._make(row) for row in _ALL.rows(connection, ())]


def find(connection: Connection, identity: str) -> StoredStrategy | None:
    """Return one strategy."""
    rows = _ONE.rows(connection, (identity,))
    return StoredStrategy._make(rows[0]) if rows else None


def expiries(connection: Connection) -> dict[str, int]:
    """Return when strategies return by themselves to their last approved version (instants)."""
    return {name: int(at) for name, at in _EXPIRIES.rows(connection, ())}


def versions(connection: Connection, identity: str, limit: int = 100) -> list[StoredVersion]:
    """Return the versions of a strategy, newest first."""
    return [_version(row) for row in _VERSIONS.rows(connection, (identity, limit))]


def version(connection: Connection, identity: str, number: int) -> StoredVersion | None:
    """Return one version of a strategy."""
    rows = _VERSION.rows(connection, (identity, number))
    return _version(rows[0]) if rows else None


def save(connection: Connection, new: NewVersion, now: int) -> StoredStrategy:
    """Give a strategy a new version and put it in force; return what is stored."""
    raise_revision(connection)
    before = find(connection, new.id)
    number = 1 if before is None else before.version + 1
    approved = number if new.approved or before is None else before.approved_version
    stored = StoredStrategy(
        new.id, number, approved, new.mode, new.percent, new.document, now, new.who, new.change_id
    )
    _SET.many(connection, [tuple(stored)])
    row = (new.id, number, new.document, new.approved, now, new.who, new.why[:512], new.change_id)
    _ADD_VERSION.many(connection, [row])
    return stored


def seed(connection: Connection, strategies: Iterable[NewVersion], now: int) -> int:
    """Store the strategies that are not there yet; return how many were new."""
    known = {stored.id for stored in all_strategies(connection)}
    fresh = [new for new in strategies if new.id not in known]
    for new in fresh:
        save(connection, new, now)
    return len(fresh)


def _version(row: tuple[int, str, bool, int, str, str, str | None]) -> StoredVersion:
    found = StoredVersion._make(row)
    return found._replace(approved=bool(found.approved))
