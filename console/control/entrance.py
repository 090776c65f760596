"""The way in: wraps the application once per listener, before any route is found.

Marks whether the request came through the owner's private socket, when it came and until when its
caller waits; caps bodies; counts requests; keeps exceptions from leaking into anybody else's log.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from console.control.problems import ProblemError, where

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log: Final = logging.getLogger("console.control")

BODY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a request's body."""

LONGEST_TIMEOUT: Final = 3600.0
"""Seconds that `Request-Timeout` may name."""

SANDBOX_CLIENT: Final = b"sandbox"
"""`X-Repay-Client` of the simulated borrowers: they keep no service alive."""


@dataclass
class Traffic:
    """What came in so far: for the metrics, and to tell whether anybody is still there.

    `persons` is how many requests of the owner are under way, streams and exports among them.
    """

    requests: dict[int, int] = field(default_factory=dict)
    persons: int = 0
    last_person_at: float = field(default_factory=time.monotonic)

    def answered(self, status: int) -> None:
        """Count an answer by its status."""
        self.requests[status] = self.requests.get(status, 0) + 1


class Entrance:
    """One listener's door. `owner` is true for the private Unix socket and for nothing else."""

    def __init__(self, app: ASGIApp, traffic: Traffic, *, owner: bool) -> None:
        self._app = app
        self._traffic = traffic
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers = dict(scope["headers"])
        person = self._owner and headers.get(b"x-repay-client") != SANDBOX_CLIENT
        if not person:
            await self._pass(scope, headers, receive, send)
            return
        self._traffic.persons += 1
        try:
            await self._pass(scope, headers, receive, send)
        finally:
            self._traffic.persons -= 1
            self._traffic.last_person_at = time.monotonic()

    async def _pass(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        started = False

        async def counted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._traffic.answered(message["status"])
            await send(message)

        try:
            scope["state"] = {
                "owner": self._owner,
                "until": _until(headers.get(b"request-timeout")),
            }
            await self._app(scope, _capped(headers, receive), counted)
        except ProblemError as error:
            if not started:
                await error.response()(scope, receive, counted)
        except Exception as error:
            log.error("a request failed: %s", where(error))
            if not started:
                raise


def _until(value: bytes | None) -> float:
    """Return the monotonic second at which the caller stops waiting; infinity when it does not say."""
    if value is None:
        return math.inf
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise ProblemError(
            400,
            "bad_timeout",
            "Request-Timeout is not a number of seconds",
            f"send a number above 0 and at most {LONGEST_TIMEOUT:.0f}",
        )
    return time.monotonic() + seconds


def _capped(headers: dict[bytes, bytes], receive: Receive) -> Receive:
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        raise _too_large()
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > BODY_LIMIT:
                raise _too_large()
        return message

    return limited


def _too_large() -> ProblemError:
    return ProblemError(
        413,
        "body_too_large",
        f"a body has at most {BODY_LIMIT // 2**20} MiB",
        "send fewer repayments per call",
        headers={"Connection": "close"},
    )
