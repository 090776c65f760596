"""The figures of the board, from counters and the ends of indexes; never by scanning traffic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select

from console.contract.board import StageLine
from console.contract.vocabulary import FINAL_STAGES, FLOW, SIDE, Stage
from console.store.controls import look
from console.store.counters import MINUTE_MS, counted
from console.store.latency import percentile
from console.store.tables import gateway_minute, latency_minute, repayment, stage_minute

if TYPE_CHECKING:
    from sqlalchemy import Connection

SHOWN_STAGES: Final = (
    *FLOW,
    *SIDE,
    *sorted(FINAL_STAGES - {Stage.SETTLED}),
)
"""Every stage, in the order of the board: the flow, the side stages, the other final ones."""

WINDOW_MINUTES: Final = 5
"""Over how long a gateway's figures are taken."""

_OLDEST: Final = select(func.min(repayment.c.waiting_since)).where(
    repayment.c.stage == bindparam("stage"), repayment.c.waiting_since.is_not(None)
)
_FLOW: Final = (
    select(
        stage_minute.c.stage,
        stage_minute.c.minute,
        func.sum(stage_minute.c.entered),
        func.sum(stage_minute.c.left),
    )
    .where(stage_minute.c.minute.between(bindparam("first"), bindparam("last")))
    .group_by(stage_minute.c.stage, stage_minute.c.minute)
)
_FIRST_MINUTE: Final = select(func.min(stage_minute.c.minute))
_OUTCOMES: Final = (
    select(
        gateway_minute.c.gateway,
        func.sum(gateway_minute.c.sent),
        func.sum(gateway_minute.c.succeeded),
        func.sum(gateway_minute.c.failed),
        func.sum(gateway_minute.c.unknown),
    )
    .where(gateway_minute.c.minute > bindparam("after"), gateway_minute.c.minute <= bindparam("last"))
    .group_by(gateway_minute.c.gateway)
)
_LATENCIES: Final = (
    select(latency_minute.c.gateway, latency_minute.c.bucket, func.sum(latency_minute.c.count))
    .where(latency_minute.c.minute > bindparam("after"), latency_minute.c.minute <= bindparam("last"))
    .group_by(latency_minute.c.gateway, latency_minute.c.bucket)
    .order_by(latency_minute.c.gateway, latency_minute.c.bucket)
)


@dataclass(frozen=True)
class GatewayFigures:
    """What one gateway did in the last minutes; a ratio is None when nothing was decided."""

    sent: int
    succeeded: int
    failed: int
    unknown: int
    confirm_p50_seconds: float | None

    @property
    def success_rate(self) -> float | None:
        """Successes among all outcomes, doubt included (0 … 1)."""
        return self.succeeded / self.decided if self.decided else None

    @property
    def decided(self) -> int:
        """Outcomes that `success_rate` is of."""
        return self.succeeded + self.failed + self.unknown

    @property
    def unknown_ratio(self) -> float | None:
        """Outcomes that were in doubt at first, among orders sent (0 … 1)."""
        return min(1.0, self.unknown / self.sent) if self.sent else None


def stages(connection: Connection, now: int, *, since: int | None = None) -> tuple[StageLine, ...]:
    """Return all queues. Rates are over the last 60 s, None until that long is known.

    `since` is an instant from which on the counters are known to tell all (the start of the service).
    """
    depths = counted(connection)
    paused = look(connection).paused
    rates = _rates(connection, now, since)
    lines = []
    for stage in SHOWN_STAGES:
        depth, fen = depths.get(stage, (0, 0))
        entered, left = (None, None) if rates is None else rates.get(stage, (0.0, 0.0))
        lines.append(
            StageLine(
                stage=stage,
                depth=depth,
                sum_fen=fen,
                oldest_seconds=_oldest_seconds(connection, stage, now),
                in_per_minute=entered,
                out_per_minute=left,
                paused=stage in paused,
            )
        )
    return tuple(lines)


def _oldest_seconds(connection: Connection, stage: Stage, now: int) -> float | None:
    if stage in FINAL_STAGES:
        return None
    since = connection.execute(_OLDEST, {"stage": str(stage)}).scalar()
    return None if since is None else max(0.0, (now - int(since)) / 1000)


def _rates(connection: Connection, now: int, since: int | None) -> dict[Stage, tuple[float, float]] | None:
    """Return entered and left per minute: this minute so far, and the rest of 60 s from the minute before."""
    minute, into = divmod(now, MINUTE_MS)
    first = connection.execute(_FIRST_MINUTE).scalar()
    known = (first is not None and first <= minute - 2) or (since is not None and since <= now - MINUTE_MS)
    if not known:
        return None
    share = {minute: 1.0, minute - 1: 1 - into / MINUTE_MS}
    sums: dict[Stage, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for stage, row_minute, entered, left in connection.execute(_FLOW, {"first": minute - 1, "last": minute}):
        weight = share[int(row_minute)]
        sums[Stage(stage)][0] += int(entered) * weight
        sums[Stage(stage)][1] += int(left) * weight
    return {stage: (round(entered, 1), round(left, 1)) for stage, (entered, left) in sums.items()}


def gateway_figures(connection: Connection, now: int) -> dict[str, GatewayFigures]:
    """Return the figures of each gateway that had traffic in the last minutes."""
    minute = now // MINUTE_MS
    window = {"after": minute - WINDOW_MINUTES, "last": minute}
    latencies: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for gateway, bucket, count in connection.execute(_LATENCIES, window):
        latencies[gateway].append((int(bucket), int(count)))
    return {
        gateway: GatewayFigures(
            int(sent),
            int(succeeded),
            int(failed),
            int(unknown),
            percentile(latencies[gateway], 0.5),
        )
        for gateway, sent, succeeded, failed, unknown in connection.execute(_OUTCOMES, window)
    }
