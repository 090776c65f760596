"""Which clauses of a contract are surely not kept at this moment. Pure.

A percentile above its threshold is a share of slower orders above what the percentile allows, so every clause
is a share of bad ones, judged by Wilson's bound: few samples condemn nobody. The success rate has its error
budget and the burn rules instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.gateway import Breach
from console.contract.wilson import wilson_lower
from console.sla.ledger import Measured, measure
from console.store.latency import bucket_ms

if TYPE_CHECKING:
    from console.contract.sla import Metric
    from console.contract.sla_terms import Clause, SlaTerms

ENOUGH: Final = 30
"""Samples below which no clause is judged."""

Z: Final = 3.0
"""Standard deviations of the bound."""

_SLOWER: Final[dict[Metric, float]] = {"confirm_p95": 0.05, "confirm_p99": 0.01}
"""Share of orders that may be slower than the threshold."""


class _Share(NamedTuple):
    bad: int
    seen: int
    allowed: float

    @property
    def surely_above(self) -> bool:
        return self.seen >= ENOUGH and wilson_lower(self.bad, self.seen, Z) > self.allowed


def breaches(terms: SlaTerms, measured: Measured) -> tuple[Breach, ...]:
    """Return the clauses that what was measured in the last minutes surely breaks."""
    found = []
    for clause in terms.clauses:
        share = _share(clause.metric, measured, clause.threshold)
        if share is None or not share.surely_above:
            continue
        value = measure(clause.metric, measured)
        assert value is not None  # noqa: S101 - there are samples
        found.append(Breach(clause=clause.id, metric=clause.metric, threshold=clause.threshold,
                            measured=round(value, 6), worst=_beyond_all(clause, measured)))  # fmt: skip
    return tuple(found)


def _beyond_all(clause: Clause, measured: Measured) -> bool:
    """Tell whether it is surely beyond the last of several tiers."""
    if len(clause.tiers) < 2:
        return False
    share = _share(clause.metric, measured, clause.tiers[-1].beyond)
    return share is not None and share.surely_above


def _share(metric: Metric, measured: Measured, limit: float) -> _Share | None:
    """Return the bad ones among all by a limit; None for what the burn rules look after."""
    counts = measured.counts
    match metric:
        case "success_rate":
            return None
        case "in_doubt_ratio":
            return _Share(counts.in_doubt, counts.first_outcomes, limit)
        case "inquiry_availability":
            return _Share(counts.unanswered, counts.inquiries, 1 - limit)
        case "confirm_p95" | "confirm_p99":
            slower, seen = _slower(measured.latencies, limit)
            return _Share(slower, seen, _SLOWER[metric])


def _slower(latencies: Sequence[tuple[int, int]], seconds: float) -> tuple[int, int]:
    slower = sum(count for bucket, count in latencies if bucket_ms(bucket) > seconds * 1000)
    return slower, sum(count for _, count in latencies)
