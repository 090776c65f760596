"""Whether an approval lets a change be done: one pure decision over everything that could be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.contract.change import ChangeState
from console.control.desk.policy import APPROVAL_WITHIN_MS, EXECUTION_WITHIN_MS


class Objection(StrEnum):
    """Why it does not. Those in VOIDING end the request for good."""

    NOT_WAITING = "not_waiting"
    LAPSED = "lapsed"
    NO_ROLE = "no_role"
    SAME_PERSON = "same_person"
    USED = "used"
    OTHER_DIGEST = "other_digest"
    TOO_LATE = "too_late"
    REQUESTER_ROLE = "requester_role"
    MOVED = "moved"


VOIDING = frozenset({Objection.LAPSED, Objection.TOO_LATE, Objection.REQUESTER_ROLE, Objection.MOVED})


@dataclass(frozen=True)
class Facts:
    """What is known when an approval comes in. Instants are milliseconds.

    `digest` is what was asked for, `agreed` what the approver says they saw (None: what was asked for),
    `present` what it would be now. The keys are persons' (see `people`).
    """

    state: ChangeState
    requester_key: str
    approver_key: str
    approver_may: bool
    requester_may: bool
    asked_at: int
    agreed_at: int
    done_at: int
    digest: str
    agreed: str | None
    present: str
    used: bool


def objection(facts: Facts) -> Objection | None:
    """Return the first thing that is wrong, None when the change may be done."""
    if facts.used:
        return Objection.USED
    if facts.state is not ChangeState.AWAITING_APPROVAL:
        return Objection.NOT_WAITING
    if not facts.approver_may:
        return Objection.NO_ROLE
    if facts.approver_key == facts.requester_key:
        return Objection.SAME_PERSON
    if not 0 <= facts.agreed_at - facts.asked_at <= APPROVAL_WITHIN_MS:
        return Objection.LAPSED
    if facts.agreed is not None and facts.agreed != facts.digest:
        return Objection.OTHER_DIGEST
    if not 0 <= facts.done_at - facts.agreed_at <= EXECUTION_WITHIN_MS:
        return Objection.TOO_LATE
    if not facts.requester_may:
        return Objection.REQUESTER_ROLE
    if facts.present != facts.digest:
        return Objection.MOVED
    return None
