"""The simulated receiver takes what the lender signed, each event once, and shows it."""

from __future__ import annotations

import json

from console.gateways.wire import SIGNATURE_HEADER, TIMESTAMP_HEADER, Secret, sign_answer
from console.sandbox.notices import RECEIVER
from tests.sandbox.sandbox import Sandbox
from tests.sandbox.test_admin import Owner, owner

__all__ = ["owner"]

SAID = {"event": "notice", "repayment": "rp_1", "text": {"zh": "请勿重复支付", "en": "do not pay again"}}


async def tell(sandbox: Sandbox, secret: Secret, event: str = "notice-1", method: str = "POST") -> int:
    """Send a message signed with a secret; return the status."""
    body = json.dumps(SAID).encode()
    seconds = sandbox.clock.now() // 1000
    headers = {
        TIMESTAMP_HEADER: str(seconds),
        SIGNATURE_HEADER: sign_answer(secret, seconds, body),
        "X-Event-Id": event,
    }
    url = sandbox.world.base_url(RECEIVER)
    async with sandbox.session.request(method, url, data=body, headers=headers) as answer:
        return answer.status


async def test_a_signed_message_is_taken_once_and_listed(owner: Owner) -> None:
    secret = owner.sandbox.secrets[RECEIVER]
    assert [await tell(owner.sandbox, secret) for _ in range(2)] == [204, 204]
    assert await tell(owner.sandbox, secret, "notice-2") == 204
    _, found = await owner.ask("GET", "/notices?limit=1")
    assert (found["received"], found["repeated"], found["refused"]) == ({"notice": 2}, 1, 0)
    (item,) = found["items"]
    assert item["repayment"] == "rp_1" and item["received_at"]


async def test_what_the_lender_did_not_sign_is_refused(owner: Owner) -> None:
    assert await tell(owner.sandbox, Secret(b"somebody else's")) == 401
    assert await tell(owner.sandbox, owner.sandbox.secrets[RECEIVER], "") == 401
    assert await tell(owner.sandbox, owner.sandbox.secrets[RECEIVER], method="PUT") == 401
    _, found = await owner.ask("GET", "/notices")
    assert (found["received"], found["refused"], found["items"]) == ({}, 3, [])
