"""Care through the API: granted, limited, released; complaints taken in once."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import update

from console.contract.clock import ManualClock
from console.repayment.lane import Desk
from console.risk.rulebook import seed
from console.store import care, complaints
from console.store.care import Terms
from console.store.complaints import StoredComplaint
from console.store.tables import repayment
from tests.care.conftest import standings
from tests.desk.conftest import Person
from tests.doubt.conftest import sent
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, rows, take_in

HOSTILE = "\x1b]52;c;aGk=\x07 <b>‮钱\n=cmd()"


async def granted(li: Person, **fields: Any) -> dict[str, Any]:
    """Grant care and return what the list says of it."""
    answer = await li.change("care.grant", **fields)
    assert answer.status_code == 201, answer.text
    listed: dict[str, Any] = (await li.get("/care")).json()["items"][0]
    return listed


async def test_a_filter_gets_all_four_kinds_and_gives_them_back(
    office: Desk, party: ThirdParty, li: Person, wang: Person
) -> None:
    ids = await sent(office, party, "decline", 1, 2)
    one = await granted(
        li, filter="state:failed", grace="3d", coupon_fen=500, notice="coupon", credit_hold=True
    )
    assert (one["count"], one["open"], one["coupons"], one["coupons_fen"]) == (2, 2, 2, 1000)
    assert (one["notices"], one["notices_sent"], one["grace_days"], one["who"]) == (2, 0, 3, "li.wei")
    beside = (await li.get(f"/repayments/{ids[0]}/care")).json()
    assert (beside["due_state"], beside["grace_until"], beside["protected"]) == (
        "due",
        "2026-06-13",
        "credit_hold",
    )
    assert [line["coupon_fen"] for line in beside["grants"]] == [500]
    assert "5.00" in beside["messages"][0]["text"]
    released = await li.change("care.release", grant=one["id"])
    assert released.status_code == 201, released.text
    assert standings(office.store) == [("due", None, None)] * 2
    again = (await li.get(f"/care/{one['id']}")).json()
    assert (again["open"], again["coupons"], again["notices"]) == (0, 0, 0)
    assert (await li.change("care.release", grant=one["id"])).status_code == 403


async def test_undoing_a_grant_releases_it(office: Desk, party: ThirdParty, li: Person) -> None:
    await sent(office, party, "decline", 1)
    done = (await li.change("care.grant", filter="state:failed", grace="2d")).json()
    assert standings(office.store) == [("due", None, "2026-06-12")]
    assert (await li.post(f"/changes/{done['id']}/revert", {"reason": "was too soon"})).status_code == 201
    assert standings(office.store) == [("due", None, None)]


async def test_the_later_grace_stands_when_another_is_released(
    office: Desk, party: ThirdParty, li: Person
) -> None:
    await sent(office, party, "decline", 1)
    await granted(li, filter="state:failed", grace="2d")
    longer = await granted(li, filter="state:failed", grace="5d")
    assert standings(office.store)[0][2] == "2026-06-15"
    await li.change("care.release", grant=longer["id"])
    assert standings(office.store)[0][2] == "2026-06-12"


async def test_a_borrower_gets_one_coupon_a_day_and_no_notice_twice(
    office: Desk, party: ThirdParty, li: Person
) -> None:
    await sent(office, party, "decline", 1)
    await granted(li, filter="state:failed", coupon_fen=500, notice="please wait")
    again = await li.change("care.grant", filter="state:failed", coupon_fen=500, notice="please wait")
    assert again.status_code == 403 and "nobody here" in again.text


async def test_the_budget_of_a_day_is_not_exceeded(office: Desk, party: ThirdParty, li: Person) -> None:
    await sent(office, party, "decline", 1, 2)
    terms = Terms(budget_fen=900)
    office.store.write_now(lambda connection: care.announce(connection, terms))
    answer = await li.change("care.grant", filter="state:failed", coupon_fen=500)
    assert answer.status_code == 403 and "budget" in answer.text


async def test_above_a_cap_a_second_person_agrees(office: Desk, party: ThirdParty, li: Person) -> None:
    await sent(office, party, "decline", 1, 2)
    office.store.write_now(lambda connection: care.announce(connection, Terms(approval_count=1)))
    assert (await li.change("care.grant", filter="state:failed", grace="1d")).status_code == 202


async def test_a_selection_is_granted_as_it_was_frozen(office: Desk, party: ThirdParty, li: Person) -> None:
    ids = await sent(office, party, "decline", 1)
    selection = (await li.post("/selections", {"filter": "state:failed"})).json()
    await sent(office, party, "decline", 2)
    one = await granted(li, selection=selection["id"], grace="3d")
    assert one["count"] == 1
    assert (await li.get(f"/repayments/{ids[0]}/care")).json()["grace_until"] == "2026-06-13"


async def test_what_makes_no_sense_is_refused_by_field(li: Person) -> None:
    for fields in (
        {"filter": "state:failed"},
        {"grace": "3d"},
        {"filter": "state:failed", "grace": "90m"},
        {"filter": "state:failed", "grace": "31d"},
        {"filter": "stat:failed", "grace": "3d"},
        {"filter": "state:failed", "notice": "coupon"},
        {"filter": "state:failed", "notice": "a\x00b"},
        {"selection": "sel_none", "grace": "3d"},
    ):
        answer = await li.change("care.grant", **fields)
        assert answer.status_code == 422, (fields, answer.text)


async def complain(li: Person, **fields: Any) -> httpx.Response:
    body = {"external_id": "c-1", "text": HOSTILE} | fields
    return await li.post("/complaints", body)


async def test_a_complaint_is_taken_in_once_and_stands_beside_its_repayment(
    office: Desk, party: ThirdParty, li: Person, clock: ManualClock
) -> None:
    (identity,) = await take_in(office.store, entry(1))
    first = await complain(li, repayment=identity)
    assert first.status_code == 201, first.text
    assert first.json()["text"] == HOSTILE
    again = await complain(li, repayment=identity)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (await complain(li, repayment=identity, text="another")).status_code == 409
    beside = (await li.get(f"/repayments/{identity}/care")).json()
    assert [one["external_id"] for one in beside["complaints"]] == ["c-1"]
    listed = (await li.get("/complaints", repayment=identity)).json()["items"]
    assert len(listed) == 1
    series = office.store.read_now(lambda connection: complaints.series(connection, clock.now()))
    assert [count for _, count in series] == [1]


async def test_complaints_about_what_a_strategy_stopped_stand_beside_it(
    office: Desk, li: Person, clock: ManualClock
) -> None:
    async def counted() -> tuple[int, int]:
        found = (await li.get("/strategies/velocity_hour")).json()
        return found["complaints_hour"], found["complaints_day"]

    now = clock.now()
    office.store.write_now(lambda connection: seed(connection, now))
    assert await counted() == (0, 0)
    one = StoredComplaint(0, "cpl_1", "c-1", "d", None, "b", "", "too slow", "velocity_hour", now, now)
    office.store.write_now(lambda connection: complaints.take_in(connection, one, None, 0))
    assert await counted() == (1, 1)
    clock.advance(3600)
    assert await counted() == (0, 1)
    clock.advance(86_400)
    assert await counted() == (0, 0)
    listed = (await li.get("/complaints")).json()
    assert (listed["hour"], listed["day"], len(listed["items"])) == (0, 0, 1)


async def test_a_complaint_about_nobody_is_refused(office: Desk, party: ThirdParty, li: Person) -> None:
    assert (await complain(li)).status_code == 422
    assert (await complain(li, repayment="rep_none")).status_code == 422
    assert (await complain(li, borrower="nobody")).status_code == 422
    assert rows(office.store, "SELECT count(*) FROM complaint")[0][0] == 0


async def test_what_was_paid_meanwhile_is_not_counted_as_still_cared_for(
    office: Desk, party: ThirdParty, li: Person
) -> None:
    ids = await sent(office, party, "decline", 1, 2)
    one = await granted(li, filter="state:failed", grace="3d")
    assert (one["count"], one["open"]) == (2, 2)
    paid = {"stage": "settled", "waiting_since": None, "next_action_at": None}
    first = repayment.c.id == ids[0]
    await office.store.write(
        lambda connection: connection.execute(update(repayment).where(first).values(paid))
    )
    assert (await li.get("/care")).json()["items"][0]["open"] == 1
    release = {"kind": "care.release", "grant": one["id"]}
    preview = (await li.post("/changes/preview", release)).json()
    assert preview["count"] == 1
    assert preview["effects"][0].startswith("1 repayments lose")
    assert (await li.change("care.release", grant=one["id"])).status_code == 201
