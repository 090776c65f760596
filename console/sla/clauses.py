"""Which clauses of a contract are surely not kept at this moment. Pure.

A percentile above its threshold is a share of slower orders above what the percentile allows, so every clause
is a share of bad ones, judged by Wilson's bound: few samples condemn nobody. The success rate has its error
budget and the burn rules instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.gateway import Breach
from console.contract.sla import INDICATOR_OF
from console.contract.wilson import wilson_lower
from console.sla.measured import PERCENTILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.contract.sla import Indicator, Metric
    from console.contract.sla_terms import Clause, SlaTerms
    from console.sla.measured import Measure

ENOUGH: Final = 30
"""Samples below which no clause is judged."""

Z: Final = 3.0
"""Standard deviations of the bound."""


def breaches(
    terms: SlaTerms, measured: Measure, elsewhere: Mapping[Indicator, Measure | None] | None = None
) -> tuple[Breach, ...]:
    """Return the clauses that what was measured in the last minutes surely breaks; `elsewhere` are the
    indicators that somebody else counts, None where nothing is known of one."""
    found = []
    for clause in terms.clauses:
        indicator = INDICATOR_OF[clause.metric]
        by = elsewhere[indicator] if elsewhere and indicator in elsewhere else measured
        if by is None or not _surely_worse(clause.metric, by, clause.threshold):
            continue
        value = by.value(clause.metric)
        assert value is not None  # noqa: S101 - there are samples
        found.append(Breach(clause=clause.id, metric=clause.metric, threshold=clause.threshold,
                            measured=round(value, 6), worst=_beyond_all(clause, by)))  # fmt: skip
    return tuple(found)


def _beyond_all(clause: Clause, measured: Measure) -> bool:
    """Tell whether it is surely beyond the last of several tiers."""
    return len(clause.tiers) > 1 and _surely_worse(clause.metric, measured, clause.tiers[-1].beyond)


def _surely_worse(metric: Metric, measured: Measure, limit: float) -> bool:
    """Tell whether the share of bad ones is surely above what a limit allows; the success rate is left to
    the burn rules."""
    match metric:
        case "success_rate":
            return False
        case "in_doubt_ratio":
            allowed = limit
        case "inquiry_availability":
            allowed = 1 - limit
        case "confirm_p95" | "confirm_p99":
            allowed = 1 - PERCENTILES[metric]
    seen = measured.samples(metric)
    return seen >= ENOUGH and wilson_lower(measured.worse(metric, limit), seen, Z) > allowed
