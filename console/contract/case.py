"""Exception cases: what contradicts our books, the money in suspense, and the ways out."""

from datetime import date

from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict
from console.contract.wire import Moment, Wire


class CaseLine(Wire):
    """One case. `suspense_fen` is what the gateway holds beyond what our books count (negative: lacks).

    `state` is open, waiting (until the money is back), credit or resolved; `ways` are those that two people
    may choose now, the proposed one first. `named_fen` is the amount that the evidence names; `duplicate`
    tells that another order of the repayment stands as debited.
    """

    id: int
    kind: str
    state: str
    opened_at: Moment
    amount_fen: int
    suspense_fen: int
    order_no: str
    gateway: str
    attempt_state: AttemptState
    repayment: str
    stage: Stage
    borrower: str
    currency: str
    source: EvidenceSource
    verdict: Verdict
    code: Untrusted | None
    named_fen: int | None
    evidence_at: Moment
    duplicate: bool
    ways: tuple[str, ...]
    way: str | None
    change: str | None
    reference: Untrusted | None
    chosen_at: Moment | None
    resolved_at: Moment | None
    credit_fen: int | None


class Cases(Wire):
    """One page, newest first, with what is not over in all; pass `next` as `cursor` for the page after."""

    items: tuple[CaseLine, ...]
    next: str | None
    open: int
    suspense_fen: int


class SuspenseLine(Wire):
    """Money in suspense at a gateway by the evidence of one day (Asia/Shanghai)."""

    gateway: str
    day: date
    cases: int
    suspense_fen: int

    @property
    def id(self) -> str:
        """Which line it is, among those of other gateways and days."""
        return f"{self.gateway} {self.day.isoformat()}"


class Suspense(Wire):
    """What is in suspense, the newest day first."""

    items: tuple[SuspenseLine, ...]
