"""The way between a process and a gateway: requests get lost, come late or twice; answers get lost,
twisted, forged or contradicted.

`SimGateway` is the real gateway of the kind `rest` with its HTTP exchange replaced. A lie that is not
properly signed, or not an answer at all, always says the opposite of the truth: whoever believes it is
found out by the ledger.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import IO, Final, NamedTuple

import aiohttp
from aiohttp.client_reqrep import ConnectionKey

from console.contract.clock import Clock
from console.contract.text import Untrusted
from console.gateways.base import Settlement
from console.gateways.classify import Reply
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway, _Call
from console.gateways.wire import (
    ORDER_NOT_FOUND,
    Answer,
    Flaw,
    Secret,
    Status,
    WireError,
    encode_answer,
    encode_refusal,
    parse_debit,
    sign_answer,
)
from tests.simulator import settlements
from tests.simulator.bank import DECLINED, MERCHANT, SECRET, VAGUE, Bank, Said
from tests.simulator.seam import Seam

LONGEST_DELAY: Final = 240.0
"""Seconds after which a request that came late has come."""

LONG_AGO: Final = 7 * 86_400
"""Seconds; no clock is wrong by as much, so a signature that old is always too old."""

WRONG: Final = Secret(b"somebody else's")

_PLACE: Final = ConnectionKey("gateway.example", 443, True, True, None, None, None, None)

LOSSES: Final = (
    "not_sent",
    "connect_timeout",
    "lost",
    "reset",
    "late",
    "late_reset",
    "twice",
    "unheard",
    "cut",
)
"""What happens to a request or its answer on the way."""

LIES: Final = (
    "nonsense",
    "truncated",
    "unsigned",
    "wrong_signature",
    "stale",
    "other_amount",
    "other_order",
    "other_merchant",
    "redirect",
    "error_signed",
    "error_plain",
    "refusal_signed",
    "vague_failure",
    "oversized",
    "odd_status",
    "trickle",
)
"""What an answer may be instead of the truth."""


class Twisted(NamedTuple):
    """An answer as it arrives: status, body, and how it is signed ('right', 'wrong', 'none', 'stale')."""

    status: int
    body: bytes
    signed: str = "right"


class SimGateway(RestGateway):
    """See the module. Seen by the pipeline, it is the real thing down to the bytes."""

    def __init__(self, config: GatewayConfig, clock: Clock, seam: Seam, bank: Bank) -> None:
        super().__init__(config, f"https://control.example/v1/callbacks/{config.id}", clock)
        self._seam = seam
        self._bank = bank

    async def _send(self, call: _Call) -> Reply:
        """Exchange one request for an answer, or for the lack of one."""
        world, seam = self._seam.world, self._seam
        inquiry = call.method == "GET"
        debit = call.method == "POST" and not call.path.endswith("/close")
        stamped = self._clock.now()
        headers = self._headers(call.method, call.path, call.body)
        if debit:
            world.judge.debit_begins(self._bank, parse_debit(call.body).order_no, stamped)
        await seam.reach("bytes")
        loss = world.pick("loss", LOSSES)
        if loss == "not_sent":
            raise aiohttp.ClientConnectorError(_PLACE, OSError("refused"))
        if loss == "connect_timeout":
            raise aiohttp.ConnectionTimeoutError
        if debit:
            world.judge.debit_is_sent(self._bank, parse_debit(call.body), stamped)
        await seam.reach("sent")
        if loss in ("late", "late_reset"):
            delay = world.chance.uniform(0.1, LONGEST_DELAY)
            world.later(delay, lambda: self._arrive(call, headers))
        if loss in ("lost", "late"):
            await seam.never()
        if loss in ("reset", "late_reset"):
            raise aiohttp.ServerDisconnectedError
        said = self._arrive(call, headers)
        if loss == "twice":
            world.later(world.chance.uniform(0.0, 60.0), lambda: self._arrive(call, headers))
        if loss == "unheard":
            await seam.never()
        if loss == "cut":
            raise aiohttp.ClientPayloadError
        await seam.reach("answered")
        return await self._heard(said, inquiry)

    async def settlement(self, day: date, into: IO[bytes]) -> Settlement:
        """Fetch the file of a day, or find that it is not there."""
        await self._seam.reach("bytes")
        found = settlements.told(self._seam.world, self._bank, day, into)
        self._seam.world.note("settlement", f"{self._bank.name} {day} {found.state} {found.digest}")
        await self._seam.reach("answered")
        return found

    def _arrive(self, call: _Call, headers: dict[str, str]) -> Said:
        world = self._seam.world
        said = self._bank.serve(call.method, call.path, headers, call.body, world.wall(), world.fate())
        if call.method == "POST":
            world.arrived(self._bank, said)
        world.note("served", f"{self._bank.name} {call.method} {call.path} {said.status} {said.body!r}")
        return said

    async def _heard(self, said: Said, inquiry: bool) -> Reply:
        world = self._seam.world
        truth = said.answer
        if inquiry and truth is not None:
            if world.strikes("hidden"):
                said = Said(404, encode_refusal(ORDER_NOT_FOUND))
            elif world.strikes("flip_flop"):
                flipped = replace(truth, status=Status.ACCEPTED, code=Untrusted(""))
                said = Said(200, encode_answer(flipped), flipped)
        lie = world.pick("lie", LIES)
        if lie == "trickle":
            await asyncio.sleep(world.chance.uniform(1, 20))
        if lie == "oversized":
            raise WireError(Flaw.OVERSIZED)
        if lie is not None:
            world.note("lie", lie)
        twisted = Twisted(said.status, said.body) if lie is None else twist(said, lie, world.chance.random())
        return _signed(twisted, world.wall() // 1000)


def twist(said: Said, lie: str, chance: float) -> Twisted:
    """Return what arrives instead of what was said."""
    if lie in _SHAPES:
        return _SHAPES[lie](said, chance)
    return Twisted(said.status, said.body)


def _opposite(said: Said) -> Answer:
    """Return an answer that claims the opposite about the money."""
    truth = said.answer or Answer("none", MERCHANT, 1, "CNY", Status.FAILED, Untrusted(""), Untrusted(""))
    if truth.status in (Status.SUCCEEDED, Status.ACCEPTED):
        return replace(truth, status=Status.FAILED, code=Untrusted(DECLINED))
    return replace(truth, status=Status.SUCCEEDED, code=Untrusted(""))


def _forged(signed: str) -> Callable[[Said, float], Twisted]:
    return lambda said, chance: Twisted(200, encode_answer(_opposite(said)), signed)


def _other(**fields: object) -> Callable[[Said, float], Twisted]:
    """A signed success about something else, where there is an answer to change at all."""

    def shape(said: Said, chance: float) -> Twisted:
        if said.answer is None:
            return Twisted(said.status, said.body)
        answer = replace(said.answer, status=Status.SUCCEEDED, code=Untrusted(""), **fields)  # type: ignore[arg-type] # by name
        return Twisted(200, encode_answer(answer))

    return shape


def _other_amount(said: Said, chance: float) -> Twisted:
    if said.answer is None:
        return Twisted(said.status, said.body)
    status = Status.FAILED if chance < 0.5 else Status.SUCCEEDED
    code = Untrusted(DECLINED if status is Status.FAILED else "")
    amount = said.answer.amount_fen + (1 if chance < 0.75 else -1)
    return Twisted(200, encode_answer(replace(said.answer, amount_fen=amount, status=status, code=code)))


def _vague_failure(said: Said, chance: float) -> Twisted:
    if said.answer is None:
        return Twisted(said.status, said.body)
    answer = replace(said.answer, status=Status.FAILED, code=Untrusted(VAGUE if chance < 0.8 else ""))
    return Twisted(200, encode_answer(answer))


_SHAPES: Final[dict[str, Callable[[Said, float], Twisted]]] = {
    "nonsense": lambda said, chance: Twisted(200, b"<html>success</html>" if chance < 0.5 else b"\xff\xfe{}"),
    "truncated": lambda said, chance: Twisted(
        said.status, said.body[: max(1, round(len(said.body) * chance))]
    ),
    "unsigned": _forged("none"),
    "wrong_signature": _forged("wrong"),
    "stale": _forged("stale"),
    "other_amount": _other_amount,
    "other_order": _other(order_no="rp_0000000000000000-1"),
    "other_merchant": _other(merchant="m-2"),
    "redirect": lambda said, chance: Twisted(302, encode_answer(_opposite(said))),
    "error_signed": lambda said, chance: Twisted(
        502 if chance < 0.5 else 500, encode_answer(_opposite(said))
    ),
    "error_plain": lambda said, chance: Twisted(503, b"upstream failed", "none"),
    "refusal_signed": lambda said, chance: Twisted(
        400 if chance < 0.5 else 429, encode_refusal(DECLINED if chance < 0.8 else ORDER_NOT_FOUND)
    ),
    "vague_failure": _vague_failure,
    "odd_status": lambda said, chance: Twisted(
        200, said.body.replace(b'"SUCCEEDED"', b'"succeeded"').replace(b'"FAILED"', b'"SUCCESS"')
    ),
}


def _signed(twisted: Twisted, seconds: int) -> Reply:
    body = twisted.body
    match twisted.signed:
        case "none":
            return Reply(twisted.status, None, None, body)
        case "wrong":
            return Reply(twisted.status, str(seconds), sign_answer(WRONG, seconds, body), body)
        case "stale":
            old = seconds - LONG_AGO
            return Reply(twisted.status, str(old), sign_answer(SECRET, old, body), body)
        case _:
            return Reply(twisted.status, str(seconds), sign_answer(SECRET, seconds, body), body)
