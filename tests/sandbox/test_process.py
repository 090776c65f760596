"""The sandbox as a process: started fast, killed without loss, stopped without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.contract.clock import Instant
from console.gateways.wire import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    DebitRequest,
    Secret,
    encode_debit,
    request_headers,
    verify_answer,
)
from console.sandbox.ledger import parse_line, read_lines
from tests.sandbox.sandbox import until
from tests.sandbox.test_borrowers import FakeControl


class Running:
    """Sandbox processes of one pair of directories; what is started here ends here."""

    def __init__(self, base: Path) -> None:
        self.runtime, self.state = base / "run", base / "state"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str, wait: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "console.sandbox", "run"),
                *("--runtime-dir", str(self.runtime), "--state-dir", str(self.state), *words),
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        if wait:
            end = time.monotonic() + 10
            while not (self.card_path.exists() and self.card()["pid"] == process.pid):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < end
                time.sleep(0.005)
        return process

    @property
    def card_path(self) -> Path:
        return self.runtime / "sandbox.json"

    def card(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.card_path.read_text())
        return found

    def ledger(self) -> list[str]:
        path = self.state / "ledger" / "alipay.jsonl"
        return [parse_line(line).order_no for _, line in read_lines(path)]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    found = Running(tmp_path)
    yield found
    found.end()


async def debit(session: aiohttp.ClientSession, card: dict[str, Any], order_no: str) -> bytes:
    """Send a debit to alipay and return the verified body."""
    gateway = card["gateways"][0]
    secret, seconds = Secret(gateway["secret"].encode()), int(time.time())
    expires_at = Instant((seconds // 3600 + 2) * 3_600_000)
    body = encode_debit(DebitRequest(order_no, 100, "CNY", "9990", "", expires_at))
    headers = request_headers(secret, gateway["merchant"], "POST", "/alipay/debits", body, seconds)
    async with session.post(gateway["base_url"] + "/debits", data=body, headers=headers) as response:
        content = await response.read()
        verify_answer(
            secret,
            response.headers.get(TIMESTAMP_HEADER),
            response.headers.get(SIGNATURE_HEADER),
            content,
            time.time(),
        )
        return content


async def test_killed_again_and_again_it_keeps_its_word_and_debits_once(running: Running) -> None:
    answers: dict[str, bytes] = {}
    port = None
    for _ in range(3):
        process = running.start("--instant", "--linger", "0")
        card = running.card()
        assert port in (None, card["gateways"][0]["base_url"])
        port = card["gateways"][0]["base_url"]

        async def keep_debiting(
            session: aiohttp.ClientSession, first: int, card: dict[str, Any] = card
        ) -> None:
            for number in range(first, first + 60):
                order_no = f"rp_{number}-1"
                heard = await debit(session, card, order_no)
                assert answers.setdefault(order_no, heard) == heard

        known = len(answers)
        async with aiohttp.ClientSession() as session:
            tasks = [asyncio.create_task(keep_debiting(session, first * 60)) for first in range(16)]
            await until(lambda known=known: len(answers) >= min(known + 150, 900))  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, aiohttp.ClientError) for outcome in outcomes)
        process.wait()
    running.start("--instant", "--linger", "0")
    card = running.card()
    async with aiohttp.ClientSession() as session:
        for order_no, heard in answers.items():
            assert await debit(session, card, order_no) == heard
    ledger = running.ledger()
    assert len(ledger) == len(set(ledger))
    assert set(answers) <= set(ledger)


def test_the_card_and_the_sockets_are_private_and_go_away(running: Running) -> None:
    process = running.start("--instant", "--linger", "0")
    assert stat.S_IMODE(running.runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.state.stat().st_mode) == 0o700
    files = [path for path in (*running.runtime.iterdir(), *running.state.rglob("*")) if not path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    names = [gateway["id"] for gateway in running.card()["gateways"]]
    assert names == ["alipay", "wechat", "unionpay", "bank"]
    process.send_signal(signal.SIGTERM)
    _, talk = process.communicate(timeout=10)
    assert process.returncode == 0, talk
    assert [path.name for path in running.runtime.iterdir()] == ["sandbox.lock"]
    assert "Traceback" not in talk


def test_a_second_sandbox_is_refused_and_says_who_is_there(running: Running) -> None:
    first = running.start("--instant", "--linger", "0")
    second = running.start("--instant", wait=False)
    _, talk = second.communicate(timeout=10)
    assert second.returncode == 5
    assert f"is held by process {first.pid}" in talk
    assert first.poll() is None


def test_a_directory_that_others_can_reach_is_refused(running: Running) -> None:
    running.runtime.mkdir()
    running.runtime.chmod(0o755)
    process = running.start(wait=False)
    _, talk = process.communicate(timeout=10)
    assert process.returncode == 2
    assert f"chmod 700 {running.runtime}" in talk


def test_without_a_service_it_ends_by_itself(running: Running) -> None:
    process = running.start("--linger", "0.3")
    _, talk = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "no service for 0.3 s" in talk


async def test_it_lives_as_long_as_the_service_and_pays_into_it(running: Running) -> None:
    running.runtime.mkdir(mode=0o700)
    control = FakeControl(running.runtime / "control.sock")
    async with control.open():
        process = running.start("--linger", "1.5", "--rate", "200")
        await until(lambda: len(control.taken) > 20)
        await asyncio.sleep(1.6)  # longer than it would linger alone
        assert process.poll() is None
    assert await asyncio.to_thread(process.wait, 10) == 0


def test_stop_on_the_admin_socket_ends_it(running: Running) -> None:
    process = running.start("--instant", "--linger", "0")

    async def stop() -> int:
        connector = aiohttp.UnixConnector(str(running.runtime / "sandbox.sock"))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post("http://sandbox/stop") as response,
        ):
            return response.status

    assert asyncio.run(stop()) == 202
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_token_variable_without_a_token_is_refused(running: Running) -> None:
    process = running.start("--control-url", "http://127.0.0.1:1", "--token-env", "NO_SUCH_TOKEN", wait=False)
    _, talk = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "NO_SUCH_TOKEN" in talk


def test_it_starts_fast(running: Running) -> None:
    """Budget 0.35 s to the card; the bound leaves room for a busy machine."""
    fastest = 10.0
    for _ in range(3):
        before = time.monotonic()
        process = running.start("--instant", "--linger", "0")
        fastest = min(fastest, time.monotonic() - before)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert fastest < 1.0


def test_the_sandbox_knows_only_the_contract_and_the_wire() -> None:
    program = (
        "import sys, console.sandbox.process;"
        "print([name for name in sys.modules if name.startswith('console.')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    allowed = ("console.sandbox", "console.contract", "console.gateways")
    names: list[str] = json.loads(found.stdout.replace("'", '"'))
    assert [name for name in names if not name.startswith(allowed)] == []
    assert [name for name in names if name.startswith("console.gateways.")] == ["console.gateways.wire"]
