"""The life of a change as one table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from console.contract.change import ChangeState


class Step(StrEnum):
    """What can happen to a change."""

    APPLY = "apply"
    """Done at once: no second person is needed."""
    ASK = "ask"
    """A second person is asked."""
    APPROVE = "approve"
    """The second person agreed, and it was done."""
    REJECT = "reject"
    """The second person, or the requester, said no."""
    LAPSE = "lapse"
    """Nobody agreed in time, or what was agreed to is no longer true."""
    REVERT = "revert"
    """A later change undid it."""
    EXPIRE = "expire"
    """Its time was over and it returned by itself."""
    EXTEND = "extend"
    """It stays for longer."""


TABLE: Final[dict[tuple[ChangeState, Step], ChangeState]] = {
    (ChangeState.PROPOSED, Step.APPLY): ChangeState.APPLIED,
    (ChangeState.PROPOSED, Step.ASK): ChangeState.AWAITING_APPROVAL,
    (ChangeState.AWAITING_APPROVAL, Step.APPROVE): ChangeState.APPLIED,
    (ChangeState.AWAITING_APPROVAL, Step.REJECT): ChangeState.REJECTED,
    (ChangeState.AWAITING_APPROVAL, Step.LAPSE): ChangeState.LAPSED,
    (ChangeState.APPLIED, Step.REVERT): ChangeState.REVERTED,
    (ChangeState.APPLIED, Step.EXPIRE): ChangeState.EXPIRED,
    (ChangeState.APPLIED, Step.EXTEND): ChangeState.APPLIED,
}
"""Every step there is. What is not here does not happen."""


class IllegalStep(Exception):
    """A change in this state cannot take this step."""

    def __init__(self, state: ChangeState, step: Step) -> None:
        super().__init__(f"{step} of a change that is {state}")
        self.state = state
        self.step = step


def after(state: ChangeState, step: Step) -> ChangeState:
    """Return the state after a step. Raises IllegalStep."""
    try:
        return TABLE[state, step]
    except KeyError:
        raise IllegalStep(state, step) from None
