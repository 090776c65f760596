"""What the watcher reads: counters by minute of all gateways and strategies, and who watches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared, among
from console.store.sla import EventSum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_TAKE: Final = Prepared(
    "INSERT INTO watch_lease (name, owner, until) VALUES ('watch', ?, ?) ON CONFLICT (name) DO UPDATE SET"
    " owner = excluded.owner, until = excluded.until WHERE watch_lease.owner = excluded.owner"
    " OR watch_lease.until < ?"
)
_HOLDER: Final = Prepared("SELECT owner FROM watch_lease WHERE name = 'watch'")
_LET_GO: Final = Prepared("DELETE FROM watch_lease WHERE owner = ?")
_EVENTS: Final = Prepared(
    "SELECT minute, gateway, kind, code, sum(count) FROM sla_minute WHERE minute >= ? AND minute < ?"
    " GROUP BY minute, gateway, kind, code ORDER BY minute, gateway"
)
_STRATEGIES: Final = Prepared(
    "SELECT minute, strategy_id, sum(seen), sum(acted), sum(clean_seen), sum(clean_hits) FROM strategy_minute"
    " WHERE minute >= ? AND minute < ? GROUP BY minute, strategy_id ORDER BY minute, strategy_id"
)
_COMPLAINTS: Final = Prepared(
    "SELECT minute, strategy_id, sum(count) FROM complaint_minute WHERE minute >= ? AND minute < ?"
    " GROUP BY minute, strategy_id"
)
_FLOW: Final = Prepared(
    'SELECT stage, sum(entered), sum("left") FROM stage_minute WHERE minute = ? GROUP BY stage'
)
_OPEN_STAGES: Final = "('intake', 'screening', 'dispatch', 'confirming', 'review', 'held', 'in_doubt')"
_GRACE: Final = Prepared(
    "SELECT count(*), coalesce(sum(amount_fen), 0) FROM repayment WHERE stage IN"  # noqa: S608 - our own words
    f" {_OPEN_STAGES} AND grace_until IS NOT NULL AND grace_until <= ?"
)
_TRIPS: Final = Prepared(
    "SELECT id FROM strategy WHERE mode = 'shadow' AND version > 1 AND changed_by = ? AND changed_at >= ?"
    " ORDER BY id"
)
_DUE: Final = Prepared(
    "SELECT count(*), coalesce(sum(amount_fen), 0) FROM repayment WHERE stage IN"  # noqa: S608 - our own words
    f" {_OPEN_STAGES} AND due_on {{among}}"
)


class StrategySum(NamedTuple):
    """One strategy in one minute."""

    minute: int
    strategy: str
    seen: int
    acted: int
    clean_seen: int
    clean_hits: int


def take(connection: Connection, owner: str, *, until: int, now: int) -> bool:
    """Watch until an instant, if nobody else does; tell whether the owner watches."""
    _TAKE.many(connection, [(owner, until, now)])
    return bool(_HOLDER.rows(connection, ())[0][0] == owner)


def let_go(connection: Connection, owner: str) -> None:
    """Stop watching."""
    _LET_GO.many(connection, [(owner,)])


def events(connection: Connection, first: int, last: int) -> dict[int, dict[str, list[EventSum]]]:
    """Return what happened by minute and gateway, from minute `first` until before `last`."""
    found: dict[int, dict[str, list[EventSum]]] = defaultdict(lambda: defaultdict(list))
    for minute, gateway, kind, code, count in _EVENTS.rows(connection, (first, last)):
        found[int(minute)][gateway].append(EventSum(gateway, kind, code, int(count), 0))
    return found


def strategies(connection: Connection, first: int, last: int) -> dict[int, list[StrategySum]]:
    """Return what strategies did by minute."""
    found: dict[int, list[StrategySum]] = defaultdict(list)
    for minute, name, *sums in _STRATEGIES.rows(connection, (first, last)):
        found[int(minute)].append(StrategySum(int(minute), name, *map(int, sums)))
    return found


def complaints(connection: Connection, first: int, last: int) -> dict[int, dict[str, int]]:
    """Return complaints by minute and the strategy they are about; all of a minute under the empty name."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for minute, name, count in _COMPLAINTS.rows(connection, (first, last)):
        found[int(minute)][name] = int(count)
    return found


def flow(connection: Connection, minute: int) -> dict[str, tuple[int, int]]:
    """Return how many entered and left each stage in a minute."""
    return {stage: (int(entered), int(left)) for stage, entered, left in _FLOW.rows(connection, (minute,))}


def due(connection: Connection, day: str) -> tuple[int, int]:
    """Return how many repayments that are not ended are due on a day, and their money."""
    count, fen = _DUE.rows(connection, (among(connection, [day]),))[0]
    return int(count), int(fen)


def grace_over(connection: Connection, day: str) -> tuple[int, int]:
    """Return how many repayments that are not ended have grace until a day at most, and their money."""
    count, fen = _GRACE.rows(connection, (day,))[0]
    return int(count), int(fen)


def tripped(connection: Connection, service: str, since: int) -> Sequence[str]:
    """Return strategies that the service itself put into shadow since an instant."""
    return [name for (name,) in _TRIPS.rows(connection, (service, since))]
