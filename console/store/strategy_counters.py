"""Counters per strategy and minute: how often it fits, acts, meets clean payers, and was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Final

from sqlalchemy import Connection

from console.store.counters import MINUTE_MS
from console.store.prepared import Prepared

KEPT_MINUTES: Final = 30 * 1440
"""How long they are kept."""


@dataclass(slots=True)
class Tally:
    """Counts of one strategy. `seen` are repayments it was asked about, `hits` those it fits, `acted`
    those it intercepted (`acted_fen` together); `clean_…` the same for payers with a clean history;
    `verified` and `unverified` how challenged borrowers answered."""

    seen: int = 0
    hits: int = 0
    acted: int = 0
    acted_fen: int = 0
    clean_seen: int = 0
    clean_hits: int = 0
    verified: int = 0
    unverified: int = 0


_NAMES: Final = tuple(field.name for field in fields(Tally))
_COLUMNS: Final = ", ".join(_NAMES)
_ADD: Final = Prepared(
    f"INSERT INTO strategy_minute (minute, strategy_id, shard, {_COLUMNS})"  # noqa: S608
    f" VALUES ({', '.join('?' * (3 + len(_NAMES)))}) ON CONFLICT (minute, strategy_id, shard) DO UPDATE SET "
    + ", ".join(f"{name} = strategy_minute.{name} + excluded.{name}" for name in _NAMES)
)
_SUMS: Final = ", ".join(f"sum({name})" for name in _NAMES)
_TOTALS: Final = Prepared(
    f"SELECT strategy_id, {_SUMS} FROM strategy_minute WHERE minute >= ? GROUP BY strategy_id"  # noqa: S608
)
_SINCE: Final = Prepared(
    f"SELECT {_SUMS} FROM strategy_minute WHERE strategy_id = ? AND minute >= ?"  # noqa: S608
)
_SERIES: Final = Prepared(
    f"SELECT minute / ? AS span, {_SUMS} FROM strategy_minute"  # noqa: S608
    " WHERE strategy_id = ? AND minute >= ? GROUP BY 1 ORDER BY 1"
)
_PURGE: Final = Prepared("DELETE FROM strategy_minute WHERE minute < ?")


def fold(connection: Connection, tallies: Mapping[str, Tally], shard: int, now: int) -> None:
    """Add a batch's counts to its process's rows, in one order."""
    minute = now // MINUTE_MS
    rows = [(minute, name, shard, *astuple(tally)) for name, tally in sorted(tallies.items())]
    _ADD.many(connection, rows)


def totals(connection: Connection, *, since: int) -> dict[str, Tally]:
    """Return the counts of every strategy from the minute of an instant on."""
    rows = _TOTALS.rows(connection, (since // MINUTE_MS,))
    return {name: Tally(*map(int, sums)) for name, *sums in rows}


def of_strategy(connection: Connection, strategy: str, *, since: int) -> Tally:
    """Return the counts of one strategy from the first whole minute after an instant on."""
    (sums,) = _SINCE.rows(connection, (strategy, -(-since // MINUTE_MS)))
    return Tally(*(int(value or 0) for value in sums))


def series(connection: Connection, strategy: str, *, since: int, minutes: int) -> list[tuple[int, Tally]]:
    """Return the counts of one strategy in spans of `minutes`: the instant each begins, and its counts.

    Spans without any repayment are left out.
    """
    rows = _SERIES.rows(connection, (minutes, strategy, since // MINUTE_MS))
    return [(int(span) * minutes * MINUTE_MS, Tally(*map(int, sums))) for span, *sums in rows]


def purge(connection: Connection, now: int) -> None:
    """Delete what is over its time."""
    _PURGE.many(connection, [(now // MINUTE_MS - KEPT_MINUTES,)])
