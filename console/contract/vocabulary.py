"""The closed vocabularies of the domain: stages, attempt states, sources and verdicts of evidence."""

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where a repayment waits; each is a queue."""

    INTAKE = "intake"
    SCREENING = "screening"
    DISPATCH = "dispatch"
    CONFIRMING = "confirming"
    REVIEW = "review"
    HELD = "held"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    MANUAL = "manual"
    SETTLED = "settled"
    REVERSED = "reversed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


FLOW: Final = (Stage.INTAKE, Stage.SCREENING, Stage.DISPATCH, Stage.CONFIRMING, Stage.SETTLED)
"""The straight way of a repayment."""

SIDE: Final = (Stage.REVIEW, Stage.HELD, Stage.IN_DOUBT, Stage.FAILED, Stage.MANUAL)
"""Stages beside the straight way, none of them final."""

FINAL_STAGES: Final = frozenset({Stage.SETTLED, Stage.REVERSED, Stage.REJECTED, Stage.CANCELLED})
"""Stages that are never left."""

OPEN_STAGES: Final = (Stage.INTAKE, Stage.SCREENING, Stage.DISPATCH, Stage.CONFIRMING)
"""Stages summed up by the state `open`."""


class State(StrEnum):
    """A repayment's stage, told coarsely: `open` while it flows, else the side or final stage."""

    OPEN = "open"
    REVIEW = "review"
    HELD = "held"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    MANUAL = "manual"
    SETTLED = "settled"
    REVERSED = "reversed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


def state_of(stage: Stage) -> State:
    """Return the coarse state of a stage."""
    return State.OPEN if stage in OPEN_STAGES else State(stage.value)


class AttemptState(StrEnum):
    """The states of one order number at one gateway."""

    CREATED = "CREATED"
    SENDING = "SENDING"
    ACCEPTED = "ACCEPTED"
    UNKNOWN = "UNKNOWN"
    CLOSING = "CLOSING"
    MANUAL = "MANUAL"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    REVERSED = "REVERSED"


FINAL_ATTEMPT_STATES: Final = frozenset(
    {AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CLOSED, AttemptState.REVERSED}
)
"""States of an attempt that are never left."""

NOT_EXECUTED_STATES: Final = frozenset({AttemptState.FAILED, AttemptState.CLOSED, AttemptState.REVERSED})
"""Only after one of these may a repayment get another attempt."""


class EvidenceSource(StrEnum):
    """How the outcome was told."""

    RESPONSE = "response"
    CALLBACK = "callback"
    INQUIRY = "inquiry"
    CLOSE = "close"
    SETTLEMENT = "settlement"
    TRANSPORT = "transport"


class Verdict(StrEnum):
    """What a piece of evidence says, once checked against the attempt."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    REVERSED = "reversed"
    NOT_FOUND = "not_found"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    CONTRADICTION = "contradiction"


class Mode(StrEnum):
    """How far the service, or the console's link to it, can be trusted right now."""

    LIVE = "LIVE"
    DEGRADED = "DEGRADED"
    READ_ONLY = "READ-ONLY"
    OFFLINE = "OFFLINE"


class Environment(StrEnum):
    """What a service says it is; decides banner and guards."""

    SANDBOX = "sandbox"
    STAGING = "staging"
    PRODUCTION = "production"
