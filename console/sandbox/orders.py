"""An order as its gateway remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from hashlib import sha256
from typing import Any, Final

from console.contract.text import Untrusted
from console.gateways.wire import Answer, DebitRequest, Status

REFERENCE_PREFIX: Final = {"alipay": "2088", "wechat": "4200", "unionpay": "UP", "bank": "BK"}
"""How each gateway's own references begin."""


class CallbackKind(IntFlag):
    """In what ways the callback of an order misbehaves."""

    PLAIN = 0
    DUPLICATE = 1
    OUT_OF_ORDER = 2


@dataclass(slots=True)
class Order:
    """One order number at one gateway. Instants are milliseconds.

    `decide_at` is when the gateway makes up its mind (`verdict` is then the code; empty is success),
    `callback_at` when it next calls back; either is None when there is nothing to do.
    `account` is a digest: the gateway compares it and never shows it.
    """

    gateway: str
    order_no: str
    amount_fen: int
    currency: str
    account: str
    notify_url: str
    expires_at: int
    created_at: int
    status: Status
    code: str = ""
    verdict: str = ""
    decide_at: int | None = None
    callback_at: int | None = None
    callback_tries: int = 0
    callback_kind: CallbackKind = CallbackKind.PLAIN

    def row(self) -> tuple[Any, ...]:
        """Return the values in the order of `COLUMNS`."""
        return (
            self.gateway,
            self.order_no,
            self.amount_fen,
            self.currency,
            self.account,
            self.notify_url,
            self.expires_at,
            self.created_at,
            self.status.value,
            self.code,
            self.verdict,
            self.decide_at,
            self.callback_at,
            self.callback_tries,
            int(self.callback_kind),
        )

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Order:
        """Return the order that `row` holds."""
        order = cls(*row)
        order.status = Status(order.status)
        order.callback_kind = CallbackKind(order.callback_kind)
        return order

    def matches(self, request: DebitRequest) -> bool:
        """Whether a repeated order number means the same debit."""
        return (
            self.amount_fen == request.amount_fen
            and self.currency == request.currency
            and (not self.account or self.account == account_digest(request.account))
        )

    def answer(self, merchant: str, *, status: Status | None = None, amount_fen: int | None = None) -> Answer:
        """Return what the gateway says of this order; `status` and `amount_fen` let it say otherwise."""
        said = self.status if status is None else status
        return Answer(
            self.order_no,
            merchant,
            self.amount_fen if amount_fen is None else amount_fen,
            self.currency,
            said,
            Untrusted(self.code if said is self.status else ""),
            Untrusted(gateway_reference(self.gateway, self.order_no)),
        )


COLUMNS: Final = tuple(Order.__dataclass_fields__)
"""Names of the fields, in the order of `Order.row`."""


def account_digest(account: str) -> str:
    """Return what a gateway keeps of an account."""
    return sha256(account.encode()).hexdigest()[:24]


def gateway_reference(gateway: str, order_no: str) -> str:
    """Return the gateway's own reference of an order; the same order always has the same one."""
    return REFERENCE_PREFIX.get(gateway, "") + sha256(order_no.encode()).hexdigest()[:16].upper()


def repayment_of(order_no: str) -> str:
    """Return the repayment an order number was made for: `rp_01J…-2` → `rp_01J…`."""
    repayment, dash, attempt = order_no.rpartition("-")
    return repayment if dash and attempt.isdecimal() else order_no
