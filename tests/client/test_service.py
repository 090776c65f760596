"""Calls end within their deadline, errors have a type, nothing that comes back is trusted."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from aiohttp import web

from console.client.endpoint import Endpoint
from console.client.errors import (
    ClientError,
    Conflict,
    EnvironmentMismatch,
    Failed,
    Invalid,
    NotFound,
    Overloaded,
    Refused,
    TimedOut,
    Unreachable,
)
from console.client.service import Service
from console.client.transport import LARGEST_ANSWER, Transport
from console.contract.vocabulary import Environment
from tests.client.fake import Fake, problem


async def test_a_board_arrives_with_its_text_untrusted(fake: Fake) -> None:
    async with Service(fake.endpoint()) as service:
        board = await service.board()
    with pytest.raises(TypeError):
        str(board.parts[0].detail)


async def test_the_deadline_travels_and_the_token_is_sent(fake: Fake) -> None:
    async with Service(fake.endpoint(token="t0ken"), deadline=5) as service:
        await service.hello()
    headers = fake.asked[0][1]
    assert 4 < float(headers["Request-Timeout"]) <= 5
    assert headers["Authorization"] == "Bearer t0ken"


async def test_whoever_asks_after_the_connection_was_let_go_gets_an_error_of_ours(fake: Fake) -> None:
    """As a console does that is entering another profile while something is still being read."""
    async with Service(fake.endpoint()) as service:
        await service.hello()
    with pytest.raises(Unreachable, match="not asked any more"):
        await service.changes.page(state="applied")


def test_a_token_is_not_in_what_an_endpoint_says_of_itself() -> None:
    endpoint = Endpoint("https://a", None, Environment.SANDBOX, False, "t0ken")
    assert "t0ken" not in repr(endpoint)


async def test_a_service_of_another_environment_is_refused(fake: Fake) -> None:
    async with Service(fake.endpoint(Environment.PRODUCTION)) as service:
        with pytest.raises(EnvironmentMismatch, match="says it is sandbox, the profile says production"):
            await service.hello()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Refused),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (412, Conflict),
        (422, Invalid),
        (429, Overloaded),
        (500, Failed),
        (504, TimedOut),
    ],
)
async def test_every_problem_has_its_type(fake: Fake, status: int, kind: type[ClientError]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return problem(status, "why", "because\x1b[31m", "do this", {"Retry-After": "7"}, column=3)

    fake.answers["/v1/selections"] = answer
    async with Service(fake.endpoint(), deadline=1) as service:
        with pytest.raises(kind) as caught:
            await service.freeze("x")
    error = caught.value
    assert str(error) == "because\\x1b[31m; do this"
    assert (error.code, error.column, error.retry_after) == ("why", 3, 7.0)


async def test_a_trickling_service_does_not_hold_a_call_past_its_deadline(fake: Fake) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    fake.answers["/v1/board"] = trickle
    begun = time.monotonic()
    async with Service(fake.endpoint(), deadline=0.3) as service:
        with pytest.raises(TimedOut):
            await service.board()
    assert time.monotonic() - begun < 2


async def test_a_redirect_is_an_error_and_is_not_followed(fake: Fake) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "/v1/hello"})

    fake.answers["/v1/board"] = redirect
    async with Service(fake.endpoint(token="t0ken")) as service:
        with pytest.raises(Failed, match="redirect"):
            await service.board()
    assert [path for path, _, _ in fake.asked] == ["/v1/board"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"as_of": 1}', b"\xff", b"null"])
async def test_an_answer_that_is_none_is_an_error(fake: Fake, body: bytes) -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    fake.answers["/v1/board"] = nonsense
    async with Service(fake.endpoint()) as service:
        with pytest.raises(Failed, match="not what this version understands"):
            await service.board()


async def test_an_endless_answer_is_cut_off(fake: Fake) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(LARGEST_ANSWER // (1 << 20) + 4):
            await response.write(b" " * (1 << 20))
        return response

    fake.answers["/v1/board"] = flood
    async with Service(fake.endpoint()) as service:
        with pytest.raises(Failed, match="too large"):
            await service.board()


async def test_nobody_there_is_said_within_the_deadline(short: Path) -> None:
    endpoint = Endpoint("http://control", short / "nobody.sock", Environment.SANDBOX, False)
    begun = time.monotonic()
    async with Service(endpoint, deadline=1) as service:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await service.board()
    assert time.monotonic() - begun < 2


async def test_reads_are_sent_again_after_a_broken_connection(fake: Fake) -> None:
    async def breaks_once(request: web.Request) -> web.StreamResponse:
        del fake.answers["/v1/board"]
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fake.answers["/v1/board"] = breaks_once
    async with Service(fake.endpoint()) as service:
        assert (await service.board()).sequence == 1
    assert len(fake.asked) == 2


async def test_a_mutation_is_sent_again_with_the_same_key(fake: Fake) -> None:
    async def breaks_once(request: web.Request) -> web.StreamResponse:
        async def answers(request: web.Request) -> web.StreamResponse:
            return web.json_response({"accepted": 1, "repeated": 0, "rejected": []})

        fake.answers["/v1/repayments"] = answers
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fake.answers["/v1/repayments"] = breaks_once
    async with Service(fake.endpoint()) as service:
        assert (await service.take_in([{"external_id": "a"}], "k1")).accepted == 1
    assert [headers["Idempotency-Key"] for _, headers, _ in fake.asked] == ["k1", "k1"]
    assert fake.asked[0][2] == fake.asked[1][2]


async def test_a_mutation_without_a_key_is_sent_once(fake: Fake) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fake.answers["/v1/thing"] = breaks
    transport = Transport(fake.endpoint())
    with pytest.raises(Unreachable):
        await transport.call("POST", "/v1/thing", deadline=2, content=b"{}")
    await transport.close()
    assert len(fake.asked) == 1


async def test_ids_from_outside_stay_one_part_of_the_path(fake: Fake) -> None:
    async with Service(fake.endpoint()) as service:
        with pytest.raises(NotFound):
            await service.repayment("../hello?x=1#y")
    assert fake.asked[0][0] == "/v1/repayments/../hello?x=1#y"


async def test_settings_of_the_environment_are_ignored(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    async with Service(fake.endpoint()) as service:
        assert (await service.hello()).name == "fake"


async def test_an_export_yields_whole_lines_however_they_are_cut(fake: Fake) -> None:
    lines = [json.dumps({"id": at, "name": "王" * at}, ensure_ascii=False).encode() for at in range(20)]

    async def export(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        whole = b"\n".join(lines)
        for at in range(0, len(whole), 7):
            await response.write(whole[at : at + 7])
        return response

    fake.answers["/v1/selections/s/export"] = export
    async with Service(fake.endpoint()) as service:
        assert [line async for line in service.export("s")] == lines
