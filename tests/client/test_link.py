"""A console's link follows the board, and comes back by itself after every loss."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from console.client import link as module
from console.client import service as service_module
from console.client.errors import EnvironmentMismatch, Failed, TimedOut, Unreachable
from console.client.events import LARGEST_FRAME, Frame, FrameError, FrameReader
from console.client.link import BoardArrived, Connected, Event, Link, Lost
from console.client.service import Service
from tests.client.fake import BOARD, Fake, frame, running


async def follow(link: Link, count: int) -> list[Event]:
    events: list[Event] = []
    async with asyncio.timeout(10), aclosing(link.events()) as happening:
        async for event in happening:
            events.append(event)
            if len(events) == count:
                break
    return events


def named(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_boards_arrive_in_their_order(fake: Fake) -> None:
    fake.streams = [frame(1) + b": heartbeat\n\n" + frame(2)]
    async with Service(fake.endpoint()) as service:
        events = await follow(Link(service), 3)
    assert isinstance(events[0], Connected)
    boards = [event.board.sequence for event in events if isinstance(event, BoardArrived)]
    assert boards == [1, 2]


async def test_after_a_loss_the_link_connects_again_where_it_was(fake: Fake) -> None:
    fake.streams = [frame(1) + frame(2), frame(3)]
    async with Service(fake.endpoint()) as service:
        events = await follow(Link(service), 6)
    assert named(events) == ["Connected", "BoardArrived", "BoardArrived", "Lost", "Connected", "BoardArrived"]
    streams = [headers for path, headers, _ in fake.asked if path == "/v1/board/stream"]
    assert "Last-Event-ID" not in streams[0]
    assert streams[1]["Last-Event-ID"] == "2"


async def test_a_reset_forgets_where_we_were(fake: Fake) -> None:
    fake.streams = [frame(9) + b"event: reset\ndata: {}\n\n", frame(1)]
    async with Service(fake.endpoint()) as service:
        await follow(Link(service), 5)
    streams = [headers for path, headers, _ in fake.asked if path == "/v1/board/stream"]
    assert "Last-Event-ID" not in streams[1]


async def test_a_service_that_is_away_is_found_when_it_is_back(short: Path) -> None:
    socket = short / "control.sock"
    fake = Fake(socket)
    async with Service(fake.endpoint(), deadline=1) as service:
        link = Link(service)
        async with asyncio.timeout(20), aclosing(link.events()) as happening:
            lost = await anext(happening)
            assert isinstance(lost, Lost)
            assert isinstance(lost.reason, Unreachable)
            async with running(socket) as back:
                back.streams = [frame(5)]
                link.retry_now()
                while not isinstance(event := await anext(happening), BoardArrived):
                    pass
                assert event.board.sequence == 5


async def test_the_wrong_environment_is_told_and_shows_no_board(fake: Fake) -> None:
    fake.hello["environment"] = "production"
    async with Service(fake.endpoint()) as service:
        (lost,) = await follow(Link(service), 1)
    assert isinstance(lost, Lost)
    assert isinstance(lost.reason, EnvironmentMismatch)
    assert lost.retry_in == module.REFUSED_PAUSE_SECONDS
    assert [path for path, _, _ in fake.asked] == ["/v1/hello"]


async def test_pauses_grow_and_are_jittered(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_SECONDS", 0.04)
    async with Service(Fake(short / "nobody.sock").endpoint(), deadline=0.1) as service:
        events = await follow(Link(service), 4)
    pauses = [event.retry_in for event in events if isinstance(event, Lost)]
    for pause, most in zip(pauses, (0.01, 0.02, 0.04, 0.04), strict=True):
        assert most / 2 <= pause <= most


async def test_silence_ends_a_stream(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "SILENCE_SECONDS", 0.1)
    async with Service(fake.endpoint()) as service:
        with pytest.raises(TimedOut, match="fell silent"):
            await anext(service.stream())


async def test_a_stream_of_something_else_is_an_error(fake: Fake) -> None:
    fake.streams = [b"event: board\ndata: {}\n\n"]
    async with Service(fake.endpoint()) as service:
        with pytest.raises(Failed):
            await anext(service.stream())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_frames_are_put_together_from_pieces_of_any_size(size: int) -> None:
    reader = FrameReader()
    whole = b": hello\n\n" + frame(1) + b"event: x\nid: 2\ndata: a\ndata:b\n\n"
    frames = [got for at in range(0, len(whole), size) for got in reader.feed(whole[at : at + size])]
    assert [got.event for got in frames] == ["", "board", "x"]
    assert frames[2] == Frame("x", "2", b"a\nb")
    assert str(BOARD["as_of"]).encode() in frames[1].content


def test_a_frame_without_end_is_refused() -> None:
    reader = FrameReader()
    with pytest.raises(FrameError):
        for _ in range(LARGEST_FRAME // 65536 + 2):
            reader.feed(b"x" * 65536)
