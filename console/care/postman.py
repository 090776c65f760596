"""The postman: takes messages from the outbox to the receiver, signed, again until it takes them.

At least once: the receiver tells repeats apart by `X-Event-Id`. Without a receiver everything waits.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from console.contract.clock import iso
from console.gateways import webhook
from console.gateways.wire import answer_headers
from console.store import outbox
from console.store.outbox import Claimed

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from console.care.settings import CareSettings
    from console.gateways.wire import Secret
    from console.repayment.lane import Desk

AT_ONCE: Final = 16
"""Messages on their way at once."""

TRIES: Final = 30
"""How often a message is tried before it is given up: about a day."""

LOOK_AGAIN: Final = 60.0
"""Seconds until a message that may not go out now is looked at again."""

GIVES_UP: Final = frozenset({400, 410, 422})
"""Answers after which trying again is no use."""

LEASE_MARGIN: Final = 5.0


class Postman:
    """See the module. `secret` signs; None where there is no receiver."""

    def __init__(self, desk: Desk, settings: CareSettings, secret: Secret | None) -> None:
        self._store = desk.store
        self._clock = desk.clock
        self._webhook = settings.webhook
        self._secret = secret

    async def round(self) -> bool:
        """Send one batch; tell whether more may be waiting."""
        if self._webhook is None or self._secret is None:
            return False
        count, _ = await self._store.read(outbox.waiting)
        if not count:
            return False
        now = self._clock.now()
        lease = round((self._webhook.timeout + LEASE_MARGIN) * 1000)
        later = round(LOOK_AGAIN * 1000)
        found = await self._store.write(
            lambda connection: outbox.claim(
                connection, now=now, lease_ms=lease, later_ms=later, limit=AT_ONCE
            )
        )
        if not found:
            return False
        async with webhook.session(self._webhook.timeout) as session:
            await asyncio.gather(*(self._send(session, one) for one in found))
        return len(found) == AT_ONCE

    async def _send(self, session: ClientSession, message: Claimed) -> None:
        assert self._webhook is not None and self._secret is not None  # noqa: S101 - the caller has asked
        body = encode(message)
        headers = answer_headers(self._secret, body, self._clock.now() // 1000)
        headers["X-Event-Id"] = event_id(message)
        problem, status = await webhook.post(session, self._webhook.url, body, headers)
        now = self._clock.now()
        if problem is None:
            await self._store.write(lambda connection: outbox.sent(connection, message.id, now))
            return
        over = status in GIVES_UP or message.tries >= TRIES
        again = None if over else now + webhook.wait_ms(message.tries)
        await self._store.write(lambda connection: outbox.failed(connection, message.id, problem, again))


def event_id(message: Claimed) -> str:
    """Return what is the same each time a message is sent."""
    return f"{message.kind}-{message.id}"


def encode(message: Claimed) -> bytes:
    """Return the body: who is meant by token and by the caller's own ids, never a name or a number."""
    fields = {
        "event_id": event_id(message),
        "event": message.kind,
        "made_at": iso(message.created_at),
        "borrower": message.borrower,
        "repayment": message.repayment,
        "external_id": message.external_id,
        "instalment": message.instalment,
        "amount_fen": message.amount_fen,
        "currency": message.currency,
        "due_on": message.due_on,
        "grace_until": message.grace_until,
        "penalty_from": message.penalty_from,
        "text": {"zh": message.text_zh, "en": message.text_en},
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
