"""The watch: one process at a time reads each minute once, judges it, and writes what it comes to."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from console.store import watching
from console.warnings.causes import findings
from console.warnings.declared import forgotten, over, telling
from console.warnings.folding import Fold, Trouble
from console.warnings.harm import harms
from console.warnings.plan import Planned
from console.warnings.reader import MINUTE_MS, Reader, due_now, levers_now, reserves_now
from console.warnings.remedies import remedy
from console.warnings.silence import silencing
from console.warnings.watcher import Sign, Watcher, known

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Clock
    from console.store.database import Store
    from console.warnings.causes import Finding
    from console.warnings.reading import DueNow, Reading
    from console.warnings.remedies import Levers

log: Final = logging.getLogger("console.warnings")

LEASE_MS: Final = 30_000
SETTLED_MS: Final = 2_000
"""How long after its end a minute is read: batches of it may still be under way."""

REMEMBER_MINUTES: Final = 2 * 1440
"""How much of the past a new watch learns before it warns."""

MOST_MISSED: Final = 10
"""Minutes that are made up for after a pause; beyond, there is a gap."""

Runways = Callable[["Connection", int], Mapping[str, float | None]]
"""Hours that reserves last, by gateway."""


class Watch:
    """See the module. `round` is to be called every few seconds."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reader: Reader,
        runways: Runways,
        plan: tuple[Planned, ...] = (),
        limits: Mapping[str, float] | None = None,
        channels: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """`channels` tells whom to tell."""
        self._store, self._clock, self._reader = store, clock, reader
        self._runways, self._plan, self._limits = runways, plan, limits or {}
        self._channels = channels
        self._owner = f"watch_{secrets.token_hex(8)}"
        self._watcher: Watcher | None = None
        self._minute = 0
        self._signs: list[Sign] = []

    async def round(self) -> bool:
        """Look once; tell whether this process is the one that watches."""
        now = self._clock.now()
        taken = partial(watching.take, owner=self._owner, until=now + LEASE_MS, now=now)
        if not await self._store.write(taken):
            self._watcher = None
            return False
        last = (now - SETTLED_MS) // MINUTE_MS - 1
        if self._watcher is None:
            self._watcher = await self._learnt(last)
            self._minute = last
        await self._catch_up(last)
        whole = await self._store.read(partial(self._read, minute=last, at=now))
        reading, past = telling(whole), forgotten(whole)
        self._watcher.forget(past)
        if last > self._minute:
            self._minute = last
            if self._watcher.unsure(reading.gateways):
                self._watcher.believe(await self._store.read(partial(self._reader.usual_p95, last=last)))
            self._signs = self._judged(self._watcher.step(reading), reading)
        else:
            remembered = [sign for sign in self._signs if sign.series not in _KNOWN]
            remembered = [sign for sign in remembered if (sign.series, sign.of) not in past]
            self._signs = [*remembered, *known(reading)]
        found = findings(self._signs, reading)
        if found:
            due, levers = await self._store.read(partial(_surroundings, at=now))
            troubles = troubles_of(found, replace(reading, due=due), levers)
        else:
            troubles = []
        silenced = {
            one.subject: window
            for one in found
            if (window := silencing(one.signs, reading.declared)) is not None
        }
        fold = Fold(now, silenced, self._channels(), partial(over, reading=whole))
        paged = await self._store.write(partial(fold.write, troubles=troubles))
        if paged:
            log.warning("%d new: %s", paged, ", ".join(one.finding.subject for one in troubles))
        return True

    async def end(self) -> None:
        """Let another process watch."""
        await self._store.write(partial(watching.let_go, owner=self._owner))

    async def _learnt(self, last: int) -> Watcher:
        """Return a watcher that knows the past up to a minute, warning of none of it."""
        watcher = Watcher(self._plan, self._limits)
        first = last - REMEMBER_MINUTES
        past = await self._store.read(partial(self._reader.past, first=first, last=last + 1))

        def learn() -> None:
            before = 0
            for minute, reading in past.items():
                if before and minute != before + 1:
                    watcher.gap()
                if reading.volume:
                    watcher.step(reading)
                before = minute

        await asyncio.to_thread(learn)
        return watcher

    async def _catch_up(self, last: int) -> None:
        """Learn minutes that no round came in."""
        assert self._watcher is not None  # noqa: S101 - the caller made it
        missed = last - 1 - self._minute
        if missed <= 0:
            return
        if missed > MOST_MISSED:
            self._watcher.gap()
        first = max(self._minute + 1, last - MOST_MISSED)
        past = await self._store.read(partial(self._reader.past, first=first, last=last))
        for reading in past.values():
            self._watcher.step(reading)

    def _read(self, connection: Connection, minute: int, at: int) -> Reading:
        reading = self._reader.now(connection, minute, at)
        return replace(reading, reserves=reserves_now(connection, self._runways(connection, at)))

    def _judged(self, signs: list[Sign], reading: Reading) -> list[Sign]:
        """Return signs without those of series a window keeps from being as usual."""
        return [
            sign
            for sign in signs
            if sign.series != "callbacks" or silencing((sign,), reading.declared) is None
        ]


_KNOWN: Final = frozenset({"outage", "burn", "runway", "trip", "window_end", "store"})


def _surroundings(connection: Connection, at: int) -> tuple[DueNow, Levers]:
    return due_now(connection, at), levers_now(connection)


def troubles_of(found: list[Finding], reading: Reading, levers: Levers) -> list[Trouble]:
    """Return findings with who is harmed and what would help."""
    troubled = frozenset(one.name for one in found if one.subject.startswith(("gateway:", "reserve:")))
    return [Trouble(one, harms(one, reading), remedy(one, levers, troubled)) for one in found]
