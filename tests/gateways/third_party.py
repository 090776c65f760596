"""A third party for tests: a real HTTP server with its own ledger, told how to behave order by order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from aiohttp import web

from console.contract.clock import Clock, Instant
from console.contract.text import Untrusted
from console.gateways.config import GatewayConfig
from console.gateways.wire import (
    BODY_LIMIT,
    SIGNATURE_HEADER,
    Answer,
    Callback,
    DebitRequest,
    Secret,
    Status,
    answer_headers,
    encode_answer,
    encode_callback,
    encode_refusal,
    parse_debit,
    verify_request,
)

SECRET = Secret(b"a secret of two")
MERCHANT = "m-1"
DECLINE_CODE = "INSUFFICIENT_FUNDS"

Behaviour = Callable[[str, int], str]
"""From order number and how many times it came, to what the third party does."""


@dataclass
class Book:
    """What the third party knows: the judge of every test."""

    orders: dict[str, DebitRequest] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    debits: list[tuple[str, int]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def take(self, order: DebitRequest, status: Status) -> Status:
        """Execute an order once; the same order number again changes nothing."""
        old = self.orders.setdefault(order.order_no, order)
        if (old.amount_fen, old.account, old.currency) != (order.amount_fen, order.account, order.currency):
            self.violations.append(f"{order.order_no} came with other content")
        if order.order_no not in self.statuses:
            self.statuses[order.order_no] = status
            if status is Status.SUCCEEDED:
                self.debits.append((order.order_no, order.amount_fen))
        return self.statuses[order.order_no]

    def confirm(self, order_no: str, status: Status = Status.SUCCEEDED) -> None:
        """End an order that was only accepted."""
        assert self.statuses[order_no] is Status.ACCEPTED
        self.statuses[order_no] = status
        if status is Status.SUCCEEDED:
            self.debits.append((order_no, self.orders[order_no].amount_fen))

    def debits_per_repayment(self) -> Counter[str]:
        """Return how often each repayment was debited, over all its order numbers."""
        return Counter(order_no.rpartition("-")[0] for order_no, _ in self.debits)


class ThirdParty:
    """See the module. `behave` and `answer_inquiry` may be changed while it runs."""

    def __init__(self, clock: Clock) -> None:
        self.book = Book()
        self.clock = clock
        self.behave: Behaviour = lambda order_no, times: "ok"
        self.answer_inquiry: Behaviour = lambda order_no, times: "truth"
        self.settlement: list[str] | None = None
        self.seen: Counter[tuple[str, str]] = Counter()
        self.base_url = ""
        self.hold = asyncio.Event()

    def config(self, **changes: object) -> GatewayConfig:
        """Return how the service is told of this third party."""
        fields = {
            "id": "alipay",
            "base_url": self.base_url,
            "merchant": MERCHANT,
            "timeout": 0.4,
            "failure_codes": frozenset({DECLINE_CODE}),
            **changes,
        }
        return GatewayConfig.model_validate(fields).with_secret(SECRET)

    def notification(
        self, order_no: str, event_id: str, status: Status | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return a signed notification about an order."""
        answer = self._answer(order_no, status)
        body = encode_callback(Callback(event_id, answer))
        return body, answer_headers(SECRET, body, self._seconds())

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one call."""
        body = await request.read()
        stamp, mark = request.headers.get("X-Timestamp"), request.headers.get(SIGNATURE_HEADER)
        verify_request(SECRET, request.method, request.path, stamp, mark, body, self._seconds())
        if request.path.startswith("/settlements/"):
            return self._settle(self.settlement)
        if request.path.endswith("/close"):
            return self._close(request.path.split("/")[-2])
        order_no = parse_debit(body).order_no if request.method == "POST" else request.path.rpartition("/")[2]
        self.seen[request.method, order_no] += 1
        times = self.seen[request.method, order_no]
        if request.method == "POST":
            mode = self.behave(order_no, times)
            if not mode.endswith("_before"):
                status = {"decline": Status.FAILED, "accept": Status.ACCEPTED}.get(mode, Status.SUCCEEDED)
                self.book.take(parse_debit(body), status)
        else:
            mode = self.answer_inquiry(order_no, times)
        return await self._respond(request, order_no, mode.removesuffix("_before"))

    def _settle(self, lines: list[str] | None) -> web.Response:
        if lines is None:
            return self._signed(encode_refusal("NOT_READY"), 404)
        if lines == ["elsewhere"]:
            return web.Response(status=302, headers={"Location": f"{self.base_url}/settlements/other"})
        self.seen["GET", "settlement"] += 1
        if lines == ["forged"]:
            answer = self._signed(b"forged")
            answer.body = b"another"
            return answer
        return self._signed("\n".join(lines).encode())

    def _close(self, order_no: str) -> web.Response:
        self.seen["CLOSE", order_no] += 1
        known = self.book.statuses.get(order_no)
        if known is None:
            return self._signed(encode_refusal("ORDER_NOT_FOUND"), 404)
        self.book.statuses[order_no] = Status.REVERSED if known is Status.SUCCEEDED else Status.CLOSED
        return self._signed(encode_answer(self._answer(order_no)))

    async def _respond(self, request: web.BaseRequest, order_no: str, mode: str) -> web.StreamResponse:
        if mode == "not_found" or order_no not in self.book.statuses:
            return self._signed(encode_refusal("ORDER_NOT_FOUND"), 404)
        answer = self._answer(order_no)
        body = encode_answer(answer)
        match mode:
            case "timeout":
                await self.hold.wait()
            case "error":
                return web.Response(status=500, body=b"oops")
            case "nonsense":
                return self._signed(b"<html>")
            case "oversized":
                return self._signed(b" " * BODY_LIMIT + body)
            case "wrong_signature":
                return web.Response(body=body, headers=answer_headers(Secret(b"x"), body, self._seconds()))
            case "wrong_amount":
                fields = {name: getattr(answer, name) for name in Answer.__slots__}
                return self._signed(encode_answer(Answer(**{**fields, "amount_fen": answer.amount_fen + 1})))
            case "redirect":
                return web.Response(status=302, headers={"Location": f"{self.base_url}/elsewhere"})
            case "truncate":
                return await self._partial(request, body)
            case "reset":
                assert request.transport is not None
                request.transport.abort()
        return self._signed(body)

    async def _partial(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        headers = {**answer_headers(SECRET, body, self._seconds()), "Content-Length": str(len(body))}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    def _answer(self, order_no: str, status: Status | None = None) -> Answer:
        order = self.book.orders[order_no]
        told = status or self.book.statuses[order_no]
        code = DECLINE_CODE if told is Status.FAILED else "OK"
        return Answer(
            order_no,
            MERCHANT,
            order.amount_fen,
            order.currency,
            told,
            Untrusted(code),
            Untrusted(f"g-{order_no}"),
        )

    def _signed(self, body: bytes, status: int = 200) -> web.Response:
        return web.Response(status=status, body=body, headers=answer_headers(SECRET, body, self._seconds()))

    def _seconds(self) -> int:
        return self.clock.now() // 1000


@contextlib.asynccontextmanager
async def serving(party: ThirdParty, port: int = 0) -> AsyncIterator[ThirdParty]:
    """Let a third party answer on a loopback port."""
    server = web.Server(party.handle)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, chosen = runner.addresses[0][:2]
    party.base_url = f"http://{host}:{chosen}"
    try:
        yield party
    finally:
        party.hold.set()
        await runner.cleanup()


def order_expiry(clock: Clock) -> Instant:
    """Return an instant in half an hour."""
    return Instant(clock.now() + 1_800_000)
