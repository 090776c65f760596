"""A gateway that keeps the protocol and fills every text of it with hostile strings.

`python -m tests.hostile.gateway PORT COUNT`: answers are signed, and each order is answered with another
string as code and reference: mostly taken or declined, now and then accepted, with a broken body, or with
an error page.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from typing import Final

from aiohttp import web

from console.gateways.wire import Secret, answer_headers, parse_debit
from tests.hostile.strings import hostile_strings

SECRET: Final = Secret(b"the secret of a hostile gateway")
MERCHANT: Final = "m-hostile"
LONGEST_CODE: Final = 64


class HostileGateway:
    """What it answers depends on the order number alone, so the same order gives the same answer."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = failure_codes(strings)
        self._amounts: dict[str, int] = {}

    async def debit(self, request: web.Request) -> web.Response:
        """Answer `POST /debits`."""
        order = parse_debit(await request.read())
        self._amounts[order.order_no] = order.amount_fen
        return self._answer(order.order_no)

    async def inquire(self, request: web.Request) -> web.Response:
        """Answer `GET /debits/{order_no}`."""
        return self._answer(request.match_info["order_no"])

    def _answer(self, order_no: str) -> web.Response:
        chance = int.from_bytes(hashlib.sha256(order_no.encode()).digest()[:8])
        text = self._strings[chance % len(self._strings)]
        kind = chance // len(self._strings) % 200
        if kind == 0:
            return web.Response(status=500, text=text, content_type="text/html")
        body = json.dumps(
            {
                "order_no": text if kind == 1 else order_no,
                "merchant": text if kind == 2 else MERCHANT,
                "amount_fen": self._amounts.get(order_no, 1),
                "currency": "CNY",
                "status": "ACCEPTED" if kind == 3 else "FAILED" if kind < 80 else "SUCCEEDED",
                "code": text,
                "gateway_ref": text,
            }
        ).encode()
        return web.Response(body=body, headers=answer_headers(SECRET, body, int(time.time())))


def failure_codes(strings: list[str]) -> list[str]:
    """Return the strings that the service may be told are codes of certain failures."""
    return [text for text in strings if len(text) <= LONGEST_CODE and "\0" not in text]


def main() -> None:
    """Serve until ended."""
    port, count = (int(word) for word in sys.argv[1:])
    gateway = HostileGateway(hostile_strings(count))
    app = web.Application()
    app.router.add_post("/debits", gateway.debit)
    app.router.add_get("/debits/{order_no}", gateway.inquire)
    web.run_app(app, host="127.0.0.1", port=port, print=None, handle_signals=True)


if __name__ == "__main__":
    main()
