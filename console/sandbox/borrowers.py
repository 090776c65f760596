"""The borrowers: a loop that invents repayments and sends them to the service, as long as it takes them.

They are patient up to a point: what the service does not take waits here, up to a limit; beyond it
borrowers give up and come back later. Nothing of this ever stops the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from console.sandbox import intake, people, rhythm
from console.sandbox.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.contract.clock import Clock
    from console.sandbox.door import Door

BEAT: Final = 0.1
"""Seconds between two looks at who wants to pay."""

PATIENCE: Final = 2_000
"""Repayments that wait to be sent, at most."""

BATCH: Final = 500
"""Repayments in one request, at most."""

DEADLINE: Final = 10.0
"""Seconds a request may take."""

PAUSE: Final = (0.2, 5.0)
"""Shortest and longest pause (seconds) after the service could not be reached."""

LONGEST_RETRY_AFTER: Final = 60.0
"""Seconds; a longer wait asked for by the service is cut to this."""

COME_BACK_SHARE: Final = 0.5
"""How much the rate grows, at most, by those who gave up and come back."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surge:
    """A multiple of the usual rate, until `until` (monotonic seconds; None: until told otherwise)."""

    factor: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Repayments that go in one request, always the same under the same key."""

    key: str
    count: int
    body: bytes


class Borrowers:
    """All borrowers, and the line in front of the service's door."""

    def __init__(
        self,
        door: Door,
        rate: float,
        seed: int,
        gateways: Sequence[str],
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        """`rate` is the mean of the day, in repayments a second."""
        self.rate = rate
        self.sent = 0
        self.gave_up = 0
        self.refused = 0
        self._door = door
        self._seed = seed
        self._gateways = tuple(gateways)
        self._clock = clock
        self._monotonic = monotonic
        self._chance = random.Random()  # noqa: S311 - invented repayments, not secrets
        self._origin = f"s{secrets.token_hex(5)}"
        self._sequence = 0
        self._line: deque[dict[str, Any]] = deque()
        self._under_way: Batch | None = None
        self._away = 0
        self._surge = Surge(1.0, None)
        self._arrived = asyncio.Event()
        self._verification = Verification(door)

    @property
    def unsent(self) -> int:
        """How many repayments wait."""
        return len(self._line) + (self._under_way.count if self._under_way else 0)

    def surge(self, factor: float, seconds: float | None = None) -> None:
        """Multiply the rate, for a time or until told otherwise."""
        self._surge = Surge(factor, None if seconds is None else self._monotonic() + seconds)

    def factor(self) -> float:
        """Return the multiple of the usual rate in force."""
        if self._surge.until is not None and self._monotonic() >= self._surge.until:
            self._surge = Surge(1.0, None)
        return self._surge.factor

    async def run(self) -> None:
        """Wait for the service, then pay until cancelled."""
        await self._door.opened()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._arrive())
            group.create_task(self._send_all())
            group.create_task(self._verification.run())

    async def _arrive(self) -> None:
        before = self._monotonic()
        while True:
            await asyncio.sleep(BEAT)
            now = self._monotonic()
            self._come(min(now - before, 1.0))
            before = now

    def _come(self, seconds: float) -> None:
        """Let those come who come within `seconds`."""
        expected = self.rate * self.factor() * rhythm.share(self._clock.now()) * seconds
        newcomers = rhythm.arrivals(expected, self._chance)
        if self._away and not self._line:
            returning = min(self._away, rhythm.arrivals(expected * COME_BACK_SHARE, self._chance))
            self._away -= returning
            newcomers += returning
        room = max(0, PATIENCE - self.unsent)
        turned_away = max(0, newcomers - room)
        self.gave_up += turned_away
        self._away += turned_away
        for _ in range(newcomers - turned_away):
            self._line.append(self._repayment())
        if self._line:
            self._arrived.set()

    def _repayment(self) -> dict[str, Any]:
        number = self._chance.randrange(people.POPULATION)
        person = people.borrower(number, self._seed, self._gateways)
        self._sequence += 1
        return intake.repayment(person, number, self._origin, self._sequence, self._clock.now(), self._chance)

    async def _send_all(self) -> None:
        async with self._door.session() as session:
            while True:
                await self._arrived.wait()
                batch = self._under_way = self._next_batch()
                await self._send(session, batch)
                self._under_way = None
                if not self._line:
                    self._arrived.clear()

    def _next_batch(self) -> Batch:
        repayments = [self._line.popleft() for _ in range(min(BATCH, len(self._line)))]
        body = json.dumps({"repayments": repayments}, ensure_ascii=False, separators=(",", ":")).encode()
        return Batch(f"{self._origin}-{repayments[0]['external_id']}", len(repayments), body)

    async def _send(self, session: aiohttp.ClientSession, batch: Batch) -> None:
        """Send a batch until the service has taken or refused it."""
        shortest, longest = PAUSE
        pause = shortest
        headers = {"Content-Type": "application/json", "Idempotency-Key": batch.key}
        while True:
            try:
                async with session.post(
                    f"{self._door.url}/v1/repayments",
                    data=batch.body,
                    headers=headers,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=DEADLINE),
                ) as response:
                    self._door.answered()
                    status = response.status
                    asked = _retry_after(response.headers.get("Retry-After"))
                    await response.read()
            except (aiohttp.ClientError, OSError, TimeoutError):
                status, asked = 0, None
            if 200 <= status < 300:
                self.sent += batch.count
                return
            if 400 <= status < 500 and status not in (401, 408, 409, 425, 429):
                self.refused += batch.count
                log.warning("the service refused %d repayments with status %d", batch.count, status)
                return
            wait = pause if asked is None else min(asked, LONGEST_RETRY_AFTER)
            await asyncio.sleep(wait * self._chance.uniform(1.0, 1.2))
            pause = min(pause * 2, longest)


def _retry_after(header: str | None) -> float | None:
    """Return the seconds that the service asks to wait, or None when it does not say."""
    if header is None or not (header.isascii() and header.isdecimal()) or len(header) > 9:
        return None
    return float(header)
