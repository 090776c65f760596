"""A gateway's orders as a Prometheus counts them: read now and then for the screens, and by the minute for a
ledger.

What it does not tell is unknown; our own counters never take its place unsaid.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from array import array
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from console.contract.sla_source import WINDOW
from console.contract.text import shown
from console.control.prometheus import MOST_POINTS, AnswerError, Prometheus, SourceError, connected
from console.sla.reading import READ_SPANS, TABLE_SPANS, UNKNOWN, Minutes, Reading, Told, apart

if TYPE_CHECKING:
    from console.contract.clock import Clock
    from console.contract.sla import Indicator
    from console.contract.sla_source import PrometheusSource
    from console.control.sla import SlaBook
    from console.gateways.config import GatewayConfig
    from console.sla.ledger import Period

T = TypeVar("T")

log: Final = logging.getLogger("console.control")

EVERY_SECONDS: Final = 15.0
ASK_SECONDS: Final = 5.0
RANGE_SECONDS: Final = 20.0
LEDGER_SECONDS: Final = 55.0
"""How long one range query, and all of a ledger, may take."""

LONG_SPAN: Final = 86_400
"""Spans (seconds) from which on a figure is read seldom: it moves slowly, and costs the Prometheus much."""

LONG_EVERY_MS: Final = 300_000


async def ask(
    prometheus: Prometheus, source: PrometheusSource, at: int, before: Reading | None = None
) -> tuple[Reading, str]:
    """Return a reading of an instant, and what was wrong with the answers; long spans of which all was told
    are those of the reading before while they are young. Raises SourceError."""
    kept: dict[int, Told] = {}
    if before is not None and 0 <= at - before.long_at < LONG_EVERY_MS:
        wanted = set(source.indicators)
        kept = {
            span: told
            for span, told in before.told.items()
            if span >= LONG_SPAN
            and told.samples("success_rate")
            and told.indicators >= (wanted if span in TABLE_SPANS else {"success"})
        }
    found, wrong = dict(kept), ""
    for span in READ_SPANS:
        if span not in kept:
            found[span], problem = await _over(prometheus, source, span)
            wrong = wrong or problem
    long_at = before.long_at if before is not None and kept else at
    return Reading(at, long_at, found), wrong


async def _over(prometheus: Prometheus, source: PrometheusSource, span: int) -> tuple[Told, str]:
    """Return what is told over a span (seconds), and what was wrong."""
    shares: dict[Indicator, tuple[float, float]] = {}
    confirmed, wrong = None, ""
    table = span in TABLE_SPANS
    for indicator, (part, whole) in source.shares.items():
        if table or indicator == "success":
            try:
                shares[indicator] = (
                    await _number(prometheus, part, span),
                    await _number(prometheus, whole, span),
                )
            except AnswerError as error:
                wrong = f"{indicator}: {error}"
    if source.confirm is not None and table:
        try:
            told = await prometheus.instant(_windowed(source.confirm, span))
            confirmed = apart(sorted(_bounded(told).items()))
        except AnswerError as error:
            wrong = f"confirm: {error}"
    return Told(shares, confirmed), wrong


def _windowed(query: str, seconds: int) -> str:
    return query.replace(WINDOW, f"{seconds}s")


async def _number(prometheus: Prometheus, query: str, span: int) -> float:
    """Return the one number of a query; nothing at all counts as none. Raises SourceError, AnswerError."""
    told = await prometheus.instant(_windowed(query, span))
    return _single(told) or 0.0


def _single(told: Mapping[float | None, T]) -> T | None:
    """Return the one value, if there is one. Raises AnswerError."""
    if set(told) - {None}:
        raise AnswerError("the query gives a histogram where one number is due")
    return told.get(None)


def _bounded(told: Mapping[float | None, T]) -> dict[float, T]:
    """Return a histogram. Raises AnswerError."""
    if None in told:
        raise AnswerError("the query gives no buckets; write sum by (le) (…)")
    return {bound: value for bound, value in told.items() if bound is not None}


async def by_minute(source: PrometheusSource, period: Period) -> Minutes:
    """Return what is told of each minute of a period; a part that is answered wrongly is unknown.

    Raises SourceError, also when nothing at all is known.
    """
    try:
        async with asyncio.timeout(LEDGER_SECONDS):
            return await _by_minute(source, period)
    except TimeoutError as error:
        raise SourceError(f"it takes longer than {LEDGER_SECONDS:.0f} s") from error


async def _by_minute(source: PrometheusSource, period: Period) -> Minutes:
    wrong: list[str] = []
    shares: dict[Indicator, tuple[array[float], array[float]]] = {}
    confirmed = None
    async with connected(source, RANGE_SECONDS) as prometheus:
        for indicator, (part, whole) in source.shares.items():
            columns = [await _columns(prometheus, query, period, _one, wrong) for query in (part, whole)]
            shares[indicator] = await asyncio.to_thread(_share, columns[0][0.0], columns[1][0.0])
        if source.confirm is not None:
            buckets = await _columns(prometheus, source.confirm, period, _bounded, wrong)
            confirmed = await asyncio.to_thread(_own_buckets, buckets)
    found = Minutes(period.first, shares, confirmed)
    if not any([await asyncio.to_thread(found.known, indicator) for indicator in source.indicators]):
        raise SourceError(wrong[0] if wrong else "it knows nothing of this period")
    return found


def _one(told: Mapping[float | None, array[float]]) -> dict[float, array[float]]:
    column = _single(told)
    return {} if column is None else {0.0: column}


async def _columns(
    prometheus: Prometheus,
    query: str,
    period: Period,
    shape: Callable[[Mapping[float | None, array[float]]], dict[float, array[float]]],
    wrong: list[str],
) -> dict[float, array[float]]:
    """Return a query's columns over a period, asked for in parts; at least the column 0."""
    nothing = array("d", [UNKNOWN]) * (period.last - period.first)
    columns: dict[float, array[float]] = {0.0: nothing[:]}
    for first in range(period.first, period.last, MOST_POINTS):
        last = min(period.last, first + MOST_POINTS)
        try:
            told = shape(await prometheus.minutes(_windowed(query, 60), first, last))
        except AnswerError as error:
            wrong.append(str(error))
            continue
        for bound, column in told.items():
            whole = columns.setdefault(bound, nothing[:])
            whole[first - period.first : last - period.first] = column
    return columns


def _share(part: array[float], whole: array[float]) -> tuple[array[float], array[float]]:
    """Return both; of a minute without orders there is no part to be told."""
    for at, count in enumerate(whole):
        if count == 0:
            part[at] = 0.0
    return part, whole


def _own_buckets(columns: dict[float, array[float]]) -> dict[float, array[float]]:
    """Return the columns with the orders of each bucket alone."""
    bounds = sorted(bound for bound in columns if bound > 0)
    for at in range(len(columns[0.0])):
        told = [(bound, columns[bound][at]) for bound in bounds if columns[bound][at] == columns[bound][at]]
        for bound, count in apart(told):
            columns[bound][at] = count
    return {bound: columns[bound] for bound in bounds}


class Sources:
    """Keeps the readings of all gateways that have a source up to date."""

    def __init__(
        self, configs: Callable[[], Mapping[str, GatewayConfig]], clock: Clock, book: SlaBook
    ) -> None:
        self._configs, self._clock, self._book = configs, clock, book
        self._running: asyncio.Task[None] | None = None
        self._wrong: dict[str, str] = {}

    def start(self) -> None:
        """Begin, if a gateway has a source at all."""
        if any(config.sla and config.sla.source for config in self._configs().values()):
            self._running = asyncio.create_task(self._run(), name="sources")

    async def stop(self) -> None:
        """End."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Ask for all gateways once."""
        asked = (
            self._look_at(name, config.sla.source)
            for name, config in self._configs().items()
            if config.sla is not None and config.sla.source is not None
        )
        await asyncio.gather(*asked)

    async def _look_at(self, name: str, source: PrometheusSource) -> None:
        try:
            async with connected(source, ASK_SECONDS) as prometheus:
                before = self._book.readings.get(name)
                reading, wrong = await ask(prometheus, source, self._clock.now(), before)
        except SourceError as error:
            wrong = str(error)
        else:
            self._book.readings[name] = reading
        if wrong != self._wrong.get(name, ""):
            if wrong:
                log.warning("the Prometheus of %s: %s", name, shown(wrong))
            else:
                log.info("the Prometheus of %s tells everything again", name)
        self._wrong[name] = wrong
