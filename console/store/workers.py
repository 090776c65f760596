"""Which workers live: each shows itself now and then, and takes its row away when it ends."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.contract.clock import Instant

_APPEAR: Final = Prepared(
    "INSERT INTO worker (id, kind, host, pid, started_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_LEAVE: Final = Prepared("DELETE FROM worker WHERE id = ?")
_BURY: Final = Prepared("DELETE FROM worker WHERE seen_at < ?")
_LIVING: Final = Prepared("SELECT count(*) FROM worker WHERE seen_at >= ?")


_REPORT: Final = Prepared(
    "INSERT INTO worker_gateway (worker, gateway, state, circuit, share, in_flight, seen_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (worker, gateway) DO UPDATE SET state = excluded.state,"
    " circuit = excluded.circuit, share = excluded.share, in_flight = excluded.in_flight,"
    " seen_at = excluded.seen_at"
)
_REPORTS: Final = Prepared(
    "SELECT worker, gateway, state, circuit, share, in_flight, seen_at FROM worker_gateway"
    " ORDER BY gateway, worker"
)
_FORGET: Final = Prepared("DELETE FROM worker_gateway WHERE worker = ?")
_FORGET_OLD: Final = Prepared("DELETE FROM worker_gateway WHERE seen_at < ?")


class Report(NamedTuple):
    """What one worker has of one gateway: how far it trusts it, whether its circuit is closed, the share of
    its weight that it gives it, and its calls under way there."""

    worker: str
    gateway: str
    state: str
    circuit: str
    share: float
    in_flight: int
    seen_at: int


def report(connection: Connection, reports: Sequence[Report]) -> None:
    """Note how a worker has its gateways now."""
    _REPORT.many(connection, [tuple(one) for one in reports])


def reports(connection: Connection) -> list[Report]:
    """Return how workers have their gateways; those of the dead are there until they are buried."""
    return [Report(*row) for row in _REPORTS.rows(connection, ())]


def appear(connection: Connection, worker: str, kind: str, *, started_at: Instant, now: Instant) -> None:
    """Show that a worker of this process lives."""
    row = (worker, kind, socket.gethostname()[:255], os.getpid(), started_at, now)
    _APPEAR.many(connection, [row])


def leave(connection: Connection, worker: str) -> None:
    """Take away a worker that ended."""
    _LEAVE.many(connection, [(worker,)])
    _FORGET.many(connection, [(worker,)])


def bury(connection: Connection, *, seen_before: Instant) -> None:
    """Take away workers that have not been seen since an instant."""
    _BURY.many(connection, [(seen_before,)])
    _FORGET_OLD.many(connection, [(seen_before,)])


def living(connection: Connection, *, since: Instant) -> int:
    """Return how many workers were seen since an instant."""
    return int(_LIVING.rows(connection, (since,))[0][0])
