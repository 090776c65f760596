"""What evidence makes of an attempt: every state against every verdict."""

import itertools
from typing import Any

import pytest

from console.contract.clock import Instant
from console.contract.vocabulary import FINAL_ATTEMPT_STATES, AttemptState, EvidenceSource, Verdict
from console.repayment.attempt import EDGES, Rules, decide, expired, may_resend
from console.repayment.schedule import manual_at
from console.repayment.stages import STAGE_OF
from console.store.facts import Attempt, CaseKind, Evidence

S, V, E = AttemptState, Verdict, EvidenceSource
NOW = Instant(1_780_000_000_000)
HOUR = 3_600_000
RULES = Rules()


def attempt(state: AttemptState, **changes: object) -> Attempt:
    final = state in FINAL_ATTEMPT_STATES
    made = Attempt(
        id=1,
        repayment_seq=1,
        number=1,
        order_no="rp_1-1",
        gateway="alipay",
        state=state,
        amount_fen=500,
        currency="CNY",
        sent_at=NOW - 10_000,
        deadline_at=NOW,
        order_expires_at=NOW + HOUR,
        unknown_since=NOW - 5_000 if state is S.UNKNOWN else None,
        next_action_at=None if final else NOW,
        sends=1,
        inquiries=0,
        not_found=0,
        lease_owner="w_1",
        lease_epoch=3,
        version=4,
    )
    return made._replace(**changes)  # type: ignore[arg-type] # names are checked by the tuple


def evidence(verdict: Verdict, source: EvidenceSource = E.INQUIRY, **changes: object) -> Evidence:
    fields: dict[str, object] = {
        "gateway": "alipay",
        "order_no": "rp_1-1",
        "source": source,
        "external_id": "x",
        "at": NOW,
        "verdict": verdict,
        "amount_fen": 500,
        "currency": "CNY",
        "lease_epoch": 3,
    }
    return Evidence(**{**fields, **changes})  # type: ignore[arg-type] # a test's shorthand


EXPECTED: dict[AttemptState, dict[Verdict, AttemptState]] = {
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
    S.SUCCEEDED: {},
    S.FAILED: {},
    S.CLOSED: {},
    S.REVERSED: {},
}


@pytest.mark.parametrize(("state", "verdict"), list(itertools.product(S, V)))
def test_each_verdict_makes_of_each_state_what_the_table_says(state: AttemptState, verdict: Verdict) -> None:
    decision = decide(attempt(state), evidence(verdict), NOW, RULES)
    assert decision.state is EXPECTED[state].get(verdict, state)


@pytest.mark.parametrize("state", list(S))
def test_no_step_leaves_the_table_and_every_open_attempt_has_a_next_action(state: AttemptState) -> None:
    for verdict, source, epoch, not_found in itertools.product(V, E, (3, 2, None), (0, 5)):
        before = attempt(state, not_found=not_found)
        piece = evidence(verdict, source, lease_epoch=epoch, covers=(0, 2 * NOW))
        decision = decide(before, piece, NOW, RULES)
        assert decision.state is state or decision.state in EDGES[state], (verdict, source, epoch)
        assert (decision.next_action_at is None) == (decision.state in FINAL_ATTEMPT_STATES)
        if state is S.MANUAL:
            assert decision.state is S.MANUAL


@pytest.mark.parametrize("state", [s for s in S if EDGES[s]])
@pytest.mark.parametrize(("amount", "currency"), [(501, "CNY"), (500, "USD"), (0, "CNY")])
def test_another_amount_or_currency_decides_nothing_and_opens_a_case(
    state: AttemptState, amount: int, currency: str
) -> None:
    piece = evidence(V.SUCCEEDED, amount_fen=amount, currency=currency)
    decision = decide(attempt(state), piece, NOW, RULES)
    assert decision.verdict is V.CONTRADICTION
    assert decision.state not in FINAL_ATTEMPT_STATES
    assert decision.case is (CaseKind.NEVER_SENT if state is S.CREATED else CaseKind.MISMATCH)


AGAINST_FINAL = {
    S.SUCCEEDED: {V.FAILED, V.CLOSED, V.REVERSED},
    S.FAILED: {V.SUCCEEDED, V.REVERSED},
    S.CLOSED: {V.SUCCEEDED, V.REVERSED},
    S.REVERSED: {V.SUCCEEDED, V.FAILED},
}


@pytest.mark.parametrize(("state", "verdict"), list(itertools.product(AGAINST_FINAL, V)))
def test_evidence_against_a_final_state_opens_a_case_and_edits_nothing(
    state: AttemptState, verdict: Verdict
) -> None:
    before = attempt(state)
    decision = decide(before, evidence(verdict), NOW, RULES)
    wanted = CaseKind.AGAINST_FINAL if verdict in AGAINST_FINAL[state] else None
    assert decision.case is (CaseKind.MISMATCH if verdict is V.CONTRADICTION else wanted)
    assert (decision.state, decision.next_action_at) == (before.state, before.next_action_at)
    assert (decision.inquiries, decision.not_found) == (before.inquiries, before.not_found)


@pytest.mark.parametrize("verdict", [V.SUCCEEDED, V.FAILED, V.ACCEPTED, V.CLOSED, V.REVERSED])
@pytest.mark.parametrize("state", [s for s in S if EDGES[s]])
def test_a_claim_that_names_no_amount_decides_nothing(state: AttemptState, verdict: Verdict) -> None:
    decision = decide(attempt(state), evidence(verdict, amount_fen=None, currency=None), NOW, RULES)
    assert decision.verdict is V.UNKNOWN
    assert decision.state in (state, S.UNKNOWN)


def test_only_the_holder_of_the_lease_proves_that_nothing_was_sent() -> None:
    for epoch in (2, 4, None):
        piece = evidence(V.NOT_SENT, E.TRANSPORT, lease_epoch=epoch, amount_fen=None)
        assert decide(attempt(S.SENDING), piece, NOW, RULES).state is S.UNKNOWN


def test_not_found_alone_proves_nothing_however_often() -> None:
    before = attempt(S.UNKNOWN, not_found=99, order_expires_at=NOW - HOUR)
    decision = decide(before, evidence(V.NOT_FOUND, amount_fen=None), NOW, RULES)
    assert decision.state is S.UNKNOWN
    assert decision.not_found == 100


@pytest.mark.parametrize(
    ("changes", "covers", "state"),
    [
        ({"not_found": 1}, (NOW - HOUR, NOW + HOUR), S.FAILED),
        ({"not_found": 0}, (NOW - HOUR, NOW + HOUR), S.UNKNOWN),
        ({"not_found": 1}, None, S.UNKNOWN),
        ({"not_found": 1}, (NOW - HOUR, NOW + HOUR - 1), S.UNKNOWN),
        ({"not_found": 1}, (NOW, NOW + HOUR), S.UNKNOWN),
        ({"not_found": 1, "order_expires_at": None}, (NOW - HOUR, NOW + HOUR), S.UNKNOWN),
    ],
)
def test_absence_fails_an_order_only_when_a_complete_file_covers_its_whole_life(
    changes: dict[str, object], covers: tuple[int, int] | None, state: AttemptState
) -> None:
    piece = evidence(V.NOT_FOUND, E.SETTLEMENT, amount_fen=None, lease_epoch=None, covers=covers)
    assert decide(attempt(S.UNKNOWN, **changes), piece, NOW, RULES).state is state


def test_absence_from_a_file_fails_no_accepted_order() -> None:
    piece = evidence(V.NOT_FOUND, E.SETTLEMENT, amount_fen=None, lease_epoch=None, covers=(0, 2 * NOW))
    assert decide(attempt(S.ACCEPTED, not_found=3), piece, NOW, RULES).state is S.ACCEPTED


@pytest.mark.parametrize("source", [E.RESPONSE, E.CALLBACK, E.SETTLEMENT])
def test_a_success_told_before_the_close_does_not_end_the_close(source: EvidenceSource) -> None:
    assert decide(attempt(S.CLOSING), evidence(V.SUCCEEDED, source), NOW, RULES).state is S.CLOSING


@pytest.mark.parametrize(("epoch", "state"), [(2, S.CLOSING), (None, S.CLOSING), (3, S.SUCCEEDED)])
def test_an_inquiry_that_was_asked_before_the_close_does_not_end_it(
    epoch: int | None, state: AttemptState
) -> None:
    piece = evidence(V.SUCCEEDED, E.INQUIRY, lease_epoch=epoch)
    assert decide(attempt(S.CLOSING), piece, NOW, RULES).state is state


def test_inquiries_follow_their_schedule_and_only_inquiries_count() -> None:
    before, waits = attempt(S.UNKNOWN), []
    for _ in range(8):
        decision = decide(before, evidence(V.UNKNOWN, amount_fen=None), NOW, RULES)
        waits.append(((decision.next_action_at or 0) - NOW) // 1000)
        before = before._replace(inquiries=decision.inquiries)
    assert waits == [10, 30, 60, 120, 300, 600, 600, 600]
    first = decide(attempt(S.SENDING), evidence(V.UNKNOWN, E.TRANSPORT, amount_fen=None), NOW, RULES)
    assert first.next_action_at == NOW + 5_000
    assert first.inquiries == 0


def test_a_notification_that_changes_nothing_neither_delays_nor_frees_an_attempt() -> None:
    before = attempt(S.ACCEPTED)
    decision = decide(before, evidence(V.ACCEPTED, E.CALLBACK, lease_epoch=None), NOW, RULES)
    assert decision.next_action_at == before.next_action_at
    assert not decision.released


def test_a_failure_to_ask_keeps_the_count_of_not_found_and_an_answer_ends_it() -> None:
    before = attempt(S.UNKNOWN, not_found=2)
    assert decide(before, evidence(V.UNKNOWN, amount_fen=None), NOW, RULES).not_found == 2
    assert decide(before, evidence(V.ACCEPTED), NOW, RULES).not_found == 0


@pytest.mark.parametrize("state", list(S))
def test_people_take_over_at_the_end_of_the_second_day(state: AttemptState) -> None:
    over = manual_at(Instant(NOW - 10_000))
    before = expired(attempt(state), Instant(over - 1), RULES)
    after = expired(attempt(state), over, RULES)
    assert before is None
    handed_over = after is not None and after.state is S.MANUAL and after.next_action_at is not None
    assert handed_over == (state in (S.ACCEPTED, S.UNKNOWN, S.CLOSING))


@pytest.mark.parametrize(
    ("changes", "at", "may"),
    [
        ({}, NOW, True),
        ({"not_found": 2}, NOW, False),
        ({"state": S.ACCEPTED}, NOW, False),
        ({"state": S.SENDING}, NOW, False),
        ({"order_expires_at": None}, NOW, False),
        ({"order_expires_at": NOW + 60_000}, NOW, False),
        ({"order_expires_at": NOW + 60_001}, NOW, True),
        ({"sent_at": NOW - 86_400_000 + 60_000}, NOW, False),
        ({"sent_at": NOW - 86_400_000 + 60_001}, NOW, True),
        ({"sent_at": NOW + 1}, NOW, False),
    ],
)
def test_an_order_is_sent_again_only_inside_window_and_expiry_less_the_margin(
    changes: dict[str, object], at: Instant, may: bool
) -> None:
    changed: dict[str, Any] = {"not_found": 3, "order_expires_at": NOW + HOUR, **changes}
    before = attempt(S.UNKNOWN)._replace(**changed)
    told = may_resend(before, at, idempotency_window=86_400_000, margin=60_000, not_found_needed=3)
    assert told is may


def test_every_state_has_a_stage_and_final_ones_end_or_can_be_replayed() -> None:
    assert set(STAGE_OF) == set(S)
