"""Changes over the API: previewed, done, audited, undone; and refused, each time for its own reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.vocabulary import Stage
from console.control.service import Service
from console.store import controls
from console.store.controls import Controls
from console.store.database import Store
from tests.api.samples import problem_of
from tests.desk.conftest import Person

MINUTE = 60


def look(store: Store) -> Controls:
    """The controls that workers obey."""
    return store.read_now(controls.look)


async def done(answer: Any) -> dict[str, Any]:
    """The change in an answer that says it was done."""
    assert answer.status_code == 201, answer.text
    change: dict[str, Any] = answer.json()
    assert change["state"] == "applied"
    return change


async def test_a_queue_is_previewed_paused_audited_and_resumed_by_a_revert(li: Person, store: Store) -> None:
    seen = await li.preview("queue.pause", stage="dispatch")
    assert seen["needs"] == {
        "role": "operator",
        "risk": "stop",
        "approval": None,
        "expiry": "optional",
        "reason": True,
    }
    assert look(store).paused == frozenset()
    change = await done(await li.change("queue.pause", stage="dispatch", preview_digest=seen["digest"]))
    assert look(store).paused == {Stage.DISPATCH}
    assert (change["who"], change["reason"], change["body"]) == ("li.wei", "a test", {"stage": "dispatch"})
    row = (await li.audit())[0]
    assert (row["who"], row["via"], row["action"], row["outcome"]) == (
        "li.wei",
        "config",
        "queue.pause",
        "applied",
    )
    assert (row["subject"], row["change"], row["reason"]) == ("stage:dispatch", change["id"], "a test")

    undone = await done(await li.post(f"/changes/{change['id']}/revert", {"reason": "over"}))
    assert (undone["kind"], undone["revert_of"]) == ("queue.resume", change["id"])
    assert look(store).paused == frozenset()
    before = (await li.get(f"/changes/{change['id']}")).json()
    assert (before["state"], before["reverted_by"]) == ("reverted", undone["id"])
    assert [one["action"] for one in await li.audit()] == ["queue.resume", "queue.pause"]


async def test_a_gateway_is_stopped_started_and_weighed(li: Person, store: Store) -> None:
    seen = await li.preview("gateway.stop", gateway="alipay")
    assert any("wechat" in effect for effect in seen["effects"])
    stop = await done(await li.change("gateway.stop", gateway="alipay"))
    assert look(store).weight("alipay", 60) == 0
    await done(await li.change("gateway.weight", gateway="wechat", weight=7))
    assert look(store).weight("wechat", 40) == 7
    await done(await li.post(f"/changes/{stop['id']}/revert", {"reason": "mended"}))
    assert look(store).weight("alipay", 60) == 60
    back = await done(await li.change("gateway.weight", gateway="wechat", weight=None))
    assert look(store).weight("wechat", 40) == 40
    await done(await li.post(f"/changes/{back['id']}/revert", {"reason": "no"}))
    assert look(store).weight("wechat", 40) == 7


async def test_the_last_gateway_standing_is_stopped_only_by_force(li: Person, store: Store) -> None:
    await done(await li.change("gateway.stop", gateway="alipay"))
    refused = await li.change("gateway.stop", gateway="wechat")
    assert refused.status_code == 403
    assert problem_of(refused)["code"] == "guard"
    assert (await li.change("gateway.weight", gateway="wechat", weight=0)).status_code == 403
    assert look(store).stopped == {"alipay"}
    assert (await li.audit())[0]["outcome"] == "refused:guard"
    await done(await li.change("gateway.stop", gateway="wechat", force=True))
    assert look(store).stopped == {"alipay", "wechat"}


async def test_the_same_key_does_it_once(li: Person, store: Store) -> None:
    first = await li.change("queue.pause", key="one", stage="dispatch")
    again = await li.change("queue.pause", key="one", stage="dispatch")
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await li.change("queue.pause", key="one", stage="screening")
    assert (other.status_code, problem_of(other)["code"]) == (422, "idempotency_key_reused")
    assert len(await li.audit()) == 1
    assert look(store).paused == {Stage.DISPATCH}


async def test_a_key_is_needed(li: Person) -> None:
    answer = await li.client.post("/v1/changes", json={"kind": "queue.pause", "stage": "dispatch"})
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "idempotency_key_missing")


async def test_a_world_that_moved_is_told_with_the_difference(li: Person, root: Person, store: Store) -> None:
    seen = await li.preview("gateway.weight", gateway="alipay", weight=10)
    await done(await root.change("gateway.weight", gateway="alipay", weight=90))
    moved = await li.change("gateway.weight", gateway="alipay", weight=10, preview_digest=seen["digest"])
    assert moved.status_code == 412
    problem = problem_of(moved)
    assert problem["code"] == "changed_since_preview"
    assert "gateway:alipay" in problem["detail"]
    assert look(store).weights == {"alipay": 90}
    assert (await li.audit())[0]["outcome"] == "refused:changed_since_preview"


async def test_a_preview_of_another_body_does_not_count(li: Person) -> None:
    seen = await li.preview("gateway.weight", gateway="alipay", weight=10)
    other = await li.change("gateway.weight", gateway="alipay", weight=11, preview_digest=seen["digest"])
    assert other.status_code == 412


async def test_traffic_that_moves_does_not_make_a_preview_stale(li: Person, store: Store) -> None:
    from tests.store.made import place

    seen = await li.preview("queue.pause", stage="dispatch")
    store.write_now(lambda connection: place(connection, number=1, stage=Stage.DISPATCH))
    await done(await li.change("queue.pause", stage="dispatch", preview_digest=seen["digest"]))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "queue.pause"}, "stage"),
        ({"kind": "queue.pause", "stage": "settled"}, "stage"),
        ({"kind": "queue.paus", "stage": "dispatch"}, "kind"),
        ({}, "kind"),
        ({"kind": 7}, "kind"),
        ({"kind": "gateway.stop", "gateway": "alipy"}, "gateway"),
        ({"kind": "gateway.stop", "gateway": "alipay", "sped": 1}, "sped"),
        ({"kind": "gateway.weight", "gateway": "alipay", "weight": -1}, "weight"),
        ({"kind": "queue.pause", "stage": "dispatch", "expires": "soon"}, "expires"),
        ({"kind": "queue.pause", "stage": "dispatch", "expires": "31d"}, "expires"),
        ({"kind": "queue.resume", "stage": "dispatch", "expires": "1h"}, "expires"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "a\u001b[31m"}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "x" * 513}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "  "}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "call 13812345612"}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "99000019900101123X"}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "reason": "card 6225751234561496!"}, "reason"),
        ({"kind": "queue.pause", "stage": "dispatch", "incident": ["x"]}, "incident"),
    ],
)
async def test_a_wrong_field_is_named(li: Person, body: dict[str, Any], field: str) -> None:
    answer = await li.post("/changes", {"reason": "a test", **body})
    assert answer.status_code == 422, answer.text
    assert problem_of(answer)["detail"] == field


async def test_a_near_name_is_proposed(li: Person) -> None:
    answer = await li.change("gateway.stop", gateway="alipy")
    assert "alipay" in problem_of(answer)["hint"]


@pytest.mark.parametrize("name", ["guest", "zhao.min", "wang.fang"])
async def test_only_an_operator_pauses(person: Callable[[str], Person], name: str, store: Store) -> None:
    answer = await person(name).change("queue.pause", stage="dispatch")
    assert answer.status_code == 403
    assert look(store).paused == frozenset()


@pytest.mark.parametrize(
    ("kind", "fields", "role"),
    [
        ("queue.pause", {"stage": "dispatch"}, "operator"),
        ("service.read_only", {"on": True}, "admin"),
        ("queue.pause", {}, "approver or auditor or operator"),
    ],
)
async def test_who_may_ask_for_nothing_is_told_what_this_change_needs(
    person: Callable[[str], Person], kind: str, fields: dict[str, str], role: str
) -> None:
    answer = await person("guest").change(kind, **fields)
    assert answer.status_code == 403
    assert problem_of(answer)["hint"] == f"it needs the role {role}"


async def test_a_role_that_is_too_low_for_the_kind_is_told_in_the_audit(wang: Person) -> None:
    answer = await wang.change("queue.pause", stage="dispatch")
    assert problem_of(answer)["code"] == "forbidden"
    row = (await wang.audit())[0]
    assert (row["who"], row["action"], row["outcome"]) == ("wang.fang", "queue.pause", "refused:forbidden")


async def test_the_owner_of_a_read_only_service_still_stops_things(
    li: Person, root: Person, store: Store, service: Service
) -> None:
    await done(await root.change("service.read_only", on=True))
    assert (await li.get("/hello")).json()["read_only"] is True
    refused = await li.change("gateway.weight", gateway="alipay", weight=1)
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "read_only")
    assert (await li.audit())[0]["outcome"] == "refused:read_only"
    await done(await li.change("queue.pause", stage="dispatch"))
    assert (await li.change("service.read_only", on=False)).status_code == 403
    await done(await root.change("service.read_only", on=False))
    await done(await li.change("gateway.weight", gateway="alipay", weight=1))


async def test_read_only_is_undone_by_a_revert_and_returns_by_itself(root: Person) -> None:
    change = await done(await root.change("service.read_only", on=True, expires="1h"))
    assert change["expires_at"] is not None
    await done(await root.post(f"/changes/{change['id']}/revert", {"reason": "over"}))
    assert (await root.get("/hello")).json()["read_only"] is False


async def test_a_service_that_is_configured_read_only_changes_nothing(
    li: Person, root: Person, service: Service, store: Store
) -> None:
    from dataclasses import replace

    service.read_only = True
    service.desk.policy = replace(service.desk.policy, read_only=True)
    for one in (li, root):
        answer = await one.change("queue.pause", stage="dispatch")
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "read_only")
    assert (await root.post("/tokens", {"person": "a", "role": "viewer"})).status_code == 403
    assert look(store).paused == frozenset()
    assert (await li.get("/changes")).status_code == 200


async def test_a_later_change_stands_in_the_way_of_a_revert(li: Person, store: Store) -> None:
    first = await done(await li.change("gateway.weight", gateway="alipay", weight=10))
    second = await done(await li.change("gateway.weight", gateway="alipay", weight=20))
    refused = await li.post(f"/changes/{first['id']}/revert", {"reason": "no"})
    assert refused.status_code == 409
    problem = problem_of(refused)
    assert problem["code"] == "changed_later"
    assert second["id"] in problem["title"]
    await done(await li.post(f"/changes/{second['id']}/revert", {"reason": "first this"}))
    assert look(store).weights == {"alipay": 10}
    await done(await li.post(f"/changes/{first['id']}/revert", {"reason": "then that"}))
    assert look(store).weights == {}


async def test_a_change_is_reverted_once_and_a_revert_is_not_reverted(li: Person) -> None:
    change = await done(await li.change("queue.pause", stage="dispatch"))
    undone = await done(await li.post(f"/changes/{change['id']}/revert", {"reason": "x"}))
    again = await li.post(f"/changes/{change['id']}/revert", {"reason": "x"})
    assert (again.status_code, problem_of(again)["code"]) == (409, "wrong_state")
    other = await li.post(f"/changes/{undone['id']}/revert", {"reason": "x"})
    assert (other.status_code, problem_of(other)["code"]) == (409, "is_a_revert")


async def test_break_glass_is_short_for_stops_only_shown_and_reviewed_by_another(
    li: Person, wang: Person, service: Service
) -> None:
    loosening = await li.change("gateway.weight", gateway="alipay", weight=1, incident="INC-7")
    assert (loosening.status_code, problem_of(loosening)["code"]) == (403, "break_glass_stops_only")
    change = await done(await li.change("queue.pause", stage="dispatch", incident="INC-7", expires="2h"))
    assert change["needs_review"] and change["incident"] == "INC-7"
    assert change["expires_at"] == _later(change["applied_at"], 15 * MINUTE)
    board = (await li.get("/board")).json()
    assert [line["id"] for line in board["warnings"]] == [f"review:{change['id']}"]
    waiting = (await li.get("/changes", unreviewed="true")).json()["items"]
    assert [one["id"] for one in waiting] == [change["id"]]
    assert "INC-7" in (await li.audit())[0]["reason"]
    longer = await li.post(f"/changes/{change['id']}/extend", {"by": "1h", "reason": "more"})
    assert (longer.status_code, problem_of(longer)["code"]) == (403, "guard")
    await done(await wang.change("change.review", change=change["id"]))
    service.publisher._latest = None
    assert (await li.get("/board")).json()["warnings"] == []
    found = (await li.get(f"/changes/{change['id']}")).json()
    assert (found["reviewed_by"], found["needs_review"]) == ("wang.fang", True)


async def test_a_change_that_returns_soon_is_warned_about(li: Person, clock: ManualClock) -> None:
    change = await done(await li.change("queue.pause", stage="dispatch", expires="20m"))
    assert (await li.get("/board")).json()["warnings"] == []
    clock.advance(11 * MINUTE)
    board = (await li.get("/board")).json()
    if not board["warnings"]:  # the board may be a quarter of a second old
        await asyncio.sleep(0.3)
        board = (await li.get("/board")).json()
    assert [line["id"] for line in board["warnings"]] == [f"returns:{change['id']}"]


async def test_nobody_reviews_their_own_break_glass(root: Person) -> None:
    change = await done(await root.change("queue.pause", stage="dispatch", incident="INC-7"))
    refused = await root.change("change.review", change=change["id"])
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "guard")


async def test_a_change_is_extended_and_that_is_a_change_too(li: Person, clock: ManualClock) -> None:
    change = await done(await li.change("queue.pause", stage="dispatch", expires="10m"))
    longer = await done(await li.post(f"/changes/{change['id']}/extend", {"by": "1h", "reason": "more"}))
    assert longer["kind"] == "change.extend"
    found = (await li.get(f"/changes/{change['id']}")).json()
    assert found["expires_at"] == _later(change["expires_at"], 60 * MINUTE)
    await done(await li.post(f"/changes/{longer['id']}/revert", {"reason": "not so long"}))
    found = (await li.get(f"/changes/{change['id']}")).json()
    assert found["expires_at"] == change["expires_at"]
    plain = await done(await li.change("gateway.weight", gateway="alipay", weight=1))
    refused = await li.post(f"/changes/{plain['id']}/extend", {"by": "1h", "reason": "more"})
    assert refused.status_code == 403


async def test_lists_are_paged_newest_first(li: Person) -> None:
    for weight in range(1, 6):
        await done(await li.change("gateway.weight", gateway="alipay", weight=weight))
    await done(await li.change("queue.pause", stage="dispatch"))
    first = (await li.get("/changes", limit=2)).json()
    assert [one["kind"] for one in first["items"]] == ["queue.pause", "gateway.weight"]
    rest = (await li.get("/changes", limit=10, cursor=first["next"])).json()
    assert [one["body"]["weight"] for one in rest["items"]] == [4, 3, 2, 1]
    assert rest["next"] is None
    weighed = (await li.get("/changes", kind="gateway.weight", state="applied")).json()["items"]
    assert len(weighed) == 5
    touching = (await li.get("/changes", target="stage:dispatch")).json()["items"]
    assert [one["kind"] for one in touching] == ["queue.pause"]


async def test_sentences_are_in_the_readers_language(li: Person) -> None:
    body = {"kind": "queue.pause", "stage": "dispatch"}
    answer = await li.client.post(
        "/v1/changes/preview", json=body, headers={"Accept-Language": "fr, zh-CN;q=0.8, en;q=0.3"}
    )
    assert answer.json()["title"] == "暂停队列"
    english = await li.client.post("/v1/changes/preview", json=body, headers={"Accept-Language": "de"})
    assert english.json()["title"] == "Pause a queue"


async def test_the_kinds_are_listed_with_their_fields(li: Person) -> None:
    found = {line["kind"]: line for line in (await li.get("/changes/kinds")).json()["items"]}
    assert {"queue.pause", "gateway.stop", "change.extend", "strategy.set"} <= set(found)
    assert found["queue.pause"]["stops"] and not found["queue.resume"]["stops"]
    assert "stage" in found["queue.pause"]["fields"]["properties"]


async def test_an_effect_that_fails_leaves_nothing_behind(
    root: Person, store: Store, service: Service
) -> None:
    from dataclasses import replace

    from console.contract.vocabulary import Environment

    service.desk.policy = replace(service.desk.policy, environment=Environment.SANDBOX, configured=lambda: ())
    answer = await root.change("test.loosen", switch="broken")
    assert answer.status_code == 422
    assert (await root.get("/changes")).json()["items"] == []
    assert await root.audit() == []


def _later(moment: str, seconds: float) -> str:
    from datetime import datetime

    from console.contract.clock import iso, to_instant

    return iso(to_instant(datetime.fromisoformat(moment)) + round(seconds * 1000))
