"""Which workers live: each shows itself now and then, and takes its row away when it ends."""

import os
import socket
from typing import Final

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.store.prepared import Prepared

_APPEAR: Final = Prepared(
    "INSERT INTO worker (id, kind, host, pid, started_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_LEAVE: Final = Prepared("DELETE FROM worker WHERE id = ?")
_BURY: Final = Prepared("DELETE FROM worker WHERE seen_at < ?")
_LIVING: Final = Prepared("SELECT count(*) FROM worker WHERE seen_at >= ?")


def appear(connection: Connection, worker: str, kind: str, *, started_at: Instant, now: Instant) -> None:
    """Show that a worker of this process lives."""
    row = (worker, kind, socket.gethostname()[:255], os.getpid(), started_at, now)
    _APPEAR.many(connection, [row])


def leave(connection: Connection, worker: str) -> None:
    """Take away a worker that ended."""
    _LEAVE.many(connection, [(worker,)])


def bury(connection: Connection, *, seen_before: Instant) -> None:
    """Take away workers that have not been seen since an instant."""
    _BURY.many(connection, [(seen_before,)])


def living(connection: Connection, *, since: Instant) -> int:
    """Return how many workers were seen since an instant."""
    return int(_LIVING.rows(connection, (since,))[0][0])
