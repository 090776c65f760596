"""The states of an attempt and what evidence does to them.

One table of edges, one table of what each verdict means in each state, and `decide` over both. Pure: no
clock, no chance, no database. Whoever wants to change what an attempt may become changes this file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.contract.clock import Instant
from console.contract.vocabulary import FINAL_ATTEMPT_STATES, AttemptState, EvidenceSource, Verdict
from console.repayment.schedule import INQUIRY_EVERY, INQUIRY_STEPS, inquiry_wait, manual_at, retry_wait
from console.store.facts import DEBITED_TWICE, Attempt, CaseKind, Decision, Evidence
from console.store.guards import EDGES as EDGES_OF_THE_DATABASE

S = AttemptState
V = Verdict

EDGES: Final = EDGES_OF_THE_DATABASE
"""Every step an attempt may ever take; the database refuses all others. MANUAL is left by people only,
CREATED for FAILED by a release, CLOSING is entered by a request to close: never by `decide`."""

_MOVES: Final[dict[AttemptState, dict[Verdict, AttemptState]]] = {
    S.CREATED: {},
    S.SENDING: {
        V.SUCCEEDED: S.SUCCEEDED,
        V.FAILED: S.FAILED,
        V.ACCEPTED: S.ACCEPTED,
        V.CLOSED: S.UNKNOWN,
        V.REVERSED: S.UNKNOWN,
        V.NOT_FOUND: S.UNKNOWN,
        V.NOT_SENT: S.CREATED,
        V.UNKNOWN: S.UNKNOWN,
        V.CONTRADICTION: S.UNKNOWN,
    },
    S.ACCEPTED: {
        V.SUCCEEDED: S.SUCCEEDED,
        V.FAILED: S.FAILED,
        V.CLOSED: S.MANUAL,
        V.REVERSED: S.MANUAL,
        V.NOT_FOUND: S.UNKNOWN,
        V.CONTRADICTION: S.UNKNOWN,
    },
    S.UNKNOWN: {
        V.SUCCEEDED: S.SUCCEEDED,
        V.FAILED: S.FAILED,
        V.ACCEPTED: S.ACCEPTED,
        V.CLOSED: S.MANUAL,
        V.REVERSED: S.MANUAL,
    },
    S.CLOSING: {V.SUCCEEDED: S.SUCCEEDED, V.CLOSED: S.CLOSED, V.REVERSED: S.REVERSED},
    S.MANUAL: {},
}
"""What a verdict makes of an attempt that is not final; a verdict that is not listed changes nothing."""

_AGREES: Final[dict[AttemptState, frozenset[Verdict]]] = {
    S.SUCCEEDED: frozenset({V.SUCCEEDED, V.ACCEPTED, V.NOT_FOUND, V.NOT_SENT, V.UNKNOWN}),
    S.FAILED: frozenset({V.FAILED, V.CLOSED, V.ACCEPTED, V.NOT_FOUND, V.NOT_SENT, V.UNKNOWN}),
    S.CLOSED: frozenset({V.CLOSED, V.FAILED, V.ACCEPTED, V.NOT_FOUND, V.NOT_SENT, V.UNKNOWN}),
    S.REVERSED: frozenset({V.REVERSED, V.CLOSED, V.ACCEPTED, V.NOT_FOUND, V.NOT_SENT, V.UNKNOWN}),
}
"""What may still be heard of a final attempt without contradicting it: repeats, and stale or empty
words. Everything else opens an exception case."""

_CLAIMS_EXECUTION: Final = frozenset(
    {V.SUCCEEDED, V.FAILED, V.ACCEPTED, V.CLOSED, V.REVERSED, V.CONTRADICTION}
)
"""Verdicts that only a gateway which received the order can give."""

_NAME_AN_AMOUNT: Final = frozenset({V.SUCCEEDED, V.FAILED, V.ACCEPTED, V.CLOSED, V.REVERSED})
"""Verdicts that count only with the amount they are about."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The waits `decide` gives out: inquiry steps and interval (seconds), the days until inquiry is over,
    and the seconds between inquiries that only collect evidence for people."""

    steps: Sequence[float] = INQUIRY_STEPS
    every: float = INQUIRY_EVERY
    manual_days: int = 2
    manual_every: float = 6 * 3600.0


def decide(attempt: Attempt, evidence: Evidence, now: Instant, rules: Rules, chance: float = 0.5) -> Decision:
    """Return what `evidence` makes of `attempt`. `chance` (0…1) spreads the next inquiry over ±20 %."""
    verdict = judged(attempt, evidence)
    state = attempt.state
    if state in FINAL_ATTEMPT_STATES:
        case = _case_against_final(state, verdict)
        return _stay(attempt, verdict, _named(case, evidence))
    target = _target(attempt, evidence, verdict)
    inquiries = attempt.inquiries + (evidence.source is EvidenceSource.INQUIRY)
    not_found = _not_found(attempt, evidence, verdict)
    case = _named(_case(state, verdict), evidence)
    ours = evidence.lease_epoch == attempt.lease_epoch
    if target is state and not ours and evidence.source is not EvidenceSource.INQUIRY:
        return _stay(attempt, verdict, case)
    return Decision(
        state=target,
        next_action_at=next_action(target, attempt.sends, inquiries, now, rules, chance),
        inquiries=inquiries,
        not_found=not_found,
        unknown_since=_unknown_since(attempt, target, now),
        verdict=verdict,
        case=case,
        released=ours or target is not state,
    )


def judged(attempt: Attempt, evidence: Evidence) -> Verdict:
    """Return the verdict after holding amount and currency against what was ordered."""
    if evidence.amount_fen is None:
        return V.UNKNOWN if evidence.verdict in _NAME_AN_AMOUNT else evidence.verdict
    if evidence.amount_fen != attempt.amount_fen or evidence.currency != attempt.currency:
        return Verdict.CONTRADICTION
    return evidence.verdict


def expired(attempt: Attempt, now: Instant, rules: Rules) -> Decision | None:
    """Return the step to MANUAL when the time for inquiry is over, else None."""
    if attempt.sent_at is None or S.MANUAL not in EDGES[attempt.state]:
        return None
    if now < manual_at(Instant(attempt.sent_at), rules.manual_days):
        return None
    return Decision(
        state=S.MANUAL,
        next_action_at=next_action(S.MANUAL, attempt.sends, attempt.inquiries, now, rules, 0.5),
        inquiries=attempt.inquiries,
        not_found=attempt.not_found,
        unknown_since=_unknown_since(attempt, S.MANUAL, now),
        verdict=Verdict.UNKNOWN,
        released=True,
    )


def closing(attempt: Attempt, now: Instant, until: Instant) -> Decision | None:
    """Return the step to CLOSING, to be followed by a call that ends `until`; None when it may not be."""
    if S.CLOSING not in EDGES[attempt.state]:
        return None
    return Decision(
        state=S.CLOSING,
        next_action_at=until,
        inquiries=attempt.inquiries,
        not_found=attempt.not_found,
        unknown_since=_unknown_since(attempt, S.CLOSING, now),
        verdict=Verdict.UNKNOWN,
        released=True,
    )


def released(attempt: Attempt) -> Decision | None:
    """Return the step of an order that was proven not to have been sent to FAILED; None for any other.

    CREATED is that proof: it is entered only when nothing was written. The database refuses the step
    when a gateway claims to know the order.
    """
    return _ended(attempt, S.FAILED) if attempt.state is S.CREATED else None


def by_hand(attempt: Attempt, result: AttemptState) -> Decision | None:
    """Return the step by which two people end an attempt; None when it is not with people."""
    if attempt.state is not S.MANUAL or result not in EDGES[S.MANUAL]:
        return None
    return _ended(attempt, result)


def may_resend(
    attempt: Attempt, now: Instant, *, idempotency_window: int, margin: int, not_found_needed: int
) -> bool:
    """Tell whether the same order number may be sent again (spans in milliseconds).

    Only an UNKNOWN attempt that was not found often enough in a row, only inside the gateway's
    idempotency window, and only while the order has not expired; both less the margin.
    """
    if attempt.state is not S.UNKNOWN or attempt.not_found < not_found_needed:
        return False
    if attempt.sent_at is None or attempt.order_expires_at is None or now < attempt.sent_at:
        return False
    ends = min(attempt.sent_at + idempotency_window, attempt.order_expires_at) - margin
    return now < ends


def next_action(
    state: AttemptState, sends: int, inquiries: int, now: Instant, rules: Rules, chance: float
) -> int | None:
    """Return when to act on an attempt that just came to `state`; None when it is final."""
    if state in FINAL_ATTEMPT_STATES:
        return None
    if state is S.CREATED:
        return now + retry_wait(sends, chance)
    if state is S.MANUAL:
        return now + round(rules.manual_every * 1000)
    return now + inquiry_wait(inquiries, chance, rules.steps, rules.every)


def _target(attempt: Attempt, evidence: Evidence, verdict: Verdict) -> AttemptState:
    state = attempt.state
    if verdict is V.NOT_FOUND and evidence.source is EvidenceSource.SETTLEMENT:
        return S.FAILED if _proven_absent(attempt, evidence) else state
    if state is S.SENDING and verdict is V.NOT_SENT and evidence.lease_epoch != attempt.lease_epoch:
        return S.UNKNOWN
    if state is S.CLOSING and verdict is V.SUCCEEDED and not _after_close(attempt, evidence):
        return state
    return _MOVES[state].get(verdict, state)


def _after_close(attempt: Attempt, evidence: Evidence) -> bool:
    """Tell whether evidence is surely younger than the request to close the order.

    A settlement file is not: it ends with its day, and the close may give the money back after that.
    """
    if evidence.source is EvidenceSource.INQUIRY:
        return evidence.lease_epoch == attempt.lease_epoch
    return evidence.source is EvidenceSource.CLOSE


def _proven_absent(attempt: Attempt, evidence: Evidence) -> bool:
    """Not found, and expired at the gateway, and a complete settlement file over its whole life lacks it."""
    if attempt.state is not S.UNKNOWN or attempt.not_found < 1 or evidence.covers is None:
        return False
    if attempt.sent_at is None or attempt.order_expires_at is None:
        return False
    first, last = evidence.covers
    return first <= attempt.sent_at and attempt.order_expires_at <= last


def _not_found(attempt: Attempt, evidence: Evidence, verdict: Verdict) -> int:
    if evidence.source is EvidenceSource.INQUIRY:
        if verdict is V.NOT_FOUND:
            return attempt.not_found + 1
        return attempt.not_found if verdict is V.UNKNOWN else 0
    return attempt.not_found


def _unknown_since(attempt: Attempt, target: AttemptState, now: Instant) -> int | None:
    if target is S.UNKNOWN:
        return attempt.unknown_since if attempt.state is S.UNKNOWN else now
    return attempt.unknown_since if target is attempt.state or target is S.MANUAL else None


def _case(state: AttemptState, verdict: Verdict) -> CaseKind | None:
    if state is S.CREATED:
        return CaseKind.NEVER_SENT if verdict in _CLAIMS_EXECUTION else None
    if verdict is V.CONTRADICTION:
        return CaseKind.MISMATCH
    if verdict in (V.CLOSED, V.REVERSED) and state is not S.CLOSING:
        return CaseKind.UNASKED_CLOSE
    return None


def _case_against_final(state: AttemptState, verdict: Verdict) -> CaseKind | None:
    if verdict is V.CONTRADICTION:
        return CaseKind.MISMATCH
    return None if verdict in _AGREES[state] else CaseKind.AGAINST_FINAL


def _named(case: CaseKind | None, evidence: Evidence) -> CaseKind | None:
    """Return the case by what the evidence found; only our own reading of a file has that code."""
    twice = evidence.source is EvidenceSource.SETTLEMENT and evidence.code == DEBITED_TWICE
    return CaseKind.DUPLICATE_DEBIT if case is CaseKind.MISMATCH and twice else case


def _ended(attempt: Attempt, state: AttemptState) -> Decision:
    return Decision(
        state=state,
        next_action_at=None,
        inquiries=attempt.inquiries,
        not_found=attempt.not_found,
        unknown_since=None,
        verdict=Verdict.UNKNOWN,
        released=True,
    )


def _stay(attempt: Attempt, verdict: Verdict, case: CaseKind | None) -> Decision:
    return Decision(
        attempt.state,
        attempt.next_action_at,
        attempt.inquiries,
        attempt.not_found,
        attempt.unknown_since,
        verdict,
        case,
    )
