"""What a gateway's answer tells: a pure function from bytes to a verdict.

Only a signed, matching answer with a code we know is definitive; everything else is UNKNOWN, and its
code says why.
"""

from typing import Final, NamedTuple

from console.contract.vocabulary import Verdict
from console.gateways.wire import (
    ORDER_NOT_FOUND,
    Answer,
    Secret,
    Status,
    WireError,
    parse_answer,
    parse_refusal,
    verify_answer,
)

REDIRECTED: Final = "REDIRECTED"
WRONG_ORDER: Final = "WRONG_ORDER"
WRONG_MERCHANT: Final = "WRONG_MERCHANT"
WRONG_AMOUNT: Final = "WRONG_AMOUNT"


class Asked(NamedTuple):
    """What was asked for, to hold the answer against. `inquiry`, or a close, makes a 404 mean not-found."""

    order_no: str
    amount_fen: int
    currency: str
    inquiry: bool


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    timestamp: str | None
    signature: str | None
    body: bytes


class Terms(NamedTuple):
    """What makes an answer this gateway's: its secret, our merchant number, the allow-list."""

    secret: Secret
    merchant: str
    failure_codes: frozenset[str]


class Finding(NamedTuple):
    """The verdict on an answer, with what it claims. `code` and `gateway_ref` are text from outside."""

    verdict: Verdict
    code: str | None = None
    amount_fen: int | None = None
    currency: str | None = None
    gateway_ref: str | None = None


_VERDICTS: Final = {
    Status.SUCCEEDED: Verdict.SUCCEEDED,
    Status.ACCEPTED: Verdict.ACCEPTED,
    Status.FAILED: Verdict.FAILED,
    Status.CLOSED: Verdict.CLOSED,
    Status.REVERSED: Verdict.REVERSED,
}


def classify(reply: Reply, asked: Asked, terms: Terms, seconds: float) -> Finding:
    """Return what an answer tells at Unix time `seconds`."""
    if 300 <= reply.status < 400:
        return Finding(Verdict.UNKNOWN, REDIRECTED)
    try:
        verify_answer(terms.secret, reply.timestamp, reply.signature, reply.body, seconds)
        if 200 <= reply.status < 300:
            return judge(parse_answer(reply.body), asked, terms)
        code = parse_refusal(reply.body).raw
    except WireError as error:
        flaw = f"HTTP_{reply.status}" if reply.status >= 500 else error.flaw.value
        return Finding(Verdict.UNKNOWN, flaw)
    if asked.inquiry and reply.status == 404 and code == ORDER_NOT_FOUND:
        return Finding(Verdict.NOT_FOUND, code)
    return Finding(Verdict.UNKNOWN, code or f"HTTP_{reply.status}")


def judge(answer: Answer, asked: Asked, terms: Terms) -> Finding:
    """Return what a verified answer tells about the order that was asked about."""
    if answer.order_no != asked.order_no:
        return Finding(Verdict.CONTRADICTION, WRONG_ORDER)
    if answer.merchant != terms.merchant:
        return Finding(Verdict.CONTRADICTION, WRONG_MERCHANT)
    if answer.amount_fen != asked.amount_fen or answer.currency != asked.currency:
        return Finding(
            Verdict.CONTRADICTION, WRONG_AMOUNT, answer.amount_fen, answer.currency, answer.gateway_ref.raw
        )
    return claimed(answer, terms)


def claimed(answer: Answer, terms: Terms) -> Finding:
    """Return what a verified answer claims, its failure codes held against the allow-list."""
    verdict = _VERDICTS[answer.status]
    if verdict is Verdict.FAILED and answer.code.raw not in terms.failure_codes:
        verdict = Verdict.UNKNOWN
    return Finding(
        verdict, answer.code.raw or None, answer.amount_fen, answer.currency, answer.gateway_ref.raw or None
    )
