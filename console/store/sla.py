"""What the counters tell of gateways over any span, read from whole hours and the minutes at their edges.

A span costs at most its hours and two hours of minutes, whatever the traffic was.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, select

from console.store.prepared import Prepared
from console.store.sla_counters import MINUTE_MS, MINUTES_OF_AN_HOUR
from console.store.sla_tables import latency_hour, sla_hour, sla_minute
from console.store.tables import latency_minute

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Table

OPEN_KEPT_MINUTES: Final = 10
"""How long a minute without an open order is kept, so that a batch still under way finds its row."""


@dataclass(frozen=True, slots=True)
class EventSum:
    """How often something happened with a gateway in a span, and with how much money (fen)."""

    gateway: str
    kind: str
    code: str
    count: int
    sum_fen: int


def _between(
    minutes: Table, hours: Table, *keys: str, sums: tuple[str, ...], one: bool = False
) -> Select[Any]:
    """Return the select over whole hours and the minutes beside them, its bounds half-open; of `one` gateway,
    or of all."""

    def part(table: Table, grain: str, first: str, last: str) -> Select[Any]:
        at = table.c[grain]
        found = select(*(table.c[name] for name in (*keys, *sums)))
        found = found.where(at >= bindparam(first), at < bindparam(last))
        return found.where(table.c.gateway == bindparam("gateway")) if one else found

    rows = (
        part(hours, "hour", "first_hour", "last_hour")
        .union_all(
            part(minutes, "minute", "first", "edge_first"), part(minutes, "minute", "edge_last", "last")
        )
        .subquery()
    )
    found = [rows.c[name] for name in keys]
    return select(*found, *(func.sum(rows.c[name]) for name in sums)).group_by(*found).order_by(*found)


_EVENT_KEYS: Final = ("gateway", "kind", "code")
_LATENCY_KEYS: Final = ("gateway", "bucket")
_EVENTS, _EVENTS_OF = (
    _between(sla_minute, sla_hour, *_EVENT_KEYS, sums=("count", "sum_fen"), one=one) for one in (False, True)
)
_LATENCIES, _LATENCIES_OF = (
    _between(latency_minute, latency_hour, *_LATENCY_KEYS, sums=("count",), one=one) for one in (False, True)
)


def _bounds(first: int, last: int) -> dict[str, int]:
    """Return the bounds for minutes from `first` until before `last`."""
    first_hour = -(-first // MINUTES_OF_AN_HOUR)
    last_hour = max(first_hour, last // MINUTES_OF_AN_HOUR)
    edge_first, edge_last = first_hour * MINUTES_OF_AN_HOUR, last_hour * MINUTES_OF_AN_HOUR
    if edge_first >= last:
        return {
            "first_hour": 0,
            "last_hour": 0,
            "first": first,
            "edge_first": last,
            "edge_last": 0,
            "last": 0,
        }
    return {
        "first_hour": first_hour,
        "last_hour": last_hour,
        "first": first,
        "edge_first": edge_first,
        "edge_last": edge_last,
        "last": last,
    }


def events(connection: Connection, first: int, last: int) -> dict[str, list[EventSum]]:
    """Return what happened with each gateway in the minutes from `first` until before `last`."""
    found: dict[str, list[EventSum]] = defaultdict(list)
    for gateway, kind, code, count, fen in connection.execute(_EVENTS, _bounds(first, last)):
        found[gateway].append(EventSum(gateway, kind, code, int(count), int(fen)))
    return found


def events_of(connection: Connection, gateway: str, first: int, last: int) -> list[EventSum]:
    """Return the same of one gateway."""
    rows = connection.execute(_EVENTS_OF, {**_bounds(first, last), "gateway": gateway})
    return [EventSum(name, kind, code, int(count), int(fen)) for name, kind, code, count, fen in rows]


def latencies(connection: Connection, first: int, last: int) -> dict[str, list[tuple[int, int]]]:
    """Return bucket and count of the confirmation times of each gateway, buckets growing."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for gateway, bucket, count in connection.execute(_LATENCIES, _bounds(first, last)):
        found[gateway].append((int(bucket), int(count)))
    return found


def latencies_of(connection: Connection, gateway: str, first: int, last: int) -> list[tuple[int, int]]:
    """Return the same of one gateway."""
    rows = connection.execute(_LATENCIES_OF, {**_bounds(first, last), "gateway": gateway})
    return [(int(bucket), int(count)) for _, bucket, count in rows]


_MINUTES: Final = (
    select(sla_minute.c.minute, sla_minute.c.kind, sla_minute.c.code, func.sum(sla_minute.c.count))
    .where(
        sla_minute.c.gateway == bindparam("gateway"),
        sla_minute.c.minute >= bindparam("first"),
        sla_minute.c.minute < bindparam("last"),
    )
    .group_by(sla_minute.c.minute, sla_minute.c.kind, sla_minute.c.code)
    .order_by(sla_minute.c.minute)
)


def minutes(
    connection: Connection, gateway: str, first: int, last: int
) -> dict[int, list[tuple[str, str, int]]]:
    """Return kind, code and count by minute; meant for some hours at most."""
    found: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    bounds = {"gateway": gateway, "first": first, "last": last}
    for minute, kind, code, count in connection.execute(_MINUTES, bounds):
        found[int(minute)].append((kind, code, int(count)))
    return found


def _sliced(table: Table, grain: str) -> Select[Any]:
    at = table.c[grain]
    return (
        select(at, table.c.bucket, func.sum(table.c.count))
        .where(table.c.gateway == bindparam("gateway"), at >= bindparam("first"), at < bindparam("last"))
        .group_by(at, table.c.bucket)
        .order_by(at, table.c.bucket)
    )


_LATENCY_MINUTES: Final = _sliced(latency_minute, "minute")
_LATENCY_HOURS: Final = _sliced(latency_hour, "hour")


def latency_slices(
    connection: Connection, gateway: str, first: int, last: int, *, hours: bool
) -> dict[int, list[tuple[int, int]]]:
    """Return the buckets by slice: by minute, or by hour (then the bounds are hours, too)."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    query = _LATENCY_HOURS if hours else _LATENCY_MINUTES
    for at, bucket, count in connection.execute(query, {"gateway": gateway, "first": first, "last": last}):
        found[int(at)].append((int(bucket), int(count)))
    return found


_OPEN: Final = Prepared(
    "SELECT gateway, minute, sum(count) FROM open_minute WHERE count <> 0 GROUP BY gateway, minute"
    " HAVING sum(count) > 0 ORDER BY gateway, minute"
)
_CLEAR: Final = Prepared(
    "DELETE FROM open_minute WHERE minute < ? AND (gateway, minute) IN"
    " (SELECT gateway, minute FROM open_minute WHERE minute < ? GROUP BY gateway, minute"
    " HAVING sum(count) = 0)"
)


def open_orders(connection: Connection) -> dict[str, list[tuple[int, int]]]:
    """Return, by gateway, the minute of sending and the count of orders without a definitive outcome."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for gateway, minute, count in _OPEN.rows(connection, ()):
        found[gateway].append((int(minute), int(count)))
    return found


_FIRST_HOUR: Final = select(func.min(sla_hour.c.hour))


def known_since(connection: Connection) -> int | None:
    """Return the minute from which on the counters tell something; None while they are empty."""
    hour = connection.execute(_FIRST_HOUR).scalar()
    return None if hour is None else int(hour) * MINUTES_OF_AN_HOUR


def purge(connection: Connection, now: int, kept_ms: int) -> None:
    """Delete what is older than `kept_ms`, and minutes in which nothing is open any more."""
    before = (now - kept_ms) // MINUTE_MS
    connection.execute(delete(sla_minute).where(sla_minute.c.minute < before))
    for table in (sla_hour, latency_hour):
        connection.execute(delete(table).where(table.c.hour < before // MINUTES_OF_AN_HOUR))
    quiet = now // MINUTE_MS - OPEN_KEPT_MINUTES
    _CLEAR.many(connection, [(quiet, quiet)])
