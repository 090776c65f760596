"""Answers that are too long to hold: read piece by piece, none of which may take too long to come."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from console.client.errors import Failed, TimedOut
from console.client.http import httpx
from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from console.client.transport import Transport

SILENCE_SECONDS: Final = 40.0
"""A stream that says nothing for so long, not even a heartbeat (every 15 s), is dead."""

LONGEST_LINE: Final = 256 * 1024


async def pieces(
    transport: Transport, path: str, deadline: float, content: bytes | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield an answer as it comes; `deadline` (seconds) is for its beginning. Raises ClientError.

    With `content` it is the answer to a question that is posted.
    """
    request = transport.request("GET" if content is None else "POST", path, content=content)
    try:
        async with asyncio.timeout(deadline):
            response = await transport.open(request)
    except TimeoutError:
        raise TimedOut(t("{service} did not answer in time", service=transport.name)) from None
    coming = response.aiter_raw().__aiter__()
    try:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(coming, b"")
            if not piece:
                return
            yield piece
    except TimeoutError:
        raise TimedOut(t("{service} fell silent", service=transport.name)) from None
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise transport.lost(error) from error
    finally:
        await response.aclose()


async def lines(
    transport: Transport, path: str, deadline: float, content: bytes | None = None
) -> AsyncGenerator[bytes, None]:
    """Yield the lines of an answer, as `pieces` does, without their ends; empty ones are left out."""
    rest = b""
    async with aclosing(pieces(transport, path, deadline, content)) as coming:
        async for piece in coming:
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                if line:
                    yield line
            if len(rest) > LONGEST_LINE:
                raise Failed(t("what the service exports is no list"))
    if rest:
        yield rest
