"""What Prometheus scrapes of gateways: orders and failures as counters, confirmation times as a histogram,
budget, burn rates, breaker and reserve as gauges.

Counters count from the start of this service on, over all its workers: they begin anew with it, as Prometheus
expects of a restarted target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from console.contract.board import Board
from console.contract.text import Untrusted, shown
from console.gateways.fleet import UNKNOWN, Trust
from console.gateways.health import Circuit
from console.sla.blame import Blamer
from console.sla.indicators import FAILURES
from console.store import audit, sla
from console.store.latency import bucket_ms
from console.store.sla_counters import MINUTE_MS, EventKind

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from sqlalchemy import Connection

    from console.control.service import Service
    from console.control.sla import Figures

BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
"""Upper bounds of the histogram, in seconds."""

_FIRST_OUTCOMES: Final = (EventKind.SUCCEEDED, EventKind.FAILED, EventKind.IN_DOUBT, EventKind.UNSENT)


@dataclass(frozen=True)
class Counted:
    """What the store tells for one scrape, by gateway."""

    events: Mapping[str, list[sla.EventSum]]
    latencies: Mapping[str, list[tuple[int, int]]]
    open: Mapping[str, list[tuple[int, int]]]
    figures: Mapping[str, Figures]
    audit_rows: int
    trust: Mapping[str, Trust]


def read(connection: Connection, service: Service, now: int) -> Counted:
    """Return what is counted since the service began."""
    first, last = service.standing.started_at // MINUTE_MS, now // MINUTE_MS + 1
    head = audit.head(connection)
    return Counted(
        sla.events(connection, first, last),
        sla.latencies(connection, first, last),
        sla.open_orders(connection),
        service.sla.figures(connection, now),
        head[0],
        service.trust(connection, now),
    )


class GatewayCollector(Collector):
    """Gives the figures of one scrape."""

    def __init__(self, service: Service, board: Board, counted: Counted) -> None:
        self._board, self._counted = board, counted
        self._blamers = {
            name: Blamer(config.sla.blame if config.sla else None) for name, config in service.configs.items()
        }

    def collect(self) -> Iterator[Metric]:
        yield from self._counters()
        yield from self._confirmations()
        yield from self._state()
        yield from self._budget()
        yield from self._reserve()
        yield CounterMetricFamily("repay_audit_rows", "rows of the audit chain", self._counted.audit_rows)
        items = GaugeMetricFamily("repay_replay_items", "items of a replay", labels=["replay", "outcome"])
        for line in self._board.replays:
            for outcome in ("total", "done", "settled", "refailed", "unknown"):
                items.add_metric([line.id, outcome], getattr(line, outcome))
        yield items

    def _counters(self) -> Iterator[Metric]:
        names = ["gateway", "outcome"]
        sent = CounterMetricFamily("repay_gateway_orders_sent", "orders sent", labels=["gateway"])
        orders = CounterMetricFamily("repay_gateway_orders", "orders by their first outcome", labels=names)
        failures = CounterMetricFamily(
            "repay_gateway_failures", "failures by code and whose fault", labels=[*names, "code", "blame"]
        )
        asked = CounterMetricFamily("repay_gateway_inquiries", "inquiries", labels=["gateway", "result"])
        heard = CounterMetricFamily("repay_gateway_callbacks", "notifications taken in", labels=["gateway"])
        settled = CounterMetricFamily("repay_gateway_settled_fen", "money that settled", labels=["gateway"])
        for gateway, blamer in self._blamers.items():
            events = self._counted.events.get(gateway, [])
            sent.add_metric([gateway], _sum(events, EventKind.SENT))
            for kind in _FIRST_OUTCOMES:
                orders.add_metric([gateway, kind.value], _sum(events, kind))
            for event in events:
                if event.kind in FAILURES:
                    code = shown(Untrusted(event.code))
                    labels = [gateway, event.kind, code, blamer.rule(event.code).blame]
                    failures.add_metric(labels, event.count)
            asked.add_metric([gateway, "answered"], _sum(events, EventKind.ANSWERED))
            asked.add_metric([gateway, "unanswered"], _sum(events, EventKind.UNANSWERED))
            heard.add_metric([gateway], _sum(events, EventKind.CALLBACK))
            settled.add_metric([gateway], sum(event.sum_fen for event in events))
        yield from (sent, orders, failures, asked, heard, settled)

    def _confirmations(self) -> Iterator[Metric]:
        confirm = HistogramMetricFamily(
            "repay_gateway_confirm_seconds", "from the send to a definitive outcome", labels=["gateway"]
        )
        still_open = GaugeMetricFamily(
            "repay_gateway_open_orders", "orders without a definitive outcome", labels=["gateway"]
        )
        for gateway in self._blamers:
            waits = [(bucket_ms(at) / 1000, count) for at, count in self._counted.latencies.get(gateway, [])]
            below = [(str(float(le)), sum(n for wait, n in waits if wait <= le)) for le in BUCKETS]
            total = sum(count for _, count in waits)
            confirm.add_metric(
                [gateway], [*below, ("+Inf", total)], sum_value=sum(wait * count for wait, count in waits)
            )
            still_open.add_metric([gateway], sum(count for _, count in self._counted.open.get(gateway, [])))
        yield from (confirm, still_open)

    def _state(self) -> Iterator[Metric]:
        state = GaugeMetricFamily(
            "repay_gateway_state", "1 for the state it is in", labels=["gateway", "state"]
        )
        breaker = GaugeMetricFamily(
            "repay_gateway_breaker", "1 for the state of the circuit", labels=["gateway", "state"]
        )
        weight = GaugeMetricFamily("repay_gateway_weight", "share of the traffic", labels=["gateway"])
        for line in self._board.gateways:
            for name in ("healthy", "degraded", "down", "stopped", "unknown"):
                state.add_metric([line.id, name], float(line.state == name))
            weight.add_metric([line.id], line.weight)
            found = self._counted.trust.get(line.id, UNKNOWN).circuit
            if found is not None:
                for circuit in Circuit:
                    breaker.add_metric([line.id, circuit.value], float(found is circuit))
        yield from (state, breaker, weight)

    def _budget(self) -> Iterator[Metric]:
        objective = GaugeMetricFamily("repay_gateway_objective_ratio", "promised", labels=["gateway"])
        left = GaugeMetricFamily(
            "repay_gateway_error_budget_left_ratio", "of the error budget of 30 days", labels=["gateway"]
        )
        burn = GaugeMetricFamily(
            "repay_gateway_burn_rate", "times too fast; of an outage the bad share",
            labels=["gateway", "rule", "window"],
        )  # fmt: skip
        fires = GaugeMetricFamily("repay_gateway_burn_firing", "1 fires", labels=["gateway", "rule"])
        for gateway, figures in self._counted.figures.items():
            if figures.terms is None:
                continue
            objective.add_metric([gateway], figures.terms.objective)
            if figures.budget_left is not None:
                left.add_metric([gateway], figures.budget_left)
            for rule in figures.rules:
                fires.add_metric([gateway, rule.rule], float(rule.firing))
                for window, value in (("long", rule.long_rate), ("short", rule.short_rate)):
                    if value is not None:
                        burn.add_metric([gateway, rule.rule, window], value)
        yield from (objective, left, burn, fires)

    def _reserve(self) -> Iterator[Metric]:
        balance = GaugeMetricFamily("repay_gateway_reserve_fen", "money placed there", labels=["gateway"])
        floor = GaugeMetricFamily(
            "repay_gateway_reserve_floor_fen", "what should lie there", labels=["gateway"]
        )
        runway = GaugeMetricFamily(
            "repay_gateway_reserve_runway_seconds", "until it is empty", labels=["gateway"]
        )
        for gateway, figures in self._counted.figures.items():
            if figures.reserve is None:
                continue
            balance.add_metric([gateway], figures.reserve.balance_fen)
            floor.add_metric([gateway], figures.reserve.floor_fen)
            if figures.runway_hours is not None:
                runway.add_metric([gateway], figures.runway_hours * 3600)
        yield from (balance, floor, runway)


def _sum(events: Iterable[sla.EventSum], kind: EventKind) -> int:
    return sum(event.count for event in events if event.kind == kind)
