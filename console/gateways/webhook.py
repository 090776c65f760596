"""Posting to a receiver outside, which knows by the headers who posts: see `wire.answer_headers`.

Redirects are not followed, no cookies are kept, and of an answer nothing counts but its status. What is
posted, under which id, and when it is given up is for whoever posts; it keeps its messages in the store.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

BACK_OFF: Final = (5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds until a message is tried again; the last one for all later tries."""


class Posted(NamedTuple):
    """What became of a message: `problem` is None where it was taken, `status` where nothing answered."""

    problem: str | None
    status: int | None


def session(timeout: float) -> aiohttp.ClientSession:
    """Return a session whose posts take at most so many seconds each."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


async def post(through: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
    """Post JSON; whatever goes wrong is the problem that is returned."""
    told = {"Content-Type": "application/json", **headers}
    try:
        async with through.post(url, data=body, headers=told, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return Posted(type(error).__name__, None)
    return Posted(None if 200 <= status < 300 else f"HTTP_{status}", status)


def wait_ms(tries: int) -> int:
    """Return how long to wait, up to a fifth more or less, after so many tries (1 or more) that failed."""
    return round(BACK_OFF[min(tries, len(BACK_OFF)) - 1] * random.uniform(800, 1200))  # noqa: S311
