"""One measured figure beside its budget, and the table they make."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """A measurement; `better` says which side of `budget` is good. No budget: only reported."""

    name: str
    measured: float
    unit: str
    budget: float | None = None
    better: Literal["lower", "higher"] = "lower"

    @property
    def kept(self) -> bool:
        """Whether the budget is kept."""
        if self.budget is None:
            return True
        return self.measured <= self.budget if self.better == "lower" else self.measured >= self.budget


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the percentile (1…99) of at least two samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as text, one a line, a figure over its budget marked by `OVER`."""
    rows = list(figures)
    names = [f"{figure.name} ({figure.unit})" for figure in rows]
    widest = max(map(len, ("figure", *names)))
    lines = [f"{'figure':<{widest}} {'measured':>12} {'budget':>12}"]
    for name, figure in zip(names, rows, strict=True):
        limit = (
            "" if figure.budget is None else f"{'≤' if figure.better == 'lower' else '≥'} {figure.budget:g}"
        )
        mark = "" if figure.kept else "  OVER"
        lines.append(f"{name:<{widest}} {figure.measured:>12,.1f} {limit:>12}{mark}")
    return "\n".join(lines)
