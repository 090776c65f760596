"""Screening: what risk strategies say about a repayment before it is sent.

The seam that the pipeline asks. A verdict is a pure function of the subject and the strategies in force;
without strategies every repayment passes.
"""

from dataclasses import dataclass
from typing import Protocol, assert_never

from console.contract.clock import Instant
from console.contract.vocabulary import Stage


@dataclass(frozen=True, slots=True)
class Subject:
    """What strategies may look at. The amount is fen; nothing here names a person."""

    id: str
    amount_fen: int
    currency: str
    product: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing holds the repayment up."""


@dataclass(frozen=True, slots=True)
class Intercept:
    """A strategy keeps the repayment for review; `reason` is its name."""

    reason: str


Screening = Pass | Intercept
"""What screening says."""


class Screen(Protocol):
    """Anything that screens: called inside a transaction, so it must be quick and touch nothing."""

    def __call__(self, subject: Subject, now: Instant) -> Screening:
        """Return what is to become of the subject."""


def screen(subject: Subject, now: Instant) -> Screening:
    """Let every subject pass: no strategy is in force."""
    return Pass()


def next_stage(screening: Screening, now: Instant) -> tuple[Stage, int | None]:
    """Return the stage a screened repayment goes to and when to act on it there."""
    match screening:
        case Pass():
            return Stage.DISPATCH, now
        case Intercept():
            return Stage.REVIEW, None
        case _:
            assert_never(screening)
