"""Which orders leave next: chosen among what is due, and made durable, in one transaction.

A repayment goes only where there is room, where people and windows let it, and where a replay has bound it;
nothing is sent from here.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.gateways.routing import Route, choose
from console.repayment.expire import CASE_OPEN
from console.repayment.gate import (
    NOWHERE,
    Budget,
    Gate,
    Go,
    Hold,
    Reject,
    Room,
    drawn,
    judge,
    keep_back,
    release,
)
from console.repayment.lane import Desk, Lane
from console.repayment.turns import Turns
from console.store import cases, claims, holds, replay_items
from console.store.claims import DueRepayment, Screened, Start, Unsent
from console.store.controls import Controls, obey
from console.store.facts import amount_digest, request_digest
from console.windows.calendar import Force

NOT_SENT_AGAIN = "not_sent_again"
"""Word of the timeline."""

PARK_MS = 60_000
"""How long a repayment waits that the database refuses to send."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders whose attempts are durable `at` an instant, and the controls under which they are sent.

    Windows kept back `kept` others; `not_after` tells, by order number, from which instant on one would
    keep back this one too. `budget` is what was sent on account of windows that are over.
    """

    starts: list[Start]
    controls: Controls
    at: int = 0
    kept: int = 0
    not_after: Mapping[str, int] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)


@dataclass(slots=True)
class Plan:
    """What to do with due repayments: `starts` are sent, `waiting` are deferred, windows keep `kept`."""

    starts: list[Start]
    waiting: list[tuple[DueRepayment, Instant]] = field(default_factory=list)
    kept: list[tuple[DueRepayment, Hold | Reject]] = field(default_factory=list)


def room_at(routes: Iterable[Route], probes: Iterable[str]) -> dict[str, int]:
    """Return how many orders each gateway may get, one where its health is only tried."""
    return {route.gateway: route.free for route in routes if route.weight > 0} | dict.fromkeys(probes, 1)


class Chooser:
    """See the module. Keeps the pace of windows that are over, and of repayments that wait for a gateway."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        rates = {name: lane.config.rate_per_second for name, lane in desk.lanes.items()}
        self._gate, self._turns = Gate(rates), Turns(rates)

    def committed(self, batch: Batch) -> None:
        """Count what a batch sent on account of windows that are over, now that it is durable."""
        self._gate.spent(batch.budget)

    def begin(
        self, connection: Connection, routes: Sequence[Route], probes: Sequence[str], limit: int
    ) -> Batch:
        """Make attempts durable: those proven unsent first, then new ones.

        Nothing is sent while dispatch is paused, nor by routes made under other controls than those in
        force: they hold until this transaction is over.
        """
        desk, controls = self._desk, obey(connection)
        if controls != desk.controls or Stage.DISPATCH in controls.paused:
            return Batch([], controls)
        now, shard = desk.clock.now(), desk.store.shard
        force = self._gate.force(connection, now)
        free = room_at(routes, probes)
        unsent = self._sendable(connection, force, free, limit, now)
        for one in unsent:
            free[one.attempt.gateway] -= 1
        free = {gateway: room for gateway, room in free.items() if not force.closes(gateway)}
        plan = Plan([self._start(one.repayment, desk.lanes[one.attempt.gateway], now, one) for one in unsent])
        most, budget = limit - len(unsent), self._gate.budget()
        due = claims.due_repayments(connection, Stage.DISPATCH, now=now, limit=most) if most > 0 else []
        due, bound = self._bound(connection, due)
        if force:
            usual = self._usual(force, routes)
            wanted = Counter(drawn(usual, one.wanted_gateway, one.id) for one in due)
            room = Room(free, wanted, most)
            let_go = release(connection, force, Stage.DISPATCH, budget, room, now, shard)
            let_go, released = self._bound(connection, let_go)
            bound |= released
            going = _judged(plan, force, usual, let_go, due, budget)
            keep_back(connection, plan.kept, frm=Stage.DISPATCH, now=now, shard=shard)
        else:
            going = [(one, Go(one.wanted_gateway, NOWHERE)) for one in due]
        going = self._uncontested(connection, going, now)
        going = [(one, self._held_to(bound.get(one.seq), go)) for one, go in going]
        left = [route._replace(free=free.get(route.gateway, 0)) for route in routes]
        self._route(plan, going, left, [gateway for gateway in probes if free.get(gateway, 0) > 0], now)
        if plan.starts:
            claims.start_sending(connection, plan.starts, owner=desk.owner, now=now, shard=shard)
        if plan.waiting:
            claims.defer(connection, plan.waiting)
        return Batch(plan.starts, controls, now, len(plan.kept), _closings(force, plan.starts), budget)

    def _bound(
        self, connection: Connection, due: Sequence[DueRepayment]
    ) -> tuple[list[DueRepayment], dict[int, str]]:
        """Return repayments with the gateway that a running replay has for them as their wish, and those.

        A replay keeps its pace, and others out, at the gateways it has: its orders go nowhere else.
        """
        bound = replay_items.bound(connection, [one.seq for one in due if one.attempts])
        return [one._replace(wanted_gateway=bound.get(one.seq, one.wanted_gateway)) for one in due], bound

    def _held_to(self, gateway: str | None, go: Go) -> Go:
        """Return where a repayment may go that a replay has bound to a gateway, if any."""
        return go if gateway is None else Go(gateway, frozenset(self._desk.lanes) - {gateway})

    def _uncontested(
        self, connection: Connection, going: list[tuple[DueRepayment, Go]], now: Instant
    ) -> list[tuple[DueRepayment, Go]]:
        """Return those that may go; those of which a case is open fail, as an earlier order may be paid."""
        contested = cases.contested(connection, [one.seq for one, _ in going if one.attempts])
        if not contested:
            return going
        stopped = [one for one, _ in going if one.seq in contested]
        moves = [Screened(one, Stage.FAILED, None, CASE_OPEN) for one in stopped]
        shard = self._desk.store.shard
        claims.move_on(connection, moves, frm=Stage.DISPATCH, now=now, shard=shard, what=NOT_SENT_AGAIN)
        replay_items.not_sent(connection, [(one.seq, one.attempts) for one in stopped])
        return [(one, go) for one, go in going if one.seq not in contested]

    def _sendable(
        self, connection: Connection, force: Force, free: Mapping[str, int], limit: int, now: Instant
    ) -> list[Unsent]:
        """Return orders proven unsent that may be sent now; windows put the others off."""
        unsent: list[Unsent] = []
        for gateway, count in free.items():
            room = min(count, limit - len(unsent))
            if room <= 0:
                continue
            for one in claims.unsent_attempts(connection, gateway, now=now, limit=room):
                if force.closed(Stage.DISPATCH, one.repayment.product, gateway) is None:
                    unsent.append(one)
                else:
                    attempt = (one.attempt.id, one.attempt.version)
                    holds.put_off(connection, [attempt], now + PARK_MS)
        return unsent

    def _usual(self, force: Force, routes: Sequence[Route]) -> list[Route]:
        """Return the routes, those that windows touch as if they were healthy."""
        controls, lanes = self._desk.controls, self._desk.lanes
        return [
            route._replace(
                weight=controls.weight(route.gateway, lanes[route.gateway].config.weight), healthy=True
            )
            if force.touches(route.gateway)
            else route
            for route in routes
        ]

    def _route(
        self,
        plan: Plan,
        going: Sequence[tuple[DueRepayment, Go]],
        routes: Sequence[Route],
        probes: Sequence[str],
        now: Instant,
    ) -> None:
        """Give each repayment a gateway that has room, or let it wait."""
        free = {route.gateway: route for route in routes}
        untried = list(probes)
        for repayment, go in going:
            probe = next((g for g in untried if go.wish in (None, g) and g not in go.avoid), None)
            gateway = probe or choose(
                [route for route in free.values() if route.gateway not in go.avoid],
                go.wish,
                random.random(),  # noqa: S311 - spreads load
            )
            if gateway is None:
                plan.waiting.append((repayment, self._turns.take(go.wish, now)))
                continue
            if probe is not None:
                untried.remove(probe)
            free[gateway] = free[gateway]._replace(free=free[gateway].free - 1)
            plan.starts.append(self._start(repayment, self._desk.lanes[gateway], now))

    def _start(
        self, repayment: DueRepayment, lane: Lane, now: Instant, unsent: Unsent | None = None
    ) -> Start:
        settings, config = self._desk.settings, lane.config
        number = repayment.attempts + 1 if unsent is None else unsent.attempt.number
        order_no = f"{repayment.id}-{number}"
        deadline = now + round((settings.lease / 2 + config.timeout) * 1000)
        return Start(
            repayment=repayment,
            gateway=config.id,
            number=number,
            order_no=order_no,
            amount_digest=amount_digest(order_no, repayment.amount_fen, repayment.currency),
            request_digest=request_digest(
                order_no, repayment.amount_fen, repayment.currency, config.ledger, repayment.sealed
            ),
            deadline_at=deadline,
            lease_until=deadline + round(settings.lease * 1000),
            order_expires_at=now + round(config.order_expiry * 1000),
            unsent=None if unsent is None else unsent.attempt,
        )


def _judged(
    plan: Plan,
    force: Force,
    routes: Sequence[Route],
    let_go: Sequence[DueRepayment],
    due: Sequence[DueRepayment],
    budget: Budget,
) -> list[tuple[DueRepayment, Go]]:
    """Return those that may go, with where; the others are noted as kept."""
    going: list[tuple[DueRepayment, Go]] = []
    for number, repayment in enumerate((*let_go, *due)):
        verdict = judge(force, repayment, routes, budget, released=number < len(let_go))
        if isinstance(verdict, Go):
            going.append((repayment, verdict))
        else:
            plan.kept.append((repayment, verdict))
    return going


def _closings(force: Force, starts: Iterable[Start]) -> dict[str, int]:
    """Return, by order number, the instant from which on a window keeps an order back."""
    if not force.closings:
        return {}
    found = ((start.order_no, force.not_after(start.repayment.product, start.gateway)) for start in starts)
    return {order_no: at for order_no, at in found if at is not None}
