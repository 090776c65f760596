"""What the service does by the clock, beside its workers: changes return, anchors are written, refusals told,
records whose time is over go.

Failures are logged and tried again at the next round; the store says itself when it does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from console.contract.text import shown
from console.control.audit import refusals
from console.control.problems import where
from console.repayment.personal import marks_of_sealed
from console.store import audit, changes, erasure, marks
from console.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.control.service import Service
    from console.store.changes import StoredChange
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

RETURN_SECONDS: Final = 0.5
"""How often the desk looks whether something is due."""

KEEP_SECONDS: Final = 2.0
"""How often refusals are told and the second sink is looked after."""

DAY_MS: Final = 86_400_000

LET_GO_SECONDS: Final = 600.0
"""How often records whose time is over are looked for."""

STEP_PAUSE_SECONDS: Final = 0.02
"""Left to others between two steps of erasing or marking."""

MARK_AT_ONCE: Final = 200
"""Repayments that get their marks in one transaction."""


class Clockwork:
    """Runs beside a service whose store is open."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        rounds = (
            (RETURN_SECONDS, self._return),
            (KEEP_SECONDS, self._keep),
            (LET_GO_SECONDS, self._let_go),
            (LET_GO_SECONDS, self._erase),
            (LET_GO_SECONDS, self._mark),
        )
        self._tasks = [
            asyncio.create_task(self._regularly(every, job), name=job.__name__) for every, job in rounds
        ]

    async def stop(self) -> None:
        """End, with what is not told yet told and the audit's head anchored."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._tasks and self._service.store is not None:
            store, self._tasks = self._service.store, []
            with contextlib.suppress(StoreError):
                await self._tell(store)
            await self._service.keeper.end(store)

    async def _regularly(self, every: float, job: Callable[[Store], Awaitable[None]]) -> None:
        store, _ = await self._service.ready_now()
        while True:
            try:
                await job(store)
            except StoreError as error:
                log.warning("a duty of the desk waits: %s", shown(str(error)))
            except Exception as error:
                log.error("a duty of the desk failed: %s", where(error))
            await asyncio.sleep(every)

    async def _return(self, store: Store) -> None:
        now = self._service.clock.now()
        due_at = await store.read(changes.soonest)
        if due_at is None or due_at > now:
            return
        done = await store.write(lambda connection: _act(connection, now), urgent=True)
        if done:
            self._service.work_arrived()
        for change in done:
            log.info("%s %s by itself", change.id, change.state.value)

    async def _keep(self, store: Store) -> None:
        await self._tell(store)
        await self._service.keeper.round(store)

    async def _let_go(self, store: Store) -> None:
        """Let go of the audit's oldest rows, some at a time, once an anchor stands for what tells of it."""
        kept_ms = self._service.privacy.record_days * DAY_MS
        now = self._service.clock.now()
        while await store.read(partial(audit.has_older, before=now - kept_ms)):
            if not await self._service.keeper.writable(store):
                return
            gone = await store.write(partial(audit.purge, now=now, kept_ms=kept_ms))
            log.info("the audit let go of %d rows whose time is over", gone)
            if not gone:
                return

    async def _erase(self, store: Store) -> None:
        """Erase personal data whose time is over, a little at a time."""
        kept_ms = self._service.privacy.record_days * DAY_MS
        while True:
            now = self._service.clock.now()
            gone = await store.write(partial(erasure.erase, now=now, kept_ms=kept_ms, shard=store.shard))
            if not gone:
                return
            log.info("personal data of %d repayments was erased: its time was over", gone)
            await asyncio.sleep(STEP_PAUSE_SECONDS)

    async def _mark(self, store: Store) -> None:
        """Give repayments that were stored before there were marks theirs, a little at a time."""
        _, keys = await self._service.ready_now()
        while step := await store.read(partial(marks.unmarked, limit=MARK_AT_ONCE)):
            marked = await asyncio.to_thread(marks_of_sealed, step.found, keys)
            await store.write(partial(marks.mark, done=step, marked=marked))
            await asyncio.sleep(STEP_PAUSE_SECONDS)

    async def _tell(self, store: Store) -> None:
        counts = self._service.refusals.take()
        if not counts:
            return
        now = self._service.clock.now()
        try:
            await store.write(lambda connection: refusals.tell(connection, counts, now))
        except BaseException:
            self._service.refusals.put_back(counts)
            raise


def _act(connection: Connection, now: Instant) -> list[StoredChange]:
    """Import the desk's kinds only when there is something to do: a service must start quickly."""
    from console.control.desk.returns import act

    return act(connection, now)
