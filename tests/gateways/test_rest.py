"""The client of kind `rest`, over real HTTP."""

import asyncio
import hashlib
import io
import socket
from collections.abc import AsyncIterator
from datetime import date

import pytest

from console.contract.clock import SystemClock
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.base import Order, Question
from console.gateways.rest import RestGateway
from console.gateways.wire import SETTLEMENT_HEADER, Status, settlement_end
from tests.gateways.third_party import ThirdParty, order_expiry, serving

RESPONSE, TRANSPORT = EvidenceSource.RESPONSE, EvidenceSource.TRANSPORT


@pytest.fixture
async def party() -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(SystemClock())) as running:
        yield running


@pytest.fixture
async def gateway(party: ThirdParty) -> AsyncIterator[RestGateway]:
    made = RestGateway(party.config(), "http://127.0.0.1:9/callback", SystemClock())
    yield made
    await made.close()


def order(seconds: float = 0.4) -> Order:
    deadline = asyncio.get_running_loop().time() + seconds
    return Order("rp_1-1", 500, "CNY", "6225750000001496", order_expiry(SystemClock()), deadline, 7)


def question(seconds: float = 0.4) -> Question:
    return Question("rp_1-1", 500, "CNY", asyncio.get_running_loop().time() + seconds, 7)


@pytest.mark.parametrize(
    ("mode", "verdict", "code", "source"),
    [
        ("ok", Verdict.SUCCEEDED, "OK", RESPONSE),
        ("decline", Verdict.FAILED, "INSUFFICIENT_FUNDS", RESPONSE),
        ("accept", Verdict.ACCEPTED, "OK", RESPONSE),
        ("timeout", Verdict.UNKNOWN, "TIMEOUT", TRANSPORT),
        ("error", Verdict.UNKNOWN, "HTTP_500", RESPONSE),
        ("nonsense", Verdict.UNKNOWN, "MALFORMED", RESPONSE),
        ("oversized", Verdict.UNKNOWN, "OVERSIZED", RESPONSE),
        ("wrong_signature", Verdict.UNKNOWN, "WRONG_SIGNATURE", RESPONSE),
        ("wrong_amount", Verdict.CONTRADICTION, "WRONG_AMOUNT", RESPONSE),
        ("redirect", Verdict.UNKNOWN, "REDIRECTED", RESPONSE),
        ("truncate", Verdict.UNKNOWN, "TRUNCATED", TRANSPORT),
        ("reset", Verdict.UNKNOWN, "RESET", TRANSPORT),
    ],
)
async def test_what_a_gateway_does_is_told_as_evidence(
    party: ThirdParty,
    gateway: RestGateway,
    mode: str,
    verdict: Verdict,
    code: str,
    source: EvidenceSource,
) -> None:
    party.behave = lambda order_no, times: mode
    told = await gateway.debit(order())
    assert (told.verdict, told.code, told.source) == (verdict, code, source)
    assert (told.order_no, told.lease_epoch, told.gateway) == ("rp_1-1", 7, "alipay")
    assert party.seen["POST", "rp_1-1"] == 1, "nothing is sent twice by itself"
    assert sum(party.seen.values()) == 1, "no redirect is followed"


async def test_an_inquiry_tells_not_found_and_then_the_truth(party: ThirdParty, gateway: RestGateway) -> None:
    assert (await gateway.inquire(question())).verdict is Verdict.NOT_FOUND
    await gateway.debit(order())
    told = await gateway.inquire(question())
    assert (told.verdict, told.source) == (Verdict.SUCCEEDED, EvidenceSource.INQUIRY)


async def test_a_refused_connection_proves_that_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        party = ThirdParty(SystemClock())
        party.base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        gateway = RestGateway(party.config(), "http://127.0.0.1:9/callback", SystemClock())
        told = await gateway.debit(order())
        assert (told.verdict, told.source) == (Verdict.NOT_SENT, TRANSPORT)
        asked = await gateway.inquire(question())
        assert asked.verdict is Verdict.UNKNOWN, "an inquiry that fails proves nothing about the order"
        await gateway.close()


async def test_a_name_that_does_not_exist_proves_that_nothing_was_sent() -> None:
    party = ThirdParty(SystemClock())
    party.base_url = "https://gateway.invalid"
    gateway = RestGateway(party.config(), "http://127.0.0.1:9/callback", SystemClock())
    told = await gateway.debit(order(5))
    assert told.verdict is Verdict.NOT_SENT
    await gateway.close()


async def test_a_server_without_tls_proves_that_nothing_was_sent(party: ThirdParty) -> None:
    party.base_url = party.base_url.replace("http:", "https:")
    gateway = RestGateway(party.config(), "http://127.0.0.1:9/callback", SystemClock())
    told = await gateway.debit(order(5))
    assert (told.verdict, party.seen.total()) == (Verdict.NOT_SENT, 0)
    await gateway.close()


async def test_a_connection_that_died_while_idle_proves_nothing(
    party: ThirdParty, gateway: RestGateway
) -> None:
    await gateway.debit(order())
    party.behave = lambda order_no, times: "reset"
    assert (await gateway.debit(order())).verdict is Verdict.UNKNOWN


async def test_a_debit_on_a_connection_that_dies_under_it_is_not_sent_twice() -> None:
    """The connection answered before and is used again; the server reads the order, executes it, and dies."""
    orders: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            orders.append(head.split(b" ")[0])
            if len(orders) > 1:
                break
            writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = ThirdParty(SystemClock()).config(base_url=f"http://127.0.0.1:{port}")
    gateway = RestGateway(config, "http://127.0.0.1:9/callback", SystemClock())
    try:
        assert (await gateway.debit(order())).code == "HTTP_500"
        told = await gateway.debit(order())
    finally:
        await gateway.close()
        server.close()
        await server.wait_closed()
    assert (told.verdict, told.code) == (Verdict.UNKNOWN, "RESET")
    assert orders == [b"POST", b"POST"]


async def test_a_trickling_answer_ends_at_the_deadline() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    party = ThirdParty(SystemClock())
    party.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    gateway = RestGateway(party.config(), "http://127.0.0.1:9/callback", SystemClock())
    began = asyncio.get_running_loop().time()
    told = await gateway.debit(order(0.3))
    assert (told.verdict, told.code) == (Verdict.UNKNOWN, "TIMEOUT")
    assert asyncio.get_running_loop().time() - began < 2
    await gateway.close()
    server.close()
    await server.wait_closed()


async def test_a_close_tells_whether_money_came_back(party: ThirdParty, gateway: RestGateway) -> None:
    assert (await gateway.close_order(question())).verdict is Verdict.NOT_FOUND
    party.behave = lambda order_no, times: "accept"
    await gateway.debit(order())
    told = await gateway.close_order(question())
    assert (told.verdict, told.source) == (Verdict.CLOSED, EvidenceSource.CLOSE)
    party.book.statuses["rp_1-1"] = Status.SUCCEEDED
    assert (await gateway.close_order(question())).verdict is Verdict.REVERSED


ROW = "rp_1-1,g-1,debit,500,CNY,2026-11-24T01:02:03.000Z"


@pytest.mark.parametrize(
    ("lines", "state", "problem"),
    [
        (None, "not_ready", ""),
        ([SETTLEMENT_HEADER, ROW, settlement_end(1, 500)], "fetched", ""),
        (["forged"], "failed", "WRONG_SIGNATURE"),
        (["elsewhere"], "failed", "HTTP_302"),
    ],
)
async def test_only_a_signed_settlement_file_is_taken(
    party: ThirdParty, gateway: RestGateway, lines: list[str] | None, state: str, problem: str
) -> None:
    party.settlement = lines
    into = io.BytesIO()
    told = await gateway.settlement(date(2026, 11, 24), into)
    assert (told.state, told.problem) == (state, problem)
    if state == "fetched":
        assert into.getvalue().decode().splitlines() == lines
        assert told.digest == hashlib.sha256(into.getvalue()).hexdigest()


def test_an_order_never_shows_its_account() -> None:
    async def make() -> str:
        return repr(order())

    assert "6225750000001496" not in asyncio.run(make())
