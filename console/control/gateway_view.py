"""One gateway in full, as screens and the command line show it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from console.contract.board import WindowLine
from console.contract.clock import to_datetime
from console.contract.gateway import (
    BackingPart,
    BreakerState,
    Budget,
    Burn,
    ErrorCount,
    GatewayDetail,
    LatencyPoint,
    ReserveState,
    Sli,
    SourceState,
    Span,
    WeightSuggestion,
)
from console.contract.text import Untrusted
from console.contract.vocabulary import Stage
from console.control.sla import MONTH_MINUTES, Figures, light, percentiles
from console.gateways.fleet import UNKNOWN, Trust
from console.sla.blame import Blamer
from console.sla.budget import BUDGET_DAYS
from console.sla.indicators import FAILURES, Counts, counts, with_open
from console.sla.reading import Told
from console.sla.weights import ENOUGH, Record, suggest_weights
from console.store import controls, sla
from console.store.sla_counters import MINUTE_MS, MINUTES_OF_AN_HOUR, EventKind
from console.windows.scope import ScopeError, parse_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from console.contract.board import Board, GatewayLine
    from console.contract.sla import Metric
    from console.control.service import Service
    from console.gateways.config import GatewayConfig

Chart = Literal["hour", "day", "week"]
"""Over how long the latency is charted: minutes of an hour, hours of a day or a week."""

SPAN_MINUTES: Final[dict[Span, int]] = {"now": 5, "hour": 60, "day": 1440, "month": MONTH_MINUTES}
MOST_ERRORS: Final = 40

SLOW_QUEUE_SECONDS: Final = 60.0
INQUIRY_GOOD: Final = 0.99
INQUIRY_POOR: Final = 0.5
"""Shares of answered inquiries at which inquiry is in order, and below which it is down."""


def detail(
    connection: Connection, service: Service, line: GatewayLine, board: Board, chart: Chart, now: int
) -> GatewayDetail:
    """Return the gateway of a board's line in full."""
    began = time.monotonic()
    config = service.configs[line.id]
    figures = service.sla.figures(connection, now)
    own = figures[line.id]
    blamer = Blamer(config.sla.blame if config.sla else None)
    breaker = _breaker(service.trust(connection, now).get(line.id, UNKNOWN), now)
    slis = tuple(_sli(connection, line.id, span, blamer, own, now) for span in SPAN_MINUTES)
    weights = weight_suggestions(connection, service.configs, figures)
    minute = now // MINUTE_MS
    hour_events = sla.events_of(connection, line.id, minute - 60, minute + 1)
    callbacks = _callbacks(connection, line.id, minute, now)
    parts = (callbacks, _inquiry(own.by_span[3600]), _queue(board), _database(board, began))
    return GatewayDetail(
        as_of=to_datetime(now),
        line=line,
        light=light(line.state, own),
        configured_weight=config.weight,
        max_in_flight=config.max_in_flight,
        rate_per_second=config.rate_per_second,
        timeout_seconds=config.timeout,
        source=_source(own, now),
        breaker=breaker,
        slis=slis,
        objective=None if config.sla is None else config.sla.objective,
        budget=_budget(own),
        burns=tuple(Burn(**rule._asdict()) for rule in own.rules),
        breaches=own.breaches,
        latency=_latency(connection, line.id, chart, minute),
        errors=_errors(hour_events, blamer),
        reserve=_reserve(own),
        windows=tuple(one for one in board.windows if _concerns(one, line.id)),
        parts=parts,
        weights=weights,
    )


def weight_suggestions(
    connection: Connection, configs: Mapping[str, GatewayConfig], figures: Mapping[str, Figures]
) -> tuple[WeightSuggestion, ...]:
    """Return the weights that their success would give the gateways: that of the last 5 minutes, or of the
    last hour where those tell too little. It is always the success that this platform counted, also where a
    Prometheus counts for the contract: routing needs figures of seconds ago, and of its own orders."""
    in_force = controls.look(connection)
    records = {}
    for name, config in configs.items():
        if name in figures:
            recent, hour = (figures[name].by_span[span] for span in (300, 3600))
            told = recent if recent.samples >= ENOUGH else hour
            records[name] = Record(in_force.weight(name, config.weight), config.weight, told.good, told.bad)
    return tuple(WeightSuggestion(**one._asdict()) for one in suggest_weights(records))


def _breaker(trusted: Trust, now: int) -> BreakerState:
    silent = None if trusted.seen_at is None else max(0.0, (now - trusted.seen_at) / 1000)
    return BreakerState(
        state="unknown" if trusted.circuit is None else trusted.circuit.value,
        share=trusted.share,
        workers=trusted.workers,
        silent_seconds=silent,
    )


def _sli(connection: Connection, gateway: str, span: Span, blamer: Blamer, figures: Figures, now: int) -> Sli:
    minute = now // MINUTE_MS
    first, last = minute - SPAN_MINUTES[span], minute + 1
    counted = counts(sla.events_of(connection, gateway, first, last), blamer)
    still_open = sla.open_orders(connection).get(gateway, [])
    decided = sla.latencies_of(connection, gateway, first, last)
    p50, p95, p99 = percentiles(with_open(decided, still_open, now))
    own = Sli(
        span=span,
        sent=counted.sent,
        samples=counted.samples,
        open=sum(count for _, count in still_open),
        success_rate=counted.success_rate,
        in_doubt_ratio=counted.in_doubt_ratio,
        confirm_p50_seconds=p50,
        confirm_p95_seconds=p95,
        confirm_p99_seconds=p99,
        inquiry_availability=counted.inquiry_availability,
        inquiries=counted.inquiries,
    )
    return own.model_copy(update=_told(figures, SPAN_MINUTES[span] * 60))


def _told(figures: Figures, seconds: int) -> dict[str, object]:
    """Return the fields of an indicator's line that a Prometheus counts; None where it tells nothing."""
    source = None if figures.terms is None else figures.terms.source
    if source is None:
        return {}
    nothing = Told({})
    fields: dict[str, object] = {}
    for indicator in source.indicators:
        known = figures.reading is not None and indicator not in figures.untold
        told = figures.reading.told[seconds] if figures.reading is not None and known else nothing
        match indicator:
            case "success":
                fields |= {
                    "samples": told.samples("success_rate"),
                    "success_rate": told.value("success_rate"),
                }
            case "in_doubt":
                fields["in_doubt_ratio"] = told.value("in_doubt_ratio")
            case "inquiry":
                metric: Metric = "inquiry_availability"
                fields |= {"inquiries": told.samples(metric), metric: told.value(metric)}
            case "confirm":
                for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                    fields[f"confirm_{name}_seconds"] = told.seconds(part)
    return fields


def _source(figures: Figures, now: int) -> SourceState | None:
    source, reading = None if figures.terms is None else figures.terms.source, figures.reading
    if source is None:
        return None
    return SourceState(
        prometheus=source.prometheus,
        indicators=source.indicators,
        untold=tuple(one for one in source.indicators if one in figures.untold),
        read_at=None if reading is None else to_datetime(reading.at),
        silent=reading is None or not reading.recent(now),
    )


def _budget(figures: Figures) -> Budget | None:
    if figures.terms is None or not figures.measured:
        return None
    counted, objective = figures.budget, figures.terms.objective
    return Budget(
        objective=objective,
        days=BUDGET_DAYS,
        samples=counted.samples,
        bad=counted.bad,
        allowed=round((1 - objective) * counted.samples, 1),
        left=figures.budget_left,
    )


def _latency(connection: Connection, gateway: str, chart: Chart, minute: int) -> tuple[LatencyPoint, ...]:
    if chart == "hour":
        first, last, size = minute - 59, minute + 1, 1
    else:
        hour = minute // MINUTES_OF_AN_HOUR
        first, last, size = hour - (23 if chart == "day" else 167), hour + 1, MINUTES_OF_AN_HOUR
    slices = sla.latency_slices(connection, gateway, first, last, hours=size > 1)
    points = []
    for at in range(first, last):
        buckets = slices.get(at, [])
        p50, p95, p99 = percentiles(buckets)
        points.append(
            LatencyPoint(
                at=to_datetime(at * size * MINUTE_MS),
                count=sum(count for _, count in buckets),
                p50_seconds=p50,
                p95_seconds=p95,
                p99_seconds=p99,
            )
        )
    return tuple(points)


def _errors(events: list[sla.EventSum], blamer: Blamer) -> tuple[ErrorCount, ...]:
    found = []
    for event in sorted(events, key=lambda one: -one.count):
        if event.kind not in FAILURES:
            continue
        rule = blamer.rule(event.code)
        found.append(
            ErrorCount(
                code=Untrusted(event.code),
                outcome="in_doubt" if event.kind == EventKind.IN_DOUBT else "failed",
                blame=rule.blame,
                rule=str(rule),
                count=event.count,
            )
        )
    return tuple(found[:MOST_ERRORS])


def _reserve(figures: Figures) -> ReserveState | None:
    placed = figures.reserve
    if placed is None:
        return None
    return ReserveState(
        balance_fen=placed.balance_fen,
        floor_fen=placed.floor_fen,
        draw_fen_per_hour=figures.draw_fen_per_hour,
        runway_hours=figures.runway_hours,
        topped_up_fen=placed.topped_up_fen,
        counted_from=to_datetime(placed.opened_at),
    )


def _concerns(window: WindowLine, gateway: str) -> bool:
    try:
        scope = parse_scope(window.scope)
    except ScopeError:
        return False
    return gateway in scope.gateways


def _callbacks(connection: Connection, gateway: str, minute: int, now: int) -> BackingPart:
    by_minute = sla.minutes(connection, gateway, minute - 60, minute + 1)
    heard = {
        at: count for at, rows in by_minute.items() for kind, _, count in rows if kind == EventKind.CALLBACK
    }
    sent = sum(count for rows in by_minute.values() for kind, _, count in rows if kind == EventKind.SENT)
    recent = sum(count for at, count in heard.items() if at >= minute - 5)
    state: Literal["ok", "degraded", "unknown"] = "ok" if recent else "degraded" if sent else "unknown"
    seconds = max(0.0, (now - (max(heard) + 1) * MINUTE_MS) / 1000) if heard else None
    return BackingPart(name="callbacks", state=state, count=recent, seconds=seconds)


def _inquiry(counted: Counts) -> BackingPart:
    ratio = counted.inquiry_availability
    if ratio is None:
        return BackingPart(name="inquiry", state="unknown", count=0)
    state: Literal["ok", "degraded", "down"] = (
        "ok" if ratio >= INQUIRY_GOOD else "degraded" if ratio >= INQUIRY_POOR else "down"
    )
    return BackingPart(name="inquiry", state=state, count=counted.inquiries, ratio=ratio)


def _queue(board: Board) -> BackingPart:
    line = next((one for one in board.stages if one.stage is Stage.DISPATCH), None)
    if line is None:
        return BackingPart(name="queue", state="unknown")
    slow = line.paused or (line.oldest_seconds or 0.0) > SLOW_QUEUE_SECONDS
    return BackingPart(
        name="queue", state="degraded" if slow else "ok", count=line.depth, seconds=line.oldest_seconds
    )


def _database(board: Board, began: float) -> BackingPart:
    part = next((one for one in board.parts if one.name == "store"), None)
    state = "unknown" if part is None else part.state
    return BackingPart(name="database", state=state, seconds=round(time.monotonic() - began, 4))
