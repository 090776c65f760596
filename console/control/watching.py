"""Early warning in a process of the service: the watch and the courier, on their own, next to the workers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from console.contract.board import Part
from console.contract.said import Said
from console.contract.text import Untrusted
from console.control.problems import where
from console.control.sla import Figures, SlaBook
from console.warnings.delivery import Courier, Webhook
from console.warnings.reader import Reader
from console.warnings.reading import SlaNow
from console.warnings.watch import Watch

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Clock
    from console.gateways.config import GatewayConfig
    from console.store.database import Store
    from console.warnings.settings import WarningSettings

log: Final = logging.getLogger("console.control")

EVERY_SECONDS: Final = 5.0
"""How often the watch looks, and the courier."""

Configs = Callable[[], Mapping[str, "GatewayConfig"]]


class Watchtower:
    """Keeps one watch and one courier going. Failures are told by `part` and tried again."""

    def __init__(
        self, store: Store, clock: Clock, configs: Configs, book: SlaBook, settings: WarningSettings
    ) -> None:
        """Reads the secrets of webhooks. Raises SecretError."""
        hooks = {one.name: Webhook(one.url, one.secret.read()) for one in settings.webhook}
        self._courier = Courier(store, clock, hooks, settings.alertmanager)

        def sla(connection: Connection, now: int) -> Mapping[str, SlaNow]:
            return {name: sla_now(figures) for name, figures in book.figures(connection, now).items()}

        def runways(connection: Connection, now: int) -> Mapping[str, float | None]:
            return {name: one.runway_hours for name, one in book.figures(connection, now).items()}

        reader = Reader(lambda: {name: config.sla for name, config in configs().items()}, sla)
        self._watch = Watch(
            store,
            clock,
            reader,
            runways,
            settings.expected,
            settings.threshold,
            lambda: self._courier.channels,
        )
        self._running: asyncio.Task[None] | None = None
        self._problem = ""
        self._watches: bool | None = None

    def start(self) -> None:
        """Begin."""
        self._running = asyncio.create_task(self._run(), name="watch")

    async def stop(self) -> None:
        """End, and let another process watch."""
        if self._running is None:
            return
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        with contextlib.suppress(Exception):
            await self._watch.end()

    def part(self) -> Part:
        """Return how the watch is."""
        if self._problem:
            return Part(name="watch", state="degraded", detail=Untrusted(self._problem))
        if self._watches is None:
            return Part.of("watch", "ok", Said("starting"))
        said = Said("working") if self._watches else Said("another process watches")
        return Part.of("watch", "ok", said)

    async def _run(self) -> None:
        while True:
            try:
                self._watches = await self._watch.round()
                if self._watches:
                    await self._courier.round()
                self._problem = ""
            except Exception as error:
                self._problem = where(error)
                log.error("the watch failed and is tried again: %s", self._problem)
            await asyncio.sleep(EVERY_SECONDS)


def sla_now(figures: Figures) -> SlaNow:
    """Return what early warning needs of a gateway's figures: the share of bad orders from which on the next
    tier of its contract is lost, or its budget where no tier is left."""
    if figures.terms is None or not figures.measured:
        return SlaNow()
    samples, bad = figures.budget.samples, figures.budget.bad
    ratio = bad / samples if samples else 0.0
    steps = [
        1 - tier.beyond
        for clause in figures.terms.clauses
        if clause.metric == "success_rate"
        for tier in clause.tiers
        if 1 - tier.beyond > ratio
    ]
    firing = tuple(rule.rule for rule in figures.rules if rule.firing)
    budget = 1 - figures.terms.objective
    allowed = min([*steps, *([budget] if budget > ratio else [])], default=None)
    return SlaNow(firing, samples, bad, allowed, budget)
