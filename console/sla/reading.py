"""A gateway's orders as somebody else counted them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from console.sla.budget import BUDGET_DAYS, OUTAGE_SECONDS
from console.sla.indicators import Counts

STALE_MS: Final = 60_000
"""A reading that is older tells nothing any more."""

BUDGET_SECONDS: Final = BUDGET_DAYS * 86_400


@dataclass(frozen=True)
class Reading:
    """Good and all orders that count, by the span (seconds) they were counted over."""

    at: int
    counted: Mapping[int, tuple[float, float]]

    def recent(self, now: int) -> bool:
        """Whether it still tells something."""
        return now - self.at <= STALE_MS

    def by_span(self, own: Mapping[int, Counts]) -> dict[int, Counts]:
        """Return our own counts with the samples that were counted there."""
        return {span: self._over(counts, span) for span, counts in own.items()}

    @property
    def budget(self) -> Counts:
        """The samples of the error budget's days."""
        return self._over(Counts(), BUDGET_SECONDS)

    @property
    def last_minute(self) -> tuple[float, float]:
        """Good and bad orders of the last 60 s."""
        good, total = self.counted[OUTAGE_SECONDS]
        return good, max(0.0, total - good)

    def _over(self, counts: Counts, span: int) -> Counts:
        good, total = self.counted[span]
        return replace(counts, good=round(good), bad=max(0, round(total) - round(good)))
