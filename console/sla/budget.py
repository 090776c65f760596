"""The error budget and the rules that tell when it burns too fast. Pure.

Multiwindow, multi-burn-rate alerts of the SRE workbook (chapter 5, table 5-8), and one for outages, as at
an objective of 95 % the quickest of them takes 43 minutes to see a total one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from console.sla.indicators import Counts

BUDGET_DAYS: Final = 30
ENOUGH: Final = 30
"""Samples in the long window below which no burn rule fires."""

DIGITS: Final = 9
"""Decimals of a burn rate, so that one on its threshold is not below it by how fractions are stored."""

OUTAGE_SHARE: Final = 0.5
OUTAGE_SAMPLES: Final = 20
OUTAGE_SECONDS: Final = 60

RuleName = Literal["outage", "page_1h", "page_6h", "ticket_3d"]


class BurnRule(NamedTuple):
    """Both windows (seconds) at or above a burn rate."""

    name: RuleName
    long_seconds: int
    short_seconds: int
    threshold: float


BURN_RULES: Final = (
    BurnRule("page_1h", 3_600, 300, 14.4),
    BurnRule("page_6h", 6 * 3_600, 1_800, 6.0),
    BurnRule("ticket_3d", 3 * 86_400, 6 * 3_600, 1.0),
)

SPANS: Final = tuple(sorted({span for rule in BURN_RULES for span in rule[1:3]}))
"""The spans (seconds) that the burn rules look at."""


class Verdict(NamedTuple):
    """How one rule stands. Rates are burn rates; for an outage, shares of bad orders."""

    rule: RuleName
    long_seconds: int
    short_seconds: int
    threshold: float
    long_rate: float | None
    short_rate: float | None
    samples: int
    firing: bool


def burn_rate(counts: Counts, objective: float) -> float | None:
    """Return how many times faster than allowed the budget is spent; None without samples."""
    ratio = counts.bad_ratio
    return None if ratio is None else round(ratio / (1 - objective), DIGITS)


def budget_left(counts: Counts, objective: float) -> float | None:
    """Return the share of the budget that is left: 1 untouched, 0 spent, below overspent."""
    if not counts.samples:
        return None
    return 1 - counts.bad / ((1 - objective) * counts.samples)


def verdicts(
    by_span: Mapping[int, Counts], last_minute: tuple[float, float], objective: float
) -> list[Verdict]:
    """Return how every rule stands, the outage first.

    `by_span` are the counts of the last so many seconds, for all SPANS; `last_minute` the good and bad
    orders of the last 60 s.
    """
    good, bad = last_minute
    share = bad / (good + bad) if good + bad > 0 else None
    outage = share is not None and share > OUTAGE_SHARE and round(good + bad) >= OUTAGE_SAMPLES
    found = [
        Verdict(
            "outage", OUTAGE_SECONDS, OUTAGE_SECONDS, OUTAGE_SHARE, share, share, round(good + bad), outage
        )
    ]
    for rule in BURN_RULES:
        long, short = by_span[rule.long_seconds], by_span[rule.short_seconds]
        long_rate, short_rate = burn_rate(long, objective), burn_rate(short, objective)
        firing = (
            long.samples >= ENOUGH
            and long_rate is not None
            and short_rate is not None
            and min(long_rate, short_rate) >= rule.threshold
        )
        found.append(Verdict(*rule, long_rate, short_rate, long.samples, firing))
    return found


def last_sixty_seconds(present: Counts, before: Counts, into_ms: int) -> tuple[float, float]:
    """Return good and bad orders of the last 60 s: this minute so far (`into_ms`), and the rest from the
    minute before, taken to be even."""
    share = 1 - into_ms / 60_000
    return present.good + before.good * share, present.bad + before.bad * share
