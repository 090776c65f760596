"""The health of strategies: how often they would turn away payers with a clean history.

The rate is judged by the lower end of its Wilson interval, so that few repayments condemn nobody: only
when even the benefit of the doubt leaves it above the limit does a strategy go to shadow by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.board import StrategyLine
from console.contract.clock import to_datetime
from console.contract.wilson import wilson_lower
from console.store import audit, complaints, strategy_counters
from console.store import strategies as stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

WINDOW_MS: Final = 60 * 60_000
"""The span over which clean payers are counted, and the rates of the board."""

Z: Final = 2.576
"""Standard deviations of the interval: 99 % of chance is allowed for."""

_ACTING: Final = ("canary", "enforce")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a strategy is too hard on clean payers: `share` of them (0 … 1), of at least `sample` seen."""

    share: float = 0.02
    sample: int = 200


@dataclass(frozen=True, slots=True)
class Trip:
    """A strategy that passed the limit: of `seen` clean payers it fits `hits`, at least `bound` of all."""

    strategy: str
    seen: int
    hits: int
    bound: float

    @property
    def why(self) -> str:
        """The reason, in words."""
        return f"fits {self.hits} of {self.seen} clean payers: at least {self.bound:.1%} of them"


def check(connection: Connection, now: Instant, limits: Limits) -> list[Trip]:
    """Return the acting strategies that are past the limit, judged since they became what they are.

    A complaint about a repayment that a strategy acted on counts as one more clean payer it fits.
    """
    found = []
    for row in stored.all_strategies(connection):
        if row.mode not in _ACTING:
            continue
        since = max(now - WINDOW_MS, row.changed_at)
        tally = strategy_counters.of_strategy(connection, row.id, since=since)
        complained = complaints.totals(connection, since).get(row.id, 0) if tally.clean_seen else 0
        hits = min(tally.clean_seen, tally.clean_hits + complained)
        bound = wilson_lower(hits, tally.clean_seen, Z)
        if tally.clean_seen >= limits.sample and bound > limits.share:
            found.append(Trip(row.id, tally.clean_seen, hits, bound))
    return found


def trip(connection: Connection, found: Trip, now: Instant) -> stored.StoredStrategy | None:
    """Put a strategy into shadow as a new version of its own, and into the audit; None when it acts no
    more already."""
    from console.risk.rulebook import SERVICE, new_version, strategy_of
    from console.risk.strategy import Mode

    row = stored.find(connection, found.strategy)
    if row is None or row.mode not in _ACTING:
        return None
    shadow = strategy_of(row).model_copy(update={"mode": Mode.SHADOW, "percent": None})
    saved = stored.save(connection, new_version(shadow, SERVICE, found.why), now)
    told = audit.Entry(
        at=now,
        who=SERVICE,
        via=SERVICE,
        action="strategy.trip",
        subject=f"strategy:{row.id}",
        outcome="applied",
        reason=found.why,
    )
    audit.append(connection, told)
    return saved


def watch(connection: Connection, now: Instant, limits: Limits) -> list[Trip]:
    """Check all strategies and put those past the limit into shadow; return them."""
    return [found for found in check(connection, now, limits) if trip(connection, found, now)]


def strategy_lines(connection: Connection, now: Instant) -> tuple[StrategyLine, ...]:
    """Return the board's line of every strategy; rates are over the last hour.

    A strategy that acts tells what it intercepts, one in shadow what it would; one that is off, nothing.
    """
    totals = strategy_counters.totals(connection, since=now - WINDOW_MS)
    expiries = stored.expiries(connection)
    lines = []
    for row in stored.all_strategies(connection):
        tally = totals.get(row.id)
        rate = None
        if tally is not None and tally.seen and row.mode != "off":
            rate = (tally.hits if row.mode == "shadow" else tally.acted) / tally.seen
        ends = expiries.get(row.id)
        line = {
            "id": row.id,
            "mode": row.mode,
            "percent": row.percent,
            "intercept_rate": rate,
            "expires_at": None if ends is None else to_datetime(ends),
        }
        lines.append(StrategyLine.model_validate(line))
    return tuple(lines)
