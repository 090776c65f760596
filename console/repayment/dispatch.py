"""The dispatch worker: sends orders to gateways.

It takes only what the gateways have room for. One commit makes the attempts durable before the first
byte (see `batch`); an order whose time to begin was missed meanwhile (the process was stopped, the clock
stepped) is not sent (see `debits`).
"""

import asyncio
from collections.abc import Collection, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.gateways.routing import Route
from console.repayment.batch import PARK_MS, Batch, Chooser, room_at
from console.repayment.debits import Debits, Departure
from console.repayment.lane import Desk, Slot, log, problem_of
from console.store import claims
from console.store.controls import Controls, look


class Dispatcher:
    """See the module. Rounds must not overlap; the calls they start do."""

    def __init__(self, desk: Desk, wake: asyncio.Event) -> None:
        self._desk = desk
        self._careful = 0
        self._chooser, self._debits = Chooser(desk), Debits(desk, wake)

    async def round(self) -> bool:
        """Start one batch; tell whether more may be waiting and there is room for it."""
        desk, controls = self._desk, self._desk.controls
        lanes = list(desk.lanes.values())
        probes = [lane.config.id for lane in lanes if lane.probe_due(controls)]
        routes = [lane.route(controls) for lane in lanes]
        room = sum(route.free for route in routes if route.weight > 0) + len(probes)
        if room == 0:
            return await self._closed(controls)
        limit = 1 if self._careful else min(desk.settings.batch, room)
        begun = asyncio.get_running_loop().time()
        batch = await self._durable(routes, probes, limit)
        await self._send(batch, probes, begun)
        return len(batch.starts) + batch.kept >= limit or desk.controls != controls

    async def finish(self, within: float) -> None:
        """Wait for the calls that are under way; give up those that take longer, their orders in doubt."""
        await self._debits.finish(within)

    async def _closed(self, controls: Controls) -> bool:
        """See whether gateways that were all stopped have been started; tell whether to look again."""
        if any(controls.weight(name, lane.config.weight) for name, lane in self._desk.lanes.items()):
            return False
        self._desk.controls = await self._desk.store.read(look)
        return self._desk.controls != controls

    async def _durable(self, routes: Sequence[Route], probes: Sequence[str], limit: int) -> Batch:
        """Choose a batch and make it durable; room at its gateways is kept for what is in it, no more."""
        desk = self._desk
        reserved = room_at(routes, probes)
        for gateway, free in reserved.items():
            desk.lanes[gateway].limits.reserve(free)
        batch = Batch([], desk.controls)
        try:
            batch = await desk.store.write(
                lambda connection: self._chooser.begin(connection, routes, probes, limit)
            )
            desk.controls = batch.controls
            self._chooser.committed(batch)
            self._careful = max(0, self._careful - 1)
        except IntegrityError as error:
            await self._step_aside(error)
        finally:
            for start in batch.starts:
                reserved[start.gateway] -= 1
            for gateway, unused in reserved.items():
                desk.lanes[gateway].limits.let_go(unused)
        return batch

    async def _send(self, batch: Batch, probes: Collection[str], begun: float) -> None:
        """Let the orders of a durable batch leave that nobody holds back by now; the rest is too late."""
        desk = self._desk
        held = await desk.held_back() if batch.starts else Controls()
        for start in batch.starts:
            if start.gateway in probes:
                desk.lanes[start.gateway].health.probing()
            wall_end = start.deadline_at - round(desk.lanes[start.gateway].config.timeout * 1000)
            wall_end = min(wall_end, batch.not_after.get(start.order_no, wall_end))
            stopped = Stage.DISPATCH in held.paused or start.gateway in held.stopped
            end = begun if stopped else begun + desk.settings.lease / 2
            self._debits.depart(Departure(start, Slot(end, batch.at, wall_end)))

    async def _step_aside(self, error: IntegrityError) -> None:
        """Go one by one for a while; park the repayment that the database refuses."""
        if not self._careful:
            self._careful = self._desk.settings.batch
            return
        log.error("a repayment cannot be sent and is parked: %s", problem_of(error))
        now = self._desk.clock.now()

        def park(connection: Connection) -> None:
            refused = claims.due_repayments(connection, Stage.DISPATCH, now=now, limit=1)
            claims.defer(connection, [(one, Instant(now + PARK_MS)) for one in refused])

        await self._desk.store.write(park)
