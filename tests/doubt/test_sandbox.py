"""Closing at the sandbox's gateways, whose own ledgers are the judge; one of them succeeds after a close."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.faults import Fault
from console.contract.vocabulary import AttemptState
from console.gateways.callbacks import verify
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment.evidence import submit
from console.repayment.lane import Desk
from console.sandbox.world import merchant_of
from console.store.database import Store
from tests.desk.conftest import Person
from tests.doubt.conftest import AMOUNT, agreed, cases, closed, ended, sent, states
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import rows
from tests.pipeline.running import desk, stages_of
from tests.sandbox.sandbox import ACCEPTING, Sandbox, opened
from tests.store.made import add_attempt


@pytest.fixture
async def accepting(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Sandbox]:
    """A sandbox on the service's clock whose gateways accept every order."""
    place = tmp_path / "sandbox"
    place.mkdir()
    async with opened(place, ACCEPTING, clock=clock) as sandbox:
        yield sandbox


def config_of(sandbox: Sandbox) -> GatewayConfig:
    base_url = f"http://127.0.0.1:{sandbox.world.port}/alipay"
    made = GatewayConfig(id="alipay", base_url=base_url, merchant=merchant_of("alipay"), timeout=2.0)
    return made.with_secret(sandbox.secrets["alipay"])


@pytest.fixture
async def office(store: Store, clock: ManualClock, accepting: Sandbox) -> AsyncIterator[Desk]:
    """What workers need, with the sandbox's gateway, which calls back to the sandbox's receiver."""
    config = config_of(accepting)
    made = desk(store, clock, config)
    (lane,) = made.lanes.values()
    await lane.gateway.close()
    lane.gateway = RestGateway(config, accepting.receiver.url, clock)
    yield made
    await lane.gateway.close()


async def test_a_gateway_that_succeeds_after_a_close_leaves_its_debit_in_suspense_and_gives_it_back(
    office: Desk, store: Store, clock: ManualClock, accepting: Sandbox, li: Person, wang: Person
) -> None:
    accepting.fault(Fault.SUCCESS_AFTER_CLOSE)
    (repayment,) = await sent(office, ThirdParty(clock), "", 1)
    order_no = f"{repayment}-1"
    await agreed(li, wang, "attempt.close", repayment=repayment)
    await closed(office)
    assert (states(store), stages_of(store)) == ([AttemptState.CLOSED], ["failed"])
    clock.advance(10)
    await accepting.receiver.at_least(1)
    assert accepting.moved() == [(order_no, "debit")]
    headers_and_body = accepting.receiver.heard[0][1]
    headers = {
        "X-Timestamp": headers_and_body.timestamp or "",
        "X-Signature": headers_and_body.signature or "",
    }
    late = verify(headers, headers_and_body.body, config_of(accepting), clock.now())
    await submit(store, [late], rules=office.rules)
    assert (states(store), stages_of(store)) == ([AttemptState.CLOSED], ["failed"])
    assert cases(store) == [("against_final", AMOUNT, None, False)]
    ((seq, case),) = rows(store, "SELECT r.seq, x.id FROM repayment r, exception_case x")
    with pytest.raises(IntegrityError, match="in suspense"):
        store.write_now(lambda c: add_attempt(c, seq, 2, "SENDING"))
    await agreed(li, wang, "case.resolve", case=case, way="reverse", reference="ticket 4711")
    await closed(office)
    assert accepting.moved() == [(order_no, "debit"), (order_no, "reversal")]
    assert cases(store) == [("against_final", 0, "reverse", True)]
    store.write_now(lambda c: add_attempt(c, seq, 2, "SENDING"))


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.TRUNCATE, Fault.WRONG_SIGNATURE, Fault.WRONG_AMOUNT])
async def test_a_close_whose_answer_goes_wrong_is_repeated_until_it_is_right(
    office: Desk,
    store: Store,
    clock: ManualClock,
    accepting: Sandbox,
    li: Person,
    wang: Person,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
) -> None:
    (repayment,) = await sent(office, ThirdParty(clock), "", 1)
    await agreed(li, wang, "attempt.close", repayment=repayment)
    gateway = office.lanes["alipay"].gateway
    inquire = gateway.inquire

    async def then_misbehave(question):  # type: ignore[no-untyped-def] # the seam's own shape
        answer = await inquire(question)
        accepting.fault(fault)
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "inquire", then_misbehave)
        await closed(office)
    assert states(store) == [AttemptState.CLOSING]
    accepting.fault(fault, 0.0)
    clock.advance(60)
    await closed(office)
    await ended()
    assert (states(store), accepting.moved()) == ([AttemptState.CLOSED], [])
