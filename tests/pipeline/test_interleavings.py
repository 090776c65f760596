"""Workers of several processes on one PostgreSQL, stopped in the midst of their transactions.

Each test holds one transaction open just before its commit while others go on, and judges by the books
and by the third party's own ledger.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import Connection

from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import EvidenceSource, Verdict
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import apply_evidence
from console.repayment.expire import Expirer
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk
from console.store import controls, invariants
from console.store.database import Store
from console.store.errors import CommitUnknown
from console.store.facts import Evidence
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of, desk, stages_of, until
from tests.store.proxy import Cut, Proxy

T = TypeVar("T")


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture
def stores(postgresql_url: str, clock: ManualClock) -> Iterator[tuple[Store, Store]]:
    """The stores of two processes on one database."""
    with (
        Store.open(postgresql_url, clock=clock, shard=1) as one,
        Store.open(postgresql_url, clock=clock, shard=2) as other,
    ):
        yield one, other


@contextlib.asynccontextmanager
async def offices(
    party: ThirdParty, clock: ManualClock, *stores: Store, **changes: object
) -> AsyncIterator[list[Desk]]:
    """Return the desks of one worker per store."""
    made = [
        desk(store, clock, party.config(**changes), owner=f"w_{number}")
        for number, store in enumerate(stores, 1)
    ]
    yield made
    await ended()
    for office in made:
        for lane in office.lanes.values():
            await lane.gateway.close()


async def ended() -> None:
    """Wait for all sends and inquiries."""
    ours = ("Debits._send", "Inquirer._run")
    while calls := [t for t in asyncio.all_tasks() if getattr(t.get_coro(), "__qualname__", "") in ours]:
        await asyncio.wait(calls)


class Pause:
    """Holds the writing jobs of a store after their work and before their commit."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        write = store.write

        async def held(job: Callable[[Connection], T], *, urgent: bool = False) -> T:
            def paused(connection: Connection) -> T:
                value = job(connection)
                self.reached.set()
                assert self.go_on.wait(10)
                return value

            return await write(paused, urgent=urgent)

        monkeypatch.setattr(store, "write", held)


def told(clock: ManualClock, order_no: str, verdict: Verdict) -> Evidence:
    """Return a notification about an order."""
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


async def hear(office: Desk, piece: Evidence) -> None:
    """Take in one piece of evidence."""
    now, shard = office.clock.now(), office.store.shard
    await office.store.write(
        lambda connection: apply_evidence(connection, [piece], now, shard, rules=office.rules)
    )


def waits_for_a_lock(url: str) -> bool:
    """Tell whether a transaction waits for another."""
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row is not None and row[0] > 0


def sound(store: Store, clock: ManualClock) -> None:
    """Assert that the books hold."""
    found = store.read_now(lambda connection: invariants.check(connection, Instant(clock.now())))
    assert [one for one in found if one.state == "failed"] == []


async def test_two_dispatchers_never_send_the_same_repayment(
    stores: tuple[Store, Store], party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        await take_in(first.store, *(entry(number) for number in range(6)))
        pass_all(first.store)
        pause = Pause(first.store, monkeypatch)
        sending = asyncio.create_task(Dispatcher(first, asyncio.Event()).round())
        await until(pause.reached.is_set)
        await Dispatcher(second, asyncio.Event()).round()
        pause.go_on.set()
        await sending
        await ended()
        await until(lambda: set(stages_of(second.store)) == {"settled"})
    assert len(party.book.debits) == 6
    assert len(attempts_of(stores[0])) == 6
    sound(stores[0], clock)


async def test_a_success_that_comes_while_an_order_is_given_up_settles_it(
    stores: tuple[Store, Store],
    party: ThirdParty,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    party.behave = lambda order_no, times: "timeout"
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _sending(first, party)
        pause = Pause(second.store, monkeypatch)
        clock.advance(3600)
        expiring = asyncio.create_task(second.store.write(Expirer(second)._batch))
        await until(pause.reached.is_set)
        hearing = asyncio.create_task(hear(first, told(clock, order_no, Verdict.SUCCEEDED)))
        await until(lambda: waits_for_a_lock(postgresql_url))
        pause.go_on.set()
        await asyncio.gather(expiring, hearing)
        assert attempts_of(first.store)[0][1] == "SUCCEEDED"
        assert stages_of(first.store) == ["settled"]
    assert attempts_of(stores[0])[0][1] == "SUCCEEDED", "the sender's own timeout changes nothing any more"
    sound(stores[0], clock)


async def test_expiry_and_inquiry_leave_alone_what_evidence_is_deciding(
    stores: tuple[Store, Store], party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _in_doubt(first, party)
        clock.advance(4 * 86_400)
        pause = Pause(first.store, monkeypatch)
        hearing = asyncio.create_task(hear(first, told(clock, order_no, Verdict.SUCCEEDED)))
        await until(pause.reached.is_set)
        assert await Expirer(second).round() is False
        assert await Inquirer(second, asyncio.Event()).round() is False
        pause.go_on.set()
        await hearing
        await Expirer(second).round()
        assert attempts_of(second.store)[0][1] == "SUCCEEDED"
        assert party.seen["GET", order_no] == 0
    sound(stores[0], clock)


async def test_a_success_that_comes_while_an_order_is_claimed_stops_what_was_claimed(
    stores: tuple[Store, Store],
    party: ThirdParty,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _in_doubt(first, party)
        clock.advance(7)
        pause = Pause(second.store, monkeypatch)
        asking = asyncio.create_task(Inquirer(second, asyncio.Event()).round())
        await until(pause.reached.is_set)
        hearing = asyncio.create_task(hear(first, told(clock, order_no, Verdict.SUCCEEDED)))
        await until(lambda: waits_for_a_lock(postgresql_url))
        pause.go_on.set()
        await asyncio.gather(asking, hearing)
        await ended()
        assert attempts_of(first.store)[0][1] == "SUCCEEDED"
        count = "SELECT count(*) FROM evidence WHERE source = 'inquiry'"
        await until(lambda: rows(first.store, count)[0][0] == 1)
    assert rows(stores[0], "SELECT count(*) FROM exception_case")[0][0] == 0
    sound(stores[0], clock)


async def test_of_two_contradicting_ends_at_once_the_first_stays_and_people_hear_of_the_other(
    stores: tuple[Store, Store],
    party: ThirdParty,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _in_doubt(first, party)
        pause = Pause(first.store, monkeypatch)
        failing = asyncio.create_task(hear(first, told(clock, order_no, Verdict.FAILED)))
        await until(pause.reached.is_set)
        succeeding = asyncio.create_task(hear(second, told(clock, order_no, Verdict.SUCCEEDED)))
        await until(lambda: waits_for_a_lock(postgresql_url))
        pause.go_on.set()
        await asyncio.gather(failing, succeeding)
    assert attempts_of(stores[0])[0][1] == "FAILED"
    assert rows(stores[0], "SELECT kind FROM exception_case") == [("against_final",)]
    sound(stores[0], clock)


async def test_the_same_notification_at_two_services_counts_once(
    stores: tuple[Store, Store],
    party: ThirdParty,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _in_doubt(first, party)
        pause = Pause(first.store, monkeypatch)
        piece = told(clock, order_no, Verdict.ACCEPTED)
        one = asyncio.create_task(hear(first, piece))
        await until(pause.reached.is_set)
        other = asyncio.create_task(hear(second, piece))
        await until(lambda: waits_for_a_lock(postgresql_url))
        pause.go_on.set()
        await asyncio.gather(one, other)
    assert rows(stores[0], "SELECT count(*) FROM evidence WHERE source = 'callback'")[0][0] == 1
    sound(stores[0], clock)


# Commits whose outcome is not known.


@pytest.fixture
def proxy(postgresql_url: str, tmp_path: Path) -> Iterator[Proxy]:
    socket_directory = parse_qs(urlsplit(postgresql_url).query)["host"][0]
    made = Proxy(tmp_path, f"{socket_directory}/.s.PGSQL.5432")
    yield made
    made.down()


@pytest.fixture
def far(postgresql_url: str, proxy: Proxy, clock: ManualClock) -> Iterator[Store]:
    """A store that reaches its database through the proxy."""
    url = f"{postgresql_url.partition('?')[0]}?host={proxy.directory}"
    with Store.open(url, clock=clock, shard=0) as opened:
        yield opened


@pytest.mark.parametrize("cut", ["before_commit", "after_commit"])
async def test_nothing_is_sent_unless_it_is_surely_durable_and_nothing_is_lost(
    far: Store, proxy: Proxy, party: ThirdParty, clock: ManualClock, cut: Cut
) -> None:
    async with offices(party, clock, far) as (office,):
        await take_in(far, entry(1))
        pass_all(far)
        dispatcher = Dispatcher(office, asyncio.Event())
        lane = office.lanes["alipay"]
        free = lane.limits.free()
        proxy.cut = cut
        with pytest.raises(CommitUnknown):
            await dispatcher.round()
        assert party.seen.total() == 0
        assert lane.limits.in_flight == 0 and lane.limits.free() == free, "its room is given back"
        for seconds in (60, 10, 15, 40, 80):
            clock.advance(seconds)
            await Expirer(office).round()
            await dispatcher.round()
            await Inquirer(office, asyncio.Event()).round()
            await ended()
        await until(lambda: stages_of(far) == ["settled"], lambda: attempts_of(far))
    assert len(party.book.debits) == 1
    assert len(attempts_of(far)) == 1
    sound(far, clock)


@pytest.mark.parametrize("cut", ["before_commit", "after_commit"])
async def test_evidence_whose_commit_is_unknown_is_written_once(
    far: Store, proxy: Proxy, party: ThirdParty, clock: ManualClock, cut: Cut
) -> None:
    async with offices(party, clock, far) as (office,):
        order_no = await _in_doubt(office, party)
        proxy.cut = cut
        await office.record(told(clock, order_no, Verdict.SUCCEEDED))
    assert attempts_of(far)[0][1] == "SUCCEEDED"
    assert rows(far, "SELECT count(*) FROM evidence WHERE source = 'callback'")[0][0] == 1
    sound(far, clock)


async def _sending(office: Desk, party: ThirdParty) -> str:
    """Send one order that is not answered; return its number."""
    await take_in(office.store, entry(1))
    pass_all(office.store)
    await Dispatcher(office, asyncio.Event()).round()
    await until(lambda: len(party.book.debits) == 1)
    ((order_no, state, _),) = attempts_of(office.store)
    assert state == "SENDING"
    return order_no


async def _in_doubt(office: Desk, party: ThirdParty) -> str:
    """Bring one order in doubt that the third party executed; return its number."""
    party.behave = lambda order_no, times: "error"
    await take_in(office.store, entry(1))
    pass_all(office.store)
    await Dispatcher(office, asyncio.Event()).round()
    await ended()
    ((order_no, state, _),) = attempts_of(office.store)
    assert state == "UNKNOWN"
    return order_no


# Controls.


def _stop(store: Store, clock: ManualClock, stopped: bool) -> None:
    """Stop a gateway as a change does, without waiting for claims under way."""

    def job(connection: Connection) -> None:
        controls.announce(connection, [controls.Announced("alipay", 100, 64, 500.0)], now=clock.now())
        update = "UPDATE gateway_control SET stopped = %s, version = version + 1"
        connection.exec_driver_sql(update, (stopped,))

    store.write_now(job)


async def test_what_was_claimed_before_a_stop_and_committed_after_it_is_not_sent(
    stores: tuple[Store, Store], party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        await take_in(first.store, entry(1))
        pass_all(first.store)
        pause = Pause(first.store, monkeypatch)
        dispatcher = Dispatcher(first, asyncio.Event())
        sending = asyncio.create_task(dispatcher.round())
        await until(pause.reached.is_set)
        _stop(second.store, clock, True)
        pause.go_on.set()
        await sending
        await ended()
        assert party.seen.total() == 0
        assert attempts_of(first.store)[0][1:] == ("CREATED", "TOO_LATE")
        _stop(second.store, clock, False)
        clock.advance(5)
        await until_sent(dispatcher, party)
    assert len(party.book.debits) == 1


async def test_what_was_to_be_sent_again_is_only_asked_for_after_a_stop(
    stores: tuple[Store, Store], party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with offices(party, clock, *stores) as (first, second):
        order_no = await _in_doubt(first, party)
        first.store.write_now(
            lambda connection: connection.exec_driver_sql("UPDATE attempt SET not_found = 3")
        )
        clock.advance(7)
        pause = Pause(first.store, monkeypatch)
        asking = asyncio.create_task(Inquirer(first, asyncio.Event()).round())
        await until(pause.reached.is_set)
        _stop(second.store, clock, True)
        pause.go_on.set()
        await asking
        await ended()
        assert (party.seen["POST", order_no], party.seen["GET", order_no]) == (1, 1)


async def until_sent(dispatcher: Dispatcher, party: ThirdParty) -> None:
    """Do rounds until something was debited."""
    for _ in range(100):
        await dispatcher.round()
        await ended()
        if party.book.debits:
            return
    raise AssertionError("it was never sent")
