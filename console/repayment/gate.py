"""How dispatch and screening obey maintenance windows.

Everything is decided inside the worker's transaction, by the service's clock: what a window covers is
moved to `held` or turned away, and what waited for one that is over is let go at the pace of its ramp.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.vocabulary import Stage
from console.gateways.routing import Route
from console.store import holds
from console.store.holds import Keep
from console.windows.calendar import Calendar, Force, Recovery
from console.windows.window import Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.claims import DueRepayment, Movable
    from console.store.decisions import Screenable

BURST_SECONDS: Final = 0.25
"""How much unused rate of a recovering window may be saved up."""

RELEASED_SHARE: Final = 0.8
"""Share of the pace of a ramp that goes to what waited; the rest is left to what comes in meanwhile."""

_DRAWS: Final = 1 << 32


NOWHERE: Final[frozenset[str]] = frozenset()


class Go(NamedTuple):
    """Send it, by the wish or by weight, but not to the gateways to `avoid`."""

    wish: str | None
    avoid: frozenset[str]


class Hold(NamedTuple):
    """Keep it for a window until about an instant."""

    window_id: str
    until: int
    detail: str


class Reject(NamedTuple):
    """Turn it away with a notice; only one that was taken in at or after `since` and never sent."""

    hold: Hold
    notice: str
    since: int


Verdict = Go | Hold | Reject


@dataclass(slots=True)
class Budget:
    """How many repayments of recovering windows may be sent in this transaction, and were."""

    left: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def spend(self, window_id: str) -> bool:
        """Take one; tell whether there was one."""
        if self.left.get(window_id, 0) < 1:
            return False
        self.left[window_id] -= 1
        self.spent[window_id] = self.spent.get(window_id, 0) + 1
        return True


def drawn(routes: Sequence[Route], wanted: str | None, identity: str) -> str | None:
    """Return the gateway a repayment would go to by wish or weight, whatever room there is.

    The same for the same repayment each time, so that waiting does not change whom a window keeps.
    """
    for route in routes:
        if route.gateway == wanted and route.healthy and route.weight > 0:
            return wanted
    candidates = sorted(route for route in routes if route.weight > 0)
    if not candidates:
        return None
    digest = hashlib.blake2b(identity.encode(), digest_size=4).digest()
    mark = int.from_bytes(digest) / _DRAWS * sum(route.weight for route in candidates)
    for route in candidates:
        mark -= route.weight
        if mark < 0:
            return route.gateway
    return candidates[-1].gateway


def judge(
    force: Force, due: DueRepayment, routes: Sequence[Route], budget: Budget, *, released: bool
) -> Verdict:
    """Return what becomes of a repayment in dispatch.

    `routes` tell of closed and recovering gateways as if these were healthy: a window is no illness.
    `released` ones have waited for a window and have their place in the pace already. Pure but for the
    budget.
    """
    gateway = drawn(routes, due.wanted_gateway, due.id)
    names = [route.gateway for route in routes]
    closed = {name for name in names if force.closed(Stage.DISPATCH, due.product, name)}
    slowed = {name for name in names if force.recovering(Stage.DISPATCH, due.product, name)}
    closure = force.closed(Stage.DISPATCH, due.product, gateway)
    if closure is not None:
        elsewhere = any(route.weight > 0 and route.gateway not in closed for route in routes)
        hold = Hold(closure.window.id, closure.occurrence.ends_at, closure.detail)
        if closure.window.policy is Policy.REROUTE and elsewhere:
            return Go(None, frozenset(closed | slowed))
        if closure.window.policy is Policy.REJECT and due.attempts == 0:
            return Reject(hold, closure.notice, closure.occurrence.closes_at)
        return hold
    recovery = force.recovering(Stage.DISPATCH, due.product, gateway)
    if recovery is not None and not released and not budget.spend(recovery.window.id):
        return Hold(recovery.window.id, 0, f"{recovery.window.id} {recovery.window.scope}")
    slowed.discard(gateway or "")
    wish = gateway if recovery is not None else due.wanted_gateway
    return Go(None if wish in closed else wish, frozenset(closed | slowed))


class Gate:
    """The windows as one worker sees them, and the pace of those that recover. Not for several threads
    at once. `rates` are calls per second per gateway."""

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._rates = rates
        self._calendar = Calendar()
        self._tokens: dict[str, float] = {}
        self._filled_at = time.monotonic()

    def force(self, connection: Connection, now: Instant) -> Force:
        """Return what the windows do now; recovering ones have earned their pace up to now."""
        force = self._calendar.force(connection, now)
        moment = time.monotonic()
        elapsed, self._filled_at = moment - self._filled_at, moment
        tokens = {}
        for recovery in force.recoveries:
            rate = self._rate(recovery)
            most = max(1.0, rate * BURST_SECONDS)
            before = self._tokens.get(recovery.window.id)
            tokens[recovery.window.id] = 0.0 if before is None else min(most, before + elapsed * rate)
        self._tokens = tokens
        return force

    def budget(self) -> Budget:
        """Return what recovering windows may send now."""
        return Budget({name: int(tokens) for name, tokens in self._tokens.items()})

    def spent(self, budget: Budget) -> None:
        """Take from the pace what a transaction that is committed has sent."""
        for name, count in budget.spent.items():
            self._tokens[name] = self._tokens.get(name, 0.0) - count

    def _rate(self, recovery: Recovery) -> float:
        scope = recovery.window.scope
        rates = [rate for name, rate in self._rates.items() if not scope.gateways or name in scope.gateways]
        return recovery.share * (sum(rates) or sum(self._rates.values()))


@dataclass(frozen=True, slots=True)
class Room:
    """What may be sent in a transaction: `free` calls per gateway, of which due repayments are drawn to
    `wanted`, and `most` in all."""

    free: Mapping[str, int]
    wanted: Mapping[str | None, int]
    most: int

    def beside_new(self, gateways: Sequence[str]) -> int:
        """Return what is left at gateways (all when none is named, or these take no traffic) beside what
        comes in; at least half of it, so that what waited is not starved."""
        named = [name for name in gateways if name in self.free]
        free = sum(self.free[name] for name in named or self.free)
        wanted = sum(self.wanted.get(name, 0) for name in named or self.wanted)
        return max(-(-free // 2), free - wanted)


def release(
    connection: Connection, force: Force, stage: Stage, budget: Budget, room: Room, now: Instant, shard: int
) -> list[DueRepayment]:
    """Let go what waited for windows that are over, as far as their pace and the gateways' room allow.

    They go back to the stage they came from (for `stage`, the one that was to work on them).
    """
    released: list[DueRepayment] = []
    back_to = Stage.INTAKE if stage is Stage.SCREENING else stage
    for recovery in force.recoveries:
        scope, identity = recovery.window.scope, recovery.window.id
        if scope.stage is not stage or not recovery.backlog.depth:
            continue
        tokens = budget.left.get(identity, 0)
        pace = tokens if recovery.share == 1 else math.ceil(tokens * RELEASED_SHARE)
        limit = min(pace, room.beside_new(scope.gateways), room.most - len(released))
        if limit > 0:
            found = holds.let_go(connection, identity, back_to, limit=limit, now=now, shard=shard)
            for _ in found:
                budget.spend(identity)
            released += found
    return released


def keep_back(
    connection: Connection,
    verdicts: Iterable[tuple[Movable, Hold | Reject]],
    *,
    frm: Stage,
    now: Instant,
    shard: int,
) -> int:
    """Write what windows keep back or turn away; return how many. Raises LeaseLost."""
    found = list(verdicts)
    fresh: set[int] = set()
    for since in {verdict.since for _, verdict in found if isinstance(verdict, Reject)}:
        seqs = [one.seq for one, verdict in found if isinstance(verdict, Reject) and verdict.since == since]
        fresh |= holds.taken_in_since(connection, seqs, since)
    kept: list[Keep] = []
    refused: list[tuple[Movable, str]] = []
    for subject, verdict in found:
        if isinstance(verdict, Reject):
            if subject.seq in fresh:
                refused.append((subject, verdict.notice))
                continue
            verdict = verdict.hold
        kept.append(Keep(subject, verdict.window_id, max(verdict.until, now), verdict.detail))
    holds.keep(connection, kept, frm=frm, back_to=frm, now=now, shard=shard)
    holds.reject(connection, refused, frm=frm, now=now, shard=shard)
    return len(kept) + len(refused)


def judge_unscreened(force: Force, subject: Screenable) -> Hold | Reject | None:
    """Return what becomes of a repayment before it is screened; None lets it be screened."""
    closure = force.closed(Stage.SCREENING, subject.product, None)
    if closure is None:
        return None
    hold = Hold(closure.window.id, closure.occurrence.ends_at, closure.detail)
    if closure.window.policy is Policy.REJECT and subject.attempts == 0:
        return Reject(hold, closure.notice, closure.occurrence.closes_at)
    return hold
