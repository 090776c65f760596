"""Borrowers who are asked whether it is really them: they look now and then, and answer.

Honest people pass nearly always; whoever pays from another device, another place and under another name
mostly does not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import secrets
from typing import TYPE_CHECKING, Final

import aiohttp

from console.sandbox.signals import is_suspect

if TYPE_CHECKING:
    from console.sandbox.door import Door

LOOK_EVERY: Final = 3.0
"""Seconds between two looks at who is asked."""

PAGE: Final = 100
"""Repayments looked at, at once."""

PASSES: Final = 0.97
"""Share of honest people who prove that it is them when asked."""

SUSPECT_PASSES: Final = 0.05
"""Share of the others who do all the same."""

LEAVES: Final = 0.1
"""Share of those asked who never answer."""

REMEMBERED: Final = 10_000
"""Of so many who do not answer, or were not asked, one knows it."""

_OURS: Final = re.compile(r"s[0-9a-f]{10}-[0-9]{7,}\Z")

log = logging.getLogger(__name__)


class Verification:
    """All borrowers who are asked."""

    def __init__(self, door: Door) -> None:
        self.passed = 0
        self.failed = 0
        self._door = door
        self._chance = random.Random()  # noqa: S311 - invented answers, not secrets
        self._done: dict[str, None] = {}

    async def run(self) -> None:
        """Answer until cancelled."""
        await self._door.opened()
        async with self._door.session() as session:
            while True:
                await asyncio.sleep(LOOK_EVERY)
                try:
                    await self._look(session)
                except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                    log.debug("the service could not be asked who is asked: %s", type(error).__name__)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        query = {"filter": "state:review", "limit": str(PAGE)}
        async with session.get(f"{self._door.url}/v1/repayments", params=query) as response:
            if response.status != 200:
                return
            found = json.loads(await response.read())
        for item in found.get("items", ()):
            identity, external_id = str(item["id"]), str(item["external_id"])
            if identity not in self._done and _OURS.match(external_id):
                await self._answer(session, identity, external_id)

    async def _answer(self, session: aiohttp.ClientSession, identity: str, external_id: str) -> None:
        self._done[identity] = None
        while len(self._done) > REMEMBERED:
            del self._done[next(iter(self._done))]
        if self._chance.random() < LEAVES:
            return
        passed = self._chance.random() < (SUSPECT_PASSES if is_suspect(external_id) else PASSES)
        async with session.post(
            f"{self._door.url}/v1/repayments/{identity}/challenge",
            json={"passed": passed},
            headers={"Idempotency-Key": f"challenge-{identity}-{secrets.token_hex(4)}"},
        ) as response:
            await response.read()
            if response.status == 200:
                self.passed += passed
                self.failed += not passed
