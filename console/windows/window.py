"""A maintenance window: when it is, in which state, and which of its minutes were declared. Pure.

Its state is never stored: it follows from the window, the instant and what still waits for it, so a
restart in the middle changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.windows import recurrence
from console.windows.scope import Scope
from console.windows.wall_clock import instant_of, wall_of, zone_of

if TYPE_CHECKING:
    from dateutil.rrule import rrule

DAY_MS: Final = 86_400_000

LONGEST_MS: Final = 7 * DAY_MS
"""How long one occurrence may last, extensions included."""

RAMP_SHARES: Final = (0.1, 0.3, 0.6)
"""Share of the rate in each third of the ramp; after it, all."""

_CHUNK_MS: Final = 32 * DAY_MS
"""Occurrences are computed and remembered by spans of this length."""


class Policy(StrEnum):
    """What becomes of a repayment that the window covers."""

    HOLD = "hold"
    REROUTE = "reroute"
    REJECT = "reject_with_notice"


class State(StrEnum):
    """Where a window stands."""

    SCHEDULED = "scheduled"
    DRAINING = "draining"
    ACTIVE = "active"
    RECOVERING = "recovering"
    ENDED = "ended"
    CANCELLED = "cancelled"


CLOSED: Final = frozenset({State.DRAINING, State.ACTIVE})
"""States in which nothing new is sent."""


@dataclass(frozen=True)
class Adjustment:
    """Another end for the occurrence that starts at `starts_at`; later ones count over earlier ones."""

    starts_at: int
    ends_at: int
    declared_at: int


@dataclass(frozen=True)
class Occurrence:
    """One time that a window happens; nothing new is sent from `closes_at` on. Instants."""

    closes_at: int
    starts_at: int
    ends_at: int
    declared: tuple[tuple[int, int], ...]
    """The spans of it that were declared before they began."""

    def state(self, now: int) -> State:
        """Return where it stands by itself, whatever waits."""
        if now < self.closes_at:
            return State.SCHEDULED
        if now < self.starts_at:
            return State.DRAINING
        return State.ACTIVE if now < self.ends_at else State.ENDED


@dataclass(frozen=True)
class Window:
    """A window as declared. `start` is naive, in `zone`; spans are milliseconds, the rest instants.

    `cancelled_at`: occurrences that had not started by then never do.
    """

    id: str
    scope: Scope
    policy: Policy
    zone: str
    start: datetime
    duration: int
    declared_at: int
    rule: str | None = None
    drain: int = 0
    ramp: int = 0
    notice: str = ""
    cancelled_at: int | None = None
    adjustments: tuple[Adjustment, ...] = ()
    version: int = 1

    def between(self, first: int, last: int) -> tuple[Occurrence, ...]:
        """Return the occurrences that have begun to drain by `last` and have not ended by `first`."""
        found: list[Occurrence] = []
        chunk = (first - LONGEST_MS) // _CHUNK_MS
        while chunk * _CHUNK_MS <= last + self.drain:
            found += _occurrences(self, chunk)
            chunk += 1
        return tuple(one for one in found if one.ends_at > first and one.closes_at <= last)

    def at(self, now: int) -> Occurrence | None:
        """Return the occurrence that keeps traffic back now, draining or active."""
        return next(iter(self.between(now, now)), None)

    def next(self, now: int) -> Occurrence | None:
        """Return the next occurrence that has not begun to drain."""
        return next((one for one in self.upcoming(now, 2) if one.closes_at > now), None)

    def starting(self, at: int) -> Occurrence | None:
        """Return the occurrence that starts at an instant, even one that was ended before."""
        return next((one for one in _occurrences(self, at // _CHUNK_MS) if one.starts_at == at), None)

    def upcoming(self, now: int, count: int) -> tuple[Occurrence, ...]:
        """Return up to `count` occurrences that have not ended, the present one first."""
        found: list[Occurrence] = []
        from_wall = wall_of(now - LONGEST_MS, zone_of(self.zone))
        for wall in self.walls(from_wall, datetime.max):
            made = self.occurrence(wall)
            if made is not None and made.ends_at > now and (not found or made.starts_at >= found[-1].ends_at):
                found.append(made)
            if len(found) == count or self._past_cancel(wall):
                break
        return tuple(found)

    def last_ended(self, now: int) -> Occurrence | None:
        """Return the last occurrence that has ended, at most a month ago."""
        ended = [one for one in self.between(now - _CHUNK_MS, now) if one.ends_at <= now]
        return max(ended, key=lambda one: one.ends_at, default=None)

    def state(self, now: int, backlog: int = 0) -> State:
        """Return where the window stands when `backlog` repayments wait for it."""
        present = self.at(now)
        if present is not None:
            return present.state(now)
        ended = self.last_ended(now)
        if backlog > 0 or (ended is not None and now < ended.ends_at + self.ramp):
            return State.RECOVERING
        if self.next(now) is not None:
            return State.SCHEDULED
        return State.CANCELLED if self.cancelled_at is not None and ended is None else State.ENDED

    def share(self, now: int) -> float:
        """Return the share (0 … 1) of the rate that its traffic gets back now; 0 while it is closed."""
        if self.at(now) is not None:
            return 0.0
        ended = self.last_ended(now)
        return 1.0 if ended is None else ramp_share(now - ended.ends_at, self.ramp)

    def declared_minutes(self, first: int, last: int) -> float:
        """Return how many minutes from `first` to `last` it was active and declared to be."""
        spans = [span for one in self.between(first, last) for span in one.declared]
        return sum(max(0, min(end, last) - max(start, first)) for start, end in spans) / 60_000

    def walls(self, first: datetime, last: datetime) -> Iterable[datetime]:
        """Return the wall-clock starts that its rule gives from `first` to `last`, both included."""
        if self.rule is None:
            return [self.start] if first <= self.start <= last else []
        return recurrence.between(_compiled(self.rule, self.start, self.zone), first, last)

    def _past_cancel(self, wall: datetime) -> bool:
        if self.cancelled_at is None:
            return False
        return instant_of(wall, zone_of(self.zone)) > self.cancelled_at

    def occurrence(self, wall: datetime) -> Occurrence | None:
        """Return the occurrence that starts at a wall-clock time; None for one that never was."""
        starts = instant_of(wall, zone_of(self.zone))
        ends = starts + self.duration
        if ends <= self.declared_at or (self.cancelled_at is not None and starts > self.cancelled_at):
            return None
        declared = [(max(starts, self.declared_at), ends)]
        for change in self.adjustments:
            if change.starts_at == starts:
                if change.ends_at > ends:
                    declared.append((max(ends, change.declared_at), change.ends_at))
                ends = Instant(change.ends_at)
        spans = ((start, min(end, ends)) for start, end in declared)
        closes = max(starts - self.drain, min(self.declared_at, starts))
        return Occurrence(closes, starts, ends, tuple((a, b) for a, b in spans if b > a))


def ramp_share(since: int, ramp: int) -> float:
    """Return the share of the rate `since` milliseconds after the end: 10, 30, 60, then 100 %."""
    if since >= ramp:
        return 1.0
    return RAMP_SHARES[max(0, since) * len(RAMP_SHARES) // ramp]


def check(window: Window) -> None:
    """Raise RuleError unless its rule is bounded and its occurrences never overlap (in two years)."""
    if window.rule is None:
        return
    recurrence.check_bounds(_compiled(window.rule, window.start, window.zone))
    zone = zone_of(window.zone)
    until = window.start + timedelta(days=731)
    starts = sorted({instant_of(wall, zone) for wall in window.walls(window.start, until)})
    closest = min((b - a for a, b in itertools.pairwise(starts)), default=None)
    if closest is not None and closest < window.duration:
        raise recurrence.RuleError(
            "the occurrences would overlap each other", f"shorten them to {closest // 60_000}m at most"
        )


@lru_cache(maxsize=256)
def _compiled(rule: str, start: datetime, zone: str) -> rrule:
    return recurrence.compiled(rule, start, zone_of(zone))


@lru_cache(maxsize=2048)
def _occurrences(window: Window, chunk: int) -> tuple[Occurrence, ...]:
    """Return the occurrences that start within a chunk of time, growing, none within another."""
    zone = zone_of(window.zone)
    first, last = chunk * _CHUNK_MS, (chunk + 1) * _CHUNK_MS
    made: list[Occurrence] = []
    day = timedelta(days=1)
    for wall in window.walls(wall_of(first, zone) - day, wall_of(last, zone) + day):
        one = window.occurrence(wall)
        if one is not None and first <= one.starts_at < last:
            if made and one.starts_at < made[-1].ends_at:
                continue
            made.append(one)
    return tuple(made)
