"""The table of the fault matrix: what each misbehaviour makes of an attempt in each state.

A row of the matrix is a state in which an attempt meets a misbehaviour, a column the misbehaviour; how the
gateway calls back goes round over the cells, so that each way meets each misbehaviour and each state. What
is expected is written down here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.contract.faults import Fault
from console.contract.vocabulary import AttemptState

S = AttemptState
F = Fault


class Met(StrEnum):
    """In what state an attempt is when the misbehaviour begins."""

    CREATED = "created"
    """Proven not to have been sent; it is sent into the misbehaviour."""
    SENDING = "sending"
    """Sent into the misbehaviour for the first time."""
    ACCEPTED = "accepted"
    DEBITED = "debited"
    """UNKNOWN, and the gateway has debited."""
    LOST = "lost"
    """UNKNOWN, and the gateway has never heard of it."""
    CLOSING = "closing"
    """To be closed before the gateway has decided."""
    REVERSING = "reversing"
    """To be closed after the gateway has debited."""
    MANUAL = "manual"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Told(StrEnum):
    """How the gateway calls back about the order."""

    BEFORE = "before"
    """Before it answers (or before it is asked)."""
    AFTER = "after"
    """After the misbehaviour is over."""
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix; `gateway` is its own."""

    met: Met
    fault: Fault
    told: Told
    gateway: str

    def __str__(self) -> str:
        return f"{self.met} x {self.fault}, called back {self.told}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ends: its state, the debits and the net debits (in orders) that the ledger shows,
    and the exception cases that are open."""

    state: AttemptState
    debits: int
    net: int
    cases: frozenset[str] = frozenset()


DECLINED: Final = Outcome(S.FAILED, 0, 0)
SETTLED: Final = Outcome(S.SUCCEEDED, 1, 1)
CLOSED: Final = Outcome(S.CLOSED, 0, 0)
REVERSED: Final = Outcome(S.REVERSED, 1, 0)
FOR_PEOPLE: Final = Outcome(S.MANUAL, 1, 1)

USUAL: Final[dict[Met, Outcome]] = {
    Met.CREATED: SETTLED,
    Met.SENDING: SETTLED,
    Met.ACCEPTED: SETTLED,
    Met.DEBITED: SETTLED,
    Met.LOST: SETTLED,
    Met.CLOSING: CLOSED,
    Met.REVERSING: REVERSED,
    Met.MANUAL: FOR_PEOPLE,
    Met.SUCCEEDED: SETTLED,
    Met.FAILED: DECLINED,
}
"""How it ends whatever the misbehaviour, but for these:"""

UNUSUAL: Final[dict[tuple[Met, Fault], Outcome]] = {
    (Met.CREATED, F.DECLINE): DECLINED,
    (Met.SENDING, F.DECLINE): DECLINED,
    (Met.ACCEPTED, F.DECLINE): DECLINED,
    (Met.LOST, F.DECLINE): DECLINED,  # the same order number is sent again, and declined
    (Met.CLOSING, F.DOWN): SETTLED,  # the request to close never arrives; the gateway decides
    (Met.REVERSING, F.DOWN): SETTLED,
    (Met.CLOSING, F.SUCCESS_AFTER_CLOSE): Outcome(S.CLOSED, 1, 1, frozenset({"against_final"})),
}

HEARD_WRONGLY: Final = frozenset({Met.CREATED, Met.SENDING, Met.CLOSING, Met.REVERSING})
"""States in which an answer about another amount is always heard; in others only if nothing else decides."""

ASKED: Final = frozenset({Met.ACCEPTED, Met.DEBITED})
"""States in which the gateway is asked, unless a callback came first."""


def expected(cell: Cell) -> Outcome:
    """Return how the attempts of a cell must end."""
    outcome = UNUSUAL.get((cell.met, cell.fault), USUAL[cell.met])
    if cell.fault is F.WRONG_AMOUNT and _hears_the_answer(cell):
        return Outcome(outcome.state, outcome.debits, outcome.net, frozenset({"mismatch"}))
    if cell.fault is F.SUCCESS_AFTER_CLOSE and cell.told is Told.NEVER:
        return Outcome(outcome.state, outcome.debits, outcome.net)  # only the settlement file can tell
    return outcome


def _hears_the_answer(cell: Cell) -> bool:
    if cell.met in HEARD_WRONGLY or cell.met is Met.LOST:
        return True
    return cell.met in ASKED and cell.told in (Told.AFTER, Told.NEVER)


def cells() -> Iterator[Cell]:
    """Yield the matrix."""
    ways = list(Told)
    for row, met in enumerate(Met):
        for column, fault in enumerate(Fault):
            yield Cell(met, fault, ways[(row + column) % len(ways)], f"g{row:02}{column:02}")
