"""Exception cases: money in suspense goes only where two people sent it, and is accounted for until then."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState, Stage, Verdict
from console.gateways.wire import Status
from console.repayment.lane import Desk
from console.store import cases as stored
from console.store.database import Store
from console.store.standing import standings
from console.store.suspense import suspense_fen
from tests.desk.conftest import Person
from tests.doubt.conftest import AMOUNT, agreed, cases, closed, heard, sent, states
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import stages_of

S, V = AttemptState, Verdict
WHY = {"reference": "ticket 4711"}


@pytest.mark.parametrize(
    ("state", "verdict", "named", "fen"),
    [
        (S.FAILED, V.SUCCEEDED, 500, 500),
        (S.CLOSED, V.SUCCEEDED, 500, 500),
        (S.REVERSED, V.SUCCEEDED, 500, 500),
        (S.FAILED, V.REVERSED, 500, 0),
        (S.SUCCEEDED, V.FAILED, 500, -500),
        (S.SUCCEEDED, V.REVERSED, 500, -500),
        (S.SUCCEEDED, V.CONTRADICTION, 700, 200),
        (S.SUCCEEDED, V.CONTRADICTION, 300, -200),
        (S.UNKNOWN, V.CONTRADICTION, 300, 300),
        (S.CREATED, V.SUCCEEDED, 500, 500),
        (S.CREATED, V.ACCEPTED, 500, 0),
        (S.UNKNOWN, V.CLOSED, 500, 0),
    ],
)
def test_suspense_is_what_the_gateway_holds_beyond_our_books(
    state: AttemptState, verdict: Verdict, named: int, fen: int
) -> None:
    assert suspense_fen(state, verdict, 500, named) == fen


async def _late_success(office: Desk, party: ThirdParty, number: int = 1) -> tuple[str, int]:
    """Return a repayment that failed for certain and was debited all the same, and its case."""
    (repayment,) = await sent(office, party, "decline", number)
    order_no = f"{repayment}-1"
    assert party.book.statuses[order_no] is Status.FAILED
    party.book.statuses[order_no] = Status.SUCCEEDED
    party.book.debits.append((order_no, AMOUNT))
    await heard(office, order_no, V.SUCCEEDED)
    ((case,),) = rows(office.store, "SELECT max(id) FROM exception_case")
    return repayment, case


async def test_a_reversal_is_asked_for_and_tracked_until_the_gateway_confirms(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    assert store.read_now(stored.waiting) == (1, AMOUNT)
    answer = await agreed(li, wang, "case.resolve", case=case, way="reverse", **WHY)
    assert answer.status_code == 201, answer.text
    assert cases(store) == [("against_final", AMOUNT, "reverse", False)]
    close = party._close
    party._close = lambda order_no: party._signed(b"<html>")  # type: ignore[method-assign]
    await closed(office)
    assert cases(store) == [("against_final", AMOUNT, "reverse", False)]
    party._close = close  # type: ignore[method-assign]
    clock.advance(120)
    await closed(office)
    assert cases(store) == [("against_final", 0, "reverse", True)]
    assert party.book.statuses[f"{repayment}-1"] is Status.REVERSED
    assert (states(store), stages_of(store)) == ([S.FAILED], ["failed"])
    assert store.read_now(stored.waiting) == (0, 0)
    clock.advance(3600)
    await closed(office)
    assert party.seen["CLOSE", f"{repayment}-1"] == 1


async def test_a_refund_waits_for_the_reversal_to_be_told(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    await agreed(li, wang, "case.resolve", case=case, way="refund", **WHY)
    await closed(office)
    assert party.seen["CLOSE", f"{repayment}-1"] == 0, "it is for the settlement desk"
    assert cases(store) == [("against_final", AMOUNT, "refund", False)]
    await heard(office, f"{repayment}-1", V.REVERSED, "back")
    assert cases(store) == [("against_final", 0, "refund", True)]


async def test_a_credit_is_used_only_by_an_approved_change_for_the_same_borrower(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    (stranger,) = await sent(office, party, "decline", 2)
    (later,) = await take_in(store, entry(3, borrower="b-1", amount_fen=200))
    assert (await li.change("case.use_credit", case=case, repayment=repayment)).status_code == 403
    await agreed(li, wang, "case.resolve", case=case, way="apply_next", **WHY)
    assert cases(store) == [("against_final", AMOUNT, "apply_next", False)]
    for other in (stranger, later):
        assert (await li.change("case.use_credit", case=case, repayment=other)).status_code == 403
    asked = await li.change("case.use_credit", case=case, repayment=repayment)
    assert asked.status_code == 202
    assert stages_of(store)[0] == "failed"
    answer = await wang.post(f"/changes/{asked.json()['id']}/approve")
    assert answer.status_code == 201, answer.text
    assert stages_of(store)[0] == "cancelled"
    assert cases(store) == [("against_final", 0, "apply_next", True)]
    assert (await li.change("case.use_credit", case=case, repayment=repayment)).status_code == 403


async def test_the_way_out_is_chosen_once_by_two_people(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    _, case = await _late_success(office, party)
    with pytest.raises(IntegrityError, match="two people"):
        store.write_now(
            lambda c: c.execute(text("UPDATE exception_case SET way = 'nothing', resolved = true"))
        )
    await agreed(li, wang, "case.resolve", case=case, way="refund", **WHY)
    assert (await li.change("case.resolve", case=case, way="nothing", **WHY)).status_code == 403
    for value in ("NULL", "'nothing'"):
        with pytest.raises(IntegrityError, match="is kept"):
            store.write_now(lambda c, v=value: c.execute(text(f"UPDATE exception_case SET way = {v}")))  # type: ignore[misc]


async def test_money_that_is_not_there_cannot_be_given_back(
    office: Desk, store: Store, party: ThirdParty, li: Person
) -> None:
    (repayment,) = await sent(office, party, "ok", 1)
    await heard(office, f"{repayment}-1", V.REVERSED)
    assert cases(store) == [("against_final", -AMOUNT, None, False)]
    for way in ("reverse", "apply_next", "refund"):
        assert (await li.change("case.resolve", case=1, way=way, **WHY)).status_code == 403
    assert (await li.change("case.resolve", case=1, way="nothing", **WHY)).status_code == 202


async def test_a_case_of_an_open_order_waits_for_the_order(
    office: Desk, store: Store, party: ThirdParty, li: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await heard(office, f"{repayment}-1", V.SUCCEEDED, fen=AMOUNT - 100)
    assert cases(store) == [("mismatch", AMOUNT - 100, None, False)]
    answer = await li.change("case.resolve", case=1, way="nothing", **WHY)
    assert answer.status_code == 403
    assert "still open" in answer.text


async def test_what_contradicts_after_a_case_was_resolved_opens_another(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    await agreed(li, wang, "case.resolve", case=case, way="nothing", **WHY)
    await heard(office, f"{repayment}-1", V.SUCCEEDED, "again")
    assert cases(store) == [
        ("against_final", 0, "nothing", True),
        ("against_final", AMOUNT, None, False),
    ]


async def test_suspense_is_told_per_gateway_and_day(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await _late_success(office, party, 1)
    await _late_success(office, party, 2)
    clock.advance(86_400)
    await _late_success(office, party, 3)
    today = (clock.now() + 28_800_000) // 86_400_000
    assert store.read_now(stored.suspense) == [
        ("alipay", today, 1, AMOUNT),
        ("alipay", today - 1, 2, 2 * AMOUNT),
    ]


async def test_money_in_suspense_is_not_missing_here(office: Desk, store: Store, party: ThirdParty) -> None:
    repayment, _ = await _late_success(office, party, 1)
    await take_in(store, entry(2))
    found = {one.id: (one.stage, one.in_case) for one in store.read_now(lambda c: list(standings(c)))}
    assert found.pop(repayment) == (Stage.FAILED, True)
    assert [in_case for _, in_case in found.values()] == [False]


async def test_a_credit_is_worth_nothing_once_the_gateway_gave_the_money_back(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    await agreed(li, wang, "case.resolve", case=case, way="apply_next", **WHY)
    await heard(office, f"{repayment}-1", V.REVERSED, "back")
    assert cases(store) == [("against_final", 0, "apply_next", False)]
    assert (await li.change("case.use_credit", case=case, repayment=repayment)).status_code == 403
    found = store.read_now(lambda connection: stored.find(connection, case))
    assert found is not None
    assert not store.write_now(lambda connection: stored.spend(connection, found, 1, office.clock.now()))


async def test_hearing_of_a_debit_again_gives_no_credit_back_that_was_used(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment, case = await _late_success(office, party)
    await agreed(li, wang, "case.resolve", case=case, way="apply_next", **WHY)
    found = store.read_now(lambda connection: stored.find(connection, case))
    assert found is not None
    assert store.write_now(lambda connection: stored.spend(connection, found, 200, office.clock.now()))
    await heard(office, f"{repayment}-1", V.SUCCEEDED, "once more")
    assert cases(store) == [("against_final", AMOUNT - 200, "apply_next", False)]
