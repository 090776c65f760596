"""A Prometheus asked through its HTTP API (v1). What it answers is foreign: bounded in size, checked, and
counts are finite and not negative. Its credentials are read for each session and never logged.
"""

from __future__ import annotations

import asyncio
import json
import math
from array import array
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from console.contract.secret_source import SecretError
from console.contract.text import Untrusted, shown
from console.sla.reading import UNKNOWN

if TYPE_CHECKING:
    from console.contract.sla_source import PrometheusSource

ANSWER_LIMIT: Final = 256 * 1024
"""Bytes of the answer to an instant query."""

RANGE_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of the answer to a range query."""

MOST_POINTS: Final = 10_000
"""Points of a series in one range query; a Prometheus refuses more than 11,000."""

MOST_BUCKETS: Final = 200
"""Buckets of a histogram."""

_REASON_CHARS: Final = 200


class SourceError(Exception):
    """The Prometheus does not answer."""


class AnswerError(Exception):
    """The Prometheus answers, but not with what the query should give."""


@dataclass(frozen=True)
class Prometheus:
    """One to ask. Numbers come by the bound `le` of their histogram bucket, None where they have none."""

    address: str
    session: aiohttp.ClientSession

    async def instant(self, query: str) -> dict[float | None, float]:
        """Return what a query gives now. Raises SourceError, AnswerError."""
        body = await self._ask("query", {"query": query}, ANSWER_LIMIT)
        return await asyncio.to_thread(_instant, body)

    async def minutes(self, query: str, first: int, last: int) -> dict[float | None, array[float]]:
        """Return what a query over one minute gives for each minute from `first` until before `last`, at most
        MOST_POINTS; UNKNOWN where it gives nothing. Raises SourceError, AnswerError."""
        times = {"start": str((first + 1) * 60), "end": str(last * 60), "step": "60"}
        body = await self._ask("query_range", {"query": query, **times}, RANGE_LIMIT)
        return await asyncio.to_thread(_minutes, body, first, last)

    async def _ask(self, what: str, form: Mapping[str, str], limit: int) -> bytes:
        url = f"{self.address}/api/v1/{what}"
        try:
            async with self.session.post(url, data=form, allow_redirects=False) as answer:
                body = await _read(answer, limit)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise SourceError(f"it does not answer ({type(error).__name__})") from error
        if status != 200:
            raise AnswerError(f"it answers {status}{_reason(body)}")
        return body


@asynccontextmanager
async def connected(source: PrometheusSource, seconds: float) -> AsyncIterator[Prometheus]:
    """Give a source's Prometheus, each answer awaited for so long. Raises SourceError without its token."""
    headers = {}
    if source.token is not None:
        try:
            secret = source.token.read()
        except SecretError as error:
            raise SourceError(str(error)) from error
        if source.user is None:
            headers["Authorization"] = f"Bearer {secret.decode('latin-1')}"
        else:
            headers["Authorization"] = f"Basic {b64encode(source.user.encode() + b':' + secret).decode()}"
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, trust_env=False) as session:
        yield Prometheus(source.prometheus, session)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    found = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        found += piece
        if len(found) > limit:
            raise AnswerError(f"its answer is longer than {limit} bytes")
    return bytes(found)


def _reason(body: bytes) -> str:
    """Return the reason that an error tells."""
    try:
        reason = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return f": {shown(Untrusted(str(reason)[:_REASON_CHARS]))}"


def _instant(body: bytes) -> dict[float | None, float]:
    with _checked():
        found = json.loads(body)["data"]
        if found["resultType"] == "scalar":
            return {None: _number(found["result"][1])}
        return _by_bound((one["metric"], _number(one["value"][1])) for one in found["result"])


def _minutes(body: bytes, first: int, last: int) -> dict[float | None, array[float]]:
    with _checked():
        series = json.loads(body)["data"]["result"]
        return _by_bound((one["metric"], _column(one["values"], first, last)) for one in series)


def _column(points: Iterable[Any], first: int, last: int) -> array[float]:
    column = array("d", [UNKNOWN]) * (last - first)
    for at, value in points:
        minute = int(at) // 60 - 1
        if first <= minute < last:
            column[minute - first] = _number(value)
    return column


def _by_bound(series: Iterable[tuple[Any, Any]]) -> dict[float | None, Any]:
    found: dict[float | None, Any] = {}
    for labels, value in series:
        bound = float(labels["le"]) if "le" in labels else None
        if bound in found or (bound is not None and not bound > 0):
            raise AnswerError("the query gives several series; write sum(…), or sum by (le) (…)")
        found[bound] = value
    if len(found) > MOST_BUCKETS:
        raise AnswerError(f"the query gives more than {MOST_BUCKETS} buckets")
    return found


def _number(text: Any) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise AnswerError("the query gives no count")
    return value


@contextmanager
def _checked() -> Iterator[None]:
    """Turn whatever is wrong with an answer into an AnswerError."""
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise AnswerError("its answer is none of a Prometheus") from error
