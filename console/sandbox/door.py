"""The way to the service's API, and whether somebody is there."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KNOCK: Final = 1.0
"""Seconds between two knocks while the service is there."""

FIRST_KNOCKS: Final = 0.05
"""Seconds between two knocks while it is awaited."""

DEADLINE: Final = 3.0
"""Seconds an answer to a knock may take."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service is: a Unix socket, or a URL with a token."""

    socket: Path | None
    url: str = "http://control"
    token: str | None = None


class Door:
    """Knocks at the service's health check; any HTTP answer means that somebody is there."""

    def __init__(self, address: Address, monotonic: Callable[[], float]) -> None:
        self.url = address.url.rstrip("/")
        self._address = address
        self._monotonic = monotonic
        self._last_answer = monotonic()
        self._opened = asyncio.Event()
        self._heard = asyncio.Event()

    async def silent_for(self, seconds: float) -> None:
        """Wait until nobody has answered for so long; counted from the start if nobody ever did."""
        while (left := self._last_answer + seconds - self._monotonic()) > 0:
            self._heard.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._heard.wait()

    def answered(self) -> None:
        """Note that somebody is there."""
        self._last_answer = self._monotonic()
        self._opened.set()
        self._heard.set()

    async def opened(self) -> None:
        """Wait until somebody has answered."""
        await self._opened.wait()

    def session(self) -> aiohttp.ClientSession:
        """Return a new session through this door; close it after.

        Its header tells the service that no person is asking.
        """
        headers = {"X-Repay-Client": "sandbox"}
        if self._address.token:
            headers["Authorization"] = f"Bearer {self._address.token}"
        connector = (
            aiohttp.UnixConnector(str(self._address.socket))
            if self._address.socket is not None
            else aiohttp.TCPConnector(limit=8)
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=DEADLINE),
        )

    async def watch(self) -> None:
        """Knock until cancelled."""
        async with self.session() as session:
            while True:
                if await self._knock(session):
                    self.answered()
                    await asyncio.sleep(KNOCK)
                else:
                    await asyncio.sleep(KNOCK if self._opened.is_set() else FIRST_KNOCKS)

    async def _knock(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/v1/healthz", allow_redirects=False):
                return True
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
