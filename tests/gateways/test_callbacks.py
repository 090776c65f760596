"""Notifications: only signed ones of this gateway count, and each once."""

import pytest

from console.contract.clock import Instant
from console.contract.text import Untrusted
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.callbacks import verify
from console.gateways.config import GatewayConfig
from console.gateways.wire import (
    Answer,
    Callback,
    Flaw,
    Secret,
    Status,
    WireError,
    answer_headers,
    encode_callback,
)

SECRET = Secret(b"shared")
NOW = Instant(1_780_000_000_000)
CONFIG = GatewayConfig(
    id="alipay", base_url="https://gateway.example", merchant="m-1", failure_codes=frozenset({"BROKE"})
).with_secret(SECRET)


def notification(status: Status, code: str = "", merchant: str = "m-1", event: str = "e-1") -> bytes:
    answer = Answer("rp_1-1", merchant, 500, "CNY", status, Untrusted(code), Untrusted("g-1"))
    return encode_callback(Callback(event, answer))


def test_a_signed_notification_is_evidence() -> None:
    body = notification(Status.SUCCEEDED, "OK")
    told = verify(answer_headers(SECRET, body, NOW // 1000), body, CONFIG, NOW)
    assert (told.gateway, told.order_no, told.source) == ("alipay", "rp_1-1", EvidenceSource.CALLBACK)
    assert (told.verdict, told.amount_fen, told.currency) == (Verdict.SUCCEEDED, 500, "CNY")
    assert told.external_id.startswith("rp_1-1:e-1:")
    assert told.lease_epoch is None
    assert told.raw == body


def test_a_failure_counts_only_with_a_listed_code() -> None:
    for code, verdict in (("BROKE", Verdict.FAILED), ("ODD", Verdict.UNKNOWN)):
        body = notification(Status.FAILED, code)
        assert verify(answer_headers(SECRET, body, NOW // 1000), body, CONFIG, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("headers", "body", "flaw"),
    [
        ({}, notification(Status.SUCCEEDED), Flaw.UNSIGNED),
        (
            answer_headers(Secret(b"other"), notification(Status.SUCCEEDED), NOW // 1000),
            notification(Status.SUCCEEDED),
            Flaw.WRONG_SIGNATURE,
        ),
        (
            answer_headers(SECRET, notification(Status.SUCCEEDED), NOW // 1000 - 301),
            notification(Status.SUCCEEDED),
            Flaw.CLOCK_SKEW,
        ),
        (answer_headers(SECRET, b"{}", NOW // 1000), b"{}", Flaw.WRONG_FIELD),
        (
            answer_headers(SECRET, notification(Status.SUCCEEDED, merchant="m-2"), NOW // 1000),
            notification(Status.SUCCEEDED, merchant="m-2"),
            Flaw.WRONG_FIELD,
        ),
    ],
)
def test_anything_else_is_refused(headers: dict[str, str], body: bytes, flaw: Flaw) -> None:
    with pytest.raises(WireError) as raised:
        verify(headers, body, CONFIG, NOW)
    assert raised.value.flaw is flaw


def test_an_event_that_comes_again_is_the_same_piece_and_one_with_another_claim_is_not() -> None:
    ids = []
    for status, code in (
        (Status.ACCEPTED, ""),
        (Status.ACCEPTED, ""),
        (Status.SUCCEEDED, ""),
        (Status.FAILED, "BROKE"),
    ):
        body = notification(status, code)
        ids.append(verify(answer_headers(SECRET, body, NOW // 1000), body, CONFIG, NOW).external_id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_long_event_id_still_tells_deliveries_apart_and_fits() -> None:
    ids = set()
    for event in ("e" * 128, "e" * 127 + "f"):
        body = notification(Status.SUCCEEDED, event=event)
        ids.add(verify(answer_headers(SECRET, body, NOW // 1000), body, CONFIG, NOW).external_id)
    assert len(ids) == 2
    assert all(len(one) <= 160 for one in ids)
