"""A simulated gateway: its memory of order numbers, its ledger, and what it says.

It executes an order once while it remembers the order number, and anew after that. What it does to the
money is here; how its words get lost or twisted on the way is the network's part.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from console.contract.text import Untrusted
from console.gateways.wire import (
    MERCHANT_HEADER,
    ORDER_CONFLICT,
    ORDER_EXPIRED,
    ORDER_NOT_FOUND,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Answer,
    DebitRequest,
    Secret,
    Status,
    WireError,
    encode_answer,
    encode_refusal,
    parse_close,
    parse_debit,
    verify_request,
)
from console.sandbox.orders import account_digest

SECRET: Final = Secret(b"simulated")
MERCHANT: Final = "m-1"
DECLINED: Final = "INSUFFICIENT_FUNDS"
"""A refusal on the allow-list."""
VAGUE: Final = "SYSTEM_BUSY"
"""A code that is not on it."""


class Movement(NamedTuple):
    """A line of a ledger; `fen` is negative for a reversal."""

    at: int
    order_no: str
    fen: int


class Said(NamedTuple):
    """What the gateway says, before it goes on its way."""

    status: int
    body: bytes
    answer: Answer | None = None


@dataclass
class Order:
    """An order as the gateway has it. `since` is when it came first (true milliseconds)."""

    order_no: str
    amount_fen: int
    currency: str
    account: str
    since: int
    expires_at: int
    status: Status
    code: str = ""


class Bank:
    """See the module. `window` is how long it remembers order numbers (ms); a strict one refuses expired
    orders. Times are true times."""

    def __init__(self, name: str, window: int, strict: bool) -> None:
        self.name = name
        self.window = window
        self.strict = strict
        self.orders: dict[str, Order] = {}
        self.ledger: list[Movement] = []
        self.violations: list[str] = []
        self.reverses = True

    def serve(
        self, method: str, path: str, headers: dict[str, str], body: bytes, now: int, fate: str
    ) -> Said:
        """Do what a request asks for. `fate` is what a new order comes to: succeed, decline or accept."""
        try:
            stamp, mark = headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER)
            verify_request(SECRET, method, path, stamp, mark, body, now / 1000)
            if headers.get(MERCHANT_HEADER) != MERCHANT:
                return Said(401, encode_refusal("MERCHANT"))
            if method == "GET":
                return self.inquire(path.rpartition("/")[2], now)
            if path.endswith("/close"):
                return self.close(path.split("/")[-2], *parse_close(body), now)
            return self.debit(parse_debit(body), now, fate)
        except WireError:
            return Said(401, encode_refusal("REFUSED"))

    def debit(self, request: DebitRequest, now: int, fate: str) -> Said:
        """Debit, refuse, or accept for now; a known order number gets the answer it got."""
        account = account_digest(request.account)
        known = self.known(request.order_no, now)
        if known is not None:
            never_seen = known.status is Status.CLOSED and not known.account
            if not never_seen and (known.amount_fen, known.account) != (request.amount_fen, account):
                self.violations.append(f"{request.order_no} came with two contents")
                return Said(409, encode_refusal(ORDER_CONFLICT))
            return self.say(known)
        if self.strict and request.expires_at <= now:
            return Said(410, encode_refusal(ORDER_EXPIRED))
        order = Order(
            request.order_no,
            request.amount_fen,
            request.currency,
            account,
            now,
            request.expires_at,
            Status.ACCEPTED,
        )
        self.orders[request.order_no] = order
        if fate != "accept":
            self.settle(order, fate == "succeed", now)
        return self.say(order)

    def settle(self, order: Order, succeeds: bool, now: int) -> None:
        """Make up its mind about an order that is accepted."""
        if order.status is not Status.ACCEPTED:
            return
        if succeeds:
            order.status = Status.SUCCEEDED
            self.ledger.append(Movement(now, order.order_no, order.amount_fen))
        else:
            order.status, order.code = Status.FAILED, DECLINED

    def inquire(self, order_no: str, now: int) -> Said:
        """Tell what became of an order."""
        order = self.known(order_no, now)
        return Said(404, encode_refusal(ORDER_NOT_FOUND)) if order is None else self.say(order)

    def close(self, order_no: str, amount_fen: int, currency: str, now: int) -> Said:
        """Close an order: one never seen will never be debited, one debited is given back if possible."""
        order = self.orders.get(order_no)
        if order is None:
            order = Order(order_no, amount_fen, currency, "", now, now, Status.CLOSED)
            self.orders[order_no] = order
        elif order.status is Status.ACCEPTED:
            order.status = Status.CLOSED
        elif order.status is Status.SUCCEEDED and self.reverses:
            order.status = Status.REVERSED
            self.ledger.append(Movement(now, order_no, -order.amount_fen))
        elif order.status is Status.FAILED:
            return self.say(order, Status.CLOSED)
        return self.say(order)

    def known(self, order_no: str, now: int) -> Order | None:
        """Return an order that is remembered. One closed or open is never forgotten."""
        order = self.orders.get(order_no)
        if order is None:
            return None
        kept = order.status in (Status.CLOSED, Status.REVERSED, Status.ACCEPTED)
        return order if kept or now - order.since < self.window else None

    def say(self, order: Order, status: Status | None = None) -> Said:
        """Return the truth about an order."""
        answer = self.answer(order, status or order.status)
        return Said(200, encode_answer(answer), answer)

    def answer(self, order: Order, status: Status, amount_fen: int | None = None) -> Answer:
        """Return an answer about an order."""
        return Answer(
            order.order_no,
            MERCHANT,
            order.amount_fen if amount_fen is None else amount_fen,
            order.currency,
            status,
            Untrusted(order.code if status is Status.FAILED else ""),
            Untrusted(f"ref-{order.order_no}"),
        )

    def net(self, order_no: str) -> int:
        """Return how much stands debited for an order (fen)."""
        return sum(move.fen for move in self.ledger if move.order_no == order_no)
