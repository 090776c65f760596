"""What a window means for the traffic: how much would come, where it could go, how long it takes after.

Reads counters and the newest repayments; decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, to_datetime
from console.contract.vocabulary import Stage
from console.store import controls, volumes
from console.store.holds import Backlog
from console.windows.calendar import NOTHING
from console.windows.forecast import Forecast
from console.windows.window import DAY_MS, Occurrence, Policy, State, Window, ramp_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from console.store.controls import KnownGateway

MINUTE_MS: Final = 60_000

DAYS_BACK: Final = 7
"""Days whose same hours tell what to expect."""

RECENT_MS: Final = 15 * 60_000
"""The span whose rate is taken where no day is known."""

LATELY_MS: Final = 5 * MINUTE_MS
"""The span that tells how much comes in now."""

ENOUGH: Final = 20
"""Repayments taken in that tell how much more, or less, comes in than before."""

WORKER_SEEN_MS: Final = 60_000
"""A process with workers that was not seen for so long is gone."""

SETTLED_MS: Final = 120_000
"""How long a recovery has to last before its own rate is measured."""


@dataclass(frozen=True)
class Expected:
    """What would come in during a slot: how many, how much (fen), how many a second."""

    count: int
    sum_fen: int
    per_second: float


def expected(connection: Connection, window: Window, slot: Occurrence, now: int) -> Expected:
    """Return what a window covers in a slot, by the same hours of the last days, else the last minutes."""
    known = volumes.known_since(connection)
    if known is None:
        return Expected(0, 0, 0.0)
    length = slot.ends_at - slot.closes_at
    counts: list[float] = []
    for day in range(1, DAYS_BACK + 15):
        first, last = slot.closes_at - day * DAY_MS, slot.ends_at - day * DAY_MS
        if first < known or len(counts) == DAYS_BACK:
            break
        if last <= now:
            counts.append(_volume(connection, window, first, last))
    share = volumes.product_share(connection, window.scope.products)
    if counts:
        count = sum(counts) / len(counts) * share
    else:
        count = _recent(connection, window, known, now) * share * length / 1000
    fen = volumes.usual_fen(connection, window.scope.gateways)
    return Expected(round(count), round(count) * fen, count * 1000 / length if length else 0.0)


def _volume(connection: Connection, window: Window, first: int, last: int) -> float:
    """Return how many went where the window is, between two instants; for less than a minute, by its rate."""
    whole_first, whole_last = first // 60_000 * 60_000, -(-last // 60_000) * 60_000
    if window.scope.gateways:
        found = volumes.sent(connection, window.scope.gateways, whole_first, whole_last)
    else:
        stage = Stage.INTAKE if window.scope.stage is Stage.SCREENING else Stage.DISPATCH
        found = volumes.entered(connection, stage.value, whole_first, whole_last)
    return found * (last - first) / (whole_last - whole_first) if whole_last > whole_first else 0.0


def _recent(connection: Connection, window: Window, known: int, until: int) -> float:
    """Return the rate (per second) of the last minutes before an instant: of whole ones where some are known,
    as the first minute of all and the one that is going on hold less than their share."""
    last = until // MINUTE_MS * MINUTE_MS
    first = max(known + MINUTE_MS, last - RECENT_MS)
    if first < last:
        return _volume(connection, window, first, last) * 1000 / (last - first)
    first = max(known, until - RECENT_MS)
    seconds = (until - first) / 1000
    return _volume(connection, window, first, until) / seconds if seconds >= 1 else 0.0


@dataclass(frozen=True)
class Elsewhere:
    """The gateways that could take over, and their room per second; `known` tells whether any is known."""

    taking: tuple[str, ...]
    per_second: float
    known: bool


def elsewhere(
    connection: Connection, window: Window, slots: Iterable[Occurrence], others: Iterable[Window], now: int
) -> Elsewhere:
    """Return what takes traffic outside of the window, in every one of its slots."""
    gateways = controls.gateways(connection)
    spans = list(slots)
    closed = {
        name
        for other in others
        for slot in spans
        for name in gateways
        if other.scope.closes(name) and other.between(slot.closes_at, slot.ends_at - 1)
    }
    taking = {
        name: one
        for name, one in gateways.items()
        if one.weight > 0 and name not in window.scope.gateways and name not in closed
    }
    load = {name: volumes.sent(connection, [name], now - 5 * 60_000, now) / 300 for name in taking}
    room = sum(max(0.0, one.rate_per_second - load[name]) for name, one in taking.items())
    return Elsewhere(tuple(taking), room, bool(gateways))


def days_ending_in(slot: Occurrence) -> tuple[str, ...]:
    """Return the business days (ISO) whose last moment lies in a slot."""
    zone = ZoneInfo(BUSINESS_ZONE)
    first = to_datetime(slot.starts_at).astimezone(zone).date()
    last = to_datetime(slot.ends_at).astimezone(zone).date()
    return tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days))


def sending_rate(connection: Connection, window: Window, now: int) -> float:
    """Return how many a second its gateways are configured to be sent, by all workers together."""
    gateways = controls.gateways(connection)
    names = window.scope.gateways or tuple(gateways)
    rates = [_rate(gateways[name]) for name in names if name in gateways]
    return sum(rates) * max(1, volumes.workers(connection, now - WORKER_SEEN_MS))


def _rate(gateway: KnownGateway) -> float:
    return gateway.rate_per_second if gateway.weight else 0.0


def forecast(
    connection: Connection, window: Window, backlogs: Mapping[str, Backlog], now: int
) -> Forecast | None:
    """Return how the backlog of a window drains; None while nothing waits and nothing is closed."""
    backlog = backlogs.get(window.id, NOTHING).depth
    sending = sending_rate(connection, window, now)
    present = window.at(now)
    if present is not None:
        waited = (now - present.closes_at) / 1000
        by_plan = expected(connection, window, present, now).per_second
        so_far = backlog / waited * _times(connection, present.closes_at, now, now) if waited >= 1 else 0.0
        arriving = so_far or by_plan
        if window.policy is not Policy.HOLD:
            return Forecast(backlog, by_plan, sending, (window.ramp, window.ramp))
        at_end = backlog + arriving * (present.ends_at - now) / 1000
        return Forecast(at_end, arriving, sending, (window.ramp, window.ramp))
    if window.state(now, backlog) is not State.RECOVERING:
        return None
    ended = window.last_ended(now)
    left = 0 if ended is None else max(0, ended.ends_at + window.ramp - now)
    if ended is not None:
        measured = _measured(connection, window, ended, backlog, now)
        sending = measured or sending
        usual = (ended.closes_at - RECENT_MS, ended.closes_at)
        arriving = _recent_before(connection, window, ended) * _times(connection, *usual, now)
    else:
        arriving = 0.0
    return Forecast(backlog, arriving, sending, (left, window.ramp))


def _recent_before(connection: Connection, window: Window, ended: Occurrence) -> float:
    known = volumes.known_since(connection)
    return 0.0 if known is None else _recent(connection, window, known, ended.closes_at)


def _times(connection: Connection, first: int, last: int, now: int) -> float:
    """Return how many times as much is taken in, in the last minutes, as between two instants: what comes for
    a window is not sent meanwhile, and a surge may begin inside of it. 1 where too little is known."""
    lately = now // MINUTE_MS * MINUTE_MS
    before = _taken_in(connection, first, last)
    newest = _taken_in(connection, max(first, lately - LATELY_MS), lately)
    return 1.0 if before is None or newest is None else newest / before


def _taken_in(connection: Connection, first: int, last: int) -> float | None:
    """Return how many a second were taken in, in the whole minutes between two instants that are known; None
    for few."""
    known = volumes.known_since(connection)
    if known is None:
        return None
    first, last = max(-(-first // MINUTE_MS) * MINUTE_MS, known + MINUTE_MS), last // MINUTE_MS * MINUTE_MS
    found = volumes.entered(connection, Stage.INTAKE.value, first, last) if first < last else 0
    return found * 1000 / (last - first) if found >= ENOUGH else None


def _measured(
    connection: Connection, window: Window, ended: Occurrence, backlog: int, now: int
) -> float | None:
    """Return the rate at which it is being sent, once the ramp is over and more waits than is sent."""
    since = max(ended.ends_at + window.ramp, now - SETTLED_MS)
    first, last = -(-since // 60_000) * 60_000, now // 60_000 * 60_000
    if not backlog or last <= first or ramp_share(first - ended.ends_at, window.ramp) < 1:
        return None
    found = volumes.sent(connection, window.scope.gateways, first, last) if window.scope.gateways else 0
    return found * 1000 / (last - first) or None
