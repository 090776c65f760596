"""Signed notifications from gateways, turned into evidence.

A delivery is repeated when event and claim are the same: a gateway that uses one event for several
states of an order is heard each time.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from console.contract.clock import Instant
from console.contract.vocabulary import EvidenceSource
from console.gateways.classify import Terms, claimed
from console.gateways.config import GatewayConfig
from console.gateways.wire import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Answer,
    Flaw,
    WireError,
    parse_callback,
    verify_answer,
)
from console.store.facts import RAW_LIMIT, Evidence

_LONGEST_EVENT: Final = 64


def verify(headers: Mapping[str, str], body: bytes, config: GatewayConfig, now: Instant) -> Evidence:
    """Return what a notification tells. `headers` finds names in any case, as Starlette's do.

    Raises WireError when it is not signed by this gateway, or not a notification at all.
    """
    terms = Terms(config.read_secret(), config.merchant, config.failure_codes)
    timestamp, signature = headers.get(TIMESTAMP_HEADER), headers.get(SIGNATURE_HEADER)
    verify_answer(terms.secret, timestamp, signature, body, now / 1000)
    callback = parse_callback(body)
    answer = callback.answer
    if answer.merchant != terms.merchant:
        raise WireError(Flaw.WRONG_FIELD, "merchant")
    finding = claimed(answer, terms)
    return Evidence(
        gateway=config.id,
        order_no=answer.order_no,
        source=EvidenceSource.CALLBACK,
        external_id=f"{answer.order_no}:{_short(callback.event_id)}:{_claim(answer)}",
        at=now,
        verdict=finding.verdict,
        code=finding.code,
        amount_fen=finding.amount_fen,
        currency=finding.currency,
        gateway_ref=finding.gateway_ref,
        raw=body[:RAW_LIMIT],
    )


def _claim(answer: Answer) -> str:
    """Return a short digest of what is claimed of the order."""
    claim = f"{answer.status}|{answer.code.raw}|{answer.amount_fen}|{answer.currency}"
    return sha256(claim.encode()).hexdigest()[:16]


def _short(event_id: str) -> str:
    """Return the event's id, or a digest of one that is too long to store."""
    return event_id if len(event_id) <= _LONGEST_EVENT else sha256(event_id.encode()).hexdigest()
