"""The pipeline: the workers of one process, from start-up to a clean end.

It wires them, wakes them when work arrives, shows that it lives, and stops them. What they do is theirs.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Protocol

from sqlalchemy import Connection

from console.contract.board import Part
from console.contract.clock import Clock, Instant
from console.contract.said import Said
from console.contract.text import Untrusted
from console.gateways.base import Gateway
from console.gateways.config import GatewayConfig
from console.gateways.health import Health
from console.gateways.limits import Limits
from console.repayment.close import Closer
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import Gatherer
from console.repayment.expire import Expirer
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk, Lane, log, problem_of
from console.repayment.personal import Keys
from console.repayment.reconcile.run import Reconciler
from console.repayment.replay.worker import Replayer
from console.repayment.screen import Screener
from console.repayment.settings import PipelineSettings
from console.store import attempts, controls, reserves, retention, workers
from console.store.controls import Announced
from console.store.database import Store
from console.store.errors import StoreError
from console.store.reserves import Placed
from console.store.workers import Report

EXPIRE_EVERY: Final = 1.0
"""Seconds between the rounds of expiry."""

RECONCILE_EVERY: Final = 1.0
"""Seconds between looks for a reconciliation that is due."""

PURGE_EVERY: Final = 60.0
"""Seconds between the rounds of retention."""

BURY_AFTER_LEASES: Final = 20
"""A worker not seen for so many leases is taken off the list."""


class Worker(Protocol):
    """One worker: a round does a batch and tells whether more may be waiting."""

    async def round(self) -> bool:
        """Do one batch."""


class Beside(NamedTuple):
    """A worker of another capability that runs with the pipeline: its name, how often it looks (seconds), and
    what it says of itself while nothing is wrong."""

    name: str
    worker: Worker
    every: float
    standing: Said | None = None


def _nothing_beside(desk: Desk) -> Sequence[Beside]:
    return ()


@dataclass(slots=True)
class _Duty:
    """A worker with its alarm, how often it looks without one, and what went wrong last."""

    name: str
    worker: Worker
    every: float
    standing: Said | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    problem: str = ""


class Pipeline:
    """See the module. Built on no event loop; `run` belongs to one."""

    def __init__(
        self,
        store: Store,
        gateways: Mapping[str, Gateway],
        configs: Mapping[str, GatewayConfig],
        settings: PipelineSettings,
        clock: Clock,
        keys: Keys,
        beside: Callable[[Desk], Sequence[Beside]] = _nothing_beside,
        books_whole: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._gateways = gateways
        self._configs = configs
        self._settings = settings
        self._clock = clock
        self._keys = keys
        self._beside = beside
        self._books_whole = books_whole
        self._owner = f"w_{secrets.token_hex(8)}"
        self._lanes: dict[str, Lane] = {}
        self._duties: dict[str, _Duty] = {}
        self._stopping = asyncio.Event()
        self._ended: asyncio.Event | None = None
        self._running = False
        self._in_doubt: tuple[int | None, int] = (None, 0)

    async def run(self) -> None:
        """Work until `stop`. Raises what start-up raised; a failing round is told by `health` and retried."""
        if self._stopping.is_set():
            return
        self._ended = asyncio.Event()
        try:
            await self._work()
        finally:
            self._running = False
            for gateway in self._gateways.values():
                await gateway.close()
            self._ended.set()

    async def stop(self) -> None:
        """Stop taking work, finish or safely abandon what is under way, and return when all is done."""
        self._stopping.set()
        for duty in self._duties.values():
            duty.wake.set()
        if self._ended is not None:
            await self._ended.wait()

    def wake(self) -> None:
        """Tell the workers that repayments were taken in, or a change was done; to be called on the
        pipeline's event loop."""
        for name in ("screen", "replay"):
            if duty := self._duties.get(name):
                duty.wake.set()

    def health(self) -> tuple[Part, ...]:
        """Return how each worker is."""
        if not self._duties:
            return (Part.of("workers", "unknown", Said("starting")),)
        parts = [self._part(duty) for duty in self._duties.values()]
        since, count = self._in_doubt
        age = 0.0 if since is None else (self._clock.now() - since) / 1000
        late = age > self._settings.page_after
        told = {"count": count, "seconds": round(age)}
        detail = (
            Said("{count} in doubt, the oldest for {seconds} s", told) if count else Said("nothing in doubt")
        )
        parts.append(Part.of("doubt", "degraded" if late else "ok", detail))
        return tuple(parts)

    def reports(self) -> list[Report]:
        """Return how these workers have each gateway now, whether it gets traffic or not."""
        return [
            Report(
                self._owner,
                name,
                lane.health.state().value,
                lane.health.circuit().value,
                lane.health.share(),
                lane.limits.in_flight,
                self._clock.now(),
            )
            for name, lane in self._lanes.items()
        ]

    # Start, work, end.

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        settings = self._settings
        self._lanes = {
            name: Lane(
                gateway=self._gateways[name],
                config=config,
                limits=Limits(config.max_in_flight, config.rate_per_second, clock),
                asking=Limits(settings.inquiries_in_flight, config.rate_per_second, clock),
                health=Health(clock),
            )
            for name, config in self._configs.items()
        }
        rules = settings.rules()
        gatherer = Gatherer(self._store, rules, settings.gather)
        desk = Desk(
            self._store,
            self._lanes,
            settings,
            self._clock,
            self._keys,
            gatherer,
            rules,
            self._owner,
            self._books_whole,
        )
        started_at = self._clock.now()
        await self._appear(started_at)
        expirer = Expirer(desk)
        if found := await expirer.recover():
            log.warning("%d orders were found in sending and are in doubt now", found)
        await self._on_duty(desk, expirer, started_at)
        await gatherer.drain()
        await self._leave()

    async def _on_duty(self, desk: Desk, expirer: Expirer, started_at: Instant) -> None:
        poll = self._settings.poll
        send, ask, shut = asyncio.Event(), asyncio.Event(), asyncio.Event()
        dispatcher, inquirer = Dispatcher(desk, send), Inquirer(desk, ask)
        closer = Closer(desk, shut)
        screener = Screener(desk, send)
        self._duties = {
            duty.name: duty
            for duty in (
                _Duty("screen", screener, poll),
                _Duty("dispatch", dispatcher, poll, wake=send),
                _Duty("inquire", inquirer, poll, wake=ask),
                _Duty("close", closer, poll, wake=shut),
                _Duty("expire", expirer, EXPIRE_EVERY),
                _Duty("reconcile", Reconciler(desk, self._stopping), RECONCILE_EVERY),
                _Duty("replay", Replayer(desk, (send, ask)), poll),
                *(_Duty(*one) for one in self._beside(desk)),
            )
        }
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for duty in self._duties.values():
                    group.create_task(self._attend(duty), name=duty.name)
                beat = self._settings.heartbeat
                group.create_task(self._now_and_then(beat, lambda: self._beat(started_at)), name="heartbeat")
                group.create_task(self._now_and_then(PURGE_EVERY, self._purge), name="retention")
        finally:
            within = self._settings.stop_within if self._stopping.is_set() else 0.0
            await asyncio.gather(dispatcher.finish(within), inquirer.finish(within), closer.finish(within))

    async def _attend(self, duty: _Duty) -> None:
        """Do rounds until stopped: at once while there is work, else when woken or after a while."""
        while not self._stopping.is_set():
            duty.wake.clear()
            more, wait = False, duty.every
            try:
                more = await duty.worker.round()
                duty.failures, duty.problem = 0, ""
            except Exception as error:
                duty.failures += 1
                duty.problem = problem_of(error)
                wait = min(5.0, 0.25 * 2 ** min(duty.failures, 5))
                log.error("%s failed and is tried again in %.1f s: %s", duty.name, wait, duty.problem)
            if more:
                continue
            if duty.failures:
                await self._pause(wait)
            else:
                await _woken(duty.wake, wait)

    async def _now_and_then(self, every: float, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while not await self._pause(every):
            try:
                await job()
            except Exception as error:
                log.warning("a regular duty failed: %s", problem_of(error))

    async def _pause(self, seconds: float) -> bool:
        """Wait, and tell whether the pipeline was stopped meanwhile."""
        return await _woken(self._stopping, seconds)

    async def _beat(self, started_at: Instant) -> None:
        await self._appear(started_at)
        self._in_doubt = await self._store.read(attempts.oldest_unknown)

    async def _appear(self, started_at: Instant) -> None:
        now = self._clock.now()
        served = [
            Announced(name, config.weight, config.max_in_flight, config.rate_per_second)
            for name, config in self._configs.items()
        ]

        told = self.reports()
        placed = [
            Placed(name, config.reserve.balance_fen, config.reserve.floor_fen)
            for name, config in self._configs.items()
            if config.reserve is not None
        ]

        def job(connection: Connection) -> None:
            workers.appear(connection, self._owner, "pipeline", started_at=started_at, now=now)
            workers.report(connection, told)
            controls.announce(connection, served, now=now)
            reserves.announce(connection, placed, now=now)

        await self._store.write(job)

    async def _leave(self) -> None:
        try:
            await self._store.write(lambda connection: workers.leave(connection, self._owner))
        except StoreError as error:
            log.warning("the worker stays on the list until it is taken for dead: %s", problem_of(error))

    async def _purge(self) -> None:
        now = self._clock.now()
        seen_before = Instant(now - round(self._settings.lease * 1000 * BURY_AFTER_LEASES))
        await self._store.write(lambda connection: workers.bury(connection, seen_before=seen_before))
        await self._store.write(lambda connection: retention.purge(connection, now))

    def _part(self, duty: _Duty) -> Part:
        if not self._running:
            return Part.of(duty.name, "down", Said("stopped"))
        if duty.failures:
            state: Literal["degraded", "down"] = "degraded" if duty.failures < 5 else "down"
            return Part(name=duty.name, state=state, detail=Untrusted(duty.problem))
        return Part.of(duty.name, "ok", duty.standing or Said("working"))


async def _woken(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for some seconds, and tell whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
