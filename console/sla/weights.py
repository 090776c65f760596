"""Weights by success rate. Pure; for advice, and for warnings to propose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from console.contract.wilson import wilson_lower

ENOUGH: Final = 30
"""Samples below which a gateway's rate is not known well enough to move its traffic."""

Z95: Final = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

NOISE: Final = 0.1
"""A weight that would change by a smaller share stays as it is."""

EXPLORING: Final = 1
"""The least weight a gateway keeps, so that its recovery is seen."""


class Record(NamedTuple):
    """A gateway's weights (in force, and configured) and what its orders came to."""

    weight: int
    configured: int
    good: int
    bad: int


class Suggestion(NamedTuple):
    """The weight that its success rate earns a gateway; `success_lower` None: too few samples to tell."""

    gateway: str
    weight: int
    suggested: int
    success_lower: float | None
    samples: int


def suggest_weights(records: Mapping[str, Record]) -> tuple[Suggestion, ...]:
    """Return a weight for each gateway: its configured one, less by as much as it succeeds less often than
    the best. A stopped gateway stays so, and one with too few samples keeps its weight."""
    lower = {
        name: wilson_lower(record.good, record.good + record.bad, Z95)
        for name, record in records.items()
        if record.weight > 0 and record.good + record.bad >= ENOUGH
    }
    best = max(lower.values(), default=0.0)
    return tuple(
        Suggestion(
            name,
            record.weight,
            _suggested(record, lower[name] / best) if name in lower and best > 0 else record.weight,
            lower.get(name),
            record.good + record.bad,
        )
        for name, record in records.items()
    )


def _suggested(record: Record, share: float) -> int:
    suggested = max(EXPLORING, round(record.configured * share)) if record.configured else 0
    return record.weight if abs(suggested - record.weight) < NOISE * record.weight else suggested
