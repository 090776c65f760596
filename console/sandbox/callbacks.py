"""Decides orders when their time comes, and calls back about them: at least once, with patience.

What is still to be done is in the book, not in memory; a process that is killed goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final

import aiohttp

from console.contract.faults import Fault
from console.gateways.wire import MERCHANT_HEADER, Callback, Secret, Status, answer_headers, encode_callback
from console.sandbox.book import BookError
from console.sandbox.orders import CallbackKind, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.contract.clock import Clock
    from console.sandbox.book import Book
    from console.sandbox.gateway import Gateway

BACKOFF: Final = (1, 2, 4, 8, 15, 30, 60, 60, 60)
"""Seconds between tries; after the last the gateway gives up, and only an inquiry tells."""

IN_FLIGHT: Final = 128
"""Callbacks under way at once; the others wait in the book."""

PULSE: Final = 0.05
"""Seconds between two looks at what is due."""

DEADLINE: Final = 10.0
"""Seconds a callback may take."""

DOWN_PAUSE: Final = 2000
"""Milliseconds until a gateway that is down looks at its callbacks again."""

log = logging.getLogger(__name__)


class Callbacks:
    """The callbacks of all gateways."""

    def __init__(
        self,
        gateways: Mapping[str, Gateway],
        secrets: Mapping[str, Secret],
        book: Book,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._gateways = gateways
        self._secrets = secrets
        self._book = book
        self._clock = clock
        self._chance = chance
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.delivered = 0
        self.given_up = 0

    @property
    def in_flight(self) -> int:
        """How many callbacks are under way."""
        return len(self._tasks)

    async def run(self) -> None:
        """Decide and call back until cancelled."""
        try:
            while True:
                await asyncio.sleep(PULSE)
                try:
                    await self._pulse()
                except BookError as error:
                    log.error("%s", error)
                    await asyncio.sleep(1.0)
        finally:
            await self.close()

    async def deliver(self, order: Order) -> None:
        """Try once to call back about an order, and plan the next try if it fails."""
        gateway = self._gateways[order.gateway]
        now = self._clock.now()
        if gateway.faults.strikes(order.gateway, Fault.DOWN):
            order.callback_at = now + DOWN_PAUSE
            self._book.put(order)
            return
        lease = order.callback_at = now + round(DEADLINE * 1500)
        kind = order.callback_kind
        self._book.put(order)
        arrived = await self._send(order, order.status)
        if arrived:
            self.delivered += 1
            await self._misbehave(order, kind)
        self._plan(order.gateway, order.order_no, lease, arrived)

    async def close(self) -> None:
        """Break off what is under way; the book has it."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _pulse(self) -> None:
        decide, call = self._book.due(self._clock.now(), IN_FLIGHT - len(self._tasks))
        for order in decide:
            self._gateways[order.gateway].decide(order)
        if decide:
            await self._book.committed()
        for order in call:
            task = asyncio.create_task(self.deliver(order))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)

    def _plan(self, gateway: str, order_no: str, lease: int, arrived: bool) -> None:
        order = self._book.get(gateway, order_no)
        if order is None or order.callback_at != lease:
            return
        if arrived:
            order.callback_at = None
        elif order.callback_tries >= len(BACKOFF):
            order.callback_at = None
            self.given_up += 1
        else:
            seconds = BACKOFF[order.callback_tries] * self._chance.uniform(0.8, 1.2)
            order.callback_at = self._clock.now() + round(seconds * 1000)
            order.callback_tries += 1
        self._book.put(order)

    async def _misbehave(self, order: Order, kind: CallbackKind) -> None:
        if kind & CallbackKind.DUPLICATE:
            again = [self._send(order, order.status) for _ in range(self._chance.randint(1, 3))]
            await asyncio.gather(*again)
        if kind & CallbackKind.OUT_OF_ORDER:
            await self._send(order, Status.ACCEPTED)

    async def _send(self, order: Order, status: Status) -> bool:
        """Send one callback; return whether it was taken."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=IN_FLIGHT),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=DEADLINE),
            )
        merchant = self._gateways[order.gateway].merchant
        event_id = f"ev_{order.order_no}_{status.value.lower()}"
        body = encode_callback(Callback(event_id, order.answer(merchant, status=status)))
        headers = answer_headers(self._secrets[order.gateway], body, self._clock.now() // 1000)
        headers[MERCHANT_HEADER] = merchant
        try:
            async with self._session.post(
                order.notify_url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False
