"""No answer that is unknown, malformed, unsigned or about something else is taken for an outcome."""

import asyncio
from collections import Counter
from typing import Final

import pytest

from console.contract.clock import Instant
from console.contract.vocabulary import AttemptState, Verdict
from console.gateways.base import Order, Question
from console.gateways.callbacks import verify
from console.gateways.classify import Asked, Reply, Terms, classify
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway, _Call
from console.gateways.wire import Secret, WireError
from console.repayment.attempt import Rules, decide
from console.store.facts import Attempt, Evidence
from tests.fuzz.answers import ALLOWED, AMOUNT, MERCHANT, NOW, ORDER, SECRET, Generated, generated
from tests.fuzz.oracle import proves

COUNT: Final = 100_000

PARTS: Final = 4
"""Tests into which the answers are divided."""

TERMS: Final = Terms(Secret(SECRET), MERCHANT, frozenset(ALLOWED))
CONFIG: Final = GatewayConfig(
    id="alipay", base_url="https://alipay.example", merchant=MERCHANT, failure_codes=frozenset(ALLOWED)
).with_secret(SECRET)

PROVEN: Final = frozenset(
    {Verdict.SUCCEEDED, Verdict.FAILED, Verdict.ACCEPTED, Verdict.CLOSED, Verdict.REVERSED, Verdict.NOT_FOUND}
)
"""Verdicts that say something about the order."""

SENT: Final = Attempt(
    id=1,
    repayment_seq=1,
    number=1,
    order_no=ORDER,
    gateway="alipay",
    state=AttemptState.SENDING,
    amount_fen=AMOUNT,
    currency="CNY",
    sent_at=NOW * 1000,
    deadline_at=NOW * 1000,
    order_expires_at=NOW * 1000 + 600_000,
    unknown_since=None,
    next_action_at=NOW * 1000,
    sends=1,
    inquiries=0,
    not_found=0,
    lease_owner="w",
    lease_epoch=1,
    version=1,
)


class _Clock:
    def now(self) -> Instant:
        return Instant(NOW * 1000)


class _Answered(RestGateway):
    """The real gateway of the kind `rest` whose every call gets the same answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(CONFIG, "https://control.example/callbacks", _Clock())
        self._reply = reply

    async def _send(self, call: _Call) -> Reply:
        return self._reply


def taken_for(one: Generated) -> str | None:
    """Return what the service takes an answer for; None when it proves nothing to it."""
    if one.kind == "callback":
        return _judged(_notified(one))
    asked = Asked(ORDER, AMOUNT, "CNY", inquiry=one.kind == "inquiry")
    reply = Reply(one.status, one.timestamp, one.signature, one.body)
    verdict = classify(reply, asked, TERMS, NOW).verdict
    return verdict.value if verdict in PROVEN else None


def _notified(one: Generated) -> Evidence | None:
    headers = {"X-Timestamp": one.timestamp, "X-Signature": one.signature}
    given = {name: value for name, value in headers.items() if value is not None}
    try:
        return verify(given, one.body, CONFIG, Instant(NOW * 1000))
    except WireError:
        return None


def _judged(piece: Evidence | None) -> str | None:
    """Return the verdict after evidence was held against the attempt; only about an order that is ours."""
    if piece is None or piece.order_no != ORDER:
        return None
    verdict = decide(SENT, piece, Instant(NOW * 1000), Rules()).verdict
    return verdict.value if verdict in PROVEN else None


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_generated_answers_prove_what_the_protocol_says_and_no_more(part: int) -> None:
    """Both ways: nothing false is believed, and nothing true is doubted."""
    believed: Counter[str] = Counter()
    for number in range(part * COUNT // PARTS, (part + 1) * COUNT // PARTS):
        one = generated(number)
        told, proven = taken_for(one), proves(one)
        assert told == proven, f"answer {number} is taken for {told} and proves {proven}: {one}"
        believed[proven or "nothing"] += 1
    assert believed["nothing"] > COUNT / PARTS / 2, "most of them are bad"
    assert min(believed[word.value] for word in PROVEN) > 10, f"some of each kind are good: {believed}"


async def test_what_a_call_returns_is_what_its_answer_proves() -> None:
    """The same through the gateway's own calls, down to the state of the attempt."""
    for number in range(COUNT, COUNT + 4_000):
        one = generated(number)
        if one.kind == "callback":
            continue
        gateway = _Answered(Reply(one.status, one.timestamp, one.signature, one.body))
        deadline = asyncio.get_running_loop().time() + 60
        if one.kind == "debit":
            order = Order(ORDER, AMOUNT, "CNY", "card", Instant(NOW * 1000), deadline, 1)
            piece = await gateway.debit(order)
        else:
            piece = await gateway.inquire(Question(ORDER, AMOUNT, "CNY", deadline, 1))
        state, proven = decide(SENT, piece, Instant(NOW * 1000), Rules()).state, proves(one)
        assert (state is AttemptState.SUCCEEDED) == (proven == "succeeded"), f"answer {number}: {one}"
        assert (state is AttemptState.FAILED) == (proven == "failed"), f"answer {number}: {one}"
