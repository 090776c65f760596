"""The due-date clock at work: overdue only what is plainly unpaid, whatever happened at midnight."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from console.care.carer import Carer
from console.contract.clock import ManualClock, to_instant
from console.contract.vocabulary import Verdict
from console.repayment.lane import Desk
from console.store import care, invariants
from console.store.care import Item, StoredGrant
from console.store.database import Store
from tests.care.conftest import cared, queued, standings
from tests.doubt.conftest import heard, sent
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of


def until(clock: ManualClock, wall: str) -> None:
    """Let it become a wall-clock time in Shanghai."""
    then = to_instant(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo("Asia/Shanghai")))
    clock.advance((then - clock.now()) / 1000)


async def test_what_failed_is_overdue_from_midnight_on(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "decline", 1)
    until(clock, "2026-06-10T23:59:59.999")
    await cared(carer)
    assert standings(office.store) == [("due", None, None)]
    until(clock, "2026-06-11T00:00:00")
    await cared(carer)
    assert standings(office.store) == [("overdue", "2026-06-10", None)]
    assert queued(office.store) == [("dunning", "waiting"), ("credit_report", "waiting")]


async def test_what_is_made_overdue_is_dated_when_it_is_written(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(office, party, "decline", 1)
    until(clock, "2026-06-10T23:59:59.999")
    await cared(carer)
    until(clock, "2026-06-11T00:00:00")
    looked, write = clock.now(), office.store.write

    async def after_a_wait(job: Any) -> Any:
        clock.advance(0.5)
        return await write(job)

    monkeypatch.setattr(office.store, "write", after_a_wait)
    await cared(carer)
    ((since,),) = rows(office.store, "SELECT overdue_since FROM repayment")
    assert since > looked


async def test_what_is_in_doubt_at_midnight_is_neither_overdue_nor_reported(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    until(clock, "2026-06-10T23:55:00")
    await sent(office, party, "reset", 1)
    until(clock, "2026-06-11T09:00:00")
    await cared(carer)
    ((state, penalty, _),) = standings(office.store)
    assert (state, penalty) == ("in_grace", None)
    assert queued(office.store) == []


async def test_a_doubt_that_ends_badly_leaves_a_day_and_then_the_penalty_counts_from_the_due_day(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    until(clock, "2026-06-10T23:55:00")
    await sent(office, party, "reset", 1)
    until(clock, "2026-06-11T09:00:00")
    await cared(carer)
    await heard(office, attempts_of(office.store)[0][0], Verdict.FAILED)
    await cared(carer)
    assert standings(office.store) == [("in_grace", None, "2026-06-12")]
    held = rows(office.store, "SELECT count(*) FROM care_item WHERE credit_hold")
    assert held[0][0] == 0
    until(clock, "2026-06-13T00:00:00")
    await cared(carer)
    assert standings(office.store) == [("overdue", "2026-06-10", "2026-06-12")]


async def test_a_doubt_that_settles_leaves_nothing(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    until(clock, "2026-06-10T23:55:00")
    await sent(office, party, "reset", 1)
    until(clock, "2026-06-11T09:00:00")
    await cared(carer)
    await heard(office, attempts_of(office.store)[0][0], Verdict.SUCCEEDED)
    await cared(carer)
    until(clock, "2026-06-30T09:00:00")
    await cared(carer)
    ((state, penalty, grace),) = standings(office.store)
    assert state != "overdue" and penalty is None and grace is None
    assert queued(office.store) == []


async def test_a_short_doubt_gets_no_care(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "reset", 1)
    clock.advance(599)
    await cared(carer)
    assert rows(office.store, "SELECT count(*) FROM care_item")[0][0] == 0
    clock.advance(2)
    await cared(carer)
    await cared(carer)
    assert rows(office.store, "SELECT count(*) FROM care_item")[0][0] == 1
    told = rows(office.store, "SELECT action, who FROM audit ORDER BY seq DESC LIMIT 1")
    assert [tuple(row) for row in told] == [("care.protect", "service")]


async def test_a_service_that_was_down_over_the_cut_off_still_counts_from_the_due_day(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "decline", 1, 2)
    until(clock, "2026-06-14T15:00:00")
    await cared(carer)
    assert standings(office.store) == [("overdue", "2026-06-10", None)] * 2


async def test_another_repayment_of_the_instalment_protects_or_pays_it(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    store = office.store
    await sent(office, party, "decline", 1)
    await take_in(store, entry(2, borrower="b-1", instalment="L1-1"))
    until(clock, "2026-06-20T00:00:00")
    await cared(carer)
    assert standings(store)[0] == ("due", None, None)
    pass_all(store)
    store.write_now(
        lambda connection: connection.execute(
            text("UPDATE repayment SET stage = 'settled', waiting_since = NULL WHERE external_id = 'x-2'")
        )
    )
    await cared(carer)
    assert standings(store)[0] == ("paid", None, None)


async def test_a_grace_lapses_and_the_penalty_counts_from_the_due_day(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "decline", 1)
    give(office.store, clock, grace="2026-06-13")
    until(clock, "2026-06-13T12:00:00")
    await cared(carer)
    assert standings(office.store) == [("in_grace", None, "2026-06-13")]
    until(clock, "2026-06-14T00:00:00")
    await cared(carer)
    assert standings(office.store) == [("overdue", "2026-06-10", "2026-06-13")]


async def test_a_credit_hold_keeps_it_from_being_overdue(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "decline", 1)
    give(office.store, clock, hold=True)
    until(clock, "2026-06-30T00:00:00")
    await cared(carer)
    assert standings(office.store) == [("due", None, None)]


OVERDUE = "UPDATE repayment SET due_state = 'overdue', overdue_since = 1, penalty_from = due_on"
DUN = (
    "INSERT INTO outbox (kind, repayment_seq, borrower_token, day, digest, text_zh, text_en, state,"
    " created_at, next_action_at, tries) SELECT 'dunning', seq, borrower_token, '2026-06-11', 'd', '', '',"
    " 'waiting', 1, 1, 0 FROM repayment"
)


@pytest.mark.parametrize("statement", [OVERDUE, DUN])
async def test_the_database_itself_protects_what_is_in_doubt(
    office: Desk, party: ThirdParty, statement: str
) -> None:
    await sent(office, party, "reset", 1)
    with pytest.raises(DBAPIError, match="guard"):
        office.store.write_now(lambda connection: connection.execute(text(statement)))


async def test_the_doctor_finds_an_instalment_that_was_made_overdue_in_doubt(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    await sent(office, party, "reset", 1)
    clock.advance(60)
    in_doubt = clock.now()
    clock.advance(60)
    await heard(office, attempts_of(office.store)[0][0], Verdict.FAILED)
    assert [one.state for one in tenth(office.store, clock)] == ["ok", "ok"]
    marked = text(OVERDUE.replace("overdue_since = 1", f"overdue_since = {in_doubt}"))
    office.store.write_now(lambda connection: connection.execute(marked))
    assert [one.state for one in tenth(office.store, clock)] == ["failed", "ok"]


def tenth(store: Store, clock: ManualClock) -> list[Any]:
    found = store.read_now(lambda connection: invariants.check(connection, clock.now()))
    return [one for one in found if one.invariant == 10]


def give(store: Store, clock: ManualClock, grace: str | None = None, *, hold: bool = False) -> None:
    """Grant care to everything there is."""
    now = clock.now()
    seqs = [row[0] for row in rows(store, "SELECT seq FROM repayment ORDER BY seq")]
    grant = StoredGrant(
        0, "care_1", 1, "change", None, "li.wei", "", now, None, 3, None, None, None, hold, len(seqs), 0
    )
    items = [Item(seq, grace, hold) for seq in seqs]
    store.write_now(lambda connection: care.give(connection, grant, items, automatic=False, now=now))
