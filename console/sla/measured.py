"""What was counted in some time, by this platform or by somebody else: the figures of each metric. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from console.sla.indicators import Buckets, Counts, confirm_seconds, without
from console.store.latency import bucket_ms

if TYPE_CHECKING:
    from console.contract.sla import Metric

PERCENTILES: Final[dict[Metric, float]] = {"confirm_p95": 0.95, "confirm_p99": 0.99}
"""Which part (0…1) of the orders a metric of confirmation times is about."""


class Measure(Protocol):
    """Figures of metrics; confirmation times are seconds, the others ratios (0…1)."""

    def value(self, metric: Metric) -> float | None:
        """Return a metric; None without samples."""

    def samples(self, metric: Metric) -> int:
        """Return how many orders, outcomes, inquiries or confirmations a metric was taken from."""

    def worse(self, metric: Metric, limit: float) -> int:
        """Return how many samples were bad ones; of confirmations, those that surely took longer."""


@dataclass(frozen=True)
class Measured:
    """What our own counters have of some minutes."""

    counts: Counts
    latencies: Buckets

    def minus(self, other: Measured) -> Measured:
        """Return what is left without a part of it."""
        return Measured(self.counts.minus(other.counts), without(self.latencies, other.latencies))

    def value(self, metric: Metric) -> float | None:
        """Return a metric; None without samples."""
        match metric:
            case "success_rate":
                return self.counts.success_rate
            case "in_doubt_ratio":
                return self.counts.in_doubt_ratio
            case "inquiry_availability":
                return self.counts.inquiry_availability
            case "confirm_p95" | "confirm_p99":
                return confirm_seconds(self.latencies, PERCENTILES[metric])

    def samples(self, metric: Metric) -> int:
        """Return how many orders, outcomes, inquiries or confirmations a metric was taken from."""
        match metric:
            case "success_rate":
                return self.counts.samples
            case "in_doubt_ratio":
                return self.counts.first_outcomes
            case "inquiry_availability":
                return self.counts.inquiries
            case "confirm_p95" | "confirm_p99":
                return sum(count for _, count in self.latencies)

    def worse(self, metric: Metric, limit: float) -> int:
        """Return how many samples were bad ones; of confirmations, those above `limit` seconds."""
        match metric:
            case "success_rate":
                return self.counts.bad
            case "in_doubt_ratio":
                return self.counts.in_doubt
            case "inquiry_availability":
                return self.counts.unanswered
            case "confirm_p95" | "confirm_p99":
                return sum(count for bucket, count in self.latencies if bucket_ms(bucket) > limit * 1000)
