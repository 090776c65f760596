"""Replays through the API: planned, started, paused, resumed and cancelled by people. On both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.replay import Replay
from console.control.service import Service
from console.repayment.replay.settings import ReplaySettings
from console.repayment.replay.worker import Replayer
from console.repayment.settings import PipelineSettings
from console.store import workers
from console.store.database import Store
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import desk
from tests.replay.failed import fail_all

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]


@pytest.fixture
async def replayer(store: Store, clock: ManualClock) -> AsyncIterator[Replayer]:
    """A replay worker whose rounds the test makes; nothing is sent to any gateway."""
    async with serving(ThirdParty(clock)) as party:
        made = desk(store, clock, party.config(), party.config(id="wechat"))
        made.settings = PipelineSettings(replay=ReplaySettings(ramp=0.01))
        yield Replayer(made, ())


@pytest.fixture
async def failed(store: Store) -> int:
    """Repayments that failed at one gateway."""
    await take_in(store, *(entry(number, 1000) for number in range(12)))
    return fail_all(store, "alipay")


async def plan(li: Person, replayer: Replayer, **asked: Any) -> dict[str, Any]:
    answer = await li.post("/replays/plan", asked or {"filter": "state:failed"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "planning"
    for _ in range(10):
        await replayer.round()
        found: dict[str, Any] = (await li.get(f"/replays/{answer.json()['id']}")).json()
        if found["state"] == "planned":
            return found
    raise AssertionError(found)


async def test_a_plan_tells_its_classes_and_what_it_needs(
    li: Person, replayer: Replayer, failed: int
) -> None:
    found = await plan(li, replayer)
    lines = {line["class"]: (line["count"], line["sum_fen"]) for line in found["classes"]}
    assert lines["resubmit"] == (12, 12_000) and len(lines) == 8
    assert sum(count for count, _ in lines.values()) == found["total"] == 12
    assert (found["order"], found["rate"], found["gateways"]) == ("grace", 50, ["alipay"])
    assert found["needs_approval"] is None and found["estimate_seconds"] > 0
    assert Replay.model_validate(found).digest
    audit = await li.audit(limit=1)
    assert (audit[0]["action"], audit[0]["who"]) == ("replay.plan", "li.wei")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"filter": ""}, 422, "empty_filter"),
        ({"filter": "   "}, 422, "empty_filter"),
        ({"filter": "state:settled"}, 422, "nothing_matches"),
        ({"filter": "stat:failed"}, 422, "bad_filter"),
        ({"selection": "sel_none"}, 404, "no_such_selection"),
        ({}, 422, "invalid"),
        ({"filter": "state:failed", "rate": 501}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_planned_is_refused(
    li: Person, failed: int, asked: dict[str, Any], status: int, code: str
) -> None:
    answer = await li.post("/replays/plan", asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_frozen_selection_of_everything_is_refused(li: Person, failed: int) -> None:
    frozen = (await li.post("/selections", {"filter": ""})).json()
    answer = await li.post("/replays/plan", {"selection": frozen["id"]})
    assert answer.json()["code"] == "empty_filter"


async def test_it_is_started_paused_resumed_and_cancelled(
    li: Person, replayer: Replayer, failed: int, store: Store
) -> None:
    identity = (await plan(li, replayer))["id"]
    assert (await li.get(f"/replays/{identity}/receipt")).json()["code"] == "not_over"
    started = await li.change("replay.start", replay=identity)
    assert started.status_code == 201, started.text
    again = await li.change("replay.start", replay=identity)
    assert (again.status_code, again.json()["code"]) == (409, "already_running")
    await replayer.round()
    assert rows(store, "SELECT count(*) FROM repayment WHERE stage = 'dispatch'")[0][0] == 1

    assert (await li.change("replay.pause", replay=identity)).status_code == 201
    for _ in range(3):
        await replayer.round()
    assert rows(store, "SELECT count(*) FROM repayment WHERE stage = 'failed'")[0][0] == 12, "taken back"
    assert (await li.get(f"/replays/{identity}")).json()["state"] == "paused"
    board = (await li.get("/board")).json()
    assert [(line["id"], line["state"], line["total"]) for line in board["replays"]] == [
        (identity, "paused", 12)
    ]

    assert (await li.change("replay.resume", replay=identity)).status_code == 201
    assert (await li.change("replay.rate", replay=identity, rate=80)).status_code == 201
    too_fast = await li.change("replay.rate", replay=identity, rate=501)
    assert too_fast.status_code == 422
    assert (await li.change("replay.cancel", replay=identity)).status_code == 201
    await replayer.round()
    found = (await li.get(f"/replays/{identity}")).json()
    assert (found["state"], found["rate"]) == ("cancelled", 80)
    assert {line["outcome"]: line["count"] for line in found["outcomes"]} == {"left": 12}
    page = (await li.get(f"/replays/{identity}/items", outcome="left", limit=5)).json()
    rest = (await li.get(f"/replays/{identity}/items", outcome="left", cursor=page["next"])).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (5, 7, None)
    assert len({item["repayment"] for item in page["items"] + rest["items"]}) == 12


async def test_a_paused_replay_is_undone_by_going_on(li: Person, replayer: Replayer, failed: int) -> None:
    identity = (await plan(li, replayer))["id"]
    await li.change("replay.start", replay=identity)
    paused = (await li.change("replay.pause", replay=identity)).json()["id"]
    back = await li.post(f"/changes/{paused}/revert", {"reason": "enough"})
    assert back.status_code == 201, back.text
    faster = (await li.change("replay.rate", replay=identity, rate=90, in_flight=7)).json()["id"]
    back = await li.post(f"/changes/{faster}/revert", {"reason": "too fast"})
    assert back.status_code == 201, back.text
    found = (await li.get(f"/replays/{identity}")).json()
    assert (found["state"], found["rate"], found["in_flight"]) == ("running", 50, 64)


async def test_only_one_runs_at_a_gateway(li: Person, replayer: Replayer, store: Store, failed: int) -> None:
    first, second = (await plan(li, replayer))["id"], (await plan(li, replayer))["id"]
    assert (await li.change("replay.start", replay=first)).status_code == 201
    assert (await li.preview("replay.start", replay=second))["conflict"] is True
    refused = await li.change("replay.start", replay=second)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_running")
    await take_in(store, entry(100))
    fail_all(store, "wechat")
    elsewhere = (await plan(li, replayer, filter="gateway:wechat"))["id"]
    assert (await li.change("replay.start", replay=elsewhere)).status_code == 201


async def test_a_large_one_needs_a_second_person(
    li: Person, wang: Person, replayer: Replayer, service: Service, failed: int
) -> None:
    service.settings = PipelineSettings(replay=ReplaySettings(approval_count=11))
    found = await plan(li, replayer)
    assert "11" in found["needs_approval"]
    asked = await li.change("replay.start", replay=found["id"])
    assert asked.status_code == 202
    assert (await li.get(f"/replays/{found['id']}")).json()["state"] == "planned"
    agreed = await wang.post(
        f"/changes/{asked.json()['id']}/approve", {"digest": asked.json()["preview"]["digest"]}
    )
    assert agreed.status_code == 201, agreed.text
    assert (await li.get(f"/replays/{found['id']}")).json()["state"] == "running"


async def test_an_old_plan_is_refused(
    li: Person, replayer: Replayer, failed: int, clock: ManualClock
) -> None:
    identity = (await plan(li, replayer))["id"]
    clock.advance(3_601)
    answer = await li.change("replay.start", replay=identity)
    assert answer.status_code == 403 and "hour" in answer.json()["title"]


async def test_a_plan_needs_an_operator(wang: Person, failed: int) -> None:
    assert (await wang.post("/replays/plan", {"filter": "state:failed"})).status_code == 403


async def test_two_workers_never_drive_one_replay(
    li: Person, replayer: Replayer, store: Store, clock: ManualClock, failed: int
) -> None:
    now = clock.now()
    store.write_now(lambda conn: workers.appear(conn, "w_1", "pipeline", started_at=now, now=now))
    identity = (await plan(li, replayer))["id"]
    await li.change("replay.start", replay=identity)
    await replayer.round()
    async with serving(ThirdParty(clock)) as party:
        others = [Replayer(desk(store, clock, party.config(), owner=name), ()) for name in ("w_2", "w_3")]
        await asyncio.gather(*(one.round() for one in (replayer, *others)))
        assert rows(store, "SELECT count(*) FROM replay WHERE driven AND lease_owner = 'w_1'")[0][0] == 1
        assert rows(store, "SELECT count(*) FROM timeline WHERE what = 'replayed'")[0][0] <= 1
