"""How an answer reaches the caller: whole, or in one of the ways in which it goes wrong."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from typing import TYPE_CHECKING, Final

from aiohttp import web

from console.contract.faults import Fault
from console.gateways.wire import BODY_LIMIT, SIGNATURE_HEADER, Secret, answer_headers

if TYPE_CHECKING:
    from aiohttp.web_request import BaseRequest

    from console.sandbox.gateway import Reply
    from console.sandbox.habits import Timings

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_LOOK: Final = 0.25
"""Seconds between two looks at whether a caller that waits in vain is still there."""

NONSENSE: Final = (
    b"",
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b"null",
    b'{"status":"SUCCEEDED"}',
    b"[" * 20_000,
    bytes(range(256)),
    json.dumps(
        {
            "order_no": "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07",
            "merchant": "[@click=app.quit]pay[/x]",
            "amount_fen": "NaN",
            "currency": "\u202eYNC",
            "status": "SUCCEEDED",
            "code": "\x9b31m",
            "gateway_ref": "\u200b" * 50,
        }
    ).encode(),
    b'{"order_no":"' + b"9" * BODY_LIMIT + b'"}',
)
"""Bodies that are no answer."""


async def deliver(
    request: BaseRequest, reply: Reply, secret: Secret, seconds: int, timings: Timings, chance: random.Random
) -> web.StreamResponse:
    """Answer a request with a reply, signed at Unix time `seconds`, the way its fault says."""
    body, headers = reply.body, answer_headers(secret, reply.body, seconds)
    match reply.fault:
        case None | Fault.WRONG_AMOUNT:
            return web.Response(status=reply.status, body=body, headers=headers)
        case Fault.TIMEOUT_AFTER_DEBIT | Fault.TIMEOUT_BEFORE_DEBIT:
            return await hold(request, timings.hold)
        case Fault.RESET | Fault.DOWN:
            return reset(request)
        case Fault.ERROR_AFTER_DEBIT:
            return web.Response(status=chance.choice((500, 502, 503)), text="<h1>server error</h1>")
        case Fault.TRUNCATE:
            return await _truncate(request, reply.status, body, headers)
        case Fault.TRICKLE:
            return await _trickle(request, reply.status, body, headers, timings.trickle)
        case Fault.NONSENSE:
            nonsense = chance.choice(NONSENSE)
            return web.Response(status=200, body=nonsense, headers=answer_headers(secret, nonsense, seconds))
        case Fault.WRONG_SIGNATURE:
            headers[SIGNATURE_HEADER] = headers[SIGNATURE_HEADER][::-1]
            return web.Response(status=reply.status, body=body, headers=headers)
        case Fault.REDIRECT:
            return web.Response(status=302, headers={"Location": f"{request.path}/moved"})
        case other:
            raise AssertionError(f"not a way to answer: {other}")


async def hold(request: BaseRequest, seconds: float) -> web.StreamResponse:
    """Say nothing until the caller goes away or `seconds` have passed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (transport := request.transport) is not None and not transport.is_closing():
        if loop.time() >= end:
            transport.abort()
            break
        await asyncio.sleep(min(_LOOK, seconds))
    return web.Response()


def reset(request: BaseRequest) -> web.StreamResponse:
    """Break the connection with a TCP reset."""
    if (transport := request.transport) is not None:
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
    return web.Response()


async def _truncate(
    request: BaseRequest, status: int, body: bytes, headers: dict[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _trickle(
    request: BaseRequest, status: int, body: bytes, headers: dict[str, str], pause: float
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    for index in range(len(body)):
        if request.transport is None or request.transport.is_closing():
            break
        await response.write(body[index : index + 1])
        await asyncio.sleep(pause)
    return response
