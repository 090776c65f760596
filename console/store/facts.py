"""What decisions are made of: an attempt as stored, a piece of evidence, and the decision itself.

Plain values without behaviour, shared by the store, the gateways and the decisions. Text that a gateway
sent (`code`, `gateway_ref`, `raw`) is kept as it came and is shown only as `Untrusted`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from console.contract.clock import Instant
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict

RAW_LIMIT: Final = 4096
"""Bytes of raw evidence that are kept."""


class Attempt(NamedTuple):
    """One order number at one gateway, as stored. `lease_epoch` grows with every claim, `version` with
    every write."""

    id: int
    repayment_seq: int
    number: int
    order_no: str
    gateway: str
    state: AttemptState
    amount_fen: int
    currency: str
    sent_at: int | None
    deadline_at: int | None
    order_expires_at: int | None
    unknown_since: int | None
    next_action_at: int | None
    sends: int
    inquiries: int
    not_found: int
    lease_owner: str | None
    lease_epoch: int
    version: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Anything that tells an outcome of an order number.

    `external_id` tells repeated deliveries of the same piece apart from new ones. `signed` pieces carry
    amount and currency and decide only when these match the attempt. `lease_epoch` is set by whoever
    acted under a lease. `covers` is the span of a complete settlement file (first and last instant).
    """

    gateway: str
    order_no: str
    source: EvidenceSource
    external_id: str
    at: Instant
    verdict: Verdict
    code: str | None = None
    amount_fen: int | None = None
    currency: str | None = None
    gateway_ref: str | None = None
    raw: bytes = b""
    lease_epoch: int | None = None
    covers: tuple[int, int] | None = None


class CaseKind(StrEnum):
    """Why people have to look at an attempt."""

    MISMATCH = "mismatch"
    """Signed, but another amount or currency than was ordered."""
    AGAINST_FINAL = "against_final"
    """Contradicts a state that is final."""
    NEVER_SENT = "never_sent"
    """Tells of an order that was proven not to have been sent."""
    UNASKED_CLOSE = "unasked_close"
    """Closed or reversed at the gateway though nobody asked for it."""
    DUPLICATE_DEBIT = "duplicate_debit"
    """A settlement file has more than one debit of the order."""


DEBITED_TWICE: Final = "DEBITED_TWICE"
"""The code of evidence from a settlement file that has more debits of an order than one."""


class Decision(NamedTuple):
    """What becomes of an attempt. Equal `state` means it stays; `case` opens an exception case.

    `next_action_at` is None exactly when `state` is final. `released` ends the lease.
    """

    state: AttemptState
    next_action_at: int | None
    inquiries: int
    not_found: int
    unknown_since: int | None
    verdict: Verdict
    case: CaseKind | None = None
    released: bool = False


Decide = Callable[[Attempt, Evidence, Instant], Decision]
"""Judges one piece of evidence; pure."""


def amount_digest(order_no: str, amount_fen: int, currency: str) -> str:
    """Return the digest that binds an order number to its amount."""
    return sha256(f"{order_no}|{amount_fen}|{currency}".encode()).hexdigest()


def request_digest(order_no: str, amount_fen: int, currency: str, ledger: str, sealed: bytes) -> str:
    """Return the digest that binds an order number to amount, whose ledger it goes into, and account
    (sealed, so it tells nothing)."""
    return sha256(f"{order_no}|{amount_fen}|{currency}|{ledger}|".encode() + sealed).hexdigest()
