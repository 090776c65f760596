"""The admin API over its socket: faults, surges, the ledgers' truth, the past."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.contract.faults import Fault
from console.gateways.wire import Status
from console.sandbox.borrowers import Borrowers
from console.sandbox.door import Address, Door
from console.sandbox.ledger import DEBIT, ledger_line
from console.sandbox.process import serving_admin
from tests.sandbox.sandbox import Sandbox


@dataclass
class Owner:
    """Whoever holds the socket."""

    session: aiohttp.ClientSession
    sandbox: Sandbox
    stop: asyncio.Event
    socket: Path

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.session.request(method, f"http://sandbox{path}", json=body) as response:
            content = await response.read()
            return response.status, json.loads(content) if content else None

    async def lines(self, path: str) -> list[dict[str, Any]]:
        async with self.session.get(f"http://sandbox{path}") as response:
            assert response.status == 200
            return [json.loads(line) for line in (await response.read()).splitlines()]


@pytest.fixture
async def owner(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Owner]:
    stop = asyncio.Event()
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    path = runtime / "sandbox.sock"
    async with (
        serving_admin(sandbox.world, runtime, stop),
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
    ):
        yield Owner(session, sandbox, stop, path)


async def test_the_socket_is_the_owners_alone(owner: Owner) -> None:
    assert stat.S_IMODE(owner.socket.stat().st_mode) == 0o600


async def test_a_fault_is_switched_on_seen_and_calmed(owner: Owner) -> None:
    body = {"gateway": "alipay", "mode": "Timeout-After Debit", "rate": 0.3, "seconds": 60}
    status, state = await owner.ask("POST", "/faults", body)
    assert status == 200
    [alipay, bank] = state["gateways"]
    assert alipay["faults"][0]["mode"] == "timeout_after_debit"
    assert alipay["faults"][0]["rate"] == 0.3
    assert 59 < alipay["faults"][0]["seconds_left"] <= 60
    assert bank["faults"] == []
    _, state = await owner.ask("POST", "/calm")
    assert [gateway["faults"] for gateway in state["gateways"]] == [[], []]


async def test_a_fault_acts_at_once_and_ends_by_itself(owner: Owner) -> None:
    merchant = owner.sandbox.merchant()
    await owner.ask("POST", "/faults", {"gateway": "all", "mode": "decline", "seconds": 0.2})
    assert merchant.answer(await merchant.debit("rp_1-1")).status is Status.FAILED
    started = time.monotonic()
    while merchant.answer(await merchant.debit(f"rp_{time.monotonic_ns()}-1")).status is Status.FAILED:
        assert time.monotonic() < started + 5
    assert time.monotonic() > started + 0.1
    _, state = await owner.ask("GET", "/state")
    assert state["gateways"][0]["faults"] == []


async def test_rate_zero_switches_off(owner: Owner) -> None:
    await owner.ask("POST", "/faults", {"gateway": "alipay", "mode": "down"})
    await owner.ask("POST", "/faults", {"gateway": "alipay", "mode": "down", "rate": 0})
    assert not owner.sandbox.world.faults.strikes("alipay", Fault.DOWN)


@pytest.mark.parametrize(
    ("body", "title", "hint"),
    [
        ({"gateway": "alipai", "mode": "down"}, "no gateway is called alipai", "did you mean alipay?"),
        ({"mode": "trunkate"}, "no misbehaviour is called trunkate; did you mean truncate?", "lists them"),
        ({"mode": "down", "rate": 1.5}, "rate is out of range", "0 to 1"),
        ({"mode": "down", "rate": True}, "rate is out of range", "0 to 1"),
        ({"mode": "down", "seconds": -1}, "seconds is out of range", "0 to"),
        ([], "the body is not a JSON object", "send one"),
        ({"gateway": "\x1b[31m", "mode": "down"}, "no gateway is called \\x1b[31m", "there are"),
    ],
)
async def test_a_wrong_request_says_what_would_be_right(
    owner: Owner, body: object, title: str, hint: str
) -> None:
    status, problem = await owner.ask("POST", "/faults", body)
    assert (status, problem["title"]) == (422, title)
    assert hint in problem["hint"]


async def test_the_ledger_is_told_with_its_doubles_and_violations(owner: Owner) -> None:
    sandbox = owner.sandbox
    alipay, bank = sandbox.merchant("alipay"), sandbox.merchant("bank")
    await alipay.debit("rp_1-1")
    await bank.debit("rp_1-2")
    await alipay.debit("rp_2-1")
    await alipay.close("rp_2-1")
    await alipay.debit("rp_1-1", amount_fen=1)
    status, truth = await owner.ask("GET", "/ledger")
    assert status == 200
    assert [
        (one["gateway"], one["debits"], one["reversals"], one["net_fen"]) for one in truth["gateways"]
    ] == [
        ("alipay", 2, 1, 12_345),
        ("bank", 1, 0, 12_345),
    ]
    assert truth["double_debit_count"] == 1
    [double] = truth["double_debits"]
    assert double["repayment"] == "rp_1"
    assert [order["order_no"] for order in double["orders"]] == ["rp_1-1", "rp_1-2"]
    assert truth["violation_count"] == 1
    _, truth = await owner.ask("GET", "/ledger?gateway=bank&limit=0")
    assert [one["gateway"] for one in truth["gateways"]] == ["bank"]
    assert (truth["double_debit_count"], truth["double_debits"]) == (1, [])


async def test_what_somebody_wrote_into_a_ledger_is_judged_too(owner: Owner) -> None:
    await owner.sandbox.merchant().debit("rp_1-1")
    with owner.sandbox.world.book.ledgers["alipay"].path.open("ab") as file:
        file.write(ledger_line(0, "alipay", "rp_1-1", DEBIT, 5))
    await owner.sandbox.merchant().debit("rp_2-1")
    _, truth = await owner.ask("GET", "/ledger")
    assert [double["repayment"] for double in truth["double_debits"]] == ["rp_1"]
    assert truth["gateways"][0]["debits"] == 3


async def test_a_broken_ledger_is_a_problem_with_a_name(owner: Owner) -> None:
    owner.sandbox.world.book.ledgers["bank"].path.write_bytes(b"oops\n")
    status, problem = await owner.ask("GET", "/ledger")
    assert (status, problem["code"]) == (500, "records_unusable")
    assert "bank.jsonl" in problem["title"]


async def test_rows_and_nets_stream(owner: Owner) -> None:
    merchant = owner.sandbox.merchant()
    for number in range(5):
        await merchant.debit(f"rp_{number}-1")
    await merchant.close("rp_0-1")
    rows = await owner.lines("/ledger/rows")
    assert [row["kind"] for row in rows] == ["debit"] * 5 + ["reversal"]
    assert set(rows[0]) == {"time", "gateway", "order_no", "kind", "amount_fen"}
    assert [row["order_no"] for row in await owner.lines("/ledger/rows?gateway=alipay&limit=2")] == [
        "rp_4-1",
        "rp_0-1",
    ]
    assert await owner.lines("/ledger/rows?gateway=bank") == []
    nets = await owner.lines("/net")
    assert [(net["repayment"], net["net_fen"]) for net in nets][:2] == [("rp_0", 0), ("rp_1", 12_345)]
    assert await owner.lines("/net?since=2126-01-01T00:00:00Z") == []
    status, problem = await owner.ask("GET", "/net?since=yesterday")
    assert (status, problem["title"]) == (422, "since is no instant")


async def test_the_past_is_told_once_also_to_two_at_once(owner: Owner) -> None:
    first, second = await asyncio.gather(
        owner.lines("/history?count=1000&days=3&seed=4"), owner.lines("/history?count=1000&days=3&seed=4")
    )
    assert first == second
    assert len(first) == 1000
    _, truth = await owner.ask("GET", "/ledger")
    assert sum(one["debits"] for one in truth["gateways"]) == sum(one["outcome"] != "FAILED" for one in first)
    _, state = await owner.ask("GET", "/state")
    assert state["history"] == {"seed": 4, "count": 1000, "days": 3, "told": 1000}


async def test_a_listener_that_goes_away_leaves_the_past_to_the_next(owner: Owner) -> None:
    async with owner.session.get("http://sandbox/history?count=6000") as response:
        await response.content.readany()
        response.close()
    async with asyncio.timeout(10):
        assert len(await owner.lines("/history")) == 6_000


async def test_a_surge_needs_borrowers(owner: Owner) -> None:
    status, problem = await owner.ask("POST", "/surge", {"factor": 10})
    assert (status, problem["title"]) == (422, "this sandbox has no borrowers")
    world = owner.sandbox.world
    door = Door(Address(Path("/nowhere")), time.monotonic)
    world.borrowers = Borrowers(door, 20, 1, ("alipay",), world.clock, time.monotonic)
    _, state = await owner.ask("POST", "/surge", {"factor": 10, "seconds": 60})
    assert state["borrowers"]["surge"] == 10
    _, state = await owner.ask("POST", "/calm")
    assert state["borrowers"]["surge"] == 1


async def test_stop_stops(owner: Owner) -> None:
    assert await owner.ask("POST", "/stop") == (202, None)
    assert owner.stop.is_set()


async def test_an_unknown_call_is_a_problem_too(owner: Owner) -> None:
    status, problem = await owner.ask("GET", "/nothing")
    assert (status, problem["code"]) == (404, "http")
