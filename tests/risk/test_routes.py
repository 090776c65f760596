"""Strategies over the API: the preview, and the answer to a challenge."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from console.control.service import Service
from tests.api.conftest import app, owner, service, visitor
from tests.risk.running import Office

__all__ = ["app", "owner", "service", "visitor"]

KEY = {"Idempotency-Key": "k-1"}


async def preview(owner: httpx.AsyncClient, **body: Any) -> list[dict[str, Any]]:
    answer = await owner.post("/v1/strategies/preview", json=body)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_preview_tells_its_progress_and_who_flips(owner: httpx.AsyncClient, office: Office) -> None:
    office.only("mis_taps")
    identity = await office.screened(signals={"mis_taps": 3})
    *progress, last = await preview(owner, changes=[{"id": "mis_taps", "params": {"limit": 2}}], hours=1)
    assert progress == [{"done": 1, "total": 1}]
    assert last["flips"]["newly_intercepted"]["samples"] == [identity]
    (yesterday,) = await preview(owner, changes=[{"id": "mis_taps", "mode": "off"}], day="2020-02-02")
    assert yesterday["flips"]["seen"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2026-02-03", "hours": 1}, "day"),
        ({"scenario": "promotoin"}, "scenario"),
        ({"changes": [{"id": "nothing", "mode": "off"}]}, "id"),
        ({"changes": [{"id": "mis_taps", "params": {"limt": 1}}]}, "params"),
        ({"hour": 1}, "hour"),
    ],
)
async def test_a_preview_of_nonsense_is_refused(
    owner: httpx.AsyncClient, office: Office, body: dict[str, Any], field: str
) -> None:
    answer = await owner.post("/v1/strategies/preview", json=body)
    assert answer.status_code == 422
    assert field in answer.text


async def test_a_challenge_is_answered_once(
    owner: httpx.AsyncClient, office: Office, service: Service
) -> None:
    identity = await office.screened(signals={"mis_taps": 6})
    path = f"/v1/repayments/{identity}/challenge"
    answer = await owner.post(path, json={"passed": True}, headers=KEY)
    assert (answer.status_code, answer.json()["stage"]) == (200, "dispatch")
    again = await owner.post(path, json={"passed": True}, headers=KEY)
    assert again.headers["Idempotent-Replayed"] == "true"
    late = await owner.post(path, json={"passed": False}, headers={"Idempotency-Key": "k-2"})
    assert (late.status_code, late.json()["code"]) == (409, "not_challenged")
    path = path.replace(identity, "rp_none")
    none = await owner.post(path, json={"passed": True}, headers={"Idempotency-Key": "k-3"})
    assert none.status_code == 404
