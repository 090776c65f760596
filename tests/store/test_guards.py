"""The database itself refuses what must never happen, whoever writes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import IntegrityError

from console.contract.vocabulary import FINAL_ATTEMPT_STATES, FINAL_STAGES, AttemptState, Stage
from console.store import guards
from console.store.tables import attempt, evidence, repayment, timeline
from console.store.timeline import TimelineEntry, record
from tests.store.made import NOW, add_attempt, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Update

    from console.store.database import Store


EDGES = {
    "CREATED": "SENDING FAILED",
    "SENDING": "CREATED ACCEPTED UNKNOWN SUCCEEDED FAILED",
    "ACCEPTED": "UNKNOWN SUCCEEDED FAILED CLOSING MANUAL",
    "UNKNOWN": "ACCEPTED SUCCEEDED FAILED CLOSING MANUAL",
    "CLOSING": "CLOSED REVERSED SUCCEEDED MANUAL",
    "MANUAL": "SUCCEEDED FAILED CLOSED REVERSED",
}


def refused(store: Store, job: Callable[[Connection], object]) -> None:
    with pytest.raises(IntegrityError, match="guard: "):
        store.write_now(job)


def execute(statement: Update, connection: Connection) -> None:
    connection.execute(statement)


def move(identity: int, state: AttemptState) -> Callable[[Connection], object]:
    final = state in FINAL_ATTEMPT_STATES
    return lambda connection: connection.execute(
        update(attempt)
        .where(attempt.c.id == identity)
        .values(state=str(state), decided_at=NOW if final else None, next_action_at=None if final else NOW)
    )


@pytest.mark.parametrize("old", list(AttemptState))
def test_an_attempt_takes_only_the_edges_of_the_table(store: Store, old: AttemptState) -> None:
    for number, new in enumerate(AttemptState):
        seq = store.write_now(partial(place, number=number, stage=Stage.CONFIRMING))
        identity = store.write_now(partial(add_attempt, repayment_seq=seq, number=1, state=str(old)))
        if old == "MANUAL" and new != old:
            refused(store, move(identity, new))  # only with two people, see tests/doubt
        elif new == old or new in EDGES.get(old, "").split():
            store.write_now(move(identity, new))
        else:
            refused(store, move(identity, new))


def test_the_table_of_edges_is_as_written_down() -> None:
    written = {AttemptState(old): frozenset(map(AttemptState, news.split())) for old, news in EDGES.items()}
    assert {state: written.get(state, frozenset()) for state in AttemptState} == guards.EDGES


@pytest.mark.parametrize("stage", sorted(FINAL_STAGES))
def test_a_final_stage_is_never_left(store: Store, stage: Stage) -> None:
    seq = store.write_now(lambda c: place(c, 1, stage))
    for other in set(Stage) - {stage}:
        waiting = None if other in FINAL_STAGES else NOW
        leave = (
            update(repayment).where(repayment.c.seq == seq).values(stage=str(other), waiting_since=waiting)
        )
        refused(store, partial(execute, leave))


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount_fen", 101), ("order_no", "other"), ("currency", "USD"), ("gateway", "wechat"), ("number", 9)],
)
def test_what_an_order_number_stands_for_never_changes(store: Store, column: str, value: object) -> None:
    seq = store.write_now(lambda c: place(c, 1, Stage.CONFIRMING))
    store.write_now(lambda c: add_attempt(c, seq, 1, "SENDING"))
    refused(store, lambda c: c.execute(update(attempt).values({column: value})))


@pytest.mark.parametrize(("column", "value"), [("amount_fen", 1), ("external_id", "x"), ("id", "rp_x")])
def test_what_a_repayment_is_never_changes(store: Store, column: str, value: object) -> None:
    store.write_now(lambda c: place(c, 1, Stage.INTAKE))
    refused(store, lambda c: c.execute(update(repayment).values({column: value})))


def test_evidence_and_timeline_are_only_added_to(store: Store) -> None:
    def fill(connection: Connection) -> None:
        seq = place(connection, 1, Stage.CONFIRMING)
        identity = add_attempt(connection, seq, 1, "SENDING")
        connection.execute(
            insert(evidence),
            {
                "attempt_id": identity,
                "gateway": "alipay",
                "source": "response",
                "external_id": "e",
                "at": NOW,
                "verdict": "succeeded",
                "raw": b"",
            },
        )
        record(connection, [TimelineEntry(seq, NOW, "test", "sent")])

    store.write_now(fill)
    refused(store, lambda c: c.execute(update(evidence).values(verdict="failed")))
    refused(store, lambda c: c.execute(delete(evidence)))
    refused(store, lambda c: c.execute(update(timeline).values(what="x")))
    refused(store, lambda c: c.execute(delete(timeline)))


def test_attempts_and_repayments_are_never_deleted(store: Store) -> None:
    seq = store.write_now(lambda c: place(c, 1, Stage.CONFIRMING))
    store.write_now(lambda c: add_attempt(c, seq, 1, "SENDING"))
    refused(store, lambda c: c.execute(delete(attempt)))
    refused(store, lambda c: c.execute(delete(repayment)))


def test_a_second_live_attempt_is_refused(store: Store) -> None:
    seq = store.write_now(lambda c: place(c, 1, Stage.CONFIRMING))
    for number, state in enumerate(("SENDING", "UNKNOWN", "SUCCEEDED"), start=2):
        other = store.write_now(partial(place, number=number, stage=Stage.CONFIRMING))
        store.write_now(partial(add_attempt, repayment_seq=other, number=1, state=state))
        with pytest.raises(IntegrityError):
            store.write_now(partial(add_attempt, repayment_seq=other, number=2, state="CREATED"))
    store.write_now(lambda c: add_attempt(c, seq, 1, "FAILED"))
    store.write_now(lambda c: add_attempt(c, seq, 2, "CREATED"))


def test_every_guard_is_present(store: Store) -> None:
    assert store.read_now(guards.present) == frozenset(guards.GUARDS)
