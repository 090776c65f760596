"""Messages reach the receiver signed, are tried again until it takes them, and never about what is open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from console.care.carer import Carer
from console.care.postman import Postman
from console.care.settings import CareSettings
from console.contract.clock import ManualClock
from console.gateways.wire import SIGNATURE_HEADER, TIMESTAMP_HEADER, Secret, sign_answer
from console.repayment.lane import Desk
from tests.care.conftest import cared, queued
from tests.care.test_clock import until
from tests.desk.conftest import Person
from tests.doubt.conftest import sent
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, take_in

SECRET = Secret(b"a secret of the receiver")


class Receiver:
    """Takes messages, answers with `status`, and keeps what came."""

    def __init__(self) -> None:
        self.status = 204
        self.url = ""
        self.came: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.came.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers={"Location": "http://127.0.0.1:9/"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/told", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/told"
    yield made
    await runner.cleanup()


def postman(office: Desk, receiver: Receiver) -> Postman:
    settings = CareSettings.model_validate({"webhook": {"url": receiver.url, "secret": {"env": "UNUSED"}}})
    return Postman(office, settings, SECRET)


async def test_a_notice_arrives_once_signed_and_without_personal_data(
    office: Desk, party: ThirdParty, li: Person, receiver: Receiver
) -> None:
    await sent(office, party, "decline", 1)
    await li.change("care.grant", filter="state:failed", notice="delay")
    man = postman(office, receiver)
    await man.round()
    await man.round()
    ((headers, body),) = receiver.came
    stamp = int(headers[TIMESTAMP_HEADER])
    assert headers[SIGNATURE_HEADER] == sign_answer(SECRET, stamp, body)
    told = json.loads(body)
    assert told["event"] == "notice" and told["external_id"] == "x-1"
    assert set(told["text"]) == {"zh", "en"}
    assert b"13800001112" not in body and "王小明".encode() not in body
    assert queued(office.store) == [("notice", "sent")]


async def test_what_the_receiver_does_not_take_is_tried_again_later(
    office: Desk, party: ThirdParty, li: Person, receiver: Receiver, clock: ManualClock
) -> None:
    await sent(office, party, "decline", 1)
    await li.change("care.grant", filter="state:failed", notice="delay")
    man = postman(office, receiver)
    receiver.status = 302
    await man.round()
    await man.round()
    assert len(receiver.came) == 1
    assert queued(office.store) == [("notice", "waiting")]
    clock.advance(15)
    receiver.status = 200
    await man.round()
    assert len({headers["X-Event-Id"] for headers, _ in receiver.came}) == 1
    assert queued(office.store) == [("notice", "sent")]


async def test_a_withdrawn_notice_is_not_sent(
    office: Desk, party: ThirdParty, li: Person, receiver: Receiver
) -> None:
    await sent(office, party, "decline", 1)
    done = (await li.change("care.grant", filter="state:failed", notice="delay")).json()
    await li.post(f"/changes/{done['id']}/revert", {"reason": "was wrong"})
    await postman(office, receiver).round()
    assert receiver.came == []


async def test_nobody_is_dunned_while_they_are_paying_after_all(
    office: Desk, party: ThirdParty, receiver: Receiver, clock: ManualClock, carer: Carer
) -> None:
    await sent(office, party, "decline", 1)
    until(clock, "2026-06-11T00:00:00")
    await cared(carer)
    await take_in(office.store, entry(2, borrower="b-1", instalment="L1-1"))
    man = postman(office, receiver)
    await man.round()
    assert receiver.came == []
    assert queued(office.store) == [("dunning", "waiting"), ("credit_report", "waiting")]
