"""Planning: puts every member of a selection into a class, a chunk at a time.

Each chunk is read in one snapshot and kept in one short transaction, with the place to go on from; so a
planner that was killed is followed by another, and nothing that stops money ever waits for a plan.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from console.contract.replay import RUN
from console.contract.vocabulary import Stage
from console.gateways.wire import CLOCK_SKEW_SECONDS
from console.repayment.gate import drawn
from console.repayment.replay.classes import class_of, first_outcome
from console.repayment.replay.crossing import RulesStale, Strategies, closed, passing, screened
from console.repayment.replay.pace import RAMP
from console.store import replay_items, replays, selections
from console.store.board import WINDOW_MINUTES, gateway_figures
from console.store.controls import look
from console.store.kinds import Said
from console.store.replay_rows import Planned, Subject
from console.store.replays import Lease, StoredReplay
from console.windows.calendar import Calendar
from console.windows.window import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.contract.replay import ReplayClass
    from console.gateways.routing import Route
    from console.repayment.lane import Desk
    from console.windows.calendar import Force

LEAST_ROOM: Final = 0.1
"""Share of a gateway's rate that a replay is expected to find at least."""


class Planner:
    """See the module."""

    def __init__(self, desk: Desk, strategies: Strategies) -> None:
        self._desk = desk
        self._strategies = strategies
        self._calendar = Calendar()

    async def step(self, replay: StoredReplay, lease: Lease) -> None:
        """Plan one chunk, or finish the plan. Raises DriverGone."""
        if replay.planned >= replay.total:
            await self._finish(replay, lease)
            return
        try:
            items = await self._desk.store.read(lambda connection: self._classed(connection, replay))
        except RulesStale:
            await self._strategies.fresh()
            return
        if not items:
            await self._give_up(replay, lease)
            return
        digest = _digest(replay.digest, items)

        def keep(connection: Connection) -> None:
            replays.hold(connection, lease)
            replay_items.plan(connection, replay.seq, items, chunk=replay.chunk, digest=digest)

        await self._desk.store.write(keep)

    def _classed(self, connection: Connection, replay: StoredReplay) -> list[Planned]:
        now = self._desk.clock.now()
        members = selections.chunk(connection, replay.selection_id, replay.chunk)
        if not members:
            return []
        subjects = replay_items.to_plan(connection, replay.seq, members)
        rules = self._strategies.current(connection, now)
        failed = [one.screenable for one in subjects if one.stage is Stage.FAILED]
        passed = passing(screened(connection, rules, failed, now))
        force = self._calendar.force(connection, now)
        controls = look(connection)
        routes = [lane.route(controls) for lane in self._desk.lanes.values()]
        claimed: set[tuple[str, str]] = set()
        items = []
        for subject in sorted(subjects, key=lambda one: (one.day, one.screenable.seq)):
            instalment = (subject.screenable.borrower_token, subject.instalment)
            if instalment in claimed:
                subject = subject._replace(twin=True)
            target = _target(subject, routes, force)
            class_ = class_of(
                subject,
                now,
                self._key_ends,
                closed=closed(force, subject.screenable.product, target),
                blocked=subject.screenable.seq not in passed,
            )
            if class_ in RUN:
                claimed.add(instalment)
            items.append(_planned(subject, class_, target or ""))
        return items

    def _key_ends(self, gateway: str) -> int:
        lane, settings = self._desk.lanes.get(gateway), self._desk.settings
        if lane is None:
            return 0
        margin = settings.resend_margin + lane.config.timeout + settings.lease
        return round((lane.config.idempotency_window - CLOCK_SKEW_SECONDS - margin) * 1000)

    async def _finish(self, replay: StoredReplay, lease: Lease) -> None:
        now = self._desk.clock.now()
        estimate = await self._desk.store.read(lambda connection: self._estimate(connection, replay, now))

        def job(connection: Connection) -> None:
            replays.hold(connection, lease)
            replays.planned(connection, replay.seq, estimate_ms=estimate, now=now)

        await self._desk.store.write(job)

    def _estimate(self, connection: Connection, replay: StoredReplay, now: Instant) -> int:
        """Return how long the replay will take (ms): its rate, as far as live traffic and the orders that may
        be on their way at once leave room for it."""
        counts: Counter[str] = Counter()
        for tally in replays.tallies(connection, replay.seq):
            if tally.class_ in RUN:
                counts[tally.gateway] += tally.items
        lately = gateway_figures(connection, now)
        live = {name: figures.sent / (WINDOW_MINUTES * 60) for name, figures in lately.items()}
        takes = {name: figures.confirm_p50_seconds or 0.0 for name, figures in lately.items()}
        expected = estimate(
            counts,
            replay.rate,
            self._rates(),
            live,
            self._ramp,
            in_flight=replay.in_flight,
            takes=takes,
        )
        return round(1000 * expected)

    def _rates(self) -> dict[str, float]:
        return {name: lane.config.rate_per_second for name, lane in self._desk.lanes.items()}

    @property
    def _ramp(self) -> float:
        return self._desk.settings.replay.ramp

    async def _give_up(self, replay: StoredReplay, lease: Lease) -> None:
        why = Said("its selection is not kept any more; plan again")
        now = self._desk.clock.now()

        def job(connection: Connection) -> None:
            replays.hold(connection, lease)
            replays.planning_failed(connection, replay.seq, why, now=now)

        await self._desk.store.write(job)


def estimate(
    counts: Mapping[str, int],
    rate: int,
    rates: Mapping[str, float],
    live: Mapping[str, float],
    ramp: float,
    *,
    in_flight: int,
    takes: Mapping[str, float],
) -> float:
    """Return the seconds that so many items per gateway take. `rates` are the gateways' own limits, `live`
    what other traffic takes of them, `ramp` the seconds per step of the ramp; no more than `in_flight` orders
    are on their way at once, each for as many seconds as it `takes` to hear of one."""
    longest = 0.0
    for gateway, count in counts.items():
        whole = rates.get(gateway, float(rate))
        waits = takes.get(gateway, 0.0)
        room = max(whole - live.get(gateway, 0.0), whole * LEAST_ROOM)
        pace = min(float(rate), room, in_flight / waits if waits else room)
        left, took = float(count), 0.0
        for share in RAMP[:-1]:
            slow = min(rate * share, pace)
            step = min(ramp, left / slow)
            left, took = left - step * slow, took + step
        longest = max(longest, took + left / pace + waits)
    return longest


def _target(subject: Subject, routes: Iterable[Route], force: Force) -> str | None:
    """Return the gateway to ask, or the one for a new order: the wish or the last one, while it takes
    traffic and no window reroutes what goes there; otherwise another, by weight."""
    one = subject.screenable
    if subject.stage is Stage.IN_DOUBT:
        return subject.gateway
    wished = one.wanted_gateway or subject.gateway
    closure = force.closed(Stage.DISPATCH, one.product, wished)
    if closure is not None and closure.window.policy is not Policy.REROUTE:
        return wished
    open_routes = [
        route for route in routes if force.closed(Stage.DISPATCH, one.product, route.gateway) is None
    ]
    return drawn(open_routes, wished, one.id) or wished


def _planned(subject: Subject, class_: ReplayClass, gateway: str) -> Planned:
    screenable = subject.screenable
    return Planned(
        repayment_seq=screenable.seq,
        day=subject.day,
        class_=class_,
        outcome=first_outcome(class_),
        gateway=gateway,
        amount_fen=screenable.amount_fen,
        attempts=screenable.attempts,
        old_order_no=None if subject.last is None else subject.last.order_no,
    )


def _digest(before: str, items: list[Planned]) -> str:
    told = "\n".join(f"{one.repayment_seq} {one.attempts} {one.class_}" for one in items)
    return sha256(f"{before}\n{told}".encode()).hexdigest()
