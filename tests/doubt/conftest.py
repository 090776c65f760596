"""The desk's service and people, a third party, and orders in every kind of doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict
from console.repayment.attempt import expired
from console.repayment.close import Closer
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import submit
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk
from console.repayment.schedule import manual_at
from console.repayment.stages import stage_of
from console.store.attempts import Steps, subjects_of
from console.store.database import Store
from console.store.facts import Evidence
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of, desk

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]

AMOUNT = 500


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture
async def office(store: Store, clock: ManualClock, party: ThirdParty) -> AsyncIterator[Desk]:
    """What workers need, with the third party as their gateway."""
    made = desk(store, clock, party.config())
    yield made
    for lane in made.lanes.values():
        await lane.gateway.close()


async def ended() -> None:
    """Wait for the calls that workers made."""
    ours = ("Debits._send", "Inquirer._run", "Closer._run")
    while calls := [t for t in asyncio.all_tasks() if getattr(t.get_coro(), "__qualname__", "") in ours]:
        await asyncio.wait(calls)


async def sent(office: Desk, party: ThirdParty, behaviour: str, *numbers: int) -> list[str]:
    """Send an order per number to a gateway that behaves so; return their repayments."""
    party.behave = lambda order_no, times: behaviour
    ids = await take_in(office.store, *(entry(number) for number in numbers))
    pass_all(office.store)
    await Dispatcher(office, asyncio.Event()).round()
    await ended()
    return list(ids)


async def closed(office: Desk) -> None:
    """Let the closing worker do one round."""
    await Closer(office, asyncio.Event()).round()
    await ended()


async def inquired(office: Desk) -> None:
    """Let the inquiry worker do one round."""
    await Inquirer(office, asyncio.Event()).round()
    await ended()


def with_people(office: Desk) -> None:
    """Let the time for inquiry be over for every order there is."""
    store, now = office.store, office.store.clock.now()

    def job(connection: Any) -> None:
        steps = Steps(now, stage_of)
        for subject in subjects_of(connection, [order for order, *_ in attempts_of(store)]).values():
            decision = expired(subject.attempt, manual_at(now), office.rules)
            if decision is not None:
                steps.step(subject, decision, None, "INQUIRY_OVER")
        steps.write(connection, 0)

    store.write_now(job)


async def heard(office: Desk, order_no: str, verdict: Verdict, event: str = "e", fen: int = AMOUNT) -> None:
    """Let a notification come in."""
    piece = Evidence(
        gateway="alipay",
        order_no=order_no,
        source=EvidenceSource.CALLBACK,
        external_id=f"{order_no}:{event}",
        at=office.clock.now(),
        verdict=verdict,
        amount_fen=fen,
        currency="CNY",
    )
    await submit(office.store, [piece], rules=office.rules)


async def agreed(who: Person, approver: Person, kind: str, **fields: Any) -> httpx.Response:
    """Ask for a change and have somebody else agree; return the answer to the approval."""
    asked = await who.change(kind, **fields)
    assert asked.status_code == 202, asked.text
    return await approver.post(f"/changes/{asked.json()['id']}/approve")


def states(store: Store) -> list[AttemptState]:
    """The state of every attempt."""
    return [AttemptState(state) for _, state, _ in attempts_of(store)]


def cases(store: Store) -> list[tuple[Any, ...]]:
    """Kind, money in suspense, way and whether it is over, of every case."""
    query = "SELECT kind, suspense_fen, way, resolved FROM exception_case ORDER BY id"
    return [(kind, fen, way, bool(over)) for kind, fen, way, over in rows(store, query)]
