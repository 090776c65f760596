"""Maintained counters: what the board shows, without scanning traffic.

A batch collects its `Deltas` and folds them once, in its own transaction, into the rows of its
process's shard. `recount` computes the same from the repayments themselves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import func, select

from console.contract.vocabulary import Stage
from console.store import sla_counters
from console.store.latency import latency_bucket
from console.store.sla_counters import adding
from console.store.tables import gateway_minute, latency_minute, repayment, stage_counter, stage_minute

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINUTE_MS: Final = 60_000
"""Milliseconds in the grain of all flow counters."""

Outcome = Literal["succeeded", "failed", "unknown"]


class Deltas:
    """What a batch changed, summed up; empty at first."""

    def __init__(self) -> None:
        self.depth: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.flow: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.outcomes: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self.latencies: dict[tuple[str, int], int] = defaultdict(int)
        self.sla = sla_counters.SlaDeltas()

    def moved(self, frm: Stage | None, to: Stage | None, amount_fen: int, count: int = 1) -> None:
        """Count repayments (`amount_fen` together) that left a stage and entered another."""
        if frm == to:
            return
        if frm is not None:
            self.depth[frm][0] -= count
            self.depth[frm][1] -= amount_fen
            self.flow[frm][1] += count
        if to is not None:
            self.depth[to][0] += count
            self.depth[to][1] += amount_fen
            self.flow[to][0] += count

    def held(self, stage: Stage, amount_fen: int, count: int = 1) -> None:
        """Count repayments that a stage holds without having entered it now (history)."""
        self.depth[stage][0] += count
        self.depth[stage][1] += amount_fen

    def sent(self, gateway: str, count: int = 1) -> None:
        """Count orders sent to a gateway."""
        self.outcomes[gateway][0] += count

    def outcome(self, gateway: str, kind: Outcome, latency_ms: int | None = None) -> None:
        """Count one outcome; `latency_ms` is sent → decided, for definitive ones."""
        self.outcomes[gateway][_OUTCOMES.index(kind)] += 1
        if latency_ms is not None:
            self.latencies[gateway, latency_bucket(latency_ms)] += 1


_OUTCOMES: Final = ("sent", "succeeded", "failed", "unknown")


_STAGE: Final = adding(stage_counter, "depth", "sum_fen")
_STAGE_MINUTE: Final = adding(stage_minute, "entered", "left")
_GATEWAY_MINUTE: Final = adding(gateway_minute, *_OUTCOMES)
_LATENCY_MINUTE: Final = adding(latency_minute, "count")


def fold(connection: Connection, deltas: Deltas, shard: int, now: int) -> None:
    """Add what a batch changed to its process's rows; the last thing a batch does, as the rows stay
    locked until its commit. Rows are taken in one order, so two batches never deadlock."""
    dialect = connection.dialect.name
    minute = now // MINUTE_MS
    if rows := [
        {"stage": str(stage), "shard": shard, "depth": depth, "sum_fen": fen}
        for stage, (depth, fen) in sorted(deltas.depth.items())
        if depth or fen
    ]:
        connection.execute(_STAGE[dialect], rows)
    if rows := [
        {"minute": minute, "stage": str(stage), "shard": shard, "entered": entered, "left": left}
        for stage, (entered, left) in sorted(deltas.flow.items())
    ]:
        connection.execute(_STAGE_MINUTE[dialect], rows)
    if rows := [
        {"minute": minute, "gateway": gateway, "shard": shard, **dict(zip(_OUTCOMES, counts, strict=True))}
        for gateway, counts in sorted(deltas.outcomes.items())
    ]:
        connection.execute(_GATEWAY_MINUTE[dialect], rows)
    if rows := [
        {"minute": minute, "gateway": gateway, "bucket": bucket, "shard": shard, "count": count}
        for (gateway, bucket), count in sorted(deltas.latencies.items())
    ]:
        connection.execute(_LATENCY_MINUTE[dialect], rows)
    sla_counters.fold(connection, deltas.sla, deltas.latencies, shard, minute)


_COUNTED: Final = select(
    stage_counter.c.stage, func.sum(stage_counter.c.depth), func.sum(stage_counter.c.sum_fen)
).group_by(stage_counter.c.stage)

_RECOUNTED: Final = select(repayment.c.stage, func.count(), func.sum(repayment.c.amount_fen)).group_by(
    repayment.c.stage
)


def counted(connection: Connection) -> dict[Stage, tuple[int, int]]:
    """Return depth and money (fen) per stage as the counters tell, stages at zero left out."""
    rows = connection.execute(_COUNTED).all()
    return {Stage(stage): (int(depth), int(fen)) for stage, depth, fen in rows if depth or fen}


def recount(connection: Connection) -> dict[Stage, tuple[int, int]]:
    """Return the same from the repayments themselves; reads all of them."""
    rows = connection.execute(_RECOUNTED).all()
    return {Stage(stage): (int(depth), int(fen)) for stage, depth, fen in rows}
