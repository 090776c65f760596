"""Odd turns of events that could debit a borrower twice, or lose a repayment, on real gateways' terms."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.config import GatewayConfig
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import submit
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk
from console.store import invariants
from console.store.database import Store
from console.store.facts import Evidence
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of, desk, stages_of, until

NOWHERE = "http://127.0.0.1:1"
"""An address where connecting fails: nothing is written."""


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


async def _dispatched(office: Desk, count: int = 1) -> None:
    """Let everything that waits be sent once, and let all answers be written."""
    dispatcher = Dispatcher(office, asyncio.Event())
    await dispatcher.round()
    await _ended()


async def _ended() -> None:
    ours = ("Debits._send", "Inquirer._run")
    while calls := [t for t in asyncio.all_tasks() if getattr(t.get_coro(), "__qualname__", "") in ours]:
        await asyncio.wait(calls)


async def _closed(*offices: Desk) -> None:
    for office in offices:
        for lane in office.lanes.values():
            await lane.gateway.close()


async def _taken_in(store: Store, *numbers: int) -> None:
    await take_in(store, *(entry(number) for number in numbers))
    pass_all(store)


async def _not_sent(store: Store, clock: ManualClock, config: GatewayConfig) -> str:
    """Bring a repayment to where its order is proven not to have been sent; return the order number."""
    office = desk(store, clock, config.model_copy(update={"base_url": NOWHERE}))
    await _taken_in(store, 1)
    await _dispatched(office)
    await _closed(office)
    ((order_no, state, code),) = attempts_of(store)
    assert (state, code) == ("CREATED", "CONNECT_FAILED")
    return order_no


def _notified(clock: ManualClock, order_no: str, verdict: Verdict) -> Evidence:
    return Evidence(
        gateway="alipay",
        order_no=order_no,
        source=EvidenceSource.CALLBACK,
        external_id=f"{order_no}:{verdict}",
        at=clock.now(),
        verdict=verdict,
        amount_fen=500,
        currency="CNY",
    )


async def test_an_order_that_a_gateway_claims_to_know_is_not_sent_as_if_it_were_new(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    order_no = await _not_sent(store, clock, party.config())
    office = desk(store, clock, party.config())
    told = _notified(clock, order_no, Verdict.SUCCEEDED)
    await submit(store, [told], rules=office.rules)
    clock.advance(2 * 86_400)
    await _dispatched(office)
    assert not party.book.debits, "the gateway may have forgotten the order number: this is a second debit"
    assert rows(store, "SELECT kind, resolved FROM exception_case") == [("never_sent", False)]
    store.write_now(lambda connection: connection.execute(text("UPDATE exception_case SET resolved = true")))
    await _dispatched(office)
    assert not party.book.debits, "it is never sent again under this number; people release it"
    await _closed(office)


async def test_an_unsent_order_waits_while_its_repayment_is_kept_elsewhere(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await _not_sent(store, clock, party.config())
    store.write_now(lambda connection: connection.execute(text("UPDATE repayment SET stage = 'held'")))
    office = desk(store, clock, party.config())
    clock.advance(60)
    await _taken_in(store, 2)
    await _dispatched(office)
    assert stages_of(store) == ["held", "settled"]
    assert len(party.book.debits) == 1
    await _closed(office)


async def test_an_unsent_order_of_a_cancelled_repayment_stops_nobody_else(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await _not_sent(store, clock, party.config())
    cancel = "UPDATE repayment SET stage = 'cancelled', waiting_since = NULL"
    store.write_now(lambda connection: connection.execute(text(cancel)))
    office = desk(store, clock, party.config())
    clock.advance(60)
    await _taken_in(store, 2, 3)
    dispatcher = Dispatcher(office, asyncio.Event())
    for _ in range(4):
        await dispatcher.round()
    await _ended()
    assert stages_of(store) == ["cancelled", "settled", "settled"]
    await _closed(office)


async def test_an_order_in_doubt_is_not_sent_again_to_another_merchant(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    """Somebody corrects merchant or address of a gateway while orders are in doubt at the old one."""
    party.behave = lambda order_no, times: "error_before"
    office = desk(store, clock, party.config())
    await _taken_in(store, 1)
    await _dispatched(office)
    ((order_no, state, _),) = attempts_of(store)
    assert state == "UNKNOWN"
    moved = desk(store, clock, party.config(merchant="m-2"))
    await _asked(moved, clock, times=6)
    assert party.seen["GET", order_no] == 6
    assert party.seen["POST", order_no] == 1, "the new merchant knows nothing of what the old one debited"
    resent = "SELECT count(*) FROM timeline WHERE what = 'resending'"
    assert rows(store, resent)[0][0] == 0, "what was not done is not told"
    await _asked(office, clock, times=4)
    assert party.seen["POST", order_no] == 2, "the same merchant is sent it again"
    await _closed(office, moved)


async def _asked(office: Desk, clock: ManualClock, times: int) -> None:
    inquirer = Inquirer(office, asyncio.Event())
    for _ in range(times):
        due = rows(office.store, "SELECT next_action_at FROM attempt")[0][0]
        clock.advance(max(0, due - clock.now()) / 1000 + 0.001)
        await inquirer.round()
        await _ended()


async def test_a_clock_that_was_fast_does_not_stretch_the_window_for_sending_again(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    """The gateway remembers from when the order came; our clock was ahead by what signatures permit."""
    party.behave = lambda order_no, times: "error_before"
    config = party.config(idempotency_window=1_860.0, order_expiry=1_800.0)
    office = desk(store, clock, config)
    await _taken_in(store, 1)
    came_at = clock.now()
    clock.advance(299)
    await _dispatched(office)
    clock.advance(-299)
    ((order_no, _, _),) = attempts_of(store)
    not_found = "UPDATE attempt SET not_found = 3, next_action_at = :at"
    store.write_now(lambda connection: connection.execute(text(not_found), {"at": clock.now() + 1_880_000}))
    await _asked(office, clock, times=1)
    assert clock.now() > came_at + 1_860_000
    assert party.seen["POST", order_no] == 1, "the gateway has forgotten it: this would be a second debit"
    await _closed(office)


async def test_a_repayment_whose_order_was_not_sent_is_no_finding(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await _not_sent(store, clock, party.config())
    await until(lambda: stages_of(store) == ["dispatch"])
    found = store.read_now(lambda connection: invariants.check(connection, Instant(clock.now())))
    assert [one.check for one in found if one.state == "failed"] == []
