"""What an answer proves, told strictly from the protocol's text alone; shares no code with the service."""

import json
import re
from typing import Any, Final

from tests.fuzz.answers import ALLOWED, AMOUNT, MERCHANT, NOW, ORDER, SECRET, Generated, signature_of

LARGEST: Final = 65_536
_LIMITS: Final = {"merchant": 64, "code": 64, "gateway_ref": 128}


class _NotJson(ValueError):
    pass


def proves(one: Generated) -> str | None:
    """Return the verdict that an answer proves (in the service's words), None when it proves nothing."""
    if not _is_signed(one):
        return None
    fields = _object(one.body)
    if fields is None:
        return None
    if one.kind == "inquiry" and one.status == 404:
        return "not_found" if fields.get("code") == "ORDER_NOT_FOUND" else None
    if one.kind != "callback" and not 200 <= one.status <= 299:
        return None
    return _about_the_order(one, fields)


def _about_the_order(one: Generated, fields: dict[str, Any]) -> str | None:
    for name, limit in _LIMITS.items():
        if not _is_text(fields.get(name), limit):
            return None
    if one.kind == "callback" and not (fields.get("event_id") and _is_text(fields["event_id"], 128)):
        return None
    if (fields.get("order_no"), fields["merchant"], fields.get("currency")) != (ORDER, MERCHANT, "CNY"):
        return None
    if type(fields.get("amount_fen")) is not int or fields["amount_fen"] != AMOUNT:
        return None
    status = fields.get("status")
    if status == "FAILED" and fields["code"] not in ALLOWED:
        return None
    known = ("SUCCEEDED", "FAILED", "ACCEPTED", "CLOSED", "REVERSED")
    return status.lower() if type(status) is str and status in known else None


def _is_signed(one: Generated) -> bool:
    if one.timestamp is None or not re.fullmatch(r"[0-9]{1,12}", one.timestamp):
        return False
    right = signature_of(SECRET, str(int(one.timestamp)), one.body)
    return abs(int(one.timestamp) - NOW) <= 300 and one.signature == right


def _object(body: bytes) -> dict[str, Any] | None:
    if len(body) > LARGEST:
        return None
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return value if type(value) is dict else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says a thing twice: which of the two is meant, nobody knows."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise _NotJson
    return dict(pairs)


def _refused(name: str) -> None:
    raise _NotJson(name)


def _is_text(value: object, limit: int) -> bool:
    if type(value) is not str or len(value) > limit or "\0" in value:
        return False
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in value)
