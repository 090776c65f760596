"""What a minute was, read from the store's counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, Instant
from console.risk.health import WINDOW_MS
from console.risk.rulebook import SERVICE
from console.sla.blame import Blamer
from console.sla.indicators import confirm_seconds, counts, newest
from console.store import board, controls, holds, products, reserves, sla, strategies, watching
from console.store.sla_counters import EventKind
from console.warnings.reading import (
    Declared,
    DueNow,
    GatewayMinute,
    Reading,
    ReserveNow,
    SlaNow,
    StageMinute,
    StrategyMinute,
)
from console.warnings.remedies import Levers
from console.windows.calendar import Calendar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.sla_terms import SlaTerms
    from console.store.sla import EventSum

MINUTE_MS: Final = 60_000
P95_MINUTES: Final = 3
P95_MOST_MINUTES: Final = 15
ENOUGH_ORDERS: Final = 20
P95_SPANS: Final = (P95_MINUTES, P95_MOST_MINUTES)
"""Confirmation times are of the orders sent in the last minutes; of more of them where these are too few."""

USUAL_ORDERS: Final = 200
MONTH_MINUTES: Final = 30 * 1440
WINDOW_SOON_MS: Final = 15 * MINUTE_MS
TRIP_MS: Final = WINDOW_MS // 2

_ZONE: Final = ZoneInfo(BUSINESS_ZONE)

SlaReader = Callable[["Connection", int], Mapping[str, SlaNow]]
"""How gateways stand against their SLA at an instant."""


@dataclass
class Reader:
    """Reads for one watcher. `terms` are the contracts by gateway, which may blame codes their own way."""

    terms: Callable[[], Mapping[str, SlaTerms | None]]
    sla: SlaReader
    calendar: Calendar = field(default_factory=Calendar)

    def now(self, connection: Connection, minute: int, at: int) -> Reading:
        """Return the minute that is over, with what is there at this instant."""
        began = time.monotonic()
        passed = self.past(connection, minute, minute + 1).get(minute) or Reading(minute, at)
        lines = board.stages(connection, at)
        flow = watching.flow(connection, minute)
        gateways = self._timed(connection, passed.gateways, minute, at)
        force = self.calendar.force(connection, Instant(at))
        declared = tuple(Declared(one.window.id, one.window.scope) for one in force.closures)
        return Reading(
            minute,
            at,
            passed.taken,
            passed.mis_tapped,
            gateways,
            passed.strategies,
            {
                line.stage.value: StageMinute(
                    line.depth, line.oldest_seconds or 0.0, *flow.get(line.stage.value, (0, 0)), line.paused
                )
                for line in lines
            },
            {},
            self.sla(connection, at),
            watching.tripped(connection, SERVICE, at - TRIP_MS),
            self._windows(connection, at),
            declared,
            time.monotonic() - began,
            complaints=passed.complaints,
            stopped=controls.look(connection).stopped,
            changed={one.id: one.changed_at for one in strategies.all_strategies(connection)},
            topped_up=reserves.topped_up(connection),
        )

    def past(self, connection: Connection, first: int, last: int) -> dict[int, Reading]:
        """Return minutes from `first` until before `last` by what counters keep of them; minutes in which
        nothing was counted at all are left out."""
        taken = products.taken(connection, first, last)
        events = watching.events(connection, first, last)
        acts = watching.strategies(connection, first, last)
        complaints = watching.complaints(connection, first, last)
        blamers = {name: Blamer(terms.blame if terms else None) for name, terms in self.terms().items()}
        found = {}
        for minute in sorted({*taken, *events, *acts, *complaints}):
            came = taken.get(minute, {})
            found[minute] = Reading(
                minute,
                (minute + 1) * MINUTE_MS,
                {name: one.taken for name, one in came.items()},
                sum(one.mis_tapped for one in came.values()),
                {
                    name: gateway_minute(own, blamers[name])
                    for name, own in events.get(minute, {}).items()
                    if name in blamers
                },
                {
                    one.strategy: StrategyMinute(one.seen, one.acted, one.clean_seen, one.clean_hits)
                    for one in acts.get(minute, ())
                },
                complaints=complaints.get(minute, {}),
            )
        return found

    def usual_p95(self, connection: Connection, last: int) -> dict[str, float]:
        """Return the confirmation time (seconds) of each gateway over the month before the minutes that are
        judged, where enough is known."""
        before = last + 1 - P95_MINUTES
        months = sla.latencies(connection, before - MONTH_MINUTES, before)
        found = {
            name: confirm_seconds(buckets, 0.95)
            for name, buckets in months.items()
            if name in self.terms() and sum(count for _, count in buckets) >= USUAL_ORDERS
        }
        return {name: value for name, value in found.items() if value is not None}

    def _timed(
        self, connection: Connection, gateways: Mapping[str, GatewayMinute], minute: int, at: int
    ) -> dict[str, GatewayMinute]:
        """Return gateways with the confirmation times of the orders of the last minutes."""
        waiting = sla.open_orders(connection)
        first = minute + 1 - P95_MOST_MINUTES
        found = {}
        for name in self.terms():
            open_orders = waiting.get(name, ())
            decided = sla.latency_slices(connection, name, first, minute + 1, hours=False)
            times = (newest(decided, open_orders, minute + 1 - span, at) for span in P95_SPANS)
            enough = next((own for own in times if sum(count for _, count in own) >= ENOUGH_ORDERS), None)
            found[name] = gateways.get(name, GatewayMinute())._replace(
                p95=None if enough is None else confirm_seconds(enough, 0.95),
                waiting=sum(count for sent, count in open_orders if sent > minute - P95_MINUTES),
            )
        return found

    def _windows(self, connection: Connection, at: int) -> dict[str, tuple[str, float, int]]:
        found = {}
        backlogs = holds.backlogs(connection)
        for _, window in self.calendar.windows(connection, at):
            present = window.at(at)
            waits = backlogs[window.id].depth if window.id in backlogs else 0
            if present is not None and present.ends_at - at <= WINDOW_SOON_MS:
                found[window.id] = (str(window.scope), (present.ends_at - at) / MINUTE_MS, waits)
        return found


def reserves_now(connection: Connection, runways: Mapping[str, float | None]) -> dict[str, ReserveNow]:
    """Return the reserves with how long they last."""
    return {
        name: ReserveNow(one.balance_fen, one.floor_fen, runways.get(name))
        for name, one in reserves.reserves(connection).items()
    }


def due_now(connection: Connection, at: int) -> DueNow:
    """Return what is due today and not settled. Counts the repayments that are not ended."""
    day = datetime.fromtimestamp(at / 1000, _ZONE).date().isoformat()
    return DueNow(*watching.due(connection, day), *watching.grace_over(connection, day))


def levers_now(connection: Connection) -> Levers:
    """Return what could be moved."""
    look = controls.look(connection)
    known = controls.gateways(connection)
    rows = strategies.all_strategies(connection)
    acting = frozenset(row.id for row in rows if row.mode in ("canary", "enforce"))
    _, scenario = strategies.settings(connection)
    return Levers(
        {name: weight for name, one in known.items() if (weight := look.weight(name, one.configured_weight))},
        acting,
        frozenset(row.id for row in rows if row.id in acting and row.version != row.approved_version),
        scenario,
        frozenset(stage.value for stage in look.paused),
        {
            name: one.configured_weight
            for name, one in known.items()
            if one.override not in (None, one.configured_weight)
        },
    )


def gateway_minute(events: list[EventSum], blamer: Blamer) -> GatewayMinute:
    """Return what a gateway's events of one minute come to."""
    found = counts(events, blamer)
    failed = found.first_outcomes - found.good - found.in_doubt
    blamed: dict[str, int] = {}
    for one in events:
        if one.kind in (EventKind.FAILED, EventKind.UNSENT):
            who = blamer.rule(one.code).blame
            blamed[who] = blamed.get(who, 0) + one.count
    return GatewayMinute(
        found.sent, found.good, found.bad, failed, found.in_doubt, found.callbacks, found.answered,
        found.unanswered, None, 0, blamed,
    )  # fmt: skip
