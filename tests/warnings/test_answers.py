"""What people did about a warning stands on its card, and is not proposed once more."""

from __future__ import annotations

from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.warning import Cause
from console.store.database import Store
from console.warnings.advice import advice
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.warnings.told import current, fold, trouble

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]

WEIGHT: dict[str, Any] = {"gateway": "wechat", "weight": 4}


@pytest.fixture
def warned(store: Store, clock: ManualClock) -> str:
    """The id of a warning that wechat is down."""
    fold(store, trouble(), at=clock.now())
    (one,) = current(store)
    return one.id


async def card(who: Person, warned: str) -> dict[str, Any]:
    """The card as it is now."""
    found: dict[str, Any] = (await who.get(f"/warnings/{warned}")).json()
    return found


async def test_what_was_done_about_it_stands_on_the_card_and_is_not_proposed_again(
    li: Person, warned: str, clock: ManualClock
) -> None:
    clock.advance(30)
    assert (await card(li, warned))["prepared"]["body"] == {**WEIGHT, "expires": "1h"}
    done = (await li.change("gateway.weight", **WEIGHT, expires="1h")).json()
    found = await card(li, warned)
    (answer,) = found["answers"]
    assert (answer["change"], answer["who"], answer["state"]) == (done["id"], "li.wei", "applied")
    assert answer["expires_at"] is not None and answer["revertible"]
    assert found["prepared"] is None
    assert [(one["who"], one["change"]) for one in found["timeline"]][-1] == ("li.wei", done["id"])
    (line,) = (await li.get("/warnings")).json()["items"]
    assert (line["answers"], line["prepared"]) == (found["answers"], None)


async def test_once_it_is_undone_it_is_proposed_again(li: Person, warned: str, clock: ManualClock) -> None:
    clock.advance(30)
    done = (await li.change("gateway.weight", **WEIGHT)).json()
    back = await li.post(f"/changes/{done['id']}/revert", {"reason": "it is up again"})
    found = await card(li, warned)
    assert found["answers"] == [] and found["prepared"] is not None
    assert [one["change"] for one in found["timeline"]][-2:] == [done["id"], back.json()["id"]]


async def test_what_was_changed_just_before_is_told_but_did_not_answer_it(
    li: Person, store: Store, clock: ManualClock
) -> None:
    before = (await li.change("gateway.weight", gateway="wechat", weight=70)).json()
    clock.advance(60)
    fold(store, trouble(), at=clock.now())
    (one,) = current(store)
    found = await card(li, one.id)
    assert found["answers"] == [] and found["timeline"][0]["change"] == before["id"]


async def test_what_is_about_another_gateway_does_not_count(
    li: Person, warned: str, clock: ManualClock
) -> None:
    clock.advance(30)
    assert (await li.change("gateway.weight", gateway="alipay", weight=70)).status_code == 201
    found = await card(li, warned)
    assert found["answers"] == [] and all(one["change"] is None for one in found["timeline"])


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_says_where_to_look(cause: Cause) -> None:
    assert advice("gateway:wechat", cause).message


async def test_a_card_says_where_to_look(li: Person, warned: str) -> None:
    look = (await card(li, warned))["look"]
    assert look["values"] == {"name": "wechat"} and "playbook gateway-outage" in look["message"]
