"""Taking repayments in: once per external id and per key, each entry on its own, within limits."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from sqlalchemy import Connection, text

from console.contract.repayment import IntakeReport, Repayment
from console.control.service import Service
from console.repayment.settings import PipelineSettings
from tests.api.samples import entry, problem_of, take_in


async def test_a_batch_is_reported_entry_by_entry(owner: httpx.AsyncClient) -> None:
    answer = await take_in(
        owner, entry(1), entry(2, amount_fen=-5), entry(3, colour="red"), entry(4), key="k-1"
    )
    assert answer.status_code == 200
    report = IntakeReport.model_validate_json(answer.content)
    assert (report.accepted, report.repeated, len(report.ids)) == (2, 0, 2)
    assert [(line.line, line.field) for line in report.rejected] == [(2, "amount_fen"), (3, "colour")]


async def test_a_single_repayment_is_answered_with_itself_masked(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert "13812345612" not in answer.text
    assert "王小明" not in answer.text
    repayment = Repayment.model_validate_json(answer.content)
    assert repayment.amount_fen == 10_001
    shown = await owner.get(f"/v1/repayments/{repayment.id}")
    assert shown.status_code == 200
    assert Repayment.model_validate_json(shown.content) == repayment
    assert [step.what for step in repayment.timeline] == ["taken_in"]


async def test_the_same_external_id_is_taken_in_once(owner: httpx.AsyncClient) -> None:
    first = await owner.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k-1"})
    again = await owner.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k-2"})
    other = await owner.post(
        "/v1/repayments", json=entry(1, amount_fen=5), headers={"Idempotency-Key": "k-3"}
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert other.status_code == 409
    assert problem_of(other)["code"] == "external_id_taken"


async def test_a_replayed_key_gives_the_same_answer_and_says_so(owner: httpx.AsyncClient) -> None:
    first = await take_in(owner, entry(1), key="k")
    again = await take_in(owner, entry(1), key="k")
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_is_bound_to_its_body(owner: httpx.AsyncClient) -> None:
    await take_in(owner, entry(1), key="k")
    other = await take_in(owner, entry(2), key="k")
    assert other.status_code == 422
    assert problem_of(other)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("key", [None, "", "x" * 256, "tab\there"])
async def test_a_mutation_without_a_usable_key_is_refused(owner: httpx.AsyncClient, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await owner.post("/v1/repayments", json=entry(1), headers=headers)
    assert answer.status_code == 400
    assert problem_of(answer)["code"].startswith("idempotency_key_")


async def test_a_key_in_flight_is_a_conflict(owner: httpx.AsyncClient, service: Service) -> None:
    service.in_flight.add(("owner", "k"))
    answer = await take_in(owner, entry(1), key="k")
    assert answer.status_code == 409
    assert problem_of(answer)["code"] == "in_flight"


async def test_one_key_sent_many_times_at_once_has_one_effect(
    owner: httpx.AsyncClient, service: Service
) -> None:
    answers = await asyncio.gather(*(take_in(owner, entry(1), key="k") for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(answer.status_code == 200 for answer in answers) >= 1
    assert await _count(service) == 1


async def test_a_refused_call_leaves_its_key_unused(owner: httpx.AsyncClient, service: Service) -> None:
    service.settings = PipelineSettings(intake_limit=1)
    full = await take_in(owner, entry(1), entry(2), key="k")
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    assert problem_of(full)["code"] == "intake_full"
    assert await _count(service) == 0
    service.settings = PipelineSettings()
    assert (await take_in(owner, entry(1), entry(2), key="k")).status_code == 200
    assert await _count(service) == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"[1]", 400, None),
        (b'{"a": NaN}', 400, None),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, None),
        (b"\xff\xfe", 400, None),
        (json.dumps({"repayments": []}).encode(), 422, "repayments"),
        (json.dumps({"repayments": [1]}).encode(), 422, "repayments.0"),
        (json.dumps({"repayments": [entry(1)], "more": 1}).encode(), 422, "more"),
        (json.dumps(entry(1, due_on="tomorrow")).encode(), 422, "due_on"),
        (json.dumps({"external_id": "x"}).encode(), 422, "borrower"),
    ],
)
async def test_a_wrong_body_is_named(
    owner: httpx.AsyncClient, body: bytes, status: int, field: str | None
) -> None:
    answer = await owner.post("/v1/repayments", content=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == status
    problem = problem_of(answer)
    if field is not None:
        assert problem["detail"] == field
        assert field in problem["title"]


async def test_more_than_a_thousand_entries_are_refused(owner: httpx.AsyncClient) -> None:
    answer = await take_in(owner, *(entry(number) for number in range(1001)), key="k")
    assert answer.status_code == 422


async def test_problems_never_repeat_personal_data(owner: httpx.AsyncClient) -> None:
    answer = await owner.post(
        "/v1/repayments",
        json=entry(1, mobile="13812345612" * 20, amount_fen="6225751234561496x"),
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 422
    assert "13812345612" not in answer.text
    assert "6225751234561496" not in answer.text


async def _count(service: Service) -> int:
    store, _ = await service.ready_now()

    def job(connection: Connection) -> int:
        return int(connection.execute(text("SELECT count(*) FROM repayment")).scalar_one())

    return await store.read(job)
