"""Gateways against their SLA as this service knows them: figures for board and screens, and the ledger.

Reads counters and joins them with windows, configuration and, where one is named, a Prometheus. Decides
nothing: the rules are in `console.sla`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from console.sla.blame import Blamer
from console.sla.budget import (
    BUDGET_DAYS,
    SPANS,
    Verdict,
    budget_left,
    last_sixty_seconds,
    verdicts,
)
from console.sla.clauses import breaches
from console.sla.indicators import Counts, confirm_seconds, counts, newest
from console.sla.ledger import Account, Period, Slot, Split, ledger, runs, split
from console.sla.measured import Measured
from console.sla.reading import Minutes, Reading
from console.store import reserves, sla
from console.store import windows as stored_windows
from console.store.latency import percentile
from console.store.reserves import Reserve
from console.store.sla_counters import MINUTE_MS
from console.windows.calendar import read

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.board import Light
    from console.contract.gateway import Breach
    from console.contract.sla import Indicator, SlaLedger
    from console.contract.sla_terms import SlaTerms
    from console.gateways.config import GatewayConfig

GOOD_FOR_SECONDS: Final = 5.0
"""How long figures are good for: budgets and burn rates move slowly, boards are made often."""

PRESENT_MINUTES: Final = 5
"""Over how long clauses are looked at for the light."""

PRESENT_SECONDS: Final = PRESENT_MINUTES * 60

MONTH_MINUTES: Final = BUDGET_DAYS * 1440
HOUR_SECONDS: Final = 3600

MOST_RUNS: Final = 1_000
"""Runs of unknown minutes whose money is looked up one by one."""


@dataclass(frozen=True)
class Figures:
    """One gateway against its SLA. `by_span` are the counts of the last so many seconds; `budget` those of
    30 days without excluded minutes. `terms` None: nothing was promised. `confirm_p95_seconds` and
    `breaches`, the clauses not kept, are of the orders sent in the last minutes; open ones count with their
    age. Where a Prometheus counts, `budget`, `rules` and the breaches of its indicators are by its `reading`
    over whole spans, and `untold` are the indicators that it tells nothing of; the rest is always ours."""

    terms: SlaTerms | None
    by_span: Mapping[int, Counts]
    budget: Counts
    rules: tuple[Verdict, ...]
    reserve: Reserve | None
    draw_fen_per_hour: int | None
    reading: Reading | None = None
    untold: frozenset[Indicator] = frozenset()
    confirm_p95_seconds: float | None = None
    breaches: tuple[Breach, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether the orders of the budget are counted."""
        return "success" not in self.untold

    @property
    def budget_left(self) -> float | None:
        """Share of the error budget that is left."""
        if self.terms is None or not self.measured:
            return None
        return budget_left(self.budget, self.terms.objective)

    @property
    def burn_1h(self) -> float | None:
        """How many times too fast the budget was spent in the last hour."""
        return next((rule.long_rate for rule in self.rules if rule.long_seconds == HOUR_SECONDS), None)

    @property
    def runway_hours(self) -> float | None:
        """Hours until the reserve is empty at the draw of the last hour; None while none is known."""
        if self.reserve is None or self.draw_fen_per_hour is None or self.draw_fen_per_hour <= 0:
            return None
        return max(0.0, self.reserve.balance_fen / self.draw_fen_per_hour)


@dataclass
class SlaBook:
    """The figures of all gateways, remembered for some seconds. May be shared by threads."""

    configs: Callable[[], Mapping[str, GatewayConfig]]
    readings: dict[str, Reading] = field(default_factory=dict)
    _known: tuple[float, Mapping[str, Figures]] | None = None

    def figures(self, connection: Connection, now: int) -> Mapping[str, Figures]:
        """Return the figures by gateway; reserves are those of this moment."""
        known, moment = self._known, time.monotonic()
        if known is None or moment - known[0] >= GOOD_FOR_SECONDS or known[1].keys() != self.configs().keys():
            known = self._known = (moment, self._read(connection, now))
        placed = reserves.reserves(connection)
        return {name: replace(figures, reserve=placed.get(name)) for name, figures in known[1].items()}

    def _read(self, connection: Connection, now: int) -> dict[str, Figures]:
        minute = now // MINUTE_MS
        configs = self.configs()
        by_span = {span: sla.events(connection, minute - span // 60, minute + 1) for span in SPANS}
        month = sla.events(connection, minute - MONTH_MINUTES, minute + 1)
        present = sla.events(connection, minute, minute + 1)
        before = sla.events(connection, minute - 1, minute)
        placed = reserves.reserves(connection)
        still_open = sla.open_orders(connection)
        found = {}
        for name, config in configs.items():
            terms = config.sla
            blamer = Blamer(terms.blame if terms else None)
            spans = {span: counts(events.get(name, ()), blamer) for span, events in by_span.items()}
            budget = counts(month.get(name, ()), blamer)
            if terms is not None:
                period = Period(minute - MONTH_MINUTES, minute + 1)
                budget = budget.minus(_excluded(connection, name, period, blamer))
            last = last_sixty_seconds(
                counts(present.get(name, ()), blamer), counts(before.get(name, ()), blamer), now % MINUTE_MS
            )
            reserve = placed.get(name)
            settled = spans[HOUR_SECONDS].settled_fen
            draw = settled if reserve is None else reserve.per_hour(settled, now)
            made = Figures(terms, spans, budget, (), reserve, draw)
            since = minute - PRESENT_MINUTES
            decided = sla.latency_slices(connection, name, since, minute + 1, hours=False)
            latencies = newest(decided, still_open.get(name, ()), since, now)
            measured = Measured(spans[PRESENT_SECONDS], latencies)
            found[name] = replace(
                self._judged(name, made, last, measured, now),
                confirm_p95_seconds=confirm_seconds(latencies, 0.95),
            )
        return found

    def _judged(
        self, name: str, made: Figures, last: tuple[float, float], measured: Measured, now: int
    ) -> Figures:
        """Return figures with their rules and the clauses not kept, counted by a Prometheus where one is
        named."""
        terms = made.terms
        if terms is None:
            return made
        if terms.source is None:
            rules = tuple(verdicts(made.by_span, last, terms.objective))
            return replace(made, rules=rules, breaches=breaches(terms, measured))
        reading = self.readings.get(name)
        told = reading if reading is not None and reading.recent(now) else None
        known = frozenset() if told is None else told.indicators
        elsewhere = {
            indicator: told.told[PRESENT_SECONDS] if told is not None and indicator in known else None
            for indicator in terms.source.indicators
        }
        made = replace(
            made,
            reading=reading,
            untold=frozenset(terms.source.indicators) - known,
            breaches=breaches(terms, measured, elsewhere),
        )
        if told is None or not made.measured:
            return made
        rules = tuple(verdicts(told.by_span(), told.last_minute, terms.objective))
        return replace(made, budget=told.budget, rules=rules)


def light(state: str, figures: Figures) -> Light:
    """Return a gateway's light: what pages is red, what needs attention is amber. `state` is how far its
    calls succeed."""
    firing = {rule.rule for rule in figures.rules if rule.firing}
    left, reserve = figures.budget_left, figures.reserve
    if state == "down" or firing & {"outage", "page_1h"} or any(one.worst for one in figures.breaches):
        return "red"
    low = reserve is not None and reserve.balance_fen < reserve.floor_fen
    if state == "degraded" or firing or figures.breaches or low or (left is not None and left <= 0):
        return "amber"
    if figures.untold or (state == "unknown" and not figures.by_span[HOUR_SECONDS].first_outcomes):
        return "unknown"
    return "green"


def percentiles(buckets: list[tuple[int, int]]) -> tuple[float | None, float | None, float | None]:
    """Return the 50th, 95th and 99th percentile in seconds."""
    return percentile(buckets, 0.5), percentile(buckets, 0.95), percentile(buckets, 0.99)


def slots(connection: Connection, gateway: str, first: int, last: int) -> list[Slot]:
    """Return the times that windows had this gateway, by name, closed for all its orders (instants)."""
    found = []
    for row, window in read(connection, stored_windows.live(connection, first)):
        if gateway not in window.scope.gateways or not window.scope.closes(gateway):
            continue
        found += [
            Slot(row.id, row.declared_at, one.starts_at, one.ends_at, one.declared)
            for one in window.between(first, last)
            if one.starts_at < last
        ]
    return found


def _excluded(connection: Connection, gateway: str, period: Period, blamer: Blamer) -> Counts:
    found = slots(connection, gateway, period.first * MINUTE_MS, period.last * MINUTE_MS)
    minutes = split(found, period).all_excluded
    return _measured(connection, gateway, minutes, blamer, latencies=False).counts


def _measured(
    connection: Connection, gateway: str, minutes: frozenset[int], blamer: Blamer, *, latencies: bool = True
) -> Measured:
    """Return what was counted in a set of minutes."""
    events: list[sla.EventSum] = []
    buckets: dict[int, int] = {}
    for first, last in runs(minutes):
        events += sla.events_of(connection, gateway, first, last)
        if latencies:
            for bucket, count in sla.latencies_of(connection, gateway, first, last):
                buckets[bucket] = buckets.get(bucket, 0) + count
    return Measured(counts(events, blamer), sorted(buckets.items()))


def account(
    connection: Connection,
    gateway: str,
    terms: SlaTerms,
    period: Period,
    now: int,
    told: Minutes | None = None,
) -> SlaLedger:
    """Return the ledger of a gateway over a period of whole minutes that have passed; `told` is what its
    Prometheus counted, if it has one."""
    blamer = Blamer(terms.blame)
    whole = Measured(
        counts(sla.events_of(connection, gateway, period.first, period.last), blamer),
        sla.latencies_of(connection, gateway, period.first, period.last),
    )
    parts: Split = split(
        slots(connection, gateway, period.first * MINUTE_MS, period.last * MINUTE_MS), period
    )
    known = frozenset() if told is None else told.known("success")
    by_slot = {
        (which, slot): _measured(connection, gateway, minutes, blamer, latencies=False).counts
        if told is None
        else told.over("success", minutes & known).counts
        for which, several in (("excluded", parts.excluded), ("disputed", parts.disputed))
        for slot, minutes in several.items()
    }
    left_out = _measured(connection, gateway, parts.all_excluded, blamer)
    unknown_fen = {} if told is None else _unknown_fen(connection, gateway, period, told)
    return ledger(Account(gateway, period, now, terms, whole, left_out, parts, by_slot, told, unknown_fen))


def _unknown_fen(connection: Connection, gateway: str, period: Period, told: Minutes) -> dict[Indicator, int]:
    """Return what settled in the minutes of which a Prometheus tells nothing; where these are scattered, in
    the hours that have any, which gives back less and not more."""
    found = {}
    for indicator in told.indicators:
        minutes = frozenset(range(*period)) - told.known(indicator)
        if len(runs(minutes)) > MOST_RUNS:
            hours = {minute // 60 for minute in minutes}
            minutes = frozenset(minute for minute in range(*period) if minute // 60 in hours)
        events = [sla.events_of(connection, gateway, first, last) for first, last in runs(minutes)]
        found[indicator] = sum(event.sum_fen for one in events for event in one)
    return found
