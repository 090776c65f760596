"""Changes that return by themselves: on time, also after a restart, and never over somebody else's."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from console.contract.change import ChangeState
from console.contract.clock import ManualClock
from console.contract.vocabulary import Environment, Stage
from console.control.clockwork import Clockwork
from console.control.desk import returns
from console.control.desk.policy import APPROVAL_WITHIN_MS, Policy
from console.control.service import Service
from console.risk import rulebook
from console.store import audit, changes, controls
from console.store.database import Store
from tests.api.processes import Home, home, wait_for
from tests.desk.conftest import Person


def act(store: Store, clock: ManualClock) -> list[tuple[str, ChangeState]]:
    """Let the desk do what is due."""
    done = store.write_now(lambda connection: returns.act(connection, clock.now()))
    return [(one.id, one.state) for one in done]


async def applied(person: Person, kind: str, **fields: Any) -> dict[str, Any]:
    answer = await person.change(kind, **fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_change_returns_when_its_time_is_over(li: Person, store: Store, clock: ManualClock) -> None:
    change = await applied(li, "queue.pause", stage="dispatch", expires="10m")
    clock.advance(599)
    assert act(store, clock) == []
    clock.advance(2)
    assert act(store, clock) == [(change["id"], ChangeState.EXPIRED)]
    assert store.read_now(controls.look).paused == frozenset()
    row = (await li.audit())[0]
    assert (row["who"], row["via"], row["action"], row["outcome"]) == (
        "service",
        "service",
        "queue.resume",
        "expired",
    )
    assert row["change"] == change["id"] and change["id"] in row["reason"]
    assert act(store, clock) == []
    found = (await li.get(f"/changes/{change['id']}")).json()
    assert (found["state"], found["ended_at"]) == ("expired", row["at"])


async def test_a_strategys_versions_tell_who_changed_it_and_that_it_returned_by_itself(
    li: Person, store: Store, clock: ManualClock
) -> None:
    store.write_now(lambda connection: rulebook.seed(connection, clock.now()))
    await applied(li, "strategy.set", id="mis_taps", params={"limit": 2}, expires="10m")
    clock.advance(601)
    act(store, clock)
    versions = (await li.get("/strategies/mis_taps/history")).json()["items"]
    assert [(one["who"], one["why"]) for one in versions] == [
        ("service", "returned by itself"),
        ("li.wei", "a test"),
        ("service", "starter"),
    ]


async def test_what_was_reverted_before_does_not_return_again(
    li: Person, store: Store, clock: ManualClock
) -> None:
    change = await applied(li, "queue.pause", stage="dispatch", expires="10m")
    await li.post(f"/changes/{change['id']}/revert", {"reason": "x"})
    await applied(li, "queue.pause", stage="dispatch")
    clock.advance(3600)
    assert act(store, clock) == []
    assert store.read_now(controls.look).paused == {Stage.DISPATCH}


async def test_a_later_change_stays_and_returns_to_what_was_before_both(
    li: Person, store: Store, clock: ManualClock
) -> None:
    first = await applied(li, "gateway.weight", gateway="alipay", weight=10, expires="10m")
    second = await applied(li, "gateway.weight", gateway="alipay", weight=20, expires="20m")
    clock.advance(601)
    assert act(store, clock) == [(first["id"], ChangeState.EXPIRED)]
    assert store.read_now(controls.look).weights == {"alipay": 20}
    assert (await li.audit())[0]["outcome"] == "superseded"
    clock.advance(600)
    assert act(store, clock) == [(second["id"], ChangeState.EXPIRED)]
    assert store.read_now(controls.look).weights == {}


@pytest.mark.parametrize(
    ("kind", "undo", "fields"),
    [
        ("queue.pause", "queue.resume", {"stage": "dispatch"}),
        ("gateway.stop", "gateway.start", {"gateway": "alipay"}),
    ],
)
async def test_what_is_undone_by_hand_counts_down_no_longer(
    li: Person, store: Store, clock: ManualClock, kind: str, undo: str, fields: dict[str, str]
) -> None:
    change = await applied(li, kind, **fields, expires="10m")
    assert store.read_now(partial(changes.returning, before=clock.now() + 3_600_000))
    undone = await applied(li, undo, **fields)
    assert store.read_now(partial(changes.returning, before=clock.now() + 3_600_000)) == []
    found = (await li.get(f"/changes/{change['id']}")).json()
    assert (found["state"], found["reverted_by"]) == ("reverted", undone["id"])
    assert found["ended_at"] == undone["applied_at"]
    assert (await li.audit())[0]["reason"] == f"undoes {change['id']}: a test"
    again = await applied(li, kind, **fields)
    clock.advance(601)
    assert act(store, clock) == []
    assert (await li.audit())[0]["change"] == again["id"]


async def test_what_another_change_was_laid_over_keeps_its_time(
    li: Person, store: Store, clock: ManualClock
) -> None:
    first = await applied(li, "gateway.weight", gateway="alipay", weight=10, expires="10m")
    await applied(li, "gateway.weight", gateway="alipay", weight=20)
    found = (await li.get(f"/changes/{first['id']}")).json()
    assert (found["state"], found["reverted_by"]) == ("applied", None)
    clock.advance(601)
    assert act(store, clock) == [(first["id"], ChangeState.EXPIRED)]


async def test_what_is_undone_already_is_only_told(li: Person, store: Store, clock: ManualClock) -> None:
    change = await applied(li, "queue.pause", stage="dispatch", expires="10m")
    store.write_now(
        lambda c: controls.set_paused(c, Stage.DISPATCH, False, now=clock.now(), change_id="elsewhere")
    )
    clock.advance(601)
    assert act(store, clock) == [(change["id"], ChangeState.EXPIRED)]
    assert "nothing left to undo" in (await li.audit())[0]["reason"]


async def test_a_request_lapses(li: Person, store: Store, clock: ManualClock) -> None:
    answer = await li.change("test.loosen", switch="s")
    clock.advance(APPROVAL_WITHIN_MS / 1000 - 1)
    assert act(store, clock) == []
    clock.advance(2)
    assert act(store, clock) == [(answer.json()["id"], ChangeState.LAPSED)]
    row = (await li.audit())[0]
    assert (row["who"], row["outcome"]) == ("service", "lapsed")


async def test_an_approved_change_lasts_from_its_approval(
    li: Person, wang: Person, store: Store, clock: ManualClock
) -> None:
    asked = (await li.change("test.loosen", switch="s", expires="10m")).json()
    clock.advance(1200)
    await wang.post(f"/changes/{asked['id']}/approve")
    clock.advance(599)
    assert act(store, clock) == []
    clock.advance(2)
    assert act(store, clock) == [(asked["id"], ChangeState.EXPIRED)]
    assert store.read_now(lambda c: controls.switch(c, "s"))[0] is False


async def test_a_return_that_fails_is_told_once_tried_again_and_holds_up_no_other(
    root: Person, service: Service, store: Store, clock: ManualClock
) -> None:
    service.desk.policy = Policy(Environment.SANDBOX)
    stuck = await applied(root, "test.loosen", switch="one way", expires="1m")
    other = await applied(root, "queue.pause", stage="dispatch", expires="1m")
    clock.advance(61)
    assert dict(act(store, clock)) == {
        stuck["id"]: ChangeState.APPLIED,
        other["id"]: ChangeState.EXPIRED,
    }
    clock.advance(29)
    assert act(store, clock) == []
    clock.advance(2)
    assert act(store, clock) == [(stuck["id"], ChangeState.APPLIED)]
    assert [row["outcome"] for row in await root.audit()].count("return_failed") == 1


async def test_the_clockwork_does_what_is_due(
    li: Person, service: Service, store: Store, clock: ManualClock
) -> None:
    change = await applied(li, "queue.pause", stage="dispatch", expires="10m")
    clockwork = Clockwork(service)
    await clockwork._return(store)
    assert (await li.get(f"/changes/{change['id']}")).json()["state"] == "applied"
    clock.advance(601)
    clockwork.start()
    async with _patience():
        while (await li.get(f"/changes/{change['id']}")).json()["state"] != "expired":
            await _moment()
    await clockwork.stop()
    assert service.keeper.sink is not None
    head = store.read_now(audit.head)
    assert [(anchor.seq, anchor.hash) for anchor in service.keeper.sink.anchors()][-1] == head


@pytest.fixture
def here() -> Iterator[Home]:
    """Directories for an embedded service."""
    with tempfile.TemporaryDirectory(prefix="rp-") as name, home(Path(name)) as found:
        yield found


def test_a_change_returns_though_the_service_was_killed_in_between(here: Home) -> None:
    service = here.start(sandbox="--no-borrowers")
    here.wait_until_live()
    with here.client() as client:
        answer = client.post(
            "/v1/changes",
            json={"kind": "queue.pause", "stage": "dispatch", "reason": "x", "expires": "3s"},
            headers={"Idempotency-Key": "k"},
        )
    assert answer.status_code == 201, answer.text
    change = answer.json()["id"]
    os.kill(service.pid, signal.SIGKILL)
    service.wait()
    here.start(sandbox="--no-borrowers")
    here.wait_until_served()
    wait_for(lambda: (here.get(f"/v1/changes/{change}") or {}).get("state") == "expired", "the return")
    wait_for(lambda: _paused(here) == [], "a running queue")
    rows = here.get("/v1/audit")["items"]
    assert [(row["who"], row["action"]) for row in rows] == [
        ("service", "queue.resume"),
        ("owner", "queue.pause"),
    ]
    assert here.get("/v1/audit/verify")["sound"] is True


def _paused(here: Home) -> list[str]:
    return [line["stage"] for line in (here.get("/v1/board") or {}).get("stages", []) if line["paused"]]


def _patience() -> Any:
    import asyncio

    return asyncio.timeout(10)


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.02)
