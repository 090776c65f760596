"""Answers as a broken or hostile gateway, proxy or attacker might send them; a number decides each one."""

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import Any, Final, NamedTuple

SECRET: Final = b"fuzz-secret"
MERCHANT: Final = "m-1"
ORDER: Final = "rp_0123456789ABCDEFGHJKMNPQRS-1"
AMOUNT: Final = 12_345
ALLOWED: Final = ("INSUFFICIENT_FUNDS", "CARD_CLOSED")
NOW: Final = 1_780_000_000
STATUSES: Final = ("SUCCEEDED", "FAILED", "ACCEPTED", "CLOSED", "REVERSED")


class Generated(NamedTuple):
    """An answer or notification as it comes off the wire."""

    number: int
    kind: str
    status: int
    timestamp: str | None
    signature: str | None
    body: bytes


def generated(number: int) -> Generated:
    """Return the answer of a number; about one in ten has nothing wrong with it."""
    chance = random.Random(number)
    kind = chance.choice(("debit", "inquiry", "callback"))
    if chance.random() < 0.12:
        fields: dict[str, Any] = {
            "code": chance.choice(("ORDER_NOT_FOUND", "ORDER_NOT_FOUND", *ALLOWED, "", "X" * 65))
        }
        status = chance.choice((404, 404, 400, 409, 410, 429, 200))
    else:
        fields = _fields(chance, kind)
        status = chance.choices((200, 201, 204, 299, 300, 302, 307, 400, 404, 500, 503, 100, 600), _ODDS)[0]
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        chance.choice(_FIELD_FAULTS)(chance, fields)
    body = _written(chance, fields)
    if chance.random() < 0.35:
        body = chance.choice(_BODY_FAULTS)(chance, body)
    timestamp, signature = _signed(chance, body)
    return Generated(number, kind, status, timestamp, signature, body)


_ODDS: Final = (60, 2, 2, 2, 2, 4, 2, 4, 6, 6, 4, 1, 1)


def _fields(chance: random.Random, kind: str) -> dict[str, Any]:
    status = chance.choice(STATUSES)
    fields: dict[str, Any] = {
        "order_no": ORDER,
        "merchant": MERCHANT,
        "amount_fen": AMOUNT,
        "currency": "CNY",
        "status": status,
        "code": chance.choice(ALLOWED) if status == "FAILED" and chance.random() < 0.8 else "",
        "gateway_ref": "ref-1",
    }
    if kind == "callback":
        fields["event_id"] = f"e-{chance.randint(0, 9)}"
    return fields


# What may be wrong with a field.


def _name(chance: random.Random, fields: dict[str, Any]) -> str:
    return chance.choice(list(fields) or ["status"])


def _drop(chance: random.Random, fields: dict[str, Any]) -> None:
    fields.pop(_name(chance, fields), None)


def _odd(chance: random.Random, fields: dict[str, Any]) -> None:
    fields[_name(chance, fields)] = chance.choice(
        (None, True, False, 0, -1, 1.0, 12345.0, 1e400, [], {}, ["SUCCEEDED"], "", "null", "12345", 10**30)
    )


def _another_amount(chance: random.Random, fields: dict[str, Any]) -> None:
    fields["amount_fen"] = chance.choice(
        (
            AMOUNT + 1,
            AMOUNT - 1,
            -AMOUNT,
            AMOUNT * 100,
            AMOUNT / 100,
            str(AMOUNT),
            float(AMOUNT),
            2**64 + AMOUNT,
        )
    )


def _another_status(chance: random.Random, fields: dict[str, Any]) -> None:
    fields["status"] = chance.choice(
        (
            "succeeded",
            "SUCCESS",
            " SUCCEEDED",
            "SUCCEEDED\n",
            "SUCCEEDED\u200b",
            "ЅUCCEEDED",
            "FAILED ",
            "FAIL",
            "DECLINED",
            "PENDING",
            "UNKNOWN",
            "0",
            "\u202eDEDEECCUS",
            "SUCCEEDED\0",
        )
    )


def _another_code(chance: random.Random, fields: dict[str, Any]) -> None:
    fields["status"] = "FAILED"
    fields["code"] = chance.choice(
        (
            "SYSTEM_BUSY",
            "MAINTENANCE",
            "insufficient_funds",
            "INSUFFICIENT_FUNDS ",
            "INSUFFICIENT_FUNDS\n",
            "INSUFFICIENT\u00a0FUNDS",
            "ІNSUFFICIENT_FUNDS",
            "",
            "C" * 65,
            "\ud800",
        )
    )


def _another_name(chance: random.Random, fields: dict[str, Any]) -> None:
    name, value = chance.choice(
        (
            ("order_no", ORDER[:-1] + "2"),
            ("order_no", ORDER.lower()),
            ("order_no", ORDER + "\n"),
            ("order_no", " " + ORDER),
            ("order_no", ORDER + "\u200d"),
            ("order_no", "../" + ORDER),
            ("merchant", "m-2"),
            ("merchant", "M-1"),
            ("merchant", "m-1 "),
            ("merchant", "m‐1"),
            ("currency", "USD"),
            ("currency", "cny"),
            ("currency", "CNY "),
            ("currency", "СNY"),
            ("gateway_ref", "r" * 129),
            ("gateway_ref", "\x1b]52;c;\x07"),
        )
    )
    fields[name] = value


def _another_key(chance: random.Random, fields: dict[str, Any]) -> None:
    name = _name(chance, fields)
    if name in fields:
        fields[chance.choice((name.upper(), f" {name}", f"{name}\u200b", name.replace("_", "-")))] = (
            fields.pop(name)
        )


def _extra(chance: random.Random, fields: dict[str, Any]) -> None:
    fields[chance.choice(("Status", "result", "note", "amount", "STATUS"))] = chance.choice(
        ("SUCCEEDED", float("nan"), float("inf"), "\u202e", {"status": "FAILED"}, 0)
    )


_FIELD_FAULTS: Final[tuple[Callable[[random.Random, dict[str, Any]], None], ...]] = (
    _drop,
    _odd,
    _another_amount,
    _another_status,
    _another_code,
    _another_name,
    _another_key,
    _extra,
)


def _written(chance: random.Random, fields: dict[str, Any]) -> bytes:
    if chance.random() < 0.1:
        pairs = [(name, value) for name, value in fields.items()]
        again = chance.choice(pairs) if pairs else ("status", "FAILED")
        other = chance.choice((*STATUSES, 1, AMOUNT, ORDER, again[1]))
        pairs.insert(chance.randint(0, len(pairs)), (again[0], other))
        inner = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
        return f"{{{inner}}}".encode()
    text = json.dumps(fields, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, None, 1)))
    return text.encode("utf-8", "surrogatepass")


# What may be wrong with a body.


def _cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randint(0, max(0, len(body) - 1))]


def _flip(chance: random.Random, body: bytes) -> bytes:
    if not body:
        return b"\0"
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randint(0, 7))]) + body[at + 1 :]


_BODY_FAULTS: Final[tuple[Callable[[random.Random, bytes], bytes], ...]] = (
    _cut,
    _cut,
    _flip,
    _flip,
    lambda chance, body: body + chance.choice((b"}", b"\0", b"garbage", b"{}", b"\n" * 5, body)),
    lambda chance, body: chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b")]}',\n", b"\0", b" ")) + body,
    lambda chance, body: body.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32", "utf-7"))),
    lambda chance, body: b"[" + body + b"]",
    lambda chance, body: b'{"data":' + body + b"}",
    lambda chance, body: json.dumps(body.decode("utf-8", "replace")).encode(),
    lambda chance, body: body[:-1] + b',"pad":"' + b"x" * chance.choice((10, 70_000)) + b'"}',
    lambda chance, body: body[:-1] + b',"deep":' + b"[" * 3000 + b"]" * 3000 + b"}",
    lambda chance, body: body[:-1] + b',"big":' + b"9" * 5000 + b"}",
    lambda chance, body: chance.choice(
        (b"", b"null", b"{}", b"OK", b"<html>SUCCEEDED</html>", b"true", b"\xff")
    ),
    lambda chance, body: chance.randbytes(chance.randint(1, 60)),
    lambda chance, body: body.replace(b'"', b"'"),
    lambda chance, body: body.replace(b": ", b":\t").replace(b",", b", ,", chance.randint(0, 1)),
    lambda chance, body: body.replace(
        b"12345", chance.choice((b"12345.0", b"1.2345e4", b"012345", b"+12345"))
    ),
    lambda chance, body: body.replace(b"SUCCEEDED", b"SUCC\\u0045EDED"),
)


def _signed(chance: random.Random, body: bytes) -> tuple[str | None, str | None]:
    """Sign rightly most of the time, and in all sorts of wrong ways."""
    seconds, over, secret = NOW + chance.choice((0, 0, 0, 0, 0, 200, -200)), body, SECRET
    match chance.randint(0, 21):
        case 0:
            return None, None
        case 1:
            return str(seconds), None
        case 2:
            secret = b""
        case 3:
            over = body + b" "
        case 4:
            seconds += chance.choice((301, -301, 86_400, -86_400, 10**9))
        case 5:
            right = signature_of(SECRET, str(seconds), body)
            return str(seconds), chance.choice(
                (right.upper(), right[:-1], right + "0", f" {right}", "", "0" * 64, right[::-1], "é" * 64)
            )
        case 6:
            stamp = chance.choice(
                (f" {seconds}", f"+{seconds}", f"{seconds}.0", "", "NaN", "1e9", "９" * 10, "9" * 400)
            )
            return stamp, signature_of(SECRET, stamp, body)
        case _:
            pass
    return str(seconds), signature_of(secret, str(seconds), over)


def signature_of(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return the signature as the protocol has it."""
    message = f"{timestamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
