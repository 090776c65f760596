"""A repayment as the service shows it: personal data already masked, text from outside untrusted."""

from datetime import date

from pydantic import Field

from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, State, Verdict
from console.contract.wire import Moment, StrictWire, Wire


class Borrower(Wire):
    """The payer, masked; `token` is a keyed hash, equal for the same person."""

    token: str
    name: Untrusted
    mobile: Untrusted
    id_number: Untrusted
    card: Untrusted


class EvidenceLine(Wire):
    """One thing that told an outcome."""

    source: EvidenceSource
    at: Moment
    verdict: Verdict
    code: Untrusted | None


class AttemptLine(Wire):
    """One order number at one gateway."""

    order_no: str
    gateway: str
    state: AttemptState
    sent_at: Moment | None
    decided_at: Moment | None
    next_action_at: Moment | None
    evidence: tuple[EvidenceLine, ...]


class TimelineLine(Wire):
    """One step in the life of a repayment."""

    at: Moment
    actor: Untrusted
    what: str
    detail: Untrusted


class RepaymentRow(Wire):
    """A repayment as one row of a list; `replayed` is how often replays have sent it on its way again."""

    id: str
    external_id: Untrusted
    stage: Stage
    state: State
    amount_fen: int
    currency: str
    gateway: str | None
    product: Untrusted
    borrower: Borrower
    instalment: Untrusted
    due_on: date
    grace_until: date | None
    error_code: Untrusted | None
    created_at: Moment
    updated_at: Moment
    replayed: int = 0


class Repayment(RepaymentRow):
    """A repayment in full."""

    attempts: tuple[AttemptLine, ...]
    timeline: tuple[TimelineLine, ...]


class Signals(StrictWire):
    """What the front-end saw when the repayment was made; whatever is left out is not known.

    `device` is any text that stays the same for a device; only a keyed digest of it is kept.
    """

    device: str | None = Field(default=None, min_length=1, max_length=256)
    region: str | None = Field(default=None, min_length=1, max_length=64)
    mis_taps: int | None = Field(default=None, ge=0, le=1000)
    name_matches: bool | None = None


class NewRepayment(StrictWire):
    """One repayment to take in. `external_id` makes it idempotent; amounts are fen, 1 … 10^11."""

    external_id: str = Field(min_length=1, max_length=128)
    borrower: str = Field(min_length=1, max_length=128)
    name: str = Field(min_length=1, max_length=128)
    mobile: str = Field(min_length=1, max_length=32)
    id_number: str = Field(min_length=1, max_length=32)
    card: str = Field(min_length=1, max_length=32)
    amount_fen: int = Field(ge=1, le=100_000_000_000)
    product: str = Field(min_length=1, max_length=64)
    instalment: str = Field(min_length=1, max_length=128)
    due_on: date
    gateway: str | None = Field(default=None, min_length=1, max_length=64)
    signals: Signals | None = None


class IntakeBatch(StrictWire):
    """Up to 1,000 repayments in one call. Entries are validated one by one, so that a bad one stops
    no other."""

    repayments: tuple[dict[str, object], ...] = Field(min_length=1, max_length=1000)


class RejectedLine(Wire):
    """An entry that was not taken in. `line` counts from 1."""

    line: int
    field: str
    problem: str


class IntakeReport(Wire):
    """What became of a batch or an imported file; `ids` follow the order of the accepted and repeated
    entries of one call."""

    accepted: int
    repeated: int
    rejected: tuple[RejectedLine, ...]
    ids: tuple[str, ...] = ()
