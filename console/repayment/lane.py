"""What the workers share: the way to each gateway, and the desk with everything else they need."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from console.contract.clock import Clock
from console.contract.text import shown
from console.contract.vocabulary import EvidenceSource, Stage, Verdict
from console.gateways.base import Gateway
from console.gateways.config import GatewayConfig
from console.gateways.health import Health, HealthState
from console.gateways.limits import Limits
from console.gateways.routing import Route
from console.repayment.attempt import Rules
from console.repayment.evidence import Gatherer
from console.repayment.personal import Keys
from console.repayment.settings import PipelineSettings
from console.store.controls import Controls, look
from console.store.database import Store
from console.store.errors import StoreError
from console.store.facts import Evidence

log: Final = logging.getLogger("console.repayment")

_TRIES: Final = 5
"""How often evidence is written before it is left to inquiry."""


@dataclass(slots=True)
class Lane:
    """The way to one gateway: its room for all calls (`limits`), for inquiries among them (`asking`), and
    its health."""

    gateway: Gateway
    config: GatewayConfig
    limits: Limits
    asking: Limits
    health: Health

    @property
    def kept_for_asking(self) -> int:
        """Calls in flight that debits leave to inquiries, so that a hanging gateway can still be asked."""
        return self.config.max_in_flight // 8

    def route(self, controls: Controls) -> Route:
        """Return what routing needs to know now."""
        weight = self.health.weight(controls.weight(self.config.id, self.config.weight))
        healthy = self.health.state() is HealthState.HEALTHY
        return Route(self.config.id, weight, self.limits.free(self.kept_for_asking), healthy)

    def probe_due(self, controls: Controls) -> bool:
        """Tell whether this gateway is down, or just returning, and should be tried with one order now."""
        weight = controls.weight(self.config.id, self.config.weight)
        return weight > 0 and self.limits.free() > 0 and self.health.probe_due()

    def note(self, evidence: Evidence) -> None:
        """Learn from what a call came to.

        That a gateway answers inquiries does not prove that it answers debits: a good answer to one
        tells nothing.
        """
        good = evidence.verdict not in (Verdict.UNKNOWN, Verdict.NOT_SENT, Verdict.CONTRADICTION)
        debit = evidence.source is not EvidenceSource.INQUIRY
        if not good or debit:
            self.health.note(good, debit=debit)


@dataclass(slots=True)
class Desk:
    """Everything a worker needs. `owner` names this process in leases; `controls` are those that were
    found when orders were sent last; `books_whole` tells whether nothing of the past is still to be loaded
    into the books."""

    store: Store
    lanes: dict[str, Lane]
    settings: PipelineSettings
    clock: Clock
    keys: Keys
    gatherer: Gatherer
    rules: Rules
    owner: str
    books_whole: Callable[[], bool] = lambda: True
    controls: Controls = field(default_factory=Controls)

    async def held_back(self) -> Controls:
        """Return the controls to look at once more before what was just claimed is sent.

        On PostgreSQL a change does not wait for ever for a claim under way, so it may be in force since.
        When that cannot be told, sending counts as paused. SQLite has one writer: a claim that is
        committed was there first.
        """
        if self.store.dialect == "sqlite":
            return Controls()
        try:
            return await self.store.read(look, urgent=True)
        except (StoreError, DBAPIError) as error:
            log.warning("nothing is sent while the controls cannot be read: %s", problem_of(error))
            return Controls(paused=frozenset({Stage.DISPATCH}))

    async def record(self, evidence: Evidence) -> None:
        """Commit evidence; when the store cannot take it, leave the attempt to its lease and to inquiry."""
        for tried in range(_TRIES):
            try:
                applied = await self.gatherer.submit(evidence)
            except StoreError as error:
                log.warning("evidence not written yet: %s", problem_of(error))
                await asyncio.sleep(0.1 * 2**tried)
                continue
            if applied.outcome == "unknown_order":
                log.error("evidence about an order that is not ours: %s", shown(evidence.order_no))
            return
        log.error("evidence given up, inquiry will tell: %s", shown(evidence.order_no))


@dataclass(frozen=True, slots=True)
class Slot:
    """When a call may begin: before `end` on the loop's clock (seconds), and on the wall's within
    `wall_start` … `wall_end` (milliseconds).

    A wall clock that shows less than `wall_start`, when the call was decided, was stepped back meanwhile:
    what was looked at then, such as windows, may be otherwise now.
    """

    end: float
    wall_start: int
    wall_end: int

    def missed(self, clock: Clock) -> bool:
        """Tell whether the call may not begin now."""
        if asyncio.get_running_loop().time() >= self.end:
            return True
        return not self.wall_start <= clock.now() < self.wall_end


def problem_of(error: BaseException) -> str:
    """Return one line on a failure, fit for a log: its kind, its words and its place, no values of rows."""
    words = error.orig if isinstance(error, DBAPIError) else error
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})"
    return shown(f"{type(error).__name__}: {words}")[:200] + place
