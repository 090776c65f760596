"""Every decision on every piece of evidence, held against rules told in the domain's words."""

import itertools
from typing import Final

from console.contract.clock import Instant
from console.contract.vocabulary import FINAL_ATTEMPT_STATES, AttemptState, EvidenceSource, Verdict
from console.repayment import attempt
from console.store.facts import Attempt, Decision, Evidence

S, V, E = AttemptState, Verdict, EvidenceSource

NOW: Final = Instant(1_780_000_000_000)
RULES: Final = attempt.Rules()

AMOUNTS: Final = ((500, "CNY"), (501, "CNY"), (500, "USD"), (None, None))
COVERS: Final = (None, (NOW - 10, NOW - 5), (NOW - 10_000_000, NOW + 10_000_000))

AGREEING: Final = {
    S.SUCCEEDED: {V.SUCCEEDED},
    S.FAILED: {V.FAILED, V.CLOSED},
    S.CLOSED: {V.CLOSED, V.FAILED},
    S.REVERSED: {V.REVERSED, V.CLOSED},
}
"""What a gateway may still claim of what has ended."""


def wrong_decisions() -> list[str]:
    """Return the decisions that break a rule, each with the rule."""
    wrong = []
    combinations = itertools.product(S, V, E, (3, 2, None), AMOUNTS, COVERS, (0, 1))
    for state, verdict, source, epoch, (amount, currency), covers, not_found in combinations:
        one = _attempt(state, not_found)
        piece = Evidence(
            "g", "o-1", source, "x", NOW, verdict, None, amount, currency, lease_epoch=epoch, covers=covers
        )
        decision = attempt.decide(one, piece, NOW, RULES)
        if broken := _broken(one, piece, decision):
            wrong.append(f"{state} + {verdict} by {source} became {decision.state}: {broken}")
    return wrong


def _attempt(state: AttemptState, not_found: int) -> Attempt:
    ended = state in FINAL_ATTEMPT_STATES
    return Attempt(
        id=1,
        repayment_seq=1,
        number=1,
        order_no="o-1",
        gateway="g",
        state=state,
        amount_fen=500,
        currency="CNY",
        sent_at=NOW - 1000,
        deadline_at=NOW,
        order_expires_at=NOW + 600_000,
        unknown_since=None,
        next_action_at=None if ended else NOW,
        sends=1,
        inquiries=0,
        not_found=not_found,
        lease_owner="w",
        lease_epoch=3,
        version=5,
    )


def _broken(one: Attempt, piece: Evidence, decision: Decision) -> str | None:
    """Return the rule that a decision breaks."""
    was, now = one.state, decision.state
    matches = (piece.amount_fen, piece.currency) == (500, "CNY")
    ours = piece.lease_epoch == one.lease_epoch
    if (decision.next_action_at is None) != (now in FINAL_ATTEMPT_STATES):
        return "what is open has a next action, and nothing else"
    if was in FINAL_ATTEMPT_STATES:
        return _broken_against_final(was, piece, decision, matches)
    if was is now:
        return None
    if was in (S.CREATED, S.MANUAL):
        return "no evidence moves what is unsent, or with people"
    if now is S.SUCCEEDED:
        young = piece.source is E.CLOSE or (piece.source is E.INQUIRY and ours)
        proven = piece.verdict is V.SUCCEEDED and matches and (was is not S.CLOSING or young)
        return None if proven else "success needs a matching success, younger than a close"
    if now is S.FAILED:
        absent = (
            piece.verdict is V.NOT_FOUND
            and piece.source is E.SETTLEMENT
            and was is S.UNKNOWN
            and one.not_found >= 1
            and piece.covers == COVERS[2]
        )
        failed = piece.verdict is V.FAILED and matches and was is not S.CLOSING
        return None if failed or absent else "failure needs a matching failure, or proof of absence"
    if now is S.CREATED:
        unsent = was is S.SENDING and piece.verdict is V.NOT_SENT and ours
        return None if unsent else "unsent is what its own sender did not send"
    if now in (S.CLOSED, S.REVERSED):
        word = V.CLOSED if now is S.CLOSED else V.REVERSED
        return None if was is S.CLOSING and piece.verdict is word and matches else "only a close closes"
    return None


def _broken_against_final(
    was: AttemptState, piece: Evidence, decision: Decision, matches: bool
) -> str | None:
    if decision.state is not was:
        return "final is final"
    claims = {V.SUCCEEDED, V.FAILED, V.CLOSED, V.REVERSED} - AGREEING[was]
    if piece.verdict in claims and matches and decision.case is None:
        return "what contradicts an end opens a case"
    return None
