"""Selections over the API: frozen, paged, exported; filters that point at what is wrong."""

from __future__ import annotations

import csv
import io
import json

import httpx
import pytest

from console.contract.clock import ManualClock
from console.contract.selection import Rows, Selection
from tests.api.samples import entry, problem_of, take_in


async def _frozen(client: httpx.AsyncClient, filter_text: str = "") -> Selection:
    answer = await client.post("/v1/selections", json={"filter": filter_text})
    assert answer.status_code == 201, answer.text
    return Selection.model_validate_json(answer.content)


async def test_a_selection_stays_as_it_was_frozen(owner: httpx.AsyncClient) -> None:
    await take_in(owner, *(entry(number) for number in range(20)), key="k-1")
    selection = await _frozen(owner, "amount>=100.10")
    assert selection.count == 10
    assert selection.sum_fen == sum(10_000 + number for number in range(10, 20))
    await take_in(owner, *(entry(number) for number in range(100, 120)), key="k-2")
    again = await owner.get(f"/v1/selections/{selection.id}")
    assert Selection.model_validate_json(again.content) == selection
    page = await owner.get(f"/v1/selections/{selection.id}/rows", params={"at": 7, "count": 50})
    rows = Rows.model_validate_json(page.content)
    assert rows.at == 7
    assert [row.amount_fen for row in rows.rows] == [10_012, 10_011, 10_010]
    assert rows.rows[0].borrower.name.raw == "王**"


@pytest.mark.parametrize(
    ("filter_text", "column", "hint"),
    [
        ("state:faild", 6, "failed"),
        ("gatway:x", 0, "gateway"),
        ("amount>=12,5", 11, ""),
        ("hello", 0, "text~"),
    ],
)
async def test_a_wrong_filter_points_at_its_column(
    owner: httpx.AsyncClient, filter_text: str, column: int, hint: str
) -> None:
    for answer in (
        await owner.post("/v1/selections", json={"filter": filter_text}),
        await owner.get("/v1/repayments", params={"filter": filter_text}),
    ):
        assert answer.status_code == 422
        problem = problem_of(answer)
        assert problem["code"] == "bad_filter"
        assert problem["column"] == column
        assert hint in problem["hint"]


async def test_a_selection_is_gone_after_its_hour(owner: httpx.AsyncClient, clock: ManualClock) -> None:
    selection = await _frozen(owner)
    clock.advance(3601)
    for path in ("", "/rows", "/export"):
        answer = await owner.get(f"/v1/selections/{selection.id}{path}")
        assert answer.status_code == 404, path
        assert problem_of(answer)["code"] == "no_such_selection"


@pytest.mark.parametrize("query", ["at=-1", "count=501", "at=x", "count=1e3"])
async def test_a_wrong_position_names_the_parameter(owner: httpx.AsyncClient, query: str) -> None:
    selection = await _frozen(owner)
    answer = await owner.get(f"/v1/selections/{selection.id}/rows?{query}")
    assert answer.status_code == 422
    assert problem_of(answer)["detail"] == query.partition("=")[0]


async def test_an_export_is_whole_and_masked(owner: httpx.AsyncClient) -> None:
    await take_in(owner, *(entry(number) for number in range(600)), key="k-1")
    await take_in(owner, *(entry(number) for number in range(600, 1101)), key="k-2")
    selection = await _frozen(owner)
    lines = (await owner.get(f"/v1/selections/{selection.id}/export")).content.splitlines()
    assert len(lines) == selection.count == 1101
    assert json.loads(lines[0])["external_id"] == "ext-1100"
    table = await owner.get(f"/v1/selections/{selection.id}/export", params={"format": "csv"})
    assert "13812345612" not in table.text
    records = list(csv.DictReader(io.StringIO(table.text)))
    assert len(records) == 1101
    assert records[-1]["amount_fen"] == "10000"


async def test_a_csv_export_holds_no_formula_and_no_escape(owner: httpx.AsyncClient) -> None:
    await take_in(owner, entry(1, product="=cmd|' /C calc'!A0", instalment="a\u202eb"), key="k")
    selection = await _frozen(owner)
    table = await owner.get(f"/v1/selections/{selection.id}/export", params={"format": "csv"})
    (record,) = csv.DictReader(io.StringIO(table.text))
    assert record["product"].startswith("'=")
    assert record["instalment"] == "a\\u202eb"


async def test_pages_of_the_list_do_not_shift_under_live_traffic(owner: httpx.AsyncClient) -> None:
    await take_in(owner, *(entry(number) for number in range(5)), key="k-1")
    first = (await owner.get("/v1/repayments", params={"limit": 2})).json()
    await take_in(owner, entry(9), key="k-2")
    second = (await owner.get("/v1/repayments", params={"limit": 2, "cursor": first["next"]})).json()
    third = (await owner.get("/v1/repayments", params={"limit": 2, "cursor": second["next"]})).json()
    seen = [row["external_id"] for page in (first, second, third) for row in page["items"]]
    assert seen == ["ext-4", "ext-3", "ext-2", "ext-1", "ext-0"]
    assert third["next"] is None
