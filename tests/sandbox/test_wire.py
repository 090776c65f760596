"""The wire protocol: what is signed cannot be altered, what is malformed is not understood."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.clock import Instant
from console.contract.text import Untrusted
from console.gateways import wire
from console.gateways.wire import Answer, Callback, DebitRequest, Flaw, Secret, Status, WireError
from console.sandbox.delivery import NONSENSE

SECRET = Secret(b"between us")
NOW = 1_790_000_000
ANSWER = Answer("rp_01J-1", "m", 500, "CNY", Status.SUCCEEDED, Untrusted(""), Untrusted("2088A"))
ORDER = DebitRequest("rp_01J-1", 500, "CNY", "卡", "http://127.0.0.1:1/x", Instant(NOW * 1000 + 123))
FIELDS: dict[str, Any] = json.loads(wire.encode_answer(ANSWER))


def flaw_of(body: bytes) -> Flaw:
    with pytest.raises(WireError) as caught:
        wire.parse_answer(body)
    return caught.value.flaw


def test_what_is_encoded_is_understood() -> None:
    assert wire.parse_answer(wire.encode_answer(ANSWER)) == ANSWER
    assert wire.parse_debit(wire.encode_debit(ORDER)) == ORDER
    callback = Callback("ev_1", ANSWER)
    assert wire.parse_callback(wire.encode_callback(callback)) == callback
    assert wire.parse_close(wire.encode_close(7, "CNY")) == (7, "CNY")
    assert wire.parse_close(b"") == (0, "CNY")
    assert wire.parse_refusal(wire.encode_refusal("ORDER_NOT_FOUND")) == Untrusted("ORDER_NOT_FOUND")


def test_a_signature_is_that_of_the_published_protocol() -> None:
    import hashlib
    import hmac

    digest = hashlib.sha256(b"{}").hexdigest()
    request = hmac.new(SECRET, f"POST\n/alipay/debits\n{NOW}\n{digest}".encode(), "sha256").hexdigest()
    answer = hmac.new(SECRET, f"{NOW}\n{digest}".encode(), "sha256").hexdigest()
    assert wire.sign_request(SECRET, "POST", "/alipay/debits", NOW, b"{}") == request
    assert wire.sign_answer(SECRET, NOW, b"{}") == answer


REQUEST = ("POST", "/alipay/debits", str(NOW), b"{}")


@pytest.mark.parametrize(
    ("place", "other"),
    [(0, "GET"), (1, "/alipay/debits/x/close"), (2, str(NOW + 1)), (3, b"{ }")],
)
def test_a_request_altered_anywhere_is_refused(place: int, other: str | bytes) -> None:
    method, path, sent, body = REQUEST
    signature = wire.sign_request(SECRET, method, path, int(sent), body)
    wire.verify_request(SECRET, method, path, sent, signature, body, NOW)
    altered: list[Any] = list(REQUEST)
    altered[place] = other
    with pytest.raises(WireError) as caught:
        wire.verify_request(SECRET, altered[0], altered[1], altered[2], signature, altered[3], NOW)
    assert caught.value.flaw is Flaw.WRONG_SIGNATURE


@given(st.binary(max_size=64), st.integers(0, 63), st.integers(1, 255))
def test_an_answer_altered_in_one_byte_is_refused(body: bytes, place: int, change: int) -> None:
    headers = wire.answer_headers(SECRET, body, NOW)
    sent, signature = headers[wire.TIMESTAMP_HEADER], headers[wire.SIGNATURE_HEADER]
    wire.verify_answer(SECRET, sent, signature, body, NOW)
    altered = bytearray(body or b"\0")
    altered[place % len(altered)] ^= change
    with pytest.raises(WireError):
        wire.verify_answer(SECRET, sent, signature, bytes(altered) if body else b"x", NOW)


@pytest.mark.parametrize(
    ("sent", "signature", "flaw"),
    [
        (None, "x", Flaw.UNSIGNED),
        (str(NOW), None, Flaw.UNSIGNED),
        ("now", "x", Flaw.WRONG_FIELD),
        ("-5", "x", Flaw.WRONG_FIELD),
        ("１７９", "x", Flaw.WRONG_FIELD),
        ("9" * 5000, "x", Flaw.WRONG_FIELD),
        (str(NOW - 301), "x", Flaw.CLOCK_SKEW),
        (str(NOW + 301), "x", Flaw.CLOCK_SKEW),
        (str(NOW), "", Flaw.WRONG_SIGNATURE),
        (str(NOW), "é" * 64, Flaw.WRONG_SIGNATURE),
        (str(NOW), "\udc80" * 64, Flaw.WRONG_SIGNATURE),
    ],
)
def test_a_wrong_signature_header_is_named(sent: str | None, signature: str | None, flaw: Flaw) -> None:
    with pytest.raises(WireError) as caught:
        wire.verify_answer(SECRET, sent, signature, b"", NOW)
    assert caught.value.flaw is flaw


def test_a_clock_within_the_tolerance_is_fine() -> None:
    for seconds in (NOW - 300, NOW + 300):
        wire.verify_answer(SECRET, str(seconds), wire.sign_answer(SECRET, seconds, b""), b"", NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_no", ""),
        ("order_no", "x" * 65),
        ("order_no", "rp_\x1b[31m"),
        ("order_no", 7),
        ("merchant", None),
        ("amount_fen", "500"),
        ("amount_fen", 500.0),
        ("amount_fen", True),
        ("amount_fen", -1),
        ("amount_fen", 10**30),
        ("currency", "cny"),
        ("currency", "CNYX"),
        ("status", "PAID"),
        ("status", ["SUCCEEDED"]),
        ("code", "x" * 65),
        ("code", "\0"),
        ("code", "\ud800"),
        ("gateway_ref", "x" * 129),
    ],
)
def test_a_field_of_the_wrong_type_or_size_is_refused(field: str, value: object) -> None:
    assert flaw_of(json.dumps(FIELDS | {field: value}).encode()) is Flaw.WRONG_FIELD
    without = {name: kept for name, kept in FIELDS.items() if name != field}
    assert flaw_of(json.dumps(without).encode()) is Flaw.WRONG_FIELD


def test_text_from_a_gateway_stays_untrusted() -> None:
    hostile = "\x1b]0;owned\x07[/x]"
    answer = wire.parse_answer(json.dumps(FIELDS | {"code": hostile, "gateway_ref": hostile}).encode())
    assert answer.code == Untrusted(hostile)
    with pytest.raises(TypeError):
        str(answer.gateway_ref)


@pytest.mark.parametrize(
    "body",
    [*NONSENSE, b"\xff\xfe", b"[]", b"1" * 5000, b'{"a":' * 2000, b'"x"', b"NaN", b"{" + b" " * 70_000],
)
def test_nonsense_is_refused_and_nothing_worse(body: bytes) -> None:
    assert flaw_of(body) in (Flaw.MALFORMED, Flaw.OVERSIZED, Flaw.WRONG_FIELD)


def test_an_oversized_body_is_not_even_read() -> None:
    padded = wire.encode_answer(ANSWER) + b" " * wire.BODY_LIMIT
    assert flaw_of(padded) is Flaw.OVERSIZED


def test_a_debit_of_nothing_is_refused() -> None:
    with pytest.raises(WireError):
        wire.parse_debit(wire.encode_debit(replace(ORDER, amount_fen=0)))


def test_an_expiry_without_a_zone_is_refused() -> None:
    body = json.loads(wire.encode_debit(ORDER)) | {"expires_at": "2026-11-24T00:00:00"}
    with pytest.raises(WireError):
        wire.parse_debit(json.dumps(body).encode())
