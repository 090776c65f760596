"""Callbacks: believed when signed, stored before they are answered, counted once."""

from __future__ import annotations

import httpx
import pytest

from console.contract.clock import ManualClock
from console.contract.text import Untrusted
from console.control.service import Service
from console.gateways.wire import (
    SIGNATURE_HEADER,
    Answer,
    Callback,
    Secret,
    Status,
    answer_headers,
    encode_callback,
)
from console.store.attempts import Applied
from console.store.facts import Evidence
from tests.api.conftest import SECRET
from tests.api.samples import problem_of


def _callback(order_no: str = "rp_x-1", merchant: str = "m-1") -> bytes:
    answer = Answer(order_no, merchant, 100, "CNY", Status.SUCCEEDED, Untrusted(""), Untrusted("ref"))
    return encode_callback(Callback("event-1", answer))


async def _send(
    client: httpx.AsyncClient, body: bytes, clock: ManualClock, late: int = 0, signature: str | None = None
) -> httpx.Response:
    headers = answer_headers(Secret(SECRET), body, clock.now() // 1000 - late)
    if signature is not None:
        headers[SIGNATURE_HEADER] = signature
    return await client.post("/v1/callbacks/alipay", content=body, headers=headers)


async def test_a_signed_callback_is_taken_as_evidence(
    visitor: httpx.AsyncClient, service: Service, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Evidence] = []

    async def take(piece: Evidence) -> Applied:
        taken.append(piece)
        return Applied("applied")

    monkeypatch.setattr(service, "take_evidence", take)
    answer = await _send(visitor, _callback(), clock)
    assert answer.status_code == 200
    (piece,) = taken
    assert (piece.gateway, piece.order_no, piece.amount_fen) == ("alipay", "rp_x-1", 100)


async def test_a_callback_about_an_unknown_order_is_not_acknowledged(
    visitor: httpx.AsyncClient, clock: ManualClock
) -> None:
    answer = await _send(visitor, _callback(), clock)
    assert answer.status_code == 404
    assert problem_of(answer)["code"] == "no_such_order"


async def test_an_unproven_callback_changes_nothing(visitor: httpx.AsyncClient, clock: ManualClock) -> None:
    wrong = await _send(visitor, _callback(), clock, signature="00" * 32)
    assert (wrong.status_code, problem_of(wrong)["code"]) == (401, "wrong_signature")
    late = await _send(visitor, _callback(), clock, late=301)
    assert (late.status_code, problem_of(late)["code"]) == (401, "clock_skew")
    unsigned = await visitor.post("/v1/callbacks/alipay", content=_callback())
    assert (unsigned.status_code, problem_of(unsigned)["code"]) == (401, "unsigned")


async def test_a_signed_callback_that_is_none_is_refused(
    visitor: httpx.AsyncClient, clock: ManualClock
) -> None:
    nonsense = await _send(visitor, b"{}", clock)
    assert nonsense.status_code == 400
    other = await _send(visitor, _callback(merchant="m-2"), clock)
    assert other.status_code == 400
    large = await _send(visitor, b" " * 70_000, clock)
    assert (large.status_code, problem_of(large)["code"]) == (400, "oversized")
