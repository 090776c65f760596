"""The seam between the pipeline and a gateway: whatever its kind, it is asked these four things.

An implementation never raises for an outcome: what cannot be told is evidence with the verdict UNKNOWN.
It raises only CancelledError, when its caller went away.
"""

from dataclasses import dataclass
from datetime import date
from typing import IO, Literal, NamedTuple, Protocol

from console.contract.clock import Instant
from console.store.facts import Evidence


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """An order to debit. `deadline` is on the event loop's clock (seconds); `account` is personal data,
    so an order shows nothing of itself. `lease_epoch` is the claim under which it is sent."""

    order_no: str
    amount_fen: int
    currency: str
    account: str
    expires_at: Instant
    deadline: float
    lease_epoch: int


class Question(NamedTuple):
    """What became of an order? Fields as in `Order`."""

    order_no: str
    amount_fen: int
    currency: str
    deadline: float
    lease_epoch: int


class Settlement(NamedTuple):
    """What came of asking for a gateway's own list for a day (Asia/Shanghai). A `fetched` one is surely
    from the gateway, as signed, and has that SHA-256; whether it is whole is for its reader to find out.
    `problem` says why another came to nothing."""

    day: date
    state: Literal["fetched", "failed", "not_ready"]
    digest: str = ""
    problem: str = ""


class Gateway(Protocol):
    """One gateway."""

    @property
    def id(self) -> str:
        """Its name in the configuration."""

    async def debit(self, order: Order) -> Evidence:
        """Send an order; return what its answer, or the lack of one, tells."""

    async def inquire(self, question: Question) -> Evidence:
        """Ask what became of an order."""

    async def close_order(self, question: Question) -> Evidence:
        """Ask the gateway to close an order, or to give its money back."""

    async def settlement(self, day: date, into: IO[bytes]) -> Settlement:
        """Write the settlement file of a day, piece by piece as it comes."""

    async def close(self) -> None:
        """Let go of its connections."""
