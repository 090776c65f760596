"""From before midnight to the bureau: what is told to whom when an outcome is not known at the cut-off."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from console.care.carer import Carer
from console.care.due import known_ahead, public_holidays
from console.care.postman import Postman
from console.care.settings import CareSettings
from console.contract.clock import ManualClock
from console.contract.vocabulary import Verdict
from console.control.service import Service
from console.repayment.lane import Desk
from console.store import invariants
from tests.care.conftest import cared, queued, standings
from tests.care.test_clock import DUN, OVERDUE, until
from tests.care.test_postman import Receiver, postman, receiver
from tests.desk.conftest import Person
from tests.doubt.conftest import heard, sent
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import attempts_of

__all__ = ["receiver"]


async def told(carer: Carer, man: Postman, receiver: Receiver) -> list[Any]:
    """Let clock and postman do all there is to do; return what the receiver got since the last time."""
    await cared(carer)
    while await man.round():
        pass
    found = [json.loads(body) for _, body in receiver.came]
    receiver.came.clear()
    return found


async def test_in_doubt_over_midnight_nobody_is_told_and_after_the_grace_everything_counts_from_the_due_day(
    office: Desk, party: ThirdParty, li: Person, clock: ManualClock, carer: Carer, receiver: Receiver
) -> None:
    man = postman(office, receiver)
    until(clock, "2026-06-10T23:58:00")
    (identity,) = await sent(office, party, "reset", 1)

    async def stands() -> tuple[str, str, str, str | None]:
        found = (await li.get(f"/repayments/{identity}/care")).json()
        return found["due_state"], found["protected"], found["last_day"], found["penalty_from"]

    for wall in ("2026-06-10T23:59:59.999", "2026-06-11T00:00:00", "2026-06-11T00:07:59"):
        until(clock, wall)
        assert await told(carer, man, receiver) == []
        assert await stands() == ("due", "in_doubt", "2026-06-10", None)
    until(clock, "2026-06-11T00:08:01")
    assert await told(carer, man, receiver) == []
    assert await stands() == ("in_grace", "in_doubt", "2026-06-14", None)
    until(clock, "2026-06-20T12:00:00")
    assert await told(carer, man, receiver) == [], "however long it takes"
    assert await stands() == ("in_grace", "in_doubt", "2026-06-14", None)
    await heard(office, attempts_of(office.store)[0][0], Verdict.FAILED)
    assert await told(carer, man, receiver) == []
    until(clock, "2026-06-22T23:59:59.999")
    assert await told(carer, man, receiver) == []
    assert await stands() == ("in_grace", "", "2026-06-22", None), "the next day is a holiday"
    until(clock, "2026-06-23T00:00:00")
    found = await told(carer, man, receiver)
    assert await stands() == ("overdue", "", "2026-06-22", "2026-06-10")
    assert [one["event"] for one in found] == ["dunning", "credit_report"]
    assert {one["penalty_from"] for one in found} == {"2026-06-10"}
    checked = office.store.read_now(lambda connection: invariants.check(connection, clock.now()))
    assert {one.state for one in checked if one.invariant == 10} == {"ok"}


@pytest.mark.parametrize("statement", [OVERDUE, DUN])
async def test_what_settled_is_never_overdue_before_its_care_is_released(
    office: Desk, party: ThirdParty, clock: ManualClock, carer: Carer, statement: str
) -> None:
    """The grace is released a moment after the evidence; in between the database keeps the borrower."""
    until(clock, "2026-06-10T23:55:00")
    await sent(office, party, "reset", 1)
    until(clock, "2026-06-11T09:00:00")
    await cared(carer)
    until(clock, "2026-06-30T09:00:00")
    await heard(office, attempts_of(office.store)[0][0], Verdict.SUCCEEDED)
    assert rows(office.store, "SELECT count(*) FROM care_item WHERE released_at IS NULL")[0][0] == 1

    def by_hand(connection: Connection) -> None:
        connection.execute(text("UPDATE care_item SET released_at = 1, credit_hold = false"))
        connection.execute(text(statement))

    with pytest.raises(DBAPIError, match="guard"):
        office.store.write_now(by_hand)
    await cared(carer)
    assert standings(office.store)[0][0] != "overdue" and queued(office.store) == []


async def test_a_clock_that_first_runs_over_old_failures_leaves_them_alone(
    office: Desk, party: ThirdParty, li: Person, clock: ManualClock
) -> None:
    ids = await sent(office, party, "decline", 1, 2)
    await take_in(office.store, entry(3, due_on="2026-06-16"))
    until(clock, "2026-06-14T10:00:00")
    first = Carer(office, CareSettings())
    await cared(first)
    clock.advance(1)
    await sent(office, party, "decline", 4)
    await cared(first)
    assert [state for state, _, _ in standings(office.store)] == ["due", "due", "due", "overdue"], (
        "who pays too late now is late"
    )
    assert (await li.get(f"/repayments/{ids[0]}/care")).json()["protected"] == "before_start"
    until(clock, "2026-07-20T10:00:00")
    await cared(Carer(office, CareSettings()))
    assert [state for state, _, _ in standings(office.store)][:2] == ["due", "due"], (
        "a restart changes nothing"
    )
    assert [kind for kind, _ in queued(office.store)][:2] == ["dunning", "credit_report"]


async def test_the_first_day_that_counts_may_be_configured(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    await sent(office, party, "decline", 1)
    until(clock, "2026-06-14T10:00:00")
    await cared(Carer(office, CareSettings()))
    assert standings(office.store)[0][0] == "due"
    await cared(Carer(office, CareSettings(clock_from=date(2026, 6, 10))))
    assert standings(office.store) == [("overdue", "2026-06-10", None)]


async def test_configured_holidays_move_the_last_day_that_is_shown(
    office: Desk, party: ThirdParty, li: Person, service: Service
) -> None:
    (identity,) = await sent(office, party, "decline", 1)
    assert (await li.get(f"/repayments/{identity}/care")).json()["last_day"] == "2026-06-10"
    service.care = CareSettings(holidays=((date(2026, 6, 9), date(2026, 6, 11)),))
    assert (await li.get(f"/repayments/{identity}/care")).json()["last_day"] == "2026-06-12"


def test_holidays_are_known_two_months_ahead_or_the_doctor_says_so() -> None:
    table = public_holidays()
    last = max(table).year
    assert known_ahead(date(last, 11, 1), table)
    assert not known_ahead(date(last, 11, 2), table)
    with_more = CareSettings(holidays=((date(last + 1, 1, 1), date(last + 1, 1, 1)),)).calendar()
    assert known_ahead(date(last, 11, 2), with_more)


async def test_the_doctor_names_holidays_that_are_not_known(root: Person, clock: ManualClock) -> None:
    def of(found: Any) -> tuple[str, ...]:
        return tuple(one["state"] for one in found["findings"] if one["check"] == "holidays")

    assert of((await root.get("/checkup")).json()) == ("ok",)
    until(clock, "2026-11-05T10:00:00")
    assert of((await root.get("/checkup")).json()) == ("warning",)
