"""What a replay does with a repayment, as a table; and what becomes of an item. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from console.contract.replay import RUN, ReplayClass, ReplayOutcome
from console.contract.vocabulary import AttemptState, Stage
from console.repayment.replay.classes import Step, class_of, first_outcome, outcome_of, step_of
from console.store.decisions import Screenable
from console.store.replay_rows import Attempted, Item, Seen, Subject

NOW = 1_000_000
KEY_MS = 1_000
A, C, R, S = AttemptState, ReplayClass, ReplayOutcome, Stage


def attempted(state: AttemptState, sent_at: int = NOW, inquiries: int = 0) -> Attempted:
    return Attempted(1, state, "alipay", "r-1", sent_at, inquiries, None, None, 1)


def subject(stage: Stage, state: AttemptState | None, attempts: int = 1, **changes: Any) -> Subject:
    screenable = Screenable(
        7, "r", 100, "cash_loan", "2026-06-10", None, attempts, 1, "b", None, None, None, None
    )
    last = None if state is None else attempted(state)
    return Subject(screenable, stage, "2026-06-10", "alipay", "L-1", last, None, False, False)._replace(
        **changes
    )


def item(
    outcome: ReplayOutcome = R.WAITING, *, submitted: bool = False, asked_from: int | None = None
) -> Item:
    return Item(7, "2026-06-10", C.RESUBMIT, outcome, "alipay", 100, 1, asked_from, submitted)


CLASSES: tuple[tuple[str, Subject, bool, bool, ReplayClass], ...] = (
    ("failed", subject(S.FAILED, A.FAILED), False, False, C.RESUBMIT),
    ("closed", subject(S.FAILED, A.CLOSED), False, False, C.RESUBMIT),
    ("failed_contested", subject(S.FAILED, A.FAILED, contested=True), False, False, C.FINAL),
    ("failed_without_attempt", subject(S.FAILED, None, 0), False, False, C.FINAL),
    ("failed_but_order_open", subject(S.FAILED, A.UNKNOWN), False, False, C.FINAL),
    ("failed_twin", subject(S.FAILED, A.FAILED, twin=True), True, True, C.DUPLICATE_INSTALMENT),
    ("failed_blocked", subject(S.FAILED, A.FAILED), True, True, C.BLOCKED_BY_RISK),
    ("failed_closed_gateway", subject(S.FAILED, A.FAILED), True, False, C.HELD_BY_WINDOW),
    ("in_doubt", subject(S.IN_DOUBT, A.UNKNOWN), False, False, C.INQUIRE_FIRST),
    ("in_doubt_under_window", subject(S.IN_DOUBT, A.UNKNOWN), True, False, C.INQUIRE_FIRST),
    ("in_doubt_closing", subject(S.IN_DOUBT, A.CLOSING), False, False, C.FINAL),
    ("in_doubt_contested", subject(S.IN_DOUBT, A.UNKNOWN, contested=True), False, False, C.FINAL),
    (
        "in_doubt_key_expired",
        subject(S.IN_DOUBT, A.UNKNOWN, last=attempted(A.UNKNOWN, NOW - KEY_MS)),
        False,
        False,
        C.KEY_EXPIRED,
    ),
    (
        "in_doubt_sent_in_future",
        subject(S.IN_DOUBT, A.UNKNOWN, last=attempted(A.UNKNOWN, NOW + 1)),
        False,
        False,
        C.KEY_EXPIRED,
    ),
    ("settled", subject(S.SETTLED, A.SUCCEEDED), False, False, C.ALREADY_SETTLED),
    ("held_by_window", subject(S.HELD, None, held_by="w_1"), False, False, C.HELD_BY_WINDOW),
    ("held_by_strategy", subject(S.HELD, None), False, False, C.BLOCKED_BY_RISK),
    ("review", subject(S.REVIEW, None), False, False, C.BLOCKED_BY_RISK),
    *(
        (stage.value, subject(stage, None), False, False, C.FINAL)
        for stage in (
            S.INTAKE,
            S.SCREENING,
            S.DISPATCH,
            S.CONFIRMING,
            S.MANUAL,
            S.REVERSED,
            S.REJECTED,
            S.CANCELLED,
        )
    ),
)


@pytest.mark.parametrize(
    ("given", "closed", "blocked", "expected"), [row[1:] for row in CLASSES], ids=[row[0] for row in CLASSES]
)
def test_the_class_of_a_repayment(given: Subject, closed: bool, blocked: bool, expected: ReplayClass) -> None:
    found = class_of(given, NOW, lambda gateway: KEY_MS, closed=closed, blocked=blocked)
    assert found is expected
    assert (first_outcome(found) is R.WAITING) == (found in RUN)


STEPS: tuple[tuple[str, Item, Subject, Step, ReplayOutcome], ...] = (
    ("failed", item(), subject(S.FAILED, A.FAILED), Step.SUBMIT, R.SUBMITTED),
    ("in_doubt", item(), subject(S.IN_DOUBT, A.UNKNOWN), Step.ASK, R.ASKING),
    ("another_attempt", item(), subject(S.FAILED, A.FAILED, 2), Step.CONCLUDE, R.LEFT),
    ("twin", item(), subject(S.FAILED, A.FAILED, twin=True), Step.CONCLUDE, R.LEFT),
    ("contested", item(), subject(S.FAILED, A.FAILED, contested=True), Step.CONCLUDE, R.LEFT),
    ("submitted_before", item(submitted=True), subject(S.FAILED, A.FAILED), Step.CONCLUDE, R.LEFT),
    ("on_its_way", item(), subject(S.DISPATCH, A.FAILED), Step.CONCLUDE, R.LEFT),
    ("order_still_open", item(), subject(S.FAILED, A.UNKNOWN), Step.CONCLUDE, R.LEFT),
    ("settled", item(), subject(S.SETTLED, A.SUCCEEDED), Step.CONCLUDE, R.SETTLED),
    ("reversed", item(), subject(S.REVERSED, A.REVERSED), Step.CONCLUDE, R.REVERSED),
)


@pytest.mark.parametrize(
    ("given", "now", "step", "outcome"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_what_is_done_when_its_turn_comes(
    given: Item, now: Subject, step: Step, outcome: ReplayOutcome
) -> None:
    assert step_of(given, now) == (step, outcome)


SENT = item(R.SUBMITTED, submitted=True)
ASKED = item(R.ASKING, asked_from=2)
OUTCOMES: tuple[tuple[str, Item, Stage, int, int, ReplayOutcome], ...] = (
    ("sent_settled", SENT, S.SETTLED, 2, 0, R.SETTLED),
    ("sent_failed_again", SENT, S.FAILED, 2, 0, R.REFAILED),
    ("sent_waits", SENT, S.DISPATCH, 1, 0, R.SUBMITTED),
    ("sent_confirming", SENT, S.CONFIRMING, 2, 0, R.SUBMITTED),
    ("sent_in_doubt", SENT, S.IN_DOUBT, 2, 0, R.UNKNOWN),
    ("sent_manual", SENT, S.MANUAL, 2, 0, R.UNKNOWN),
    ("sent_held", SENT, S.HELD, 1, 0, R.HELD),
    ("unknown_stays", item(R.UNKNOWN, submitted=True), S.CONFIRMING, 2, 0, R.UNKNOWN),
    ("unknown_settles", item(R.UNKNOWN, submitted=True), S.SETTLED, 2, 0, R.SETTLED),
    ("held_goes_on", item(R.HELD, submitted=True), S.DISPATCH, 1, 0, R.SUBMITTED),
    ("asked_settled", ASKED, S.SETTLED, 1, 3, R.SETTLED),
    ("asked_failed_is_sent_again", ASKED, S.FAILED, 1, 3, R.WAITING),
    ("asked_not_yet", ASKED, S.IN_DOUBT, 1, 4, R.ASKING),
    ("asked_often_enough", ASKED, S.IN_DOUBT, 1, 5, R.UNKNOWN),
    ("asked_and_sent_by_others", ASKED, S.CONFIRMING, 2, 0, R.LEFT),
    ("asked_and_given_up", ASKED, S.MANUAL, 1, 3, R.UNKNOWN),
)


@pytest.mark.parametrize(
    ("given", "stage", "attempts", "inquiries", "outcome"),
    [row[1:] for row in OUTCOMES],
    ids=[row[0] for row in OUTCOMES],
)
def test_what_became_of_an_item(
    given: Item, stage: Stage, attempts: int, inquiries: int, outcome: ReplayOutcome
) -> None:
    seen = Seen(given, stage, attempts, attempted(A.UNKNOWN, inquiries=inquiries))
    assert outcome_of(seen, 3) is outcome
