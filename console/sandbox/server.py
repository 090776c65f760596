"""The HTTP side: `/{gateway}/debits`, inquiries, closes and settlement files; `/notices`.

One low-level aiohttp server, no router and no middleware: it is the hot path of every benchmark.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from console.contract.faults import Fault
from console.gateways.wire import (
    MERCHANT_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Flaw,
    Secret,
    WireError,
    answer_headers,
    encode_refusal,
    is_order_no,
    parse_close,
    parse_debit,
    sign_answer_digest,
    verify_request,
)
from console.sandbox import delivery, settlement
from console.sandbox.book import BookError
from console.sandbox.gateway import Gateway, Reply
from console.sandbox.ledger import LedgerError
from console.sandbox.notices import RECEIVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.web_request import BaseRequest

    from console.contract.clock import Clock
    from console.sandbox.callbacks import Callbacks
    from console.sandbox.notices import Notices

EARLY_CALLBACK_WAIT: Final = 2.0
"""Seconds an answer waits for the callback that goes before it."""

_CHUNK: Final = 1 << 16
_UNPROVEN: Final = frozenset({Flaw.UNSIGNED, Flaw.WRONG_SIGNATURE, Flaw.CLOCK_SKEW})

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One verified request to a gateway: the words after `/{gateway}/`, and the body."""

    gateway: Gateway
    secret: Secret
    method: str
    words: list[str]
    body: bytes


class GatewayServer:
    """Answers for all gateways."""

    def __init__(
        self,
        gateways: Mapping[str, Gateway],
        secrets: Mapping[str, Secret],
        callbacks: Callbacks,
        notices: Notices,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._gateways = gateways
        self._secrets = secrets
        self._callbacks = callbacks
        self._notices = notices
        self._clock = clock
        self._chance = chance

    async def handle(self, request: BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.raw_path.partition("?")[0]
        _, name, *words = path.split("/")
        gateway = self._gateways.get(name)
        if gateway is None and name == RECEIVER:
            return await self._notices.take(request)
        if gateway is None:
            return web.Response(status=404, text="no such gateway")
        if gateway.faults.strikes(name, Fault.DOWN):
            return delivery.reset(request)
        secret = self._secrets[name]
        body = await request.read()
        headers = request.headers
        try:
            if headers.get(MERCHANT_HEADER) != gateway.merchant:
                return self._refuse(secret, 401, "UNKNOWN_MERCHANT")
            verify_request(
                secret,
                request.method,
                path,
                headers.get(TIMESTAMP_HEADER),
                headers.get(SIGNATURE_HEADER),
                body,
                self._clock.now() / 1000,
            )
            return await self._route(request, Call(gateway, secret, request.method, words, body))
        except WireError as error:
            return self._refuse(secret, 401 if error.flaw in _UNPROVEN else 400, error.flaw.value)
        except (BookError, LedgerError) as error:
            log.error("%s", error)
            return web.Response(status=503, text="out of order")

    async def _route(self, request: BaseRequest, call: Call) -> web.StreamResponse:
        gateway = call.gateway
        match call.method, call.words:
            case "POST", ["debits"]:
                return await self._debit(request, call)
            case "GET", ["debits", order_no]:
                await self._take_time(gateway)
                reply = gateway.inquire(order_no)
                if gateway.book.pending:
                    await gateway.book.committed()
                return await self._deliver(request, call, reply)
            case "POST", ["debits", order_no, "close"] if is_order_no(order_no):
                amount_fen, currency = parse_close(call.body)
                await self._take_time(gateway)
                reply = gateway.close(order_no, amount_fen, currency)
                await gateway.book.committed()
                return await self._deliver(request, call, reply)
            case "GET", ["settlements", day]:
                return await self._settlement(request, call, day)
            case _:
                return self._refuse(call.secret, 404, "NO_SUCH_CALL")

    async def _debit(self, request: BaseRequest, call: Call) -> web.StreamResponse:
        gateway = call.gateway
        order = parse_debit(call.body)
        await self._take_time(gateway)
        if gateway.faults.strikes(gateway.name, Fault.TIMEOUT_BEFORE_DEBIT):
            return await delivery.hold(request, gateway.timings.hold)
        reply = gateway.debit(order)
        await gateway.book.committed()
        if reply.early is not None:
            try:
                async with asyncio.timeout(EARLY_CALLBACK_WAIT):
                    await self._callbacks.deliver(reply.early)
            except TimeoutError:
                log.warning("the callback about %s did not get through before its answer", order.order_no)
        return await self._deliver(request, call, reply)

    async def _settlement(self, request: BaseRequest, call: Call, word: str) -> web.StreamResponse:
        gateway = call.gateway
        day = settlement.day_of_file(word)
        if day is None or not settlement.ready(day, self._clock.now()):
            return self._refuse(call.secret, 404, "SETTLEMENT_NOT_READY")
        gateway.book.commit()
        ledger = gateway.book.ledgers[gateway.name].path
        file = await asyncio.to_thread(
            settlement.make, ledger, gateway.name, day, gateway.faults, self._chance
        )
        with file.content:
            seconds = self._clock.now() // 1000
            headers = {
                TIMESTAMP_HEADER: str(seconds),
                SIGNATURE_HEADER: sign_answer_digest(call.secret, seconds, file.sha256),
                "Content-Type": "text/csv; charset=utf-8",
            }
            response = web.StreamResponse(status=200, headers=headers)
            response.content_length = file.length
            await response.prepare(request)
            while chunk := file.content.read(_CHUNK):
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _take_time(self, gateway: Gateway) -> None:
        seconds = gateway.latency()
        if seconds:
            await asyncio.sleep(seconds)

    async def _deliver(self, request: BaseRequest, call: Call, reply: Reply) -> web.StreamResponse:
        seconds = self._clock.now() // 1000
        if reply.fault is None:
            headers = answer_headers(call.secret, reply.body, seconds)
            return web.Response(status=reply.status, body=reply.body, headers=headers)
        return await delivery.deliver(
            request, reply, call.secret, seconds, call.gateway.timings, self._chance
        )

    def _refuse(self, secret: Secret, status: int, code: str) -> web.StreamResponse:
        body = encode_refusal(code)
        headers = answer_headers(secret, body, self._clock.now() // 1000)
        return web.Response(status=status, body=body, headers=headers)
