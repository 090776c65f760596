"""A gateway's orders as somebody else counted them. Pure."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.sla import INDICATOR_OF, Indicator, Metric
from console.sla.budget import BUDGET_DAYS, OUTAGE_SECONDS, SPANS
from console.sla.indicators import Counts
from console.sla.measured import PERCENTILES

if TYPE_CHECKING:
    from collections.abc import Sequence

STALE_MS: Final = 60_000
"""A reading that is older tells nothing any more."""

BUDGET_SECONDS: Final = BUDGET_DAYS * 86_400

UNKNOWN: Final = math.nan
"""What a minute has of which nothing is told."""


@dataclass(frozen=True)
class Told:
    """What was counted over some time: part and whole of the indicators that are shares, and how many orders
    took longer than the bound before and at most this one (seconds, growing, the last may be infinite). An
    indicator that is not there is unknown."""

    shares: Mapping[Indicator, tuple[float, float]]
    confirmed: Sequence[tuple[float, float]] | None = None

    @property
    def indicators(self) -> frozenset[Indicator]:
        """What is known."""
        return frozenset(self.shares) | (frozenset() if self.confirmed is None else {"confirm"})

    @property
    def counts(self) -> Counts:
        """The samples of the success rate."""
        good, total = self.shares.get("success", (0.0, 0.0))
        return Counts(good=round(good), bad=max(0, round(total) - round(good)))

    def value(self, metric: Metric) -> float | None:
        """Return a metric; None without samples."""
        if metric in PERCENTILES:
            return self.seconds(PERCENTILES[metric])
        part, whole = self.shares.get(INDICATOR_OF[metric], (0.0, 0.0))
        return min(1.0, part / whole) if whole > 0 else None

    def samples(self, metric: Metric) -> int:
        """Return how many orders, outcomes, inquiries or confirmations a metric was taken from."""
        if metric in PERCENTILES:
            return round(math.fsum(count for _, count in self.confirmed or ()))
        return round(self.shares.get(INDICATOR_OF[metric], (0.0, 0.0))[1])

    def worse(self, metric: Metric, limit: float) -> int:
        """Return how many samples were bad ones; of confirmations, those of buckets that begin at `limit`
        seconds or later."""
        if metric in PERCENTILES:
            bounds = [0.0, *(bound for bound, _ in self.confirmed or ())]
            slower = zip(bounds, self.confirmed or (), strict=False)
            return round(math.fsum(count for lower, (_, count) in slower if lower >= limit))
        part, whole = self.shares.get(INDICATOR_OF[metric], (0.0, 0.0))
        return round(part if metric == "in_doubt_ratio" else max(0.0, whole - part))

    def seconds(self, part: float) -> float | None:
        """Return the time within which `part` (0…1) of the orders were confirmed, as Prometheus's own
        `histogram_quantile` has it: orders are even within a bucket.

        Above the last finite bound it is just more than that: the least it can be.
        """
        buckets = self.confirmed or ()
        rank = part * math.fsum(count for _, count in buckets)
        lower = reached = 0.0
        for bound, count in buckets:
            if count > 0 and reached + count >= rank * (1 - 1e-12):
                if math.isinf(bound):
                    return math.nextafter(lower, math.inf)
                return lower + (bound - lower) * min(1.0, (rank - reached) / count)
            reached, lower = reached + count, bound
        return None


def apart(cumulative: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return how many orders each bucket has of its own, out of how many took at most so long; bounds
    grow."""
    found, below = [], 0.0
    for bound, count in cumulative:
        found.append((bound, max(0.0, count - below)))
        below = max(below, count)
    return found


@dataclass(frozen=True)
class Reading:
    """What was told at an instant, by the span (seconds) it was counted over. The long spans may have been
    read before, at `long_at`."""

    at: int
    long_at: int
    told: Mapping[int, Told]

    def recent(self, now: int) -> bool:
        """Whether it still tells something."""
        return now - self.at <= STALE_MS

    @property
    def indicators(self) -> frozenset[Indicator]:
        """What is known over every span it is asked for."""
        found = frozenset[Indicator].intersection(*(self.told[span].indicators for span in TABLE_SPANS))
        if all("success" in told.indicators for told in self.told.values()):
            return found
        return found - {"success"}

    def by_span(self) -> dict[int, Counts]:
        """Return the samples of the spans of the burn rules."""
        return {span: self.told[span].counts for span in SPANS}

    @property
    def budget(self) -> Counts:
        """The samples of the error budget's days."""
        return self.told[BUDGET_SECONDS].counts

    @property
    def last_minute(self) -> tuple[float, float]:
        """Good and bad orders of the last 60 s."""
        good, total = self.told[OUTAGE_SECONDS].shares.get("success", (0.0, 0.0))
        return good, max(0.0, total - good)


TABLE_SPANS: Final = (300, 3_600, 86_400, BUDGET_SECONDS)
"""The spans (seconds) over which every indicator is read."""

READ_SPANS: Final = tuple(sorted({OUTAGE_SECONDS, *SPANS, *TABLE_SPANS}))
"""All spans (seconds) that are read; over those that are not of the table, the success alone."""


@dataclass(frozen=True)
class Minutes:
    """What was counted by the minute, from the minute `first` on: columns of equal length, UNKNOWN where
    nothing is told. `confirmed` has a column for each bound, with the orders of its bucket alone."""

    first: int
    shares: Mapping[Indicator, tuple[array[float], array[float]]]
    confirmed: Mapping[float, array[float]] | None = None

    @property
    def indicators(self) -> frozenset[Indicator]:
        """What is counted there, known or not."""
        return frozenset(self.shares) | (frozenset() if self.confirmed is None else {"confirm"})

    def known(self, indicator: Indicator) -> frozenset[int]:
        """Return the minutes of which something is told."""
        if indicator == "confirm":
            columns = tuple((self.confirmed or {}).values())
            known = (any(value == value for value in values) for values in zip(*columns, strict=True))
        else:
            part, whole = self.shares[indicator]
            known = (a == a and b == b for a, b in zip(part, whole, strict=True))
        return frozenset(self.first + at for at, told in enumerate(known) if told)

    def over(self, indicator: Indicator, minutes: Collection[int]) -> Told:
        """Return one indicator over known minutes."""
        places = [minute - self.first for minute in minutes]
        if indicator == "confirm":
            columns = sorted((self.confirmed or {}).items())
            return Told({}, [(bound, _sum(column, places)) for bound, column in columns])
        part, whole = self.shares[indicator]
        return Told({indicator: (_sum(part, places), _sum(whole, places))})


def _sum(column: array[float], places: Iterable[int]) -> float:
    return math.fsum(value for place in places if (value := column[place]) == value)
