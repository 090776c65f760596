"""The lender's receiver of notices, dunning and credit reports, simulated: it verifies what comes, takes each
event once, and remembers the last ones. Nothing is sent on to anybody.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from console.contract.clock import iso
from console.gateways.wire import SIGNATURE_HEADER, TIMESTAMP_HEADER, Secret, WireError, verify_answer

if TYPE_CHECKING:
    from aiohttp.web_request import BaseRequest

    from console.contract.clock import Clock

RECEIVER: Final = "notices"
"""Its name: the first word of its path, and of its secret."""

KEPT: Final = 1000
"""Messages that are remembered."""

LONGEST: Final = 65_536
"""Bytes of a message."""


class Notices:
    """What the receiver got. Without a secret it takes nothing."""

    def __init__(self, secret: Secret | None, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._seen: set[str] = set()
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.refused = 0
        self.repeated = 0

    async def take(self, request: BaseRequest) -> web.Response:
        """Take one message in: 204, also for one that came before; 401 for a wrong signature."""
        body = await request.read()
        event = request.headers.get("X-Event-Id", "")
        found = self._checked(request, body) if event and len(body) <= LONGEST else None
        if found is None:
            self.refused += 1
            return web.Response(status=401)
        if event in self._seen:
            self.repeated += 1
            return web.Response(status=204)
        self._seen.add(event)
        self.counts[str(found.get("event", ""))] += 1
        self._kept.append({"received_at": iso(self._clock.now()), **found})
        return web.Response(status=204)

    def _checked(self, request: BaseRequest, body: bytes) -> dict[str, Any] | None:
        """Return what a message says; nothing when it is not signed by the lender."""
        if request.method != "POST" or self._secret is None:
            return None
        headers = request.headers
        stamp, signature = headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER)
        try:
            verify_answer(self._secret, stamp, signature, body, self._clock.now() / 1000)
            found = json.loads(body)
        except (WireError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def listed(self, limit: int) -> dict[str, object]:
        """Return what came: totals, and the last messages, the newest first."""
        return {
            "received": dict(self.counts),
            "repeated": self.repeated,
            "refused": self.refused,
            "items": list(reversed(self._kept))[:limit],
        }
