"""Events counted for tests, and a store that is told of them at any minute."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from console.contract.vocabulary import AttemptState
from console.store import counters, sla
from console.store.counters import Deltas
from console.store.database import Store
from console.store.sla_counters import MINUTE_MS, EventKind
from console.store.tables import attempt

MINUTE = 1_780_000_000_000 // MINUTE_MS
"""The minute in which a ManualClock begins."""


class Event(NamedTuple):
    """A sum of events."""

    kind: str
    code: str = ""
    number: int = 1
    sum_fen: int = 0

    @property
    def count(self) -> int:  # type: ignore[override] # a sum of events has a count
        return self.number


def count(
    connection: Connection,
    minute: int,
    gateway: str = "alipay",
    *,
    good: int = 0,
    bad: int = 0,
    declined: int = 0,
    fen: int = 0,
    latencies_ms: tuple[int, ...] = (),
    shard: int = 0,
) -> None:
    """Count outcomes in a minute: good ones of `fen` each, timeouts, and declines by the borrower's fault."""
    deltas = Deltas()
    for _ in range(good):
        deltas.sla.add(gateway, EventKind.SUCCEEDED, fen=fen)
    for _ in range(bad):
        deltas.sla.add(gateway, EventKind.IN_DOUBT, "TIMEOUT")
    for _ in range(declined):
        deltas.sla.add(gateway, EventKind.FAILED, "CARD_EXPIRED")
    for latency in latencies_ms:
        deltas.outcome(gateway, "succeeded", latency)
    counters.fold(connection, deltas, shard, minute * MINUTE_MS)


def open_orders_agree(store: Store) -> bool:
    """Whether the orders counted as open are those that were sent and have no definitive outcome."""

    def job(connection: Connection) -> bool:
        query = select(attempt.c.gateway, func.count()).where(
            attempt.c.next_action_at.is_not(None),
            attempt.c.sent_at.is_not(None),
            attempt.c.state != AttemptState.CREATED.value,
        )
        truth = {gateway: number for gateway, number in connection.execute(query.group_by(attempt.c.gateway))}
        told = sla.open_orders(connection)
        return {name: sum(number for _, number in rows) for name, rows in told.items()} == truth

    return store.read_now(job)
