"""What an answer tells: only a signed, matching, known one is definitive."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.vocabulary import Verdict
from console.gateways.classify import Asked, Finding, Reply, Terms, classify
from console.gateways.wire import BODY_LIMIT, Secret, encode_refusal, sign_answer

SECRET = Secret(b"shared")
TERMS = Terms(SECRET, "m-1", frozenset({"INSUFFICIENT_FUNDS"}))
DEBIT = Asked("rp_1-1", 500, "CNY", inquiry=False)
INQUIRY = DEBIT._replace(inquiry=True)
NOW = 1_780_000_000


def body(**changes: Any) -> bytes:
    fields = {
        "order_no": "rp_1-1",
        "merchant": "m-1",
        "amount_fen": 500,
        "currency": "CNY",
        "status": "SUCCEEDED",
        "code": "OK",
        "gateway_ref": "g-1",
    }
    return json.dumps({**fields, **changes}).encode()


def signed(content: bytes, status: int = 200, at: int = NOW, secret: Secret = SECRET) -> Reply:
    return Reply(status, str(at), sign_answer(secret, at, content), content)


NOT_FOUND = encode_refusal("ORDER_NOT_FOUND")
U, C = Verdict.UNKNOWN, Verdict.CONTRADICTION
TABLE: dict[str, tuple[Reply, Asked, Verdict, str | None]] = {
    "success": (signed(body()), DEBIT, Verdict.SUCCEEDED, "OK"),
    "accepted": (signed(body(status="ACCEPTED"), 202), DEBIT, Verdict.ACCEPTED, "OK"),
    "known failure": (
        signed(body(status="FAILED", code="INSUFFICIENT_FUNDS")),
        DEBIT,
        Verdict.FAILED,
        "INSUFFICIENT_FUNDS",
    ),
    "failure with a code nobody listed": (signed(body(status="FAILED", code="ODD")), DEBIT, U, "ODD"),
    "failure without a code": (signed(body(status="FAILED", code="")), DEBIT, U, None),
    "closed": (signed(body(status="CLOSED")), INQUIRY, Verdict.CLOSED, "OK"),
    "reversed": (signed(body(status="REVERSED")), INQUIRY, Verdict.REVERSED, "OK"),
    "another order": (signed(body(order_no="rp_2-1")), DEBIT, C, "WRONG_ORDER"),
    "another merchant": (signed(body(merchant="m-2")), DEBIT, C, "WRONG_MERCHANT"),
    "another amount": (signed(body(amount_fen=501)), DEBIT, C, "WRONG_AMOUNT"),
    "another currency": (signed(body(currency="USD")), DEBIT, C, "WRONG_AMOUNT"),
    "not found": (
        signed(NOT_FOUND, 404),
        INQUIRY,
        Verdict.NOT_FOUND,
        "ORDER_NOT_FOUND",
    ),
    "not found in answer to a debit": (
        signed(NOT_FOUND, 404),
        DEBIT,
        U,
        "ORDER_NOT_FOUND",
    ),
    "not found, unsigned": (
        Reply(404, None, None, NOT_FOUND),
        INQUIRY,
        U,
        "UNSIGNED",
    ),
    "some other 404": (signed(encode_refusal("NO_SUCH_PAGE"), 404), INQUIRY, U, "NO_SUCH_PAGE"),
    "a success that says 404": (signed(body(), 404), INQUIRY, U, "OK"),
    "maintenance": (signed(encode_refusal("UNDER_MAINTENANCE"), 503), DEBIT, U, "UNDER_MAINTENANCE"),
    "conflict": (signed(encode_refusal("ORDER_CONFLICT"), 409), DEBIT, U, "ORDER_CONFLICT"),
    "expired": (signed(encode_refusal("ORDER_EXPIRED"), 410), DEBIT, U, "ORDER_EXPIRED"),
    "a signed failure in a server error": (
        signed(body(status="FAILED", code="INSUFFICIENT_FUNDS"), 500),
        DEBIT,
        U,
        "INSUFFICIENT_FUNDS",
    ),
    "server error": (Reply(500, None, None, b"oops"), DEBIT, U, "HTTP_500"),
    "redirect": (signed(body(), 302), DEBIT, U, "REDIRECTED"),
    "unsigned": (Reply(200, None, None, body()), DEBIT, U, "UNSIGNED"),
    "signed with another secret": (signed(body(), secret=Secret(b"other")), DEBIT, U, "WRONG_SIGNATURE"),
    "signature of another body": (
        signed(body())._replace(body=body(amount_fen=500, gateway_ref="g-2")),
        DEBIT,
        U,
        "WRONG_SIGNATURE",
    ),
    "signed long ago": (signed(body(), at=NOW - 301), DEBIT, U, "CLOCK_SKEW"),
    "nonsense": (signed(b"\x00\xff"), DEBIT, U, "MALFORMED"),
    "nothing": (signed(b""), DEBIT, U, "MALFORMED"),
    "a list": (signed(b"[]"), DEBIT, U, "MALFORMED"),
    "cut off": (signed(body()[:-4]), DEBIT, U, "MALFORMED"),
    "two statuses": (signed(body()[:-1] + b',"status":"FAILED"}'), DEBIT, U, "MALFORMED"),
    "not a number": (signed(body()[:-1] + b',"fee":NaN}'), DEBIT, U, "MALFORMED"),
    "too long": (signed(b" " * BODY_LIMIT + body()), DEBIT, U, "OVERSIZED"),
    "amount as text": (signed(body(amount_fen="500")), DEBIT, U, "WRONG_FIELD"),
    "amount as a fraction": (signed(body(amount_fen=500.0)), DEBIT, U, "WRONG_FIELD"),
    "amount true": (signed(body(amount_fen=True)), DEBIT._replace(amount_fen=1), U, "WRONG_FIELD"),
    "unknown status": (signed(body(status="DONE")), DEBIT, U, "WRONG_FIELD"),
}


@pytest.mark.parametrize("name", TABLE)
def test_an_answer_tells_what_the_table_says(name: str) -> None:
    reply, asked, verdict, code = TABLE[name]
    finding = classify(reply, asked, TERMS, NOW)
    assert (finding.verdict, finding.code) == (verdict, code)


@given(st.integers(100, 599), st.binary(max_size=300), st.booleans(), st.booleans())
def test_noise_is_never_definitive_and_never_raises(
    status: int, content: bytes, sign: bool, inquiry: bool
) -> None:
    reply = signed(content, status) if sign else Reply(status, "1", "f" * 64, content)
    finding = classify(reply, INQUIRY if inquiry else DEBIT, TERMS, NOW)
    assert isinstance(finding, Finding)
    assert finding.verdict is Verdict.UNKNOWN


@given(st.data())
def test_a_single_changed_byte_is_never_definitive(data: st.DataObject) -> None:
    reply = signed(body())
    at = data.draw(st.integers(0, len(reply.body) - 1))
    other = bytearray(reply.body)
    other[at] ^= data.draw(st.integers(1, 255))
    assert classify(reply._replace(body=bytes(other)), DEBIT, TERMS, NOW).verdict is Verdict.UNKNOWN
