"""The replay worker: plans and drives replays, each by one worker of all processes at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.contract.replay import ReplayState
from console.repayment.lane import Desk, log
from console.repayment.replay.crossing import RulesStale, Strategies
from console.repayment.replay.drive import Driver
from console.repayment.replay.plan import Planner
from console.store import replays
from console.store.replays import DriverGone, Lease, StoredReplay

if TYPE_CHECKING:
    from sqlalchemy import Connection

BREATH_SECONDS: Final = 0.03
"""Pause between rounds of a running replay: batches become worth their commit, others get their turn."""


class Replayer:
    """See the module. Rounds must not overlap."""

    def __init__(self, desk: Desk, following: tuple[asyncio.Event, ...]) -> None:
        """`following` are set when dispatch and inquiry have something to do."""
        self._desk = desk
        self._following = following
        self._strategies = Strategies(desk.store)
        self._planner = Planner(desk, self._strategies)
        self._leases: dict[int, Lease] = {}
        self._drivers: dict[int, Driver] = {}

    async def round(self) -> bool:
        """Do one batch of every replay that is ours; tell whether to go on at once."""
        found = await self._desk.store.read(replays.driven)
        gone = self._leases.keys() - {one.seq for one in found}
        for seq in gone:
            self._leases.pop(seq)
            self._drivers.pop(seq, None)
        mine = [(replay, lease) for replay in found if (lease := await self._leased(replay)) is not None]
        if not mine:
            return False
        for replay, lease in mine:
            try:
                await self._work_on(replay, lease)
            except RulesStale:
                await self._strategies.fresh()
            except DriverGone:
                log.warning("replay %s is driven by another worker now", replay.id)
                self._leases.pop(replay.seq, None)
                self._drivers.pop(replay.seq, None)
        for event in self._following:
            event.set()
        if any(replay.state is not ReplayState.PLANNING for replay, _ in mine):
            await asyncio.sleep(BREATH_SECONDS)
        return True

    async def _work_on(self, replay: StoredReplay, lease: Lease) -> None:
        if replay.state is ReplayState.PLANNING:
            await self._planner.step(replay, lease)
            return
        driver = self._drivers.get(replay.seq)
        if driver is None:
            driver = self._drivers[replay.seq] = Driver(self._desk, self._strategies, replay)
        await driver.round(replay, lease)

    async def _leased(self, replay: StoredReplay) -> Lease | None:
        """Return our lease of a replay, taken now if it was free; None when another worker has it."""
        desk, known = self._desk, self._leases.get(replay.seq)
        now = desk.clock.now()
        lasts = round(desk.settings.lease * 1000)
        if known is not None and (replay.lease_owner, replay.lease_epoch) == (desk.owner, known.epoch):
            return known._replace(until=now + lasts)
        lease = Lease(replay.seq, desk.owner, replay.lease_epoch + 1, now + lasts)
        seen_after = Instant(now - lasts)

        def look(connection: Connection) -> bool:
            return replays.is_free(connection, replay, now=now, seen_after=seen_after)

        def take(connection: Connection) -> bool:
            return replays.claim(connection, replay, lease, now=now, seen_after=seen_after)

        if not await desk.store.read(look) or not await desk.store.write(take):
            return None
        self._drivers.pop(replay.seq, None)
        self._leases[replay.seq] = lease
        return lease
