"""Whatever goes wrong, the answer is a problem; and it gives nothing away."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection

from console.control.entrance import BODY_LIMIT
from console.control.service import Service
from console.store.errors import StoreFull
from tests.api.samples import entry, problem_of, take_in


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "no_such_route"),
        ("GET", "/v1/boards", 404, "no_such_route"),
        ("GET", "/v1/board/", 404, "no_such_route"),
        ("DELETE", "/v1/board", 405, "method_not_allowed"),
        ("GET", "/v1/repayments/rp_none", 404, "no_such_repayment"),
        ("GET", "/v1/selections/sel_none", 404, "no_such_selection"),
        ("POST", "/v1/callbacks/nobody", 404, "no_such_gateway"),
        ("GET", "/v1/board/stream?rate=3", 422, "invalid"),
        ("GET", "/v1/repayments?limit=0", 422, "invalid"),
        ("GET", "/v1/repayments?cursor=x", 422, "invalid"),
    ],
)
async def test_every_error_is_a_problem(
    owner: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await owner.request(method, path)
    assert answer.status_code == status
    assert problem_of(answer)["code"] == code


async def test_a_refused_method_tells_the_right_one(owner: httpx.AsyncClient) -> None:
    answer = await owner.delete("/v1/board")
    assert answer.headers["allow"] == "GET"


async def test_a_body_over_the_limit_is_refused(owner: httpx.AsyncClient) -> None:
    told = await owner.post("/v1/selections", content=b"x" * (BODY_LIMIT + 1))
    assert told.status_code == 413
    assert problem_of(told)["code"] == "body_too_large"

    async def untold() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 65536 + 1):
            yield b"x" * 65536

    streamed = await owner.post("/v1/selections", content=untold())
    assert streamed.status_code == 413


async def test_an_unexpected_error_is_logged_without_its_message(
    owner: httpx.AsyncClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("card 6225751234561496")

    monkeypatch.setattr(service, "read", broken)
    monkeypatch.setattr(logging.getLogger("console"), "propagate", True)
    answer = await owner.get("/v1/repayments/rp_x")
    assert answer.status_code == 500
    assert problem_of(answer)["code"] == "unexpected"
    assert "6225751234561496" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_problems.py" in caplog.text


async def test_a_full_disk_is_said_and_nothing_is_acknowledged(
    owner: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = await service.ready_now()

    async def full(*_: object, **__: object) -> None:
        raise StoreFull("the disk is full", "free some space")

    monkeypatch.setattr(store, "write", full)
    answer = await take_in(owner, entry(1), key="k")
    assert answer.status_code == 503
    problem = problem_of(answer)
    assert (problem["title"], problem["hint"]) == ("the disk is full", "free some space")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert (await take_in(owner, entry(1), key="k")).status_code == 200


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf", "1e9"])
async def test_a_wrong_deadline_is_refused(owner: httpx.AsyncClient, seconds: str) -> None:
    answer = await owner.get("/v1/hello", headers={"Request-Timeout": seconds})
    assert answer.status_code == 400
    assert problem_of(answer)["code"] == "bad_timeout"


async def test_work_past_its_deadline_is_dropped_before_it_starts(
    owner: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = await service.ready_now()
    write = store.write

    async def late(job: Callable[[Connection], object], **_: bool) -> object:
        def slowly(connection: Connection) -> object:
            time.sleep(0.06)
            return job(connection)

        return await write(slowly)

    monkeypatch.setattr(store, "write", late)
    answer = await owner.post(
        "/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k", "Request-Timeout": "0.05"}
    )
    assert answer.status_code == 504
    assert problem_of(answer)["code"] in ("deadline_passed", "timed_out")
    monkeypatch.undo()
    await take_in(owner, entry(2), key="behind it in the writer's queue")
    rows = (await owner.get("/v1/repayments")).json()["items"]
    assert [row["external_id"] for row in rows] == ["ext-2"]


async def test_a_service_that_is_starting_says_so_in_time(app: FastAPI, service: Service) -> None:
    service._store = service._keys = None
    service._opened.clear()
    from console.control.entrance import Entrance

    transport = httpx.ASGITransport(Entrance(app, service.traffic, owner=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        answer = await client.get("/v1/board", headers={"Request-Timeout": "0.05"})
        assert answer.status_code in (503, 504)
        assert (await client.get("/v1/healthz")).status_code == 200
        ready = await client.get("/v1/readyz")
        assert ready.status_code == 503
        assert ready.json()["ready"] is False
