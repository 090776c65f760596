"""A gateway's orders as a Prometheus counts them, asked for now and then through its HTTP API.

What it does not tell is unknown; our own counters never take its place unsaid.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from typing import TYPE_CHECKING, Final

import aiohttp

from console.contract.sla_terms import WINDOW
from console.contract.text import shown
from console.sla.budget import OUTAGE_SECONDS, SPANS
from console.sla.reading import BUDGET_SECONDS, Reading

if TYPE_CHECKING:
    from console.contract.sla_terms import PrometheusSource
    from console.control.service import Service

log: Final = logging.getLogger("console.control")

EVERY_SECONDS: Final = 15.0
ASK_SECONDS: Final = 5.0
ANSWER_LIMIT: Final = 65_536


class SourceError(Exception):
    """The Prometheus does not answer, or not with one number."""


async def ask(session: aiohttp.ClientSession, source: PrometheusSource, at: int) -> Reading:
    """Return a reading of an instant. Raises SourceError."""
    counted = {}
    for span in (OUTAGE_SECONDS, *SPANS, BUDGET_SECONDS):
        window = f"{span}s"
        good = await _number(session, source.prometheus, source.good.replace(WINDOW, window))
        counted[span] = (
            good,
            await _number(session, source.prometheus, source.total.replace(WINDOW, window)),
        )
    return Reading(at, counted)


async def _number(session: aiohttp.ClientSession, address: str, query: str) -> float:
    """Return what an instant query gives; nothing at all counts as none. Raises SourceError."""
    try:
        async with session.post(f"{address}/api/v1/query", data={"query": query}) as answer:
            raw = await answer.content.read(ANSWER_LIMIT)
            if answer.status != 200:
                raise SourceError(f"answers {answer.status}")
            told = await asyncio.to_thread(_parsed, raw)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SourceError(type(error).__name__) from error
    return told


def _parsed(raw: bytes) -> float:
    import json

    try:
        result = json.loads(raw)["data"]
        if result["resultType"] == "scalar":
            value = float(result["result"][1])
        elif not result["result"]:
            return 0.0
        else:
            (only,) = result["result"]
            value = float(only["value"][1])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SourceError("the query gives no single number") from error
    if not math.isfinite(value) or value < 0:
        raise SourceError("the query gives no count")
    return value


class Sources:
    """Keeps the readings of a service's gateways up to date."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, if a gateway has a source at all."""
        if any(config.sla and config.sla.source for config in self._service.configs.values()):
            self._running = asyncio.create_task(self._run(), name="sources")

    async def stop(self) -> None:
        """End."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            while True:
                await self.look(session)
                await asyncio.sleep(EVERY_SECONDS)

    async def look(self, session: aiohttp.ClientSession) -> None:
        """Ask for all gateways once."""
        for name, config in self._service.configs.items():
            if config.sla is None or config.sla.source is None:
                continue
            try:
                reading = await ask(session, config.sla.source, self._service.clock.now())
            except SourceError as error:
                log.warning("the Prometheus of %s tells nothing: %s", name, shown(str(error)))
            else:
                self._service.sla.readings[name] = reading
