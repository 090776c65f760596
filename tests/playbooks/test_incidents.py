"""The incident log: what is written stays, in whose name, and the report counts from the books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.store import incident_figures
from console.store.database import Store
from console.store.incident_figures import Span
from tests.desk.conftest import Person
from tests.playbooks.books import HOUR_MS, orders_of

PAUSE = {"kind": "queue.pause", "body": {"stage": "screening"}}

Persons = Callable[[str], Person]


async def opened(who: Person, **more: Any) -> str:
    answer = await who.change("incident.open", title="alipay is out", gateways=["alipay"], **more)
    assert answer.status_code == 201, answer.text
    return f"inc_{answer.json()['id'].removeprefix('chg_')}"


async def test_what_is_written_stays_in_order_and_in_the_writers_name(person: Persons) -> None:
    li, root = person("li.wei"), person("root")
    incident = await opened(li, since="30m")
    change = (await li.change("queue.pause", stage="screening")).json()["id"]
    assert (await root.change("incident.note", id=incident, text="they said so")).status_code == 201
    attached = await li.change("incident.attach", id=incident, what="change", ref=change)
    assert attached.status_code == 201, attached.text
    assert (await li.change("incident.attach", id=incident, what="change", ref=change)).status_code == 403
    assert (await li.change("incident.close", id=incident)).status_code == 201
    found = (await li.get(f"/incidents/{incident}")).json()
    told = [(entry["what"], entry["who"], entry["ref"]) for entry in found["entries"]]
    assert told == [
        ("opened", "li.wei", None),
        ("note", "root", None),
        ("change", "li.wei", change),
        ("closed", "li.wei", None),
    ]
    assert (
        found["closed_at"] is not None and (await li.get("/incidents")).json()["items"][0]["id"] == incident
    )
    assert (await li.post(f"/changes/{attached.json()['id']}/revert", {"reason": "wrong"})).status_code == 201
    assert "change" not in {
        entry["what"] for entry in (await li.get(f"/incidents/{incident}")).json()["entries"]
    }


async def test_what_is_not_there_cannot_be_attached_nor_personal_data_written(person: Persons) -> None:
    li = person("li.wei")
    incident = await opened(li)
    for what, ref in (("change", "chg_0"), ("run", "run_0"), ("replay", "rpl_0"), ("warning", "warn_0")):
        assert (await li.change("incident.attach", id=incident, what=what, ref=ref)).status_code == 422
    assert (await li.change("incident.note", id=incident, text="call 13800000000")).status_code == 422
    assert (await li.change("incident.note", id="inc_0", text="x")).status_code == 422
    assert (await person("guest").change("incident.note", id=incident, text="x")).status_code == 403


@pytest.mark.parametrize("name", ["wang.fang", "zhao.min"])
async def test_approvers_and_auditors_write_notes_and_nothing_else(person: Persons, name: str) -> None:
    incident = await opened(person("li.wei"))
    who = person(name)
    noted = await who.change("incident.note", id=incident, text="seen from here too")
    assert noted.status_code == 201, noted.text
    for kind, fields in (
        ("incident.close", {"id": incident}),
        ("incident.open", {"title": "another one"}),
        ("queue.pause", {"stage": "screening"}),
        ("playbook.start", {"playbook": "x", "title": "x", "digest": "0" * 64, "steps": [PAUSE]}),
    ):
        assert (await who.change(kind, **fields)).status_code == 403, kind


async def test_the_log_is_written_in_a_read_only_service_too(person: Persons) -> None:
    assert (await person("root").change("service.read_only", on=True)).status_code == 201
    incident = await opened(person("li.wei"))
    assert (await person("li.wei").change("incident.note", id=incident, text="x")).status_code == 201


async def test_a_report_tells_of_runs_step_by_step_and_of_what_still_stands(person: Persons) -> None:
    li = person("li.wei")
    incident = await opened(li)
    steps = [{"kind": "queue.pause", "body": {"stage": "screening"}}]
    body: dict[str, Any] = {
        "playbook": "one",
        "title": "One",
        "digest": "0" * 64,
        "steps": steps,
        "into": incident,
    }
    begun = (await li.change("playbook.start", **body)).json()
    run = f"run_{begun['id'].removeprefix('chg_')}"
    step = (await li.change("queue.pause", stage="screening", run=f"{run}/1")).json()["id"]
    report = (await li.get(f"/incidents/{incident}/report")).json()
    told = [(line["what"], line["ref"]) for line in report["timeline"]]
    assert ("run", run) in told and ("applied", step) in told
    assert [(one["what"], one["ref"]) for one in report["still_open"]] == [("change", step)]
    await li.post(f"/changes/{step}/revert", {"reason": "calm"})
    report = (await li.get(f"/incidents/{incident}/report")).json()
    assert ("reverted", step) in [(line["what"], line["ref"]) for line in report["timeline"]]
    assert report["still_open"] == []
    assert (await person("guest").get(f"/incidents/{incident}/report")).status_code == 403


def test_figures_count_the_orders_of_the_incidents_time_and_gateways(
    store: Store, clock: ManualClock
) -> None:
    now = clock.now()
    orders_of(
        store,
        (now - 3 * HOUR_MS, "alipay", "FAILED", 1),
        (now - HOUR_MS, "alipay", "SUCCEEDED", 10),
        (now - HOUR_MS, "alipay", "FAILED", 100),
        (now - HOUR_MS, "wechat", "FAILED", 1000),
        (now - HOUR_MS, "alipay", "UNKNOWN", 10_000),
        (now + HOUR_MS, "alipay", "FAILED", 100_000),
    )
    span = Span(now - 2 * HOUR_MS, now, ("alipay",))

    def read(connection: Any) -> Any:
        return (
            incident_figures.orders(connection, span),
            incident_figures.stages(connection, span),
            incident_figures.borrowers(connection, span, 1),
            incident_figures.unpaid(connection, span, "2999-01-01", 10),
            incident_figures.unpaid(connection, span, "2000-01-01", 10),
            incident_figures.orders(connection, Span(span.since, span.until, ())),
        )

    orders, stages, borrowers, unpaid, none, everywhere = store.read_now(read)
    assert {(one.state, one.number, one.sum_fen) for one in orders} == {
        ("SUCCEEDED", 1, 10),
        ("FAILED", 1, 100),
        ("UNKNOWN", 1, 10_000),
    }
    assert {(one.stage, one.number, one.sum_fen) for one in stages} == {
        ("failed", 1, 100),
        ("in_doubt", 1, 10_000),
    }
    assert borrowers[0] == 2 and [one.sum_fen for one in borrowers[1]] == [10_000]
    assert unpaid[:2] == (2, 10_100) and len(unpaid[2]) == 2
    assert none == (0, 0, [])
    assert sum(one.sum_fen for one in everywhere) == 11_110
