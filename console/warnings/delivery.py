"""Telling the outside: signed webhooks, and Alertmanager's API v2. Delivered at least once; each message has
an id by which a receiver knows it again."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from console.contract.clock import to_datetime
from console.gateways import webhook
from console.gateways.wire import Secret, answer_headers
from console.store import warnings as stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientSession

    from console.contract.clock import Clock
    from console.store.database import Store
    from console.store.warnings import Message

ALERTMANAGER: Final = "alertmanager"
WEBHOOK: Final = "webhook:"
AT_ONCE: Final = 20
DEADLINE: Final = 5.0
MOST_TRIES: Final = 20
STAYS: Final = timedelta(hours=24)
"""How long Alertmanager keeps an alert that nobody ended: longer than it is told anew."""


class Webhook(NamedTuple):
    """Where a webhook is, and the key that signs."""

    url: str
    key: bytes


class Courier:
    """Delivers what is due. Any number may run beside each other: a message noted by one is left by others,
    at worst it arrives twice under the same id."""

    def __init__(
        self, store: Store, clock: Clock, webhooks: Mapping[str, Webhook], alertmanager: str | None = None
    ) -> None:
        """`alertmanager` is its address, like http://127.0.0.1:9093."""
        self._store, self._clock = store, clock
        self._webhooks, self._alertmanager = webhooks, alertmanager

    @property
    def channels(self) -> tuple[str, ...]:
        """Whom there is to tell."""
        own = () if self._alertmanager is None else (ALERTMANAGER,)
        return (*(WEBHOOK + name for name in self._webhooks), *own)

    async def round(self) -> int:
        """Deliver some of what is due; return how many were tried."""
        if not self.channels:
            return 0
        now = self._clock.now()
        due = await self._store.read(partial(stored.due_messages, now=now, count=AT_ONCE))
        if not due:
            return 0
        async with webhook.session(DEADLINE) as session:
            for message in due:
                await self._deliver(session, message)
        return len(due)

    async def _deliver(self, session: ClientSession, message: Message) -> None:
        problem = await self._send(session, message)
        now = self._clock.now()
        tries = message.tries + 1
        over = problem is None or tries >= MOST_TRIES
        noted = partial(
            stored.tried,
            message=message,
            sent_at=now if problem is None else None,
            next_try_at=None if over else now + webhook.wait_ms(tries),
            problem=problem,
        )
        await self._store.write(noted)

    async def _send(self, session: ClientSession, message: Message) -> str | None:
        """Send one message; return what went wrong, None when it arrived."""
        if message.channel == ALERTMANAGER and self._alertmanager is not None:
            url = f"{self._alertmanager.rstrip('/')}/api/v2/alerts"
            body = json.dumps([alert(json.loads(message.body), message.created_at)]).encode()
            headers: dict[str, str] = {}
        elif (found := self._webhooks.get(message.channel.removeprefix(WEBHOOK))) is not None:
            url, body = found.url, message.body.encode()
            headers = answer_headers(Secret(found.key), body, self._clock.now() // 1000)
            headers["X-Delivery"] = str(message.id)
        else:
            return "this channel is not configured any more"
        return (await webhook.post(session, url, body, headers)).problem


def alert(told: Mapping[str, Any], at: int) -> dict[str, Any]:
    """Return a message of an instant as Alertmanager's API v2 takes it; labels never change."""
    ends = told["ended_at"] or (to_datetime(at) + STAYS).isoformat()
    return {
        "labels": {"alertname": "RepayWarning", "warning": told["id"], "subject": told["subject"]},
        "annotations": {
            "summary": told["title"],
            "cause": told["cause"],
            "harm_at": told["harm_at"] or "",
        },
        "startsAt": told["since"],
        "endsAt": ends,
    }
