"""Warnings through the API: cards, the board, and what people do with them."""

from __future__ import annotations

import pytest

from console.contract.clock import ManualClock
from console.contract.warning import Detectors, Warning, Warnings
from console.store.database import Store
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.warnings.told import current, fold, trouble

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]


@pytest.fixture
def warned(store: Store, clock: ManualClock) -> str:
    """The id of a warning."""
    fold(store, trouble(), at=clock.now(), channels=["webhook:oncall"])
    (one,) = current(store)
    return one.id


async def test_a_card_tells_cause_harm_and_what_would_help(li: Person, warned: str) -> None:
    (line,) = Warnings.model_validate_json((await li.get("/warnings")).text).items
    assert (line.id, line.title.raw, line.cause) == (warned, "wechat is down", "gateway_down")
    card = Warning.model_validate_json((await li.get(f"/warnings/{warned}")).text)
    assert card.harm_in_minutes == card.harms[0].minutes > 0
    assert card.timeline[0].title.raw == "wechat is down"
    assert [one.series for one in card.indicators] == ["unknown_ratio"]
    assert [(one.channel, one.state) for one in card.deliveries] == [("webhook:oncall", "waiting")]
    assert card.prepared is not None
    preview = await li.preview(card.prepared.kind, **card.prepared.body)
    assert preview["refusal"] is None and preview["digest"]
    assert (await li.get("/warnings/warn_0")).status_code == 404
    assert (await li.get("/warnings", state="opne")).json()["hint"] == "did you mean open?"


async def test_the_board_has_it_and_harm_comes_nearer(li: Person, warned: str, clock: ManualClock) -> None:
    (line,) = (await li.get("/board")).json()["warnings"]
    assert (line["id"], line["cause"], line["state"]) == (warned, "gateway_down", "open")
    clock.advance(60)
    later = (await li.get(f"/warnings/{warned}")).json()["harm_in_minutes"]
    assert later == pytest.approx(line["harm_in_minutes"] - 1, abs=0.11)


async def test_somebody_takes_it_in_hand(li: Person, wang: Person, warned: str) -> None:
    assert (await li.change("warning.ack", warning=warned)).status_code == 201
    card = (await li.get(f"/warnings/{warned}")).json()
    assert (card["state"], card["acked_by"]) == ("acked", "li.wei")
    again = await li.change("warning.ack", warning=warned)
    assert again.status_code in (403, 409, 422) and "already" in again.text
    assert (await li.audit())[0]["subject"]
    assert (await li.change("warning.ack", warning="warn_0")).status_code == 404


async def test_labels_make_a_detectors_record(li: Person, warned: str) -> None:
    answer = await li.change("warning.label", warning=warned, label=False)
    assert answer.status_code == 201
    found = Detectors.model_validate_json((await li.get("/warnings/detectors")).text)
    record = {one.detector: one for one in found.items}["unknown_ratio"]
    assert (record.warnings, record.labelled_false, record.precision) == (1, 1, 0.0)
    assert record.lead_minutes is not None and record.lead_minutes > 0
    assert record.pages_per_shift == 1.0 and record.proposed is None
    change = answer.json()["id"]
    assert (await li.post(f"/changes/{change}/revert", {"reason": "a slip"})).status_code == 201
    assert (await li.get(f"/warnings/{warned}")).json()["label"] is None


async def test_those_that_ended_are_listed_page_by_page(li: Person, store: Store, clock: ManualClock) -> None:
    ids: list[str] = []
    for _ in range(3):
        fold(store, trouble(), at=clock.now())
        ids.insert(0, current(store)[0].id)
        clock.advance(3600)
        fold(store, at=clock.now())
        clock.advance(3600)
    first = Warnings.model_validate_json((await li.get("/warnings", state="ended", limit=2)).text)
    assert [one.id for one in first.items] == ids[:2] and first.items[0].harm_in_minutes is None
    rest = await li.get("/warnings", state="ended", limit=2, cursor=first.next)
    assert [one["id"] for one in rest.json()["items"]] == ids[2:]
    assert (await li.get("/warnings")).json()["items"] == []
