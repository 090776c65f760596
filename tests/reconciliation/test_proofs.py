"""What doctor proves from settlement files: each invariant fails when the gateway's list says otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from console.contract.checkup import Finding
from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict
from console.repayment.attempt import Rules
from console.repayment.evidence import submit
from console.store import cases, settled_invariants
from console.store.database import Store
from console.store.facts import Evidence
from tests.reconciliation.days import TODAY, File, debit, reconcile, report_of

DAY = TODAY.isoformat()


def proofs(store: Store, owed: tuple[tuple[str, str], ...] = ()) -> dict[str, Finding]:
    found = store.read_now(lambda connection: settled_invariants.check(connection, DAY, owed))
    return {one.check: one for one in found}


def violated(store: Store) -> set[int | None]:
    return {one.invariant for one in proofs(store).values() if one.state == "failed"}


async def test_files_that_agree_prove_it(store: Store, clock: ManualClock) -> None:
    await reconcile(store, clock, File().row(debit(store, 1)).content)
    assert {one.state for one in proofs(store, (("alipay", DAY),)).values()} == {"ok"}
    assert proofs(store)["the gateways debited no repayment twice"].rows == 1


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_each_is_violated_by_what_it_is_about(store: Store, clock: ManualClock, number: int) -> None:
    order = debit(store, 1)
    file = {1: File().row(order).row(order, ref="again"), 2: File().row(order, 300), 3: File()}[number]
    await reconcile(store, clock, file.content)
    assert violated(store) == {number}


async def test_a_debit_that_we_hold_for_failed_is_money_in_suspense(store: Store, clock: ManualClock) -> None:
    order = debit(store, 1, AttemptState.FAILED)
    await reconcile(store, clock, File().row(order).content)
    found = proofs(store)["each gateway's day adds up"]
    assert (found.state, found.invariant) == ("warning", 3)
    assert "100 fen" in found.detail.raw


SUSPENSE = "what the files leave unexplained is in suspense"


@pytest.mark.parametrize("state", [AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.UNKNOWN])
@pytest.mark.parametrize("debits", [1, 2, 3])
async def test_suspense_is_what_the_file_leaves_unexplained(
    store: Store, clock: ManualClock, state: AttemptState, debits: int
) -> None:
    order = debit(store, 1, state)
    file = File()
    for number in range(debits):
        file.row(order, ref=f"ref-{number}")
    run = await reconcile(store, clock, file.content)
    held = store.read_now(cases.suspense)
    assert sum(one.sum_fen for one in held) == report_of(run).suspense_fen
    assert proofs(store)[SUSPENSE].state == "ok"
    if held:
        store.write_now(lambda c: c.execute(text("UPDATE exception_case SET suspense_fen = 7")))
        assert proofs(store)[SUSPENSE].state == "failed"


async def test_what_was_in_suspense_before_a_file_names_it_is_held_once(
    store: Store, clock: ManualClock
) -> None:
    order = debit(store, 1, AttemptState.FAILED)
    told = Evidence(
        gateway="alipay",
        order_no=order,
        source=EvidenceSource.CALLBACK,
        external_id="late",
        at=clock.now(),
        verdict=Verdict.SUCCEEDED,
        amount_fen=100,
        currency="CNY",
    )
    await submit(store, [told], rules=Rules())
    run = await reconcile(store, clock, File().row(order).row(order, ref="again").content)
    assert [one.sum_fen for one in store.read_now(cases.suspense)] == [100, 100], "by day"
    assert report_of(run).suspense_fen == 200
    assert proofs(store)[SUSPENSE].state == "ok"


def test_without_files_nothing_is_known(store: Store) -> None:
    found = proofs(store, (("alipay", DAY),))
    assert {one.state for one in found.values()} == {"skipped", "warning"}
    assert "alipay" in found["every day with debits is reconciled"].detail.raw
