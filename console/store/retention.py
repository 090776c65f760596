"""What is not kept for ever: selections, answers to mutations, flow counters, plans that nobody started.

Money is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete

from console.store import complaints, decisions, idempotency, replays, selections, sla, strategy_counters
from console.store.counters import MINUTE_MS
from console.store.tables import gateway_minute, latency_minute, stage_minute
from console.store.warning_tables import product_minute

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINUTES_KEPT_MS: Final = 90 * 86_400_000
"""How long the counters per minute are kept."""


class Purged(NamedTuple):
    """How many rows of each kind were deleted."""

    selections: int
    answers: int
    minutes: int


def purge(connection: Connection, now: int) -> Purged:
    """Delete what is over its time; little at once, so it is called now and then (every minute or so)."""
    before = (now - MINUTES_KEPT_MS) // MINUTE_MS
    minutes = sum(
        connection.execute(delete(table).where(table.c.minute < before)).rowcount
        for table in (stage_minute, gateway_minute, latency_minute, product_minute)
    )
    strategy_counters.purge(connection, now)
    decisions.purge(connection, now)
    complaints.purge(connection, before)
    sla.purge(connection, now, MINUTES_KEPT_MS)
    replays.purge(connection, now)
    return Purged(selections.purge(connection, now), idempotency.purge(connection, now), minutes)
