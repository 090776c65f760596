"""The gateways' wire protocol, kind `rest`: signatures, headers and the shapes that cross.

Both ends use it: the service as the caller, the sandbox as the gateway. Pure functions over bytes, on
the hot path of every debit; no I/O, no clock of its own. What comes in is hostile until parsed: every
field is checked for type and size, free text leaves here as `Untrusted`, and whatever is not exactly
right is a `WireError`. A `WireError` says nothing about the money: its reader keeps the attempt in doubt.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, NewType

from console.contract.clock import Instant, iso
from console.contract.text import Untrusted

MERCHANT_HEADER: Final = "X-Merchant"
TIMESTAMP_HEADER: Final = "X-Timestamp"
SIGNATURE_HEADER: Final = "X-Signature"

CLOCK_SKEW_SECONDS: Final = 300
"""How far the other side's clock may be from ours before its message is refused."""

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a JSON body, either way; settlement files have no limit and are read as they come."""

AMOUNT_LIMIT: Final = 10**12
"""Fen; anything above is a mistake."""

CURRENCY: Final = "CNY"

ORDER_NOT_FOUND: Final = "ORDER_NOT_FOUND"
"""404: the gateway does not know the order (now; alone it proves nothing)."""

ORDER_CONFLICT: Final = "ORDER_CONFLICT"
"""409: the order number came before with another amount, account or currency."""

ORDER_EXPIRED: Final = "ORDER_EXPIRED"
"""410 for a debit that came after its `expires_at`; also the code of an accepted order that ran out."""

Secret = NewType("Secret", bytes)
"""The key that gateway and merchant share."""


class Status(StrEnum):
    """What a gateway says of an order."""

    SUCCEEDED = "SUCCEEDED"
    ACCEPTED = "ACCEPTED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    REVERSED = "REVERSED"


class Flaw(StrEnum):
    """Why a message is refused."""

    UNSIGNED = "UNSIGNED"
    WRONG_SIGNATURE = "WRONG_SIGNATURE"
    CLOCK_SKEW = "CLOCK_SKEW"
    OVERSIZED = "OVERSIZED"
    MALFORMED = "MALFORMED"
    WRONG_FIELD = "WRONG_FIELD"


class WireError(Exception):
    """A message that is not what the protocol allows; `flaw` says in what way."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        self.flaw = flaw
        self.detail = detail
        super().__init__(f"{flaw}: {detail}" if detail else str(flaw))


# Signatures


def sign_request(secret: Secret, method: str, path: str, timestamp: int, body: bytes) -> str:
    """Return the hex signature of a request; `path` is the path as sent, without a query."""
    message = f"{method}\n{path}\n{timestamp}\n{sha256(body).hexdigest()}"
    return hmac.digest(secret, message.encode(), "sha256").hex()


def sign_answer(secret: Secret, timestamp: int, body: bytes) -> str:
    """Return the hex signature of an answer or a callback."""
    return sign_answer_digest(secret, timestamp, sha256(body).hexdigest())


def sign_answer_digest(secret: Secret, timestamp: int, body_sha256: str) -> str:
    """Return the hex signature of a body that was hashed as it came (settlement files)."""
    return hmac.digest(secret, f"{timestamp}\n{body_sha256}".encode(), "sha256").hex()


def request_headers(
    secret: Secret, merchant: str, method: str, path: str, body: bytes, seconds: int
) -> dict[str, str]:
    """Return the headers of a signed request at Unix time `seconds`."""
    return {
        MERCHANT_HEADER: merchant,
        TIMESTAMP_HEADER: str(seconds),
        SIGNATURE_HEADER: sign_request(secret, method, path, seconds, body),
        "Content-Type": "application/json",
    }


def answer_headers(secret: Secret, body: bytes, seconds: int) -> dict[str, str]:
    """Return the headers of a signed answer or callback at Unix time `seconds`."""
    return {
        TIMESTAMP_HEADER: str(seconds),
        SIGNATURE_HEADER: sign_answer(secret, seconds, body),
        "Content-Type": "application/json",
    }


def verify_request(
    secret: Secret,
    method: str,
    path: str,
    timestamp: str | None,
    signature: str | None,
    body: bytes,
    seconds: float,
) -> None:
    """Check a request's headers at Unix time `seconds`. Raises WireError."""
    sent = _sent_at(timestamp, signature, seconds)
    _compare(sign_request(secret, method, path, sent, body), signature)


def verify_answer(
    secret: Secret, timestamp: str | None, signature: str | None, body: bytes, seconds: float
) -> None:
    """Check the headers of an answer or a callback at Unix time `seconds`. Raises WireError."""
    verify_answer_digest(secret, timestamp, signature, sha256(body).hexdigest(), seconds)


def verify_answer_digest(
    secret: Secret, timestamp: str | None, signature: str | None, body_sha256: str, seconds: float
) -> None:
    """Check the headers of a body that was hashed as it came. Raises WireError."""
    sent = _sent_at(timestamp, signature, seconds)
    _compare(sign_answer_digest(secret, sent, body_sha256), signature)


def _sent_at(timestamp: str | None, signature: str | None, seconds: float) -> int:
    if timestamp is None or signature is None:
        raise WireError(Flaw.UNSIGNED)
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise WireError(Flaw.WRONG_FIELD, TIMESTAMP_HEADER)
    sent = int(timestamp)
    if abs(sent - seconds) > CLOCK_SKEW_SECONDS:
        raise WireError(Flaw.CLOCK_SKEW)
    return sent


def _compare(expected: str, signature: str | None) -> None:
    given = (signature or "").encode("utf-8", "backslashreplace")
    if not hmac.compare_digest(expected.encode(), given):
        raise WireError(Flaw.WRONG_SIGNATURE)


# Shapes


@dataclass(frozen=True, slots=True)
class DebitRequest:
    """An order to debit `amount_fen` from `account`, valid until `expires_at`."""

    order_no: str
    amount_fen: int
    currency: str
    account: str
    notify_url: str
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway says of an order: in answer to a debit, an inquiry or a close."""

    order_no: str
    merchant: str
    amount_fen: int
    currency: str
    status: Status
    code: Untrusted
    gateway_ref: Untrusted


@dataclass(frozen=True, slots=True)
class Callback:
    """An answer that the gateway sends by itself; `event_id` tells repeated deliveries."""

    event_id: str
    answer: Answer


def encode_debit(request: DebitRequest) -> bytes:
    """Return the body of `POST {base}/debits`."""
    return _encode(
        {
            "order_no": request.order_no,
            "amount_fen": request.amount_fen,
            "currency": request.currency,
            "account": request.account,
            "notify_url": request.notify_url,
            "expires_at": iso(request.expires_at),
        }
    )


def parse_debit(body: bytes) -> DebitRequest:
    """Return the debit order in a body. Raises WireError."""
    fields = _object(body)
    amount = _amount(fields)
    if amount == 0:
        raise WireError(Flaw.WRONG_FIELD, "amount_fen")
    return DebitRequest(
        order_no=_order_no(fields),
        amount_fen=amount,
        currency=_currency(fields),
        account=_text(fields, "account", 256),
        notify_url=_text(fields, "notify_url", 2048),
        expires_at=_instant(_text(fields, "expires_at", 40), "expires_at"),
    )


def encode_answer(answer: Answer) -> bytes:
    """Return the body that carries an answer."""
    return _encode(_answer_fields(answer))


def parse_answer(body: bytes) -> Answer:
    """Return the answer in a body whose signature was verified. Raises WireError."""
    return _answer(_object(body))


def encode_callback(callback: Callback) -> bytes:
    """Return the body of a callback."""
    return _encode({**_answer_fields(callback.answer), "event_id": callback.event_id})


def parse_callback(body: bytes) -> Callback:
    """Return the callback in a body whose signature was verified. Raises WireError."""
    fields = _object(body)
    event_id = _text(fields, "event_id", 128)
    if not event_id:
        raise WireError(Flaw.WRONG_FIELD, "event_id")
    return Callback(event_id, _answer(fields))


def encode_close(amount_fen: int, currency: str) -> bytes:
    """Return the body of `POST {base}/debits/{order_no}/close`.

    It names the amount, so that closing an order the gateway never saw has an answer that matches.
    """
    return _encode({"amount_fen": amount_fen, "currency": currency})


def parse_close(body: bytes) -> tuple[int, str]:
    """Return amount (fen) and currency of a close; an empty body gives 0 CNY. Raises WireError."""
    if not body:
        return 0, CURRENCY
    fields = _object(body)
    return _amount(fields), _currency(fields)


def encode_refusal(code: str) -> bytes:
    """Return the body of an answer that is no answer about an order (4xx)."""
    return _encode({"code": code})


def parse_refusal(body: bytes) -> Untrusted:
    """Return the code of a refusal. Raises WireError."""
    return Untrusted(_text(_object(body), "code", 64))


def is_order_no(text: str) -> bool:
    """Whether the text can be an order number: letters, digits, `_` and `-`, at most 64."""
    return _ORDER_NO(text) is not None


# Settlement files

SETTLEMENT_HEADER: Final = "order_no,gateway_ref,kind,amount_fen,currency,time"

SETTLEMENT_END: Final = "#end"
"""The last line is `#end,COUNT,SUM`: rows, and fen of debits less reversals."""


def settlement_end(count: int, sum_fen: int) -> str:
    """Return the last line of a settlement file."""
    return f"{SETTLEMENT_END},{count},{sum_fen}"


# Fields

_ORDER_NO: Final = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch
_CURRENCY: Final = re.compile(r"[A-Z]{3}").fullmatch
_STATUSES: Final[dict[Any, Status]] = {status.value: status for status in Status}


_BODY: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _encode(fields: dict[str, object]) -> bytes:
    return _BODY.encode(fields).encode()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's fields; one that says a field twice may be read either way, so it is refused."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise WireError(Flaw.MALFORMED, "a field twice")
    return fields


def _no_number(name: str) -> float:
    """Refuse NaN and Infinity, which are no JSON."""
    raise WireError(Flaw.MALFORMED, name)


_DECODE: Final = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_number).decode


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > BODY_LIMIT:
        raise WireError(Flaw.OVERSIZED)
    try:
        fields = _DECODE(body.decode())
    except (ValueError, RecursionError) as error:
        raise WireError(Flaw.MALFORMED, "JSON") from error
    if type(fields) is not dict:
        raise WireError(Flaw.MALFORMED, "not an object")
    return fields


def _answer_fields(answer: Answer) -> dict[str, object]:
    return {
        "order_no": answer.order_no,
        "merchant": answer.merchant,
        "amount_fen": answer.amount_fen,
        "currency": answer.currency,
        "status": answer.status.value,
        "code": answer.code.raw,
        "gateway_ref": answer.gateway_ref.raw,
    }


def _answer(fields: dict[str, Any]) -> Answer:
    status = fields.get("status")
    known = _STATUSES.get(status) if type(status) is str else None
    if known is None:
        raise WireError(Flaw.WRONG_FIELD, "status")
    return Answer(
        order_no=_order_no(fields),
        merchant=_text(fields, "merchant", 64),
        amount_fen=_amount(fields),
        currency=_currency(fields),
        status=known,
        code=Untrusted(_text(fields, "code", 64)),
        gateway_ref=Untrusted(_text(fields, "gateway_ref", 128)),
    )


def _text(fields: dict[str, Any], name: str, limit: int) -> str:
    value = fields.get(name)
    if type(value) is not str or len(value) > limit:
        raise WireError(Flaw.WRONG_FIELD, name)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise WireError(Flaw.WRONG_FIELD, name) from error
    if "\0" in value:
        raise WireError(Flaw.WRONG_FIELD, name)
    return value


def _order_no(fields: dict[str, Any]) -> str:
    value = fields.get("order_no")
    if type(value) is not str or not _ORDER_NO(value):
        raise WireError(Flaw.WRONG_FIELD, "order_no")
    return value


def _currency(fields: dict[str, Any]) -> str:
    value = fields.get("currency")
    if type(value) is not str or not _CURRENCY(value):
        raise WireError(Flaw.WRONG_FIELD, "currency")
    return value


def _amount(fields: dict[str, Any]) -> int:
    value = fields.get("amount_fen")
    if type(value) is not int or not 0 <= value <= AMOUNT_LIMIT:
        raise WireError(Flaw.WRONG_FIELD, "amount_fen")
    return value


def _instant(value: str, name: str) -> Instant:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise WireError(Flaw.WRONG_FIELD, name) from error
    if moment.tzinfo is None:
        raise WireError(Flaw.WRONG_FIELD, name)
    since = moment.astimezone(UTC) - _EPOCH
    return Instant((since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
