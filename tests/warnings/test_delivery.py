"""What is told to the outside arrives, signed, once noted; Debian's Alertmanager takes it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import shutil
import socket
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from console.contract.clock import ManualClock, SystemClock
from console.store import warnings as stored
from console.store.database import Store
from console.warnings.delivery import MOST_TRIES, Courier, Webhook, alert
from tests.pipeline.running import until
from tests.warnings.told import current, fold, trouble

ALERTMANAGER = shutil.which("prometheus-alertmanager")
KEY = b"a key of a webhook"


class Receiver:
    """Somebody who is called; answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[bytes, dict[str, str]]] = []

    async def take(self, request: web.Request) -> web.Response:
        """Take a call."""
        self.got.append((await request.read(), dict(request.headers)))
        return web.Response(status=self.status)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, str]]:
    """Somebody who is called, and the address."""
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield receiver, f"http://127.0.0.1:{port}/hook"
    finally:
        await runner.cleanup()


def _messages(store: Store) -> list[stored.Message]:
    (one,) = store.read_now(partial(stored.since, at=0))
    return store.read_now(partial(stored.messages, seq=one.seq))


async def test_a_webhook_is_signed_and_sent_once(store: Store, clock: ManualClock) -> None:
    async with receiving() as (receiver, url):
        courier = Courier(store, clock, {"oncall": Webhook(url, KEY)})
        fold(store, trouble(), at=clock.now(), channels=courier.channels)
        assert await courier.round() == 1
        assert await courier.round() == 0
    ((body, headers),) = receiver.got
    text = f"{headers['X-Timestamp']}\n{hashlib.sha256(body).hexdigest()}".encode()
    assert headers["X-Signature"] == hmac.new(KEY, text, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["event"], told["subject"], told["cause"]) == ("opened", "gateway:wechat", "gateway_down")
    assert told["prepared"]["kind"] == "gateway.weight" and told["harm_at"]


async def test_it_is_tried_again_until_it_arrives_under_the_same_id(store: Store, clock: ManualClock) -> None:
    async with receiving() as (receiver, url):
        courier = Courier(store, clock, {"oncall": Webhook(url, KEY)})
        fold(store, trouble(), at=clock.now(), channels=courier.channels)
        receiver.status = 503
        assert await courier.round() == 1 and await courier.round() == 0
        assert _messages(store)[0].problem == "HTTP_503"
        receiver.status = 204
        clock.advance(7)
        assert await courier.round() == 1
        assert len({headers["X-Delivery"] for _, headers in receiver.got}) == 1 and len(receiver.got) == 2
    (message,) = _messages(store)
    assert message.sent_at is not None and message.next_try_at is None and message.problem is None


async def test_after_many_tries_it_is_given_up(store: Store, clock: ManualClock) -> None:
    courier = Courier(store, clock, {"oncall": Webhook("http://127.0.0.1:9/hook", KEY)})
    fold(store, trouble(), at=clock.now(), channels=courier.channels)
    for _ in range(MOST_TRIES):
        assert await courier.round() == 1
        clock.advance(4500)
    assert await courier.round() == 0
    (message,) = _messages(store)
    assert (message.sent_at, message.next_try_at, message.tries) == (None, None, MOST_TRIES)


def test_an_alert_that_ended_ends_under_the_same_labels(store: Store, clock: ManualClock) -> None:
    fold(store, trouble(), at=clock.now(), channels=["alertmanager"])
    fold(store, at=clock.now() + 600_000, channels=["alertmanager"])
    opened, ended = (alert(json.loads(message.body), message.created_at) for message in _messages(store))
    assert opened["labels"] == ended["labels"] and opened["startsAt"] == ended["startsAt"]
    assert ended["endsAt"] < opened["endsAt"]


@pytest.mark.skipif(ALERTMANAGER is None, reason="prometheus-alertmanager is not installed")
async def test_alertmanager_takes_what_is_told(store: Store, tmp_path: Path) -> None:
    config = tmp_path / "alertmanager.yml"
    config.write_text("route:\n  receiver: none\nreceivers:\n  - name: none\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        str(ALERTMANAGER),
        f"--config.file={config}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: _answers(address))
        clock = SystemClock()
        courier = Courier(store, clock, {}, f"http://{address}")
        fold(store, trouble(), at=clock.now(), channels=courier.channels)
        assert await courier.round() == 1
        assert _messages(store)[0].sent_at is not None, _messages(store)[0].problem
        (found,) = await _alerts(address)
        assert found["labels"]["warning"] == current(store)[0].id
        assert found["annotations"]["summary"] == "wechat is down"
    finally:
        process.terminate()
        await process.wait()


def _answers(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, int(port))) == 0


async def _alerts(address: str) -> list[dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{address}/api/v2/alerts?active=true") as answer,
    ):
        found: list[dict[str, Any]] = await answer.json()
        return found
