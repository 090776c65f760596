"""A coupon goes into the first repayment of its borrower that settles, once, in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from console.contract.clock import ManualClock
from console.contract.vocabulary import Verdict
from console.repayment.lane import Desk
from console.store.database import Store
from tests.desk.conftest import Person
from tests.doubt.conftest import heard, sent
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import rows
from tests.pipeline.running import attempts_of


def coupons(store: Store) -> list[tuple[Any, ...]]:
    """Whether each coupon is used, by which repayment, and whether it was taken back."""
    query = "SELECT used_at IS NOT NULL, used_by, revoked_at IS NOT NULL FROM coupon ORDER BY id"
    return [(bool(used), by, bool(back)) for used, by, back in rows(store, query)]


def spent(store: Store) -> int:
    return int(rows(store, "SELECT spent_fen FROM coupon_budget")[0][0])


async def settle(office: Desk, at: int = 0) -> None:
    await heard(office, attempts_of(office.store)[at][0], Verdict.SUCCEEDED)


async def test_a_coupon_is_used_when_its_repayment_settles_and_stays_in_the_budget(
    office: Desk, party: ThirdParty, li: Person
) -> None:
    ids = await sent(office, party, "reset", 1, 2)
    await li.change("care.grant", filter="state:in_doubt", coupon_fen=500)
    await settle(office)
    assert coupons(office.store) == [(True, 1, False), (False, None, False)]
    (line,) = (await li.get(f"/repayments/{ids[0]}/care")).json()["grants"]
    assert line["coupon_used_at"] is not None
    (grant,) = (await li.get("/care")).json()["items"]
    assert (grant["coupons"], grant["coupons_used"]) == (2, 1)
    assert (await li.change("care.release", grant=grant["id"])).status_code == 201
    assert coupons(office.store) == [(True, 1, False), (False, None, True)]
    assert spent(office.store) == 500, "what was used is not given back"


async def test_a_coupon_whose_time_is_over_is_not_used(
    office: Desk, party: ThirdParty, li: Person, clock: ManualClock
) -> None:
    await sent(office, party, "reset", 1)
    await li.change("care.grant", filter="state:in_doubt", coupon_fen=500, coupon_for="1d")
    clock.advance(86_400 + 1)
    await settle(office)
    assert coupons(office.store) == [(False, None, False)]


async def test_a_coupon_that_was_taken_back_is_not_used(office: Desk, party: ThirdParty, li: Person) -> None:
    await sent(office, party, "reset", 1)
    done = (await li.change("care.grant", filter="state:in_doubt", coupon_fen=500)).json()
    assert (await li.post(f"/changes/{done['id']}/revert", {"reason": "was wrong"})).status_code == 201
    await settle(office)
    assert coupons(office.store) == [(False, None, True)]


async def test_evidence_that_comes_again_uses_no_second_coupon(
    office: Desk, party: ThirdParty, li: Person, clock: ManualClock
) -> None:
    await sent(office, party, "reset", 1)
    for _ in range(2):
        await li.change("care.grant", filter="state:in_doubt", coupon_fen=500)
        clock.advance(86_400)
    await settle(office)
    await heard(office, attempts_of(office.store)[0][0], Verdict.SUCCEEDED, "again")
    assert coupons(office.store) == [(True, 1, False), (False, None, False)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE coupon SET used_at = used_at + 1",
        "UPDATE coupon SET used_at = NULL, used_by = NULL",
        "UPDATE coupon SET revoked_at = 1",
        "DELETE FROM coupon",
    ],
)
async def test_the_database_itself_keeps_a_used_coupon(
    office: Desk, party: ThirdParty, li: Person, statement: str
) -> None:
    await sent(office, party, "reset", 1)
    await li.change("care.grant", filter="state:in_doubt", coupon_fen=500)
    await settle(office)
    with pytest.raises(DBAPIError, match="guard"):
        office.store.write_now(lambda connection: connection.execute(text(statement)))
