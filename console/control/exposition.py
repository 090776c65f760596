"""Prometheus' text format: the board's figures and the service's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from console.contract.board import Board
from console.control.entrance import Traffic

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_PARTS: Final = {"ok": 1.0, "degraded": 0.5, "down": 0.0}


class _BoardCollector(Collector):
    """Gives the figures of one board."""

    def __init__(
        self, board: Board, traffic: Traffic, listeners: int, changes: Mapping[tuple[str, str], int]
    ) -> None:
        self._board, self._traffic, self._listeners, self._changes = board, traffic, listeners, changes

    def collect(self) -> Iterator[Metric]:
        yield from self._stages()
        yield from self._gateways()
        yield from self._windows()
        up = GaugeMetricFamily("repay_part_up", "1 ok, 0.5 degraded, 0 down", labels=["part"])
        for part in self._board.parts:
            if part.state in _PARTS:
                up.add_metric([part.name], _PARTS[part.state])
        yield up
        requests = CounterMetricFamily("repay_requests", "answers by status", labels=["status"])
        for status, count in sorted(self._traffic.requests.items()):
            requests.add_metric([str(status)], count)
        yield requests
        changes = CounterMetricFamily(
            "repay_changes", "changes asked of this process", labels=["kind", "outcome"]
        )
        for labels, count in sorted(self._changes.items()):
            changes.add_metric(labels, count)
        yield changes
        yield GaugeMetricFamily(
            "repay_changes_waiting", "changes that wait for approval", self._board.approvals
        )
        yield GaugeMetricFamily("repay_board_listeners", "open board streams", self._listeners)
        made_at = self._board.as_of.timestamp()
        yield GaugeMetricFamily("repay_board_timestamp_seconds", "when the figures were taken", made_at)

    def _stages(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("repay_stage_depth", "repayments in the stage", labels=["stage"])
        money = GaugeMetricFamily("repay_stage_fen", "money in the stage, fen", labels=["stage"])
        oldest = GaugeMetricFamily("repay_stage_oldest_seconds", "age of the oldest", labels=["stage"])
        entered = GaugeMetricFamily("repay_stage_in_per_minute", "repayments entering", labels=["stage"])
        left = GaugeMetricFamily("repay_stage_out_per_minute", "repayments leaving", labels=["stage"])
        for line in self._board.stages:
            labels = [line.stage.value]
            depth.add_metric(labels, line.depth)
            money.add_metric(labels, line.sum_fen)
            for family, value in (
                (oldest, line.oldest_seconds),
                (entered, line.in_per_minute),
                (left, line.out_per_minute),
            ):
                if value is not None:
                    family.add_metric(labels, value)
        yield from (depth, money, oldest, entered, left)

    def _gateways(self) -> Iterator[Metric]:
        in_flight = GaugeMetricFamily("repay_gateway_in_flight", "orders on their way", labels=["gateway"])
        success = GaugeMetricFamily("repay_gateway_success_ratio", "of those decided", labels=["gateway"])
        unknown = GaugeMetricFamily("repay_gateway_unknown_ratio", "of those sent", labels=["gateway"])
        confirm = GaugeMetricFamily("repay_gateway_confirm_p95_seconds", "to decision", labels=["gateway"])
        for line in self._board.gateways:
            for family, value in (
                (in_flight, line.in_flight),
                (success, line.success_rate),
                (unknown, line.unknown_ratio),
                (confirm, line.confirm_p95_seconds),
            ):
                if value is not None:
                    family.add_metric([line.id], value)
        yield from (in_flight, success, unknown, confirm)

    def _windows(self) -> Iterator[Metric]:
        names = ["window", "policy", "state"]
        held = GaugeMetricFamily("repay_window_held", "repayments that wait for a window", labels=names)
        ends = GaugeMetricFamily("repay_window_ends_timestamp_seconds", "when it ends", labels=names)
        for line in self._board.windows:
            labels = [line.id, line.policy, line.state]
            held.add_metric(labels, line.held)
            ends.add_metric(labels, line.ends_at.timestamp())
        yield from (held, ends)


def expose(
    board: Board,
    traffic: Traffic,
    listeners: int,
    changes: Mapping[tuple[str, str], int],
    more: Collector | None = None,
) -> bytes:
    """Return the figures as Prometheus scrapes them, the process's own and `more` included.

    `changes` counts what this process was asked for, by kind and outcome.
    """
    registry = CollectorRegistry()
    registry.register(_BoardCollector(board, traffic, listeners, changes))
    if more is not None:
        registry.register(more)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return generate_latest(registry)
