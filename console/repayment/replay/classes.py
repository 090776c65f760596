"""What a replay would do with a repayment: the classes of a plan, and the step when its turn comes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from console.contract.replay import RUN, ReplayClass, ReplayOutcome
from console.contract.vocabulary import FINAL_STAGES, NOT_EXECUTED_STATES, AttemptState, Stage

if TYPE_CHECKING:
    from console.store.replay_rows import Item, Seen, Subject

KeyEnds = Callable[[str], int]
"""How long (ms) after sending a gateway still knows an order number, the margin taken off."""


class Step(StrEnum):
    """What is done with an item when its turn comes."""

    SUBMIT = "submit"
    """A new order."""
    ASK = "ask"
    """The gateway is asked what became of the old one."""
    CONCLUDE = "conclude"
    """Nothing: it has its outcome."""


def class_of(subject: Subject, now: int, key_ends: KeyEnds, *, closed: bool, blocked: bool) -> ReplayClass:
    """Return the class of a repayment. `closed`: a window keeps back what goes to its gateway; `blocked`: a
    strategy would intercept it.

    Only what is proven not executed is sent again, and only when nothing else speaks against it.
    """
    match subject.stage:
        case Stage.SETTLED:
            return ReplayClass.ALREADY_SETTLED
        case Stage.REVIEW:
            return ReplayClass.BLOCKED_BY_RISK
        case Stage.HELD:
            return ReplayClass.BLOCKED_BY_RISK if subject.held_by is None else ReplayClass.HELD_BY_WINDOW
        case Stage.IN_DOUBT:
            return _doubtful(subject, now, key_ends)
        case Stage.FAILED:
            return _failed(subject, closed=closed, blocked=blocked)
        case _:
            return ReplayClass.FINAL


def _doubtful(subject: Subject, now: int, key_ends: KeyEnds) -> ReplayClass:
    last = subject.last
    if last is None or last.state is not AttemptState.UNKNOWN or last.sent_at is None or subject.contested:
        return ReplayClass.FINAL
    known = last.sent_at <= now < last.sent_at + key_ends(last.gateway)
    return ReplayClass.INQUIRE_FIRST if known else ReplayClass.KEY_EXPIRED


def _failed(subject: Subject, *, closed: bool, blocked: bool) -> ReplayClass:
    if not proven(subject):
        return ReplayClass.FINAL
    if subject.twin:
        return ReplayClass.DUPLICATE_INSTALMENT
    if blocked:
        return ReplayClass.BLOCKED_BY_RISK
    return ReplayClass.HELD_BY_WINDOW if closed else ReplayClass.RESUBMIT


def proven(subject: Subject) -> bool:
    """Tell whether a failed repayment's last order was certainly not executed, and nothing contests that."""
    last = subject.last
    return last is not None and last.state in NOT_EXECUTED_STATES and not subject.contested


def first_outcome(class_: ReplayClass) -> ReplayOutcome:
    """Return the outcome of an item that was just planned."""
    return ReplayOutcome.WAITING if class_ in RUN else ReplayOutcome.LEFT


def step_of(item: Item, subject: Subject) -> tuple[Step, ReplayOutcome]:
    """Return what to do with an item now, and its outcome when that is nothing.

    What is not as it was when it was planned is left alone: another attempt, a twin, evidence against it.
    """
    if subject.stage in _CONCLUDES:
        return Step.CONCLUDE, _CONCLUDES[subject.stage]
    left = Step.CONCLUDE, ReplayOutcome.LEFT
    if subject.screenable.attempts != item.attempts or item.submitted or subject.contested:
        return left
    if subject.stage is Stage.IN_DOUBT:
        doubtful = subject.last is not None and subject.last.state is AttemptState.UNKNOWN
        return (Step.ASK, ReplayOutcome.ASKING) if doubtful else left
    if subject.stage is Stage.FAILED and proven(subject) and not subject.twin:
        return Step.SUBMIT, ReplayOutcome.SUBMITTED
    return left


_CONCLUDES: Final = {
    Stage.SETTLED: ReplayOutcome.SETTLED,
    Stage.REVERSED: ReplayOutcome.REVERSED,
    Stage.REJECTED: ReplayOutcome.LEFT,
    Stage.CANCELLED: ReplayOutcome.LEFT,
}
"""Outcomes that a stage alone tells."""


def outcome_of(seen: Seen, inquiries: int) -> ReplayOutcome:
    """Return what an item that was begun has come to; its old outcome while that is not known.

    An order is asked about `inquiries` times before the item counts as unknown.
    """
    item, stage = seen.item, seen.stage
    if stage in FINAL_STAGES:
        return _CONCLUDES[stage]
    if not item.submitted:
        return _asked(seen, inquiries)
    if seen.attempts > item.attempts + 1:
        return ReplayOutcome.REFAILED
    match stage:
        case Stage.FAILED:
            return ReplayOutcome.REFAILED if seen.attempts > item.attempts else item.outcome
        case Stage.IN_DOUBT | Stage.MANUAL:
            return ReplayOutcome.UNKNOWN
        case Stage.HELD | Stage.REVIEW:
            return ReplayOutcome.HELD
        case Stage.CONFIRMING:
            return item.outcome if item.outcome is ReplayOutcome.UNKNOWN else ReplayOutcome.SUBMITTED
        case _:
            return ReplayOutcome.SUBMITTED


def _asked(seen: Seen, inquiries: int) -> ReplayOutcome:
    """Return what asking came to: sent again (waiting) only when the old order failed for certain."""
    item, last = seen.item, seen.last
    if seen.attempts != item.attempts or last is None:
        return ReplayOutcome.LEFT
    match seen.stage:
        case Stage.FAILED:
            return ReplayOutcome.WAITING
        case Stage.IN_DOUBT | Stage.CONFIRMING:
            asked = last.inquiries - (item.asked_from or 0)
            return ReplayOutcome.UNKNOWN if asked >= inquiries else item.outcome
        case Stage.MANUAL:
            return ReplayOutcome.UNKNOWN
        case _:
            return ReplayOutcome.LEFT
