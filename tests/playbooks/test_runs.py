"""Runs: each step is one recorded change, done once, in order; what is in its way is told before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from console.contract.clock import ManualClock
from console.store.database import Store
from console.store.replay_tables import replay, replay_gateway
from tests.desk.conftest import Person

STEPS: list[dict[str, Any]] = [
    {"kind": "gateway.weight", "body": {"gateway": "alipay", "weight": 10}, "expires": "2h"},
    {"kind": "queue.pause", "body": {"stage": "screening"}},
    {"kind": "gateway.weight", "body": {"gateway": "alipay", "weight": 5}},
]

Persons = Callable[[str], Person]


async def begun(who: Person, steps: list[dict[str, Any]] = STEPS, **more: Any) -> str:
    body: dict[str, Any] = {
        "playbook": "one",
        "title": "One",
        "digest": "0" * 64,
        "parameters": {"a": 1},
        "steps": steps,
    }
    answer = await who.change("playbook.start", **body, **more)
    assert answer.status_code == 201, answer.text
    return f"run_{answer.json()['id'].removeprefix('chg_')}"


async def step(who: Person, run: str, number: int, key: str | None = None, **changed: Any) -> Any:
    one = STEPS[number - 1]
    fields = {**one["body"], **({"expires": one["expires"]} if "expires" in one else {}), **changed}
    return await who.change(one["kind"], key, run=f"{run}/{number}", **fields)


async def shown(who: Person, run: str) -> dict[str, Any]:
    answer = await who.get(f"/runs/{run}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_run_is_done_step_by_step_and_tells_where_it_is(person: Persons) -> None:
    li = person("li.wei")
    run = await begun(li)
    assert (await shown(li, run))["state"] == "begun"
    states = []
    for number in (1, 2, 3):
        answer = await step(li, run, number)
        assert answer.status_code == 201, answer.text
        states.append((await shown(li, run))["state"])
    assert states == ["partly", "partly", "done"]
    found = await shown(li, run)
    assert found["who"] == "li.wei" and found["parameters"] == {"a": 1} and found["done"] == 3
    assert (await li.get("/runs")).json()["items"][0] == found
    last = found["steps"][2]["change"]
    assert (await li.post(f"/changes/{last}/revert", {"reason": "calm"})).status_code == 201
    assert (await shown(li, run))["state"] == "partly"


async def test_a_step_is_done_once_however_often_it_is_asked_for(person: Persons) -> None:
    li = person("li.wei")
    hold = {"scope": "gateway=alipay", "duration": "1h", "policy": "hold"}
    run = await begun(li, [{"kind": "window.open", "body": hold}])
    answers = await asyncio.gather(*(li.change("window.open", run=f"{run}/1", **hold) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} <= {None, "step_taken", "conflict"}
    assert len((await li.get("/windows")).json()["items"]) == 1


async def test_steps_are_done_in_order(person: Persons) -> None:
    li = person("li.wei")
    run = await begun(li)
    answer = await step(li, run, 2)
    assert (answer.status_code, answer.json()["code"]) == (409, "step_too_early")
    assert (await shown(li, run))["steps"][1]["change"] is None


@pytest.mark.parametrize("changed", [{"weight": 11}, {"expires": "3h"}, {"gateway": "wechat"}], ids=repr)
async def test_a_step_does_nothing_but_what_was_recorded(person: Persons, changed: dict[str, Any]) -> None:
    li = person("li.wei")
    run = await begun(li)
    answer = await step(li, run, 1, **changed)
    assert answer.status_code == 422 and "another change as this step" in answer.json()["title"]


@pytest.mark.parametrize("named", ["run_ffff/1", "run_x/1", "x", "/1", "run_ffff/0"])
async def test_a_step_of_no_run_is_refused(person: Persons, named: str) -> None:
    answer = await person("li.wei").change("queue.pause", stage="screening", run=named)
    assert answer.status_code == 422


async def test_a_rejected_step_can_be_tried_again(person: Persons) -> None:
    li, wang = person("li.wei"), person("wang.fang")
    reject = {"scope": "gateway=alipay", "duration": "1h", "policy": "reject_with_notice", "notice": "closed"}
    run = await begun(li, [{"kind": "window.open", "body": reject}])
    first = await li.change("window.open", run=f"{run}/1", **reject)
    assert first.status_code == 202, first.text
    assert (await shown(li, run))["state"] == "waiting"
    again = await li.change("window.open", run=f"{run}/1", **reject)
    assert (again.status_code, again.json()["code"]) == (409, "step_taken")
    assert (await wang.post(f"/changes/{first.json()['id']}/reject", {})).status_code == 201
    second = await li.change("window.open", run=f"{run}/1", **reject)
    assert second.status_code == 202, second.text
    assert (await shown(li, run))["steps"][0]["change"] == second.json()["id"]


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("gateway.wieght", {}, "no such kind"),
        ("gateway.weight", {"gateway": "alipay"}, "weight"),
        ("gateway.weight", {"gateway": "alipay", "weight": 1, "x": 1}, "no such field"),
        ("playbook.start", {}, "cannot begin another"),
    ],
    ids=["kind", "missing", "unknown", "itself"],
)
async def test_a_run_of_what_nobody_understands_does_not_begin(
    person: Persons, kind: str, body: dict[str, Any], said: str
) -> None:
    steps = [*STEPS, {"kind": kind, "body": body}]
    asked: dict[str, Any] = {"playbook": "one", "title": "One", "digest": "0" * 64, "steps": steps}
    answer = await person("li.wei").change("playbook.start", **asked)
    assert answer.status_code == 422
    assert "steps.4" in answer.json()["title"] and said in answer.json()["title"]


async def test_a_plan_tells_each_step_the_sum_and_what_is_in_its_way(person: Persons) -> None:
    li, guest = person("li.wei"), person("guest")
    done = (await li.change("gateway.weight", gateway="alipay", weight=50, expires="1h")).json()
    steps = [*STEPS, {"kind": "gateway.weight", "body": {"gateway": "nowhere", "weight": 1}}]
    plan = (await li.client.post("/v1/runs/plan", json={"steps": steps})).json()
    first, second, third, wrong = plan["steps"]
    assert [one["change"] for one in first["standing"]] == [done["id"]]
    assert second["standing"] == [] and third["builds_on"] == [1]
    assert wrong["preview"] is None and "no such gateway" in wrong["problem"]
    assert plan["count"] == sum(one["preview"]["count"] for one in (first, second, third))
    seen = (await guest.client.post("/v1/runs/plan", json={"steps": STEPS})).json()
    assert [one["allowed"] for one in seen["steps"]] == [False, False, False]


async def test_a_plan_tells_the_windows_and_replays_at_the_gateways_it_names(
    person: Persons, store: Store
) -> None:
    li = person("li.wei")
    opened = await li.change("window.open", scope="gateway=alipay", duration="1h", policy="hold")
    assert opened.status_code == 201, opened.text
    replaying(store, "alipay")
    steps: list[dict[str, Any]] = [
        {"kind": "gateway.weight", "body": {"gateway": "wechat", "weight": 5}},
        {"kind": "gateway.weight", "body": {"gateway": "alipay", "weight": 5}},
        {"kind": "replay.start", "body": {"filter": "state:failed gateway:alipay -gateway:wechat"}},
    ]
    plan = (await li.client.post("/v1/runs/plan", json={"steps": steps})).json()
    other, weight, again = ([one["change"] for one in step["standing"]] for step in plan["steps"])
    window = (await li.get("/windows")).json()["items"][0]["id"]
    assert other == []
    assert weight == again == [window, "rpl_there"]
    told = [(one["title"], one["state"]) for one in plan["steps"][1]["standing"]]
    assert told == [
        ("a maintenance window of gateway=alipay", "active"),
        ("a replay at alipay", "running"),
    ]


def replaying(store: Store, gateway: str, **changes: Any) -> None:
    """Have a replay run at a gateway, as far as the books tell."""
    fields = dict.fromkeys(
        ("created_at", "rate", "in_flight", "rate_cap", "approval_count", "approval_fen", "total", "sum_fen",
         "planned", "chunk", "lease_epoch", "version"), 0,
    )  # fmt: skip
    texts = {"id": "rpl_there", "state": "running", "filter": "", "selection_id": "s", "person": "li.wei",
             "digest": ""}  # fmt: skip

    def job(connection: Connection) -> None:
        made = connection.execute(insert(replay).values({**fields, **texts, "driven": True, **changes}))
        assert made.inserted_primary_key is not None
        seq = made.inserted_primary_key[0]
        connection.execute(insert(replay_gateway).values(gateway=gateway, replay_seq=seq))

    store.write_now(job)


async def test_a_plan_names_an_expiry_that_is_missing_or_too_many(person: Persons) -> None:
    steps = [{"kind": "queue.resume", "body": {"stage": "screening"}, "expires": "1h"}]
    plan = (await person("li.wei").client.post("/v1/runs/plan", json={"steps": steps})).json()
    assert "must not say expires" in plan["steps"][0]["problem"]


CARE: dict[str, Any] = {"filter": "state:in_doubt gateway:alipay", "grace": "1d", "credit_hold": True}


async def test_a_step_for_nobody_is_planned_as_none_done_and_undone(person: Persons) -> None:
    li = person("li.wei")
    steps: list[dict[str, Any]] = [{"kind": "care.grant", "body": CARE}, STEPS[1]]
    (planned, _) = (await li.post("/runs/plan", {"steps": steps})).json()["steps"]
    assert (planned["preview"]["count"], planned["preview"]["refusal"]) == (0, None)
    assert planned["preview"]["warnings"][-2:] == [
        "nobody is in this selection",
        "as a step of a playbook it counts as done all the same",
    ]
    run = await begun(li, steps)
    bound = planned["preview"]["digest"]
    first = await li.change("care.grant", run=f"{run}/1", preview_digest=bound, **CARE)
    assert first.status_code == 201, first.text
    assert "nobody is in this selection" in first.json()["preview"]["warnings"]
    assert (await li.change("queue.pause", run=f"{run}/2", stage="screening")).status_code == 201
    assert (await shown(li, run))["state"] == "done"
    for one in reversed((await shown(li, run))["steps"]):
        undone = await li.post(f"/changes/{one['change']}/revert", {"reason": "calm"})
        assert undone.status_code == 201, undone.text
    assert (await shown(li, run))["state"] == "reverted"


async def test_care_for_nobody_asked_for_by_itself_is_refused(person: Persons) -> None:
    answer = await person("li.wei").change("care.grant", **CARE)
    assert (answer.status_code, answer.json()["code"]) == (403, "guard")
    assert "nobody is in this selection" in answer.json()["title"]


async def test_a_replay_of_nothing_is_a_step_that_is_done(
    person: Persons, store: Store, clock: ManualClock
) -> None:
    li = person("li.wei")
    everything = {"filter": "state:failed gateway:alipay"}
    run = await begun(li, [{"kind": "replay.start", "body": everything}])
    planned = "rpl_there"
    now = clock.now()
    replaying(store, "wechat", filter=everything["filter"], state="planned", driven=False, planned_at=now)
    alone = await li.change("replay.start", replay=planned)
    assert (alone.status_code, alone.json()["code"]) == (403, "guard")
    done = await li.change("replay.start", run=f"{run}/1", replay=planned)
    assert done.status_code == 201, done.text
    assert (await shown(li, run))["state"] == "done"
    assert (await li.get(f"/replays/{planned}")).json()["state"] == "planned"
