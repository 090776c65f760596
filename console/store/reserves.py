"""Money placed with gateways beforehand: what lay there, what was added, and what settled since.

What settled is summed in the transaction that settles it, so a balance is exact to the fen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy import Connection


LEAST_HOURS: Final = 1 / 4
"""From less than fifteen minutes nothing is projected."""


class Reserve(NamedTuple):
    """A gateway's reserve (fen). `topped_up_fen` is all that was added; `version` grows with each."""

    gateway: str
    balance_fen: int
    floor_fen: int
    topped_up_fen: int
    opened_at: int
    version: int

    def per_hour(self, settled_fen: int, now: int) -> int | None:
        """Return what is drawn in an hour by what settled in the last one, or since it was opened.

        None while it was opened too short a time ago to tell.
        """
        hours = min(1.0, (now - self.opened_at) / 3_600_000)
        return None if hours < LEAST_HOURS else round(settled_fen / hours)


class Placed(NamedTuple):
    """A reserve as a worker is configured with it."""

    gateway: str
    opening_fen: int
    floor_fen: int


_DRAWN: Final = "coalesce((SELECT sum(settled_fen) FROM gateway_drawn d WHERE d.gateway = {0}), 0)"
_OPEN: Final = Prepared(
    "INSERT INTO gateway_reserve (gateway, opening_fen, drawn_before_fen, floor_fen, opened_at, version)"  # noqa: S608 - our own words
    " SELECT ?, ?, " + _DRAWN.format("?") + ", ?, ?, 1 WHERE NOT EXISTS"
    " (SELECT 1 FROM gateway_reserve WHERE gateway = ?)"
    " ON CONFLICT (gateway) DO NOTHING",
    "INSERT INTO gateway_reserve (gateway, opening_fen, drawn_before_fen, floor_fen, opened_at, version)"  # noqa: S608 - our own words
    " SELECT ?::varchar, ?::bigint, " + _DRAWN.format("?") + ", ?::bigint, ?::bigint, 1 WHERE NOT EXISTS"
    " (SELECT 1 FROM gateway_reserve WHERE gateway = ?)"
    " ON CONFLICT (gateway) DO NOTHING",
)
_FLOOR: Final = Prepared("UPDATE gateway_reserve SET floor_fen = ? WHERE gateway = ? AND floor_fen <> ?")
_RESERVES: Final = Prepared(
    "SELECT r.gateway, r.opening_fen + coalesce(t.added, 0) - (" + _DRAWN.format("r.gateway") + ""  # noqa: S608 - our own words
    " - r.drawn_before_fen), r.floor_fen, coalesce(t.added, 0), r.opened_at, r.version"
    " FROM gateway_reserve r LEFT JOIN (SELECT gateway, sum(amount_fen) AS added FROM reserve_top_up"
    " GROUP BY gateway) t ON t.gateway = r.gateway ORDER BY r.gateway"
)
_TOP_UP: Final = Prepared(
    "INSERT INTO reserve_top_up (gateway, at, amount_fen, change_id) VALUES (?, ?, ?, ?)"
)
_TOPPED_UP: Final = Prepared("SELECT gateway, max(at) FROM reserve_top_up GROUP BY gateway")
_TOUCH: Final = Prepared("UPDATE gateway_reserve SET version = version + 1 WHERE gateway = ?")


def announce(connection: Connection, placed: Sequence[Placed], *, now: int) -> None:
    """Open the reserves that are not open yet; the configured balance counts only then, the floor always."""
    rows = [(one.gateway, one.opening_fen, one.gateway, one.floor_fen, now, one.gateway) for one in placed]
    _OPEN.many(connection, rows)
    _FLOOR.many(connection, [(one.floor_fen, one.gateway, one.floor_fen) for one in placed])


def reserves(connection: Connection) -> dict[str, Reserve]:
    """Return the reserves by gateway."""
    rows = (Reserve(row[0], *(int(value) for value in row[1:])) for row in _RESERVES.rows(connection, ()))
    return {one.gateway: one for one in rows}


def topped_up(connection: Connection) -> dict[str, int]:
    """Return when money was last added to each reserve, or taken out of it (instants)."""
    return {gateway: int(at) for gateway, at in _TOPPED_UP.rows(connection, ())}


def top_up(connection: Connection, gateway: str, amount_fen: int, *, now: int, change_id: str) -> None:
    """Note money that was added to a reserve, or taken out of it (below zero)."""
    _TOP_UP.many(connection, [(gateway, now, amount_fen, change_id)])
    _TOUCH.many(connection, [(gateway,)])
