"""Each check finds what it is for; guards are lifted first, as the database would not let it in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import IntegrityError

from console.contract.vocabulary import Stage
from console.store import invariants
from console.store.guards import GUARDS
from console.store.tables import attempt, evidence, exception_case, repayment, stage_counter
from tests.store.made import NOW, add_attempt, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.contract.checkup import Finding
    from console.store.database import Store


def execute(statements: list[str], connection: Connection) -> None:
    for statement in statements:
        connection.execute(text(statement))


def lift(store: Store, *names: str) -> None:
    on = "" if store.dialect == "sqlite" else " ON {}"
    store.write_now(partial(execute, [f"DROP TRIGGER {name}{on.format(GUARDS[name][0])}" for name in names]))


def settled(connection: Connection, number: int = 1) -> int:
    """A settled repayment as it should be; returns its attempt."""
    seq = place(connection, number, Stage.SETTLED, attempts=1)
    return add_attempt(connection, seq, 1, "SUCCEEDED", amount_fen=10_000 + number)


def tell(connection: Connection, attempt_id: int, verdict: str, amount_fen: int | None, name: str) -> int:
    result = connection.execute(
        insert(evidence),
        {
            "attempt_id": attempt_id,
            "gateway": "alipay",
            "source": "callback",
            "external_id": name,
            "at": NOW,
            "verdict": verdict,
            "amount_fen": amount_fen,
            "raw": b"",
        },
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def wrong(store: Store) -> dict[str, Finding]:
    found = store.read_now(lambda c: invariants.check(c, NOW))
    return {f.check: f for f in found if f.state != "ok"}


def finds(store: Store, check: str, job: Callable[[Connection], object]) -> Finding:
    store.write_now(job)
    found = wrong(store)
    assert check in found, found
    assert found[check].advice
    return found[check]


def test_sound_books_have_no_finding(store: Store) -> None:
    store.write_now(settled)
    store.write_now(lambda c: place(c, 2, Stage.INTAKE, next_action_at=NOW))
    seq = store.write_now(lambda c: place(c, 3, Stage.IN_DOUBT, attempts=1))
    store.write_now(lambda c: add_attempt(c, seq, 1, "UNKNOWN", amount_fen=10_003))
    assert wrong(store) == {}


def test_two_successes_of_one_repayment(store: Store) -> None:
    store.write_now(lambda c: execute(["DROP INDEX ux_attempt_live"], c))

    def job(connection: Connection) -> None:
        settled(connection)
        add_attempt(connection, 1, 2, "SUCCEEDED", amount_fen=10_001)

    finds(store, "one debit per repayment", job)
    assert "one live attempt per repayment" in wrong(store)


def test_two_orders_confirmed_for_one_repayment(store: Store) -> None:
    def job(connection: Connection) -> None:
        seq = place(connection, 1, Stage.SETTLED, attempts=2)
        first = add_attempt(connection, seq, 1, "FAILED", amount_fen=10_001)
        second = add_attempt(connection, seq, 2, "SUCCEEDED", amount_fen=10_001)
        tell(connection, first, "succeeded", 10_001, "a")
        tell(connection, second, "succeeded", 10_001, "b")

    finds(store, "one gateway confirmation per repayment", job)


def test_an_order_with_another_amount(store: Store) -> None:
    finds(store, "an order keeps its amount", lambda c: tell(c, settled(c), "succeeded", 5, "a"))


def test_an_attempt_with_another_amount_than_its_repayment(store: Store) -> None:
    def job(connection: Connection) -> None:
        seq = place(connection, 1, Stage.SETTLED, attempts=1)
        add_attempt(connection, seq, 1, "SUCCEEDED", amount_fen=1)

    finds(store, "an order keeps its amount", job)


def test_a_waiting_repayment_without_next_action(store: Store) -> None:
    finds(store, "every waiting repayment has a next action", lambda c: place(c, 1, Stage.DISPATCH))


def test_an_overdue_attempt(store: Store) -> None:
    def job(connection: Connection) -> None:
        seq = place(connection, 1, Stage.IN_DOUBT, attempts=1)
        add_attempt(connection, seq, 1, "UNKNOWN", amount_fen=10_001, next_action_at=NOW - 600_001)

    assert finds(store, "workers keep up with open attempts", job).state == "warning"


def test_a_settled_repayment_without_a_success(store: Store) -> None:
    store.write_now(lambda c: place(c, 1, Stage.SETTLED, attempts=0))
    assert "stages follow attempts" in wrong(store)


def test_a_stage_that_is_not_its_attempts(store: Store) -> None:
    store.write_now(settled)
    lift(store, "guard_repayment_final")
    fail = update(repayment).values(stage="failed", waiting_since=NOW)
    found = finds(store, "stages follow attempts", lambda c: c.execute(fail))
    assert found.detail.raw.startswith("1 ")
    assert {"guards are in place", "counters agree with the repayments"} <= set(wrong(store))


def test_a_failed_repayment_that_is_dispatched_again_is_sound(store: Store) -> None:
    seq = store.write_now(lambda c: place(c, 1, Stage.DISPATCH, attempts=1, next_action_at=NOW))
    store.write_now(lambda c: add_attempt(c, seq, 1, "FAILED", amount_fen=10_001))
    assert wrong(store) == {}


def test_an_exception_case_that_waits(store: Store) -> None:
    def job(connection: Connection) -> None:
        identity = settled(connection)
        piece = tell(connection, identity, "failed", None, "late")
        row = {"attempt_id": identity, "evidence_id": piece, "kind": "k", "opened_at": NOW}
        connection.execute(insert(exception_case), {**row, "amount_fen": 1, "resolved": False})

    assert finds(store, "no exception case waits", job).state == "warning"


def test_a_counter_that_is_wrong(store: Store) -> None:
    store.write_now(settled)
    more = update(stage_counter).values(depth=stage_counter.c.depth + 1)
    found = finds(store, "counters agree with the repayments", lambda c: c.execute(more))
    assert found.detail.raw == "settled: 2 instead of 1"


def test_an_edge_is_guarded_by_a_trigger_whose_absence_is_found(store: Store) -> None:
    lift(store, "guard_attempt_edge")
    assert "guard_attempt_edge" in wrong(store)["guards are in place"].detail.raw


def test_the_databases_own_checks_refuse_an_open_attempt_without_next_action(store: Store) -> None:
    store.write_now(settled)
    forget = update(attempt).values(next_action_at=NOW)
    with pytest.raises(IntegrityError):
        store.write_now(lambda c: c.execute(forget))
