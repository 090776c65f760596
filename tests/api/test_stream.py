"""The board's stream over real sockets: live, resumable, shared, bounded, and ended at shutdown."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from console.contract.board import Board
from console.control import event_stream, publisher
from console.control.publisher import Publisher
from console.control.service import Service
from tests.api.samples import entry, take_in
from tests.api.sockets import Event, Served, events, served


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a state."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - any state, not only one that tells of itself
            await asyncio.sleep(0.005)


@pytest.fixture
async def place(service: Service, tmp_path: Path) -> AsyncIterator[Served]:
    """The service on real sockets."""
    async with served(service, tmp_path) as found:
        yield found


async def _boards(client: httpx.AsyncClient, count: int, **headers: str) -> list[Event]:
    found: list[Event] = []
    async with client.stream("GET", "/v1/board/stream?rate=4", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for event in events(response):
            if event.name != ":":
                found.append(event)
            if len(found) == count:
                break
    return found


async def test_boards_come_live_with_growing_ids(place: Served) -> None:
    async with place.owner() as client:
        first, second, third = await _boards(client, 3)
    boards = [Board.model_validate_json(event.content) for event in (first, second, third)]
    assert {event.name for event in (first, second, third)} == {"board"}
    assert boards[0].sequence < boards[1].sequence < boards[2].sequence
    assert first.id.endswith(f".{boards[0].sequence}")


async def test_the_stream_shows_what_happened_meanwhile(place: Served) -> None:
    async with place.owner() as client, client.stream("GET", "/v1/board/stream?rate=4") as response:
        async with asyncio.timeout(5):
            async for event in events(response):
                if event.name == ":":
                    await take_in(client, *(entry(number) for number in range(7)), key="k")
                    continue
                board = Board.model_validate_json(event.content)
                if board.stages[0].depth == 7:
                    return
    raise AssertionError("the stream ended")


async def test_all_listeners_share_one_computation(service: Service, place: Served) -> None:
    made = 0
    compute = service.publisher._compute

    async def counted(sequence: int) -> Board:
        nonlocal made
        made += 1
        return await compute(sequence)

    service.publisher._compute = counted
    async with place.owner() as client:
        streams = await asyncio.gather(*(_boards(client, 3) for _ in range(10)))
    assert made <= 6
    assert len({stream[-1].content for stream in streams}) <= 2


async def test_nothing_is_computed_while_nobody_listens(service: Service, place: Served) -> None:
    async with place.owner() as client:
        await _boards(client, 1)
    await until(lambda: service.publisher.listeners == 0)
    await asyncio.sleep(0.3)
    latest = service.publisher._sequence
    await asyncio.sleep(0.6)
    assert service.publisher._sequence == latest


async def test_a_listener_that_was_away_shortly_goes_on_without_reset(place: Served) -> None:
    async with place.owner() as client:
        (seen,) = await _boards(client, 1)
        (following,) = await _boards(client, 1, **{"Last-Event-ID": seen.id})
    assert following.name == "board"
    assert following.id != seen.id


@pytest.mark.parametrize("identity", ["otherboot.1", "rubbish", "1", "x." + "9" * 30, "."])
async def test_a_listener_from_another_service_is_reset(place: Served, identity: str) -> None:
    async with place.owner() as client:
        reset, board = await _boards(client, 2, **{"Last-Event-ID": identity})
    assert (reset.name, board.name) == ("reset", "board")


async def test_a_listener_that_was_away_too_long_is_reset(
    service: Service, place: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.owner() as client:
        (seen,) = await _boards(client, 1)
        monkeypatch.setattr(publisher, "RESUME_SECONDS", -1.0)
        reset, _ = await _boards(client, 2, **{"Last-Event-ID": seen.id})
    assert reset.name == "reset"


async def test_a_silent_stream_says_that_it_lives(
    service: Service, place: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "HEARTBEAT_SECONDS", 0.05)

    async def never(sequence: int) -> Board:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(service.publisher, "_compute", never)
    async with place.owner() as client, client.stream("GET", "/v1/board/stream") as response:
        comments = 0
        async for event in events(response):
            assert event.name == ":"
            comments += 1
            if comments == 3:
                break


async def test_a_slow_client_gets_the_newest_frame_and_holds_up_nobody(place: Served) -> None:
    slow = socket.socket(socket.AF_UNIX)
    slow.setblocking(False)
    slow.connect(str(place.socket))
    slow.send(b"GET /v1/board/stream?rate=4 HTTP/1.1\r\nHost: x\r\n\r\n")
    async with place.owner() as client:
        began = time.monotonic()
        await _boards(client, 4)
        assert time.monotonic() - began < 3
    slow.close()


def test_a_listener_keeps_one_frame_the_newest() -> None:
    listener = publisher.Listener(0.25)
    for number in range(1, 6):
        listener.offer(publisher.Frame(number, None, b"", b"", number * 1.0))  # type: ignore[arg-type]
    assert listener._frame is not None
    assert listener._frame.sequence == 5


async def test_a_client_that_takes_nothing_is_dropped(
    service: Service, place: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "STUCK_SECONDS", 0.1)
    huge = b": " + b"x" * 4_000_000 + b"\n\n"

    async def flood(self: Publisher, rate: int, last: str | None) -> AsyncIterator[bytes]:
        while True:
            yield huge

    monkeypatch.setattr(Publisher, "stream", flood)
    reader, writer = await asyncio.open_unix_connection(str(place.socket), limit=1024)
    writer.write(b"GET /v1/board/stream HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readline()
    await until(lambda: service.traffic.persons == 1)
    await until(lambda: service.traffic.persons == 0)
    writer.close()


async def test_shutdown_ends_open_streams_at_once(service: Service, tmp_path: Path) -> None:
    async with asyncio.timeout(5):
        async with served(service, tmp_path) as found:
            client = found.owner()
            request = client.build_request("GET", "/v1/board/stream")
            response = await client.send(request, stream=True)
            await until(lambda: service.publisher.listeners == 1)
            began = time.monotonic()
        assert time.monotonic() - began < 1.0
        rest = [event async for event in events(response)]
        assert all(event.name in (":", "board") for event in rest)
        await client.aclose()


async def test_a_closed_stream_is_forgotten(service: Service, place: Served) -> None:
    async with place.owner() as client:
        await _boards(client, 1)
    await until(lambda: service.publisher.listeners == 0 and service.traffic.persons == 0)


async def test_a_caller_over_tcp_cannot_pass_for_the_owner(place: Served) -> None:
    forged = {"X-Forwarded-For": "", "X-Real-IP": "", "Forwarded": "for=unix", "Host": "control"}
    async with place.visitor() as client:
        assert (await client.get("/v1/hello", headers=forged)).status_code == 401
    async with place.owner() as client:
        assert (await client.get("/v1/hello")).json()["roles"] == ["admin"]


async def test_a_tcp_peer_that_is_gone_already_is_still_nobody(service: Service, place: Served) -> None:
    """Its address cannot be had any more, as with a Unix socket; that makes nobody an owner."""
    host, _, port = place.url.removeprefix("http://").partition(":")
    body = b'{"repayments": []}'
    request = (
        b"POST /v1/repayments HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    before = service.traffic.requests.get(401, 0)
    for _ in range(30):
        gone = socket.create_connection((host, int(port)))
        gone.sendall(request)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        gone.close()
    async with place.visitor() as client:
        await client.get("/v1/hello")
    await until(lambda: service.traffic.requests.get(401, 0) > before)
    assert set(service.traffic.requests) == {401}


async def test_the_socket_is_private_and_appears_only_when_it_accepts(
    service: Service, tmp_path: Path
) -> None:
    async with served(service, tmp_path) as found:
        assert found.socket.stat().st_mode & 0o777 == 0o600
        assert _sockets(tmp_path) == ["c.sock"]
    assert _sockets(tmp_path) == []


def _sockets(directory: Path) -> list[str]:
    return [path.name for path in directory.glob("c.sock*")]
