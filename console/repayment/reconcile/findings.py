"""What a gateway's rows about one order mean beside our attempt. Pure: values in, values out.

Rows become evidence, and what evidence does to an attempt is decided elsewhere (`attempt`). Here it is
decided which evidence the rows are, what the report calls them, and how much of the money our books
account for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict
from console.gateways.wire import CLOCK_SKEW_SECONDS
from console.store.facts import DEBITED_TWICE, Evidence

if TYPE_CHECKING:
    from console.repayment.reconcile.question import Difference
    from console.store.facts import Attempt

S = AttemptState

_TWICE: Final = "twice"
AGAIN: Final = "again"
"""Distinguish the evidence of more than one debit: in one file, or in those of two days."""

_SKEW_MS: Final = CLOCK_SKEW_SECONDS * 1000


class Finding(StrEnum):
    """What became of one order in a reconciliation."""

    MATCHED = "matched"
    """Both sides agree."""
    RESOLVED = "resolved"
    """It was in doubt here; the row settled it."""
    LATE = "late"
    """It agrees, and should have stood in an earlier day's file."""
    OPEN = "open"
    """Ours; it may stand in another day's file."""
    UNDECIDED = "undecided"
    """It is being closed, or with people: the row alone decides nothing."""
    ABSENT = "absent"
    """It was in doubt here and was never executed: the file proves it."""
    MISSING_HERE = "missing_here"
    """The gateway moved money for an order that we do not have."""
    MISSING_THERE = "missing_there"
    """We hold it for debited, and the file lacks it."""
    AMOUNT = "amount"
    CURRENCY = "currency"
    DUPLICATE = "duplicate"
    """More than one debit of the same order."""
    CONTRADICTION = "contradiction"
    """The outcome is another one than ours."""


EXCEPTIONS: Final = (
    Finding.MISSING_HERE,
    Finding.MISSING_THERE,
    Finding.DUPLICATE,
    Finding.AMOUNT,
    Finding.CURRENCY,
    Finding.CONTRADICTION,
    Finding.UNDECIDED,
    Finding.LATE,
)
"""Findings that somebody has to look at, the worst first."""

_IN_DOUBT: Final = frozenset({S.SENDING, S.ACCEPTED, S.UNKNOWN})
_WITH_OTHERS: Final = frozenset({S.CLOSING, S.MANUAL})
"""States in which a debit row alone decides nothing: its reversal may follow, or people decide."""


@dataclass(frozen=True)
class Day:
    """The gateway's day that is reconciled, from `first` to before `end`."""

    gateway: str
    day: date
    first: int
    end: int


@dataclass(frozen=True)
class Meaning:
    """What rows mean: the finding, and the verdicts that become evidence, each with what distinguishes it."""

    finding: Finding
    verdicts: tuple[tuple[Verdict, str], ...] = ()


def meaning_of(
    rows: Difference, attempt: Attempt | None, decided_at: int | None, day: Day, *, stood_before: bool = False
) -> Meaning:
    """Return what the rows about one order mean; `stood_before` tells that an earlier day's file has it."""
    if rows.debits + rows.reversals == 0:
        return Meaning(Finding.MISSING_THERE)
    if attempt is None or attempt.gateway != day.gateway:
        return Meaning(Finding.MISSING_HERE)
    doubtful = ((Verdict.CONTRADICTION, "mismatch"),)
    if rows.currency != attempt.currency:
        return Meaning(Finding.CURRENCY, doubtful)
    if rows.row_fen != attempt.amount_fen:
        return Meaning(Finding.AMOUNT, doubtful)
    match rows.debits - rows.reversals:
        case 1:
            if stood_before and attempt.state is S.SUCCEEDED:
                return Meaning(Finding.DUPLICATE, ((Verdict.CONTRADICTION, AGAIN),))
            return _debited(attempt.state, decided_at, day)
        case 0 | -1 as net:
            return _given_back(attempt.state, net, rows.debits)
        case _:
            first = ((Verdict.SUCCEEDED, "debit"),) if attempt.state in _IN_DOUBT and rows.debits else ()
            more = rows.debits - rows.reversals > 1
            return Meaning(
                Finding.DUPLICATE, (*first, *(((Verdict.CONTRADICTION, _TWICE),) if more else doubtful))
            )


def _debited(state: AttemptState, decided_at: int | None, day: Day) -> Meaning:
    debit = ((Verdict.SUCCEEDED, "debit"),)
    if state is S.SUCCEEDED:
        early = decided_at is not None and decided_at + _SKEW_MS < day.first
        return Meaning(Finding.LATE if early else Finding.MATCHED)
    if state in _WITH_OTHERS:
        return Meaning(Finding.UNDECIDED)
    if state is S.REVERSED and decided_at is not None and decided_at + _SKEW_MS >= day.end:
        return Meaning(Finding.MATCHED)
    return Meaning(Finding.RESOLVED if state in _IN_DOUBT else Finding.CONTRADICTION, debit)


def _given_back(state: AttemptState, net: int, debits: int) -> Meaning:
    """Return what a reversal means; one without its debit gives back what an earlier day's file took."""
    back = ((Verdict.REVERSED, "reversal"),)
    if state is S.REVERSED:
        return Meaning(Finding.MATCHED)
    if state is S.CLOSING:
        return Meaning(Finding.RESOLVED, back)
    if state is S.MANUAL:
        return Meaning(Finding.UNDECIDED)
    return Meaning(Finding.CONTRADICTION, back)


def explained(rows: Difference, attempt: Attempt | None, state: AttemptState | None, meaning: Meaning) -> int:
    """Return how much of the rows' net (fen) our books account for, the attempt being in `state` now."""
    if attempt is None or rows.currency != attempt.currency or _says(meaning, AGAIN):
        return 0
    net = rows.debits - rows.reversals
    if state is S.SUCCEEDED:
        return attempt.amount_fen if rows.debits else 0
    if state is S.REVERSED and abs(net) <= 1:
        return net * attempt.amount_fen
    return 0


def evidence_of(rows: Difference, attempt: Attempt, meaning: Meaning, day: Day, now: int) -> list[Evidence]:
    """Return the evidence that the rows are; the same rows are always the same pieces."""
    return [
        Evidence(
            gateway=day.gateway,
            order_no=rows.order_no,
            source=EvidenceSource.SETTLEMENT,
            external_id=(
                f"{day.day.isoformat()}:{rows.order_no}:{what}:"
                f"{rows.debits}:{rows.reversals}:{rows.net_fen}:{rows.currency}"
            ),
            at=Instant(now),
            verdict=verdict,
            code=DEBITED_TWICE if what in (_TWICE, AGAIN) else "SETTLEMENT",
            amount_fen=_amount(rows, attempt, verdict, what),
            currency=rows.currency or None,
            gateway_ref=rows.gateway_ref or None,
            raw=_raw(rows),
        )
        for verdict, what in meaning.verdicts
    ]


def absence_of(order_no: str, day: Day, covers: tuple[int, int], now: int) -> Evidence:
    """Return the evidence that complete files over a span of time have no row of an order."""
    return Evidence(
        gateway=day.gateway,
        order_no=order_no,
        source=EvidenceSource.SETTLEMENT,
        external_id=f"{day.day.isoformat()}:{order_no}:absent:{covers[0]}:{covers[1]}",
        at=Instant(now),
        verdict=Verdict.NOT_FOUND,
        code="NOT_IN_SETTLEMENT",
        covers=covers,
    )


def _says(meaning: Meaning, what: str) -> bool:
    return any(said == what for _, said in meaning.verdicts)


def _amount(rows: Difference, attempt: Attempt, verdict: Verdict, what: str) -> int | None:
    """Return the amount that goes with a verdict; a contradiction names one only where it differs, one of
    two days what both come to."""
    if what == AGAIN:
        return attempt.amount_fen + rows.net_fen
    if verdict is not Verdict.CONTRADICTION:
        return rows.row_fen
    return rows.net_fen if rows.net_fen != attempt.amount_fen else None


def _raw(rows: Difference) -> bytes:
    told: Mapping[str, object] = rows._asdict()
    return " ".join(f"{name}={value}" for name, value in told.items()).encode()
