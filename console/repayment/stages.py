"""Which stage a repayment is in, as a function of its last attempt."""

from typing import Final

from console.contract.vocabulary import AttemptState, Stage

STAGE_OF: Final[dict[AttemptState, Stage]] = {
    AttemptState.CREATED: Stage.DISPATCH,
    AttemptState.SENDING: Stage.CONFIRMING,
    AttemptState.ACCEPTED: Stage.CONFIRMING,
    AttemptState.UNKNOWN: Stage.IN_DOUBT,
    AttemptState.CLOSING: Stage.IN_DOUBT,
    AttemptState.MANUAL: Stage.MANUAL,
    AttemptState.SUCCEEDED: Stage.SETTLED,
    AttemptState.FAILED: Stage.FAILED,
    AttemptState.CLOSED: Stage.FAILED,
    AttemptState.REVERSED: Stage.REVERSED,
}
"""A closed order was not executed, so its repayment can be replayed like a failed one."""


def stage_of(state: AttemptState) -> Stage:
    """Return the stage of a repayment whose last attempt is in `state`."""
    return STAGE_OF[state]
