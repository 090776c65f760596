"""Closing orders: asked about first, committed before the gateway hears of it, safe at every crash."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState, Stage, Verdict
from console.gateways.wire import Status
from console.repayment.close import Closer
from console.repayment.expire import Expirer
from console.repayment.lane import Desk
from console.store.database import Store
from tests.desk.conftest import Person
from tests.doubt.conftest import agreed, cases, closed, heard, inquired, sent, states
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import rows
from tests.pipeline.running import stages_of
from tests.store.made import add_attempt

S = AttemptState


async def asked_to_close(li: Person, wang: Person, repayment: str) -> None:
    answer = await agreed(li, wang, "attempt.close", repayment=repayment)
    assert answer.status_code == 201, answer.text


async def test_an_undecided_order_is_asked_about_then_closed_and_can_be_replayed(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    assert states(store) == [S.ACCEPTED], "nothing is closed before it is asked about"
    await closed(office)
    assert states(store) == [S.CLOSED]
    assert stages_of(store) == [Stage.FAILED]
    assert party.seen["GET", f"{repayment}-1"] == 1
    assert party.seen["CLOSE", f"{repayment}-1"] == 1
    await closed(office)
    assert party.seen["CLOSE", f"{repayment}-1"] == 1


async def test_an_order_that_the_inquiry_decides_is_not_closed(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "error", 1)
    assert states(store) == [S.UNKNOWN]
    await asked_to_close(li, wang, repayment)
    await closed(office)
    assert states(store) == [S.SUCCEEDED]
    clock.advance(3600)
    await closed(office)
    assert party.seen["CLOSE", f"{repayment}-1"] == 0
    assert rows(store, "SELECT count(*) FROM close_request WHERE next_action_at IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("answer", ["error", "wrong_amount", "nonsense"])
async def test_without_a_good_answer_to_the_inquiry_nothing_is_closed(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock, answer: str
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    party.answer_inquiry = lambda order_no, times: answer
    await closed(office)
    assert states(store)[0] in (S.ACCEPTED, S.UNKNOWN)
    assert party.seen["CLOSE", f"{repayment}-1"] == 0
    party.answer_inquiry = lambda order_no, times: "truth"
    clock.advance(60)
    await closed(office)
    assert states(store) == [S.CLOSED]


async def test_a_success_between_inquiry_and_close_is_given_back(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    to_closing = Closer._to_closing

    async def confirmed_first(self: Closer, *arguments: Any) -> Any:
        party.book.confirm(f"{repayment}-1")
        return await to_closing(self, *arguments)

    monkeypatch.setattr(Closer, "_to_closing", confirmed_first)
    await closed(office)
    assert party.book.statuses[f"{repayment}-1"] is Status.REVERSED
    assert states(store) == [S.REVERSED]
    assert stages_of(store) == [Stage.REVERSED]


async def test_a_success_told_between_inquiry_and_close_stops_the_close(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    to_closing = Closer._to_closing

    async def told_first(self: Closer, *arguments: Any) -> Any:
        await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
        return await to_closing(self, *arguments)

    monkeypatch.setattr(Closer, "_to_closing", told_first)
    await closed(office)
    assert states(store) == [S.SUCCEEDED]
    assert party.seen["CLOSE", f"{repayment}-1"] == 0


class Crash(Exception):
    """The worker's process ended here."""


CRASHES = ["before the inquiry", "after the inquiry", "before the close", "after the close"]


@pytest.mark.parametrize("point", CRASHES)
async def test_a_worker_killed_at_any_point_leaves_an_order_that_another_closes(
    office: Desk,
    store: Store,
    party: ThirdParty,
    li: Person,
    wang: Person,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    gateway = office.lanes["alipay"].gateway
    call = "close_order" if point.endswith("close") else "inquire"
    real = getattr(gateway, call)

    async def dies(question: Any) -> Any:
        if point.startswith("after"):
            await real(question)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(gateway, call, dies)
        await closed(office)
    expected = S.CLOSING if point.endswith("close") else S.ACCEPTED
    assert states(store) == [expected]
    await closed(office)
    await inquired(office)
    assert states(store) == [expected], "the claim of who died still holds"
    clock.advance(60)
    await inquired(office)
    await closed(office)
    clock.advance(60)
    await closed(office)
    assert states(store) == [S.CLOSED]
    assert not party.book.debits
    assert not party.book.violations


async def test_a_closing_whose_answer_is_lost_is_closed_again_and_never_asked_about(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    close = party._close
    party._close = lambda order_no: (close(order_no), party._signed(b"<html>"))[1]  # type: ignore[method-assign]
    await closed(office)
    assert states(store) == [S.CLOSING]
    asked = party.seen["GET", f"{repayment}-1"]
    party._close = close  # type: ignore[method-assign]
    clock.advance(60)
    await inquired(office)
    assert party.seen["GET", f"{repayment}-1"] == asked, "an old close may still be on its way"
    await closed(office)
    assert states(store) == [S.CLOSED]


async def test_an_order_that_is_to_be_closed_is_not_sent_again(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    await asked_to_close(li, wang, repayment)
    for _ in range(6):
        clock.advance(200)
        await inquired(office)
    assert party.seen["POST", f"{repayment}-1"] == 1
    assert states(store) == [S.UNKNOWN]


async def test_a_paused_confirming_closes_nothing(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    await li.change("queue.pause", stage="confirming")
    await closed(office)
    assert (states(store), party.seen["CLOSE", f"{repayment}-1"]) == ([S.ACCEPTED], 0)


async def test_a_success_after_the_close_opens_a_case_and_forbids_another_order(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    await closed(office)
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
    assert states(store) == [S.CLOSED]
    assert cases(store) == [("against_final", 500, None, False)]
    ((seq,),) = rows(store, "SELECT seq FROM repayment")
    with pytest.raises(IntegrityError, match="in suspense"):
        store.write_now(lambda c: add_attempt(c, seq, 2, "SENDING"))
    store.write_now(lambda c: c.execute(text("UPDATE exception_case SET resolved = true, suspense_fen = 0")))
    store.write_now(lambda c: add_attempt(c, seq, 2, "SENDING"))


async def test_closing_needs_a_second_person_and_says_what_it_may_do(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    preview = await li.preview("attempt.close", repayment=repayment)
    assert preview["needs"]["approval"] == "it may refund the borrower and make them overdue"
    assert (preview["count"], preview["sum_fen"]) == (1, 500)
    answer = await li.change("attempt.close", repayment=repayment)
    assert answer.status_code == 202
    assert rows(store, "SELECT count(*) FROM close_request") == [(0,)]
    assert (await li.post(f"/changes/{answer.json()['id']}/approve")).status_code == 403
    own = await wang.change("attempt.close", repayment=repayment)
    assert own.status_code in (202, 403)
    if own.status_code == 202:
        assert (await wang.post(f"/changes/{own.json()['id']}/approve")).status_code == 403


async def test_two_workers_close_an_order_once(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    await asked_to_close(li, wang, repayment)
    await asyncio.gather(closed(office), closed(office))
    assert states(store) == [S.CLOSED]
    assert party.seen["CLOSE", f"{repayment}-1"] == 1


def _moment(store: Store, clock: ManualClock) -> float:
    """Seconds until the closing worker looks at the one order again."""
    ((at,),) = rows(store, "SELECT next_action_at FROM close_request")
    return float(at - clock.now()) / 1000


async def test_an_order_that_its_gateway_does_not_know_is_asked_about_on_the_schedule_then_with_people(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    await asked_to_close(li, wang, repayment)
    order = f"{repayment}-1"
    party.book.statuses.pop(order, None)
    waits = []
    for _ in range(4):
        await closed(office)
        waits.append(_moment(store, clock))
        clock.advance(waits[-1])
    assert states(store) == [S.CLOSING], "not found alone proves nothing"
    assert waits == [5, 10, 30, 60]
    assert (party.seen["CLOSE", order], party.seen["GET", order]) == (1, 4), "no close again and again"
    (line,) = (await li.get("/doubts")).json()["items"]
    assert [one["verdict"] for one in line["answers"]] == ["not_found"] * 3
    assert line["next_inquiry_at"] is not None and line["closing"]
    clock.advance(3 * 86_400)
    await Expirer(office).round()
    assert states(store) == [S.MANUAL]


async def test_an_order_that_turns_up_after_its_gateway_did_not_know_it_is_closed(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    order = f"{repayment}-1"
    status = party.book.statuses.pop(order)
    await asked_to_close(li, wang, repayment)
    await closed(office)
    assert states(store) == [S.CLOSING]
    party.book.statuses[order] = status
    clock.advance(60)
    await closed(office)
    assert (states(store), party.seen["CLOSE", order]) == ([S.CLOSED], 2)


async def test_a_debit_that_turns_up_after_its_gateway_did_not_know_it_counts(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "accept", 1)
    order = f"{repayment}-1"
    status = party.book.statuses.pop(order)
    await asked_to_close(li, wang, repayment)
    await closed(office)
    party.book.statuses[order] = status
    party.book.confirm(order)
    clock.advance(60)
    await closed(office)
    assert (states(store), party.seen["CLOSE", order]) == ([S.SUCCEEDED], 1)
