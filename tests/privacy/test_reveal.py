"""One value in full: told in the audit first, limited, and nowhere else."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import httpx
import pytest

from console.contract.clock import ManualClock
from console.control.privacy import PrivacySettings
from console.control.service import Service
from console.control.signin import Role
from console.store import audit, controls, reveals
from console.store.database import Store
from tests.api.samples import entry, problem_of, take_in
from tests.privacy.conftest import as_role

FULL = {
    "name": "王小明",
    "mobile": "13812345612",
    "id_number": "990000199001011239",
    "card": "6225751234561496",
}


def asked(field: str = "mobile", **changes: str) -> dict[str, str]:
    return {"field": field, "purpose": "complaint", "reason": "calls back about a double debit"} | changes


def rows_of(store: Store) -> list[audit.Row]:
    return store.read_now(lambda connection: audit.rows_from(connection, 1, 1000))


@pytest.mark.parametrize("field", list(FULL))
async def test_a_value_is_shown_and_the_audit_tells_of_it_without_it(
    owner: httpx.AsyncClient, store: Store, repayment_id: str, field: str
) -> None:
    answer = await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=asked(field))
    assert answer.status_code == 200, answer.text
    assert answer.json()["value"] == FULL[field]
    assert answer.headers["cache-control"] == "no-store"
    row = rows_of(store)[-1]
    assert (row.who, row.action, row.subject) == ("owner", "repayment.reveal", f"{repayment_id}/{field}")
    assert row.reason == "complaint: calls back about a double debit"


async def test_nothing_is_shown_that_the_audit_could_not_take(
    owner: httpx.AsyncClient, repayment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "append", broken)
    answer = await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=asked())
    assert answer.status_code == 500
    assert FULL["mobile"] not in answer.text


async def test_without_a_second_sink_nothing_is_shown(
    owner: httpx.AsyncClient, service: Service, repayment_id: str
) -> None:
    service.keeper._sink = None
    answer = await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=asked())
    assert (answer.status_code, problem_of(answer)["code"]) == (503, "audit_sink")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.AUDITOR])
async def test_who_does_not_operate_sees_nothing(
    visitor: httpx.AsyncClient, repayment_id: str, role: Role
) -> None:
    for path in (f"/v1/repayments/{repayment_id}/reveal", "/v1/borrowers/search"):
        answer = await visitor.post(path, json=asked(), headers=as_role(role))
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": ""}, {"reason": ""}, {"field": "sealed"}, {"field": "borrower"}, {"surplus": "x"}],
    ids=lambda wrong: next(iter(wrong)) + "=" + next(iter(wrong.values())),
)
async def test_purpose_reason_and_field_are_needed(
    owner: httpx.AsyncClient, repayment_id: str, wrong: dict[str, str]
) -> None:
    answer = await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=asked(**wrong))
    assert answer.status_code == 422


async def test_the_limit_holds_per_person_and_hour_however_many_ask_at_once(
    owner: httpx.AsyncClient,
    visitor: httpx.AsyncClient,
    service: Service,
    store: Store,
    repayment_id: str,
    clock: ManualClock,
) -> None:
    service.privacy = PrivacySettings(reveals_per_hour=3)
    path = f"/v1/repayments/{repayment_id}/reveal"
    answers = await asyncio.gather(*(owner.post(path, json=asked()) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [403] * 5
    assert {problem_of(answer)["code"] for answer in answers if answer.status_code == 403} == {"reveal_limit"}
    assert sum(row.action == reveals.ACTION for row in rows_of(store)) == 3
    other = await visitor.post(path, json=asked(), headers=as_role(Role.OPERATOR))
    assert (other.status_code, other.json()["left"]) == (200, 2)
    assert any(refusal.outcome == "reveal_limit" for refusal in service.refusals.take())
    clock.advance(3601)
    assert (await owner.post(path, json=asked())).status_code == 200


async def test_while_reveals_are_stopped_nobody_sees_anything(
    owner: httpx.AsyncClient, store: Store, repayment_id: str, clock: ManualClock
) -> None:
    path = f"/v1/repayments/{repayment_id}/reveal"
    for on in (True, False):
        store.write_now(
            partial(
                controls.set_switch, name=reveals.REVEALS_STOPPED, on=on, now=clock.now(), change_id="ch_1"
            )
        )
        answer = await owner.post(path, json=asked())
        assert answer.status_code == (403 if on else 200)
        assert (FULL["mobile"] in answer.text) is not on


async def test_a_change_stops_reveals_and_its_undoing_allows_them(
    owner: httpx.AsyncClient, repayment_id: str
) -> None:
    path = f"/v1/repayments/{repayment_id}/reveal"
    for at, (stopped, status) in enumerate(((True, 403), (False, 200))):
        body = {"kind": "reveal.stop", "stopped": stopped, "reason": "a drill"}
        done = await owner.post("/v1/changes", json=body, headers={"Idempotency-Key": f"stop-{at}"})
        assert done.status_code == 201, done.text
        assert (await owner.post(path, json=asked())).status_code == status


async def test_a_reason_that_names_the_value_reaches_the_audit_masked(
    owner: httpx.AsyncClient, store: Store, repayment_id: str
) -> None:
    body = asked(reason=f"is it {FULL['mobile']} or not, {FULL['name']}?")
    assert (await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=body)).status_code == 200
    assert rows_of(store)[-1].reason == "complaint: is it *** or not, ***?"


@pytest.mark.parametrize("value", ["b-1", *list(FULL.values())[1:], "138 1234 5612"])
async def test_a_borrower_is_found_by_hash(
    owner: httpx.AsyncClient, store: Store, repayment_id: str, value: str
) -> None:
    answer = await owner.post("/v1/borrowers/search", json={"value": value})
    found = answer.json()
    listed = await owner.get("/v1/repayments", params={"filter": found["filter"]})
    assert [row["id"] for row in listed.json()["items"]] == [repayment_id]
    assert value not in json.dumps([list(row) for row in rows_of(store)])


async def test_whom_nobody_knows_is_not_found(owner: httpx.AsyncClient, repayment_id: str) -> None:
    answer = await owner.post("/v1/borrowers/search", json={"value": "13900000000"})
    assert answer.json() == {"tokens": [], "filter": ""}


async def test_a_shared_number_finds_everybody_who_has_it(
    owner: httpx.AsyncClient, repayment_id: str
) -> None:
    await take_in(owner, entry(2, id_number="990000199001011220", card="6225751234561497"), key="second")
    answer = await owner.post("/v1/borrowers/search", json={"value": FULL["mobile"]})
    assert len(answer.json()["tokens"]) == 2
    assert len((await owner.post("/v1/borrowers/search", json={"value": FULL["card"]})).json()["tokens"]) == 1
