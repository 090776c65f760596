"""Queries of lists: a cursor that no page gave is refused, whatever it is."""

from __future__ import annotations

import httpx
import pytest

from console.control.app import create_app
from console.control.service import Service

LISTS = (
    "audit", "cases", "changes", "complaints", "doubts", "incidents", "care", "reconciliations",
    "repayments", "replays", "runs", "warnings", "windows",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
async def test_a_cursor_that_no_page_gave_is_refused(owner: httpx.AsyncClient, path: str) -> None:
    assert (await owner.get(f"/v1/{path}")).status_code == 200
    for cursor in ("x", "\u00b2", "-1", "1 "):
        answer = await owner.get(f"/v1/{path}", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["detail"]) == (422, "cursor"), answer.text


@pytest.mark.parametrize("path", [path for path in LISTS if path != "doubts"])
async def test_a_number_beyond_all_is_the_first_page(owner: httpx.AsyncClient, path: str) -> None:
    answer = await owner.get(f"/v1/{path}", params={"cursor": "9" * 20})
    assert answer.status_code == 200


@pytest.mark.parametrize(("path", "word"), [("replays", "runing"), ("warnings", "opn"), ("windows", "actve")])
async def test_an_unknown_word_is_answered_with_the_nearest(
    owner: httpx.AsyncClient, path: str, word: str
) -> None:
    answer = await owner.get(f"/v1/{path}", params={"state": word})
    assert answer.status_code == 422 and answer.json()["hint"].startswith("did you mean")


def test_every_list_with_a_cursor_is_tried(service: Service) -> None:
    paths = create_app(service).openapi()["paths"]
    listed = {
        path.removeprefix("/v1/")
        for path, verbs in paths.items()
        if any(one["name"] == "cursor" for one in verbs.get("get", {}).get("parameters", ()))
        and "{" not in path
    }
    assert listed - {"tokens"} == set(LISTS)
