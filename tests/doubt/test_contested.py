"""Once evidence says that an earlier order may have been paid, nothing of its repayment goes out any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState, Stage, Verdict
from console.repayment.debits import TOO_LATE, Debits, Departure
from console.repayment.dispatch import Dispatcher
from console.repayment.expire import Expirer
from console.repayment.lane import Desk, Lane
from console.store import claims, replay_items
from console.store.cases import payable
from console.store.claims import Screened
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.facts import Evidence
from tests.doubt.conftest import cases, ended, heard, inquired, sent, states
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import rows
from tests.pipeline.running import stages_of
from tests.replay.test_twice import ITEM, plan_by_hand

S = AttemptState


@pytest.fixture(autouse=True)
async def books_agree(store: Store) -> AsyncIterator[None]:
    """After every test the counters agree with a recount."""
    yield
    assert store.read_now(counted) == store.read_now(recount)


def to_dispatch(store: Store, repayment: str) -> None:
    """Send a failed repayment on its way again, as a replay does."""

    def job(connection: Connection) -> None:
        found = payable(connection, repayment)
        assert found is not None
        now = store.clock.now()
        move = Screened(found, Stage.DISPATCH, now)
        claims.move_on(connection, [move], frm=Stage.FAILED, now=now, shard=0, what="replayed")

    store.write_now(job)


async def dispatched(office: Desk) -> None:
    await Dispatcher(office, asyncio.Event()).round()
    await ended()


async def a_second_order(office: Desk, party: ThirdParty, behaviour: str) -> str:
    """Return a repayment whose first order was declined and whose second one met such a gateway."""
    (repayment,) = await sent(office, party, "decline", 1)
    assert states(office.store) == [S.FAILED]
    to_dispatch(office.store, repayment)
    party.behave = lambda order_no, times: behaviour
    await dispatched(office)
    return repayment


async def test_a_late_success_stops_a_repayment_that_waits_to_be_sent_again(
    office: Desk, store: Store, party: ThirdParty
) -> None:
    (repayment,) = await sent(office, party, "decline", 1)
    to_dispatch(store, repayment)
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
    assert cases(store) == [("against_final", 500, None, False)]
    party.behave = lambda order_no, times: "ok"
    await dispatched(office)
    assert party.book.debits == []
    assert (stages_of(store), states(store)) == (["failed"], [S.FAILED])
    told = rows(store, "SELECT what FROM timeline ORDER BY id DESC LIMIT 1")
    assert told == [("not_sent_again",)]


async def test_a_reversal_of_what_failed_stops_it_as_well(
    office: Desk, store: Store, party: ThirdParty
) -> None:
    (repayment,) = await sent(office, party, "decline", 1)
    to_dispatch(store, repayment)
    await heard(office, f"{repayment}-1", Verdict.REVERSED)
    assert cases(store) == [("against_final", 0, None, False)]
    await dispatched(office)
    assert (stages_of(store), states(store)) == (["failed"], [S.FAILED])


async def test_an_order_that_was_never_sent_is_given_up_then(
    office: Desk, store: Store, party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unsent(self: Debits, departure: Departure, lane: Lane) -> Evidence:
        return self._unsent(departure.start, TOO_LATE)

    with monkeypatch.context() as late:
        (repayment,) = await sent(office, party, "decline", 1)
        to_dispatch(store, repayment)
        late.setattr(Debits, "_debit", unsent)
        await dispatched(office)
    assert (stages_of(store), states(store)) == (["dispatch"], [S.FAILED, S.CREATED])
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
    clock.advance(3600)
    await dispatched(office)
    assert (party.book.debits, states(store)) == ([], [S.FAILED, S.CREATED])
    await Expirer(office).round()
    assert (stages_of(store), states(store)) == (["failed"], [S.FAILED, S.FAILED])


async def test_an_order_in_doubt_is_not_sent_once_more(
    office: Desk, store: Store, party: ThirdParty, clock: ManualClock
) -> None:
    repayment = await a_second_order(office, party, "timeout_before")
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
    party.behave = lambda order_no, times: "ok"
    for _ in range(6):
        clock.advance(200)
        await inquired(office)
    assert party.book.debits == []
    assert states(store) == [S.FAILED, S.UNKNOWN]
    with pytest.raises(IntegrityError, match="may be"):
        store.write_now(lambda c: c.execute(text("UPDATE attempt SET sends = sends + 1 WHERE number = 2")))


async def test_an_item_that_was_stopped_so_may_be_sent_by_a_later_replay(
    office: Desk, store: Store, party: ThirdParty, clock: ManualClock
) -> None:
    (repayment,) = await sent(office, party, "decline", 1)
    _, replay = await plan_by_hand(store)
    item = [(ITEM, f"{repayment}-2")]
    store.write_now(lambda c: replay_items.submit(c, replay, item, now=clock.now()))
    to_dispatch(store, repayment)
    await heard(office, f"{repayment}-1", Verdict.CONTRADICTION, fen=1)
    await dispatched(office)
    assert stages_of(store) == ["failed"]
    _, later = await plan_by_hand(store)
    store.write_now(lambda c: replay_items.submit(c, later, item, now=clock.now()))
