"""Leases: a worker that was paused, killed or overtaken does no harm."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import submit
from console.repayment.expire import Expirer
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk
from console.repayment.settings import PipelineSettings
from console.store import claims
from console.store.attempts import LeaseLost
from console.store.claims import Asked
from console.store.database import Store
from console.store.errors import StoreUnreachable
from console.store.facts import RAW_LIMIT, Evidence
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of, desk, stages_of, unnoted, until

RULES = PipelineSettings().rules()


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture
async def office(store: Store, clock: ManualClock, party: ThirdParty) -> AsyncIterator[Desk]:
    made = desk(store, clock, party.config(timeout=2.0))
    yield made
    for task in _calls():
        task.cancel()
        await asyncio.wait([task])
    for lane in made.lanes.values():
        await lane.gateway.close()


def _calls() -> list["asyncio.Task[object]"]:
    """Return the sends and inquiries that are under way."""
    ours = ("Debits._send", "Inquirer._run")
    return [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") in ours]


async def dispatch_one(office: Desk) -> Dispatcher:
    """Take in one repayment and begin to send it; the call itself has not run yet."""
    await take_in(office.store, entry(1))
    pass_all(office.store)
    dispatcher = Dispatcher(office, asyncio.Event())
    await dispatcher.round()
    return dispatcher


async def test_the_attempt_is_durable_before_the_first_byte(office: Desk, party: ThirdParty) -> None:
    await dispatch_one(office)
    query = "SELECT state, sends, lease_owner, lease_epoch, request_digest, deadline_at FROM attempt"
    state, sends, owner, epoch, digest, deadline = rows(office.store, query)[0]
    assert party.seen.total() == 0
    assert (state, sends, owner, epoch) == ("SENDING", 1, "w_1", 1)
    assert digest and deadline


@pytest.mark.parametrize("seconds", [3600, -7200], ids=["late", "clock-set-back"])
async def test_a_worker_whose_time_to_begin_was_missed_sends_nothing(
    office: Desk, party: ThirdParty, clock: ManualClock, seconds: float
) -> None:
    await dispatch_one(office)
    clock.advance(seconds)
    await until(lambda: attempts_of(office.store)[0][1] == "CREATED")
    assert attempts_of(office.store)[0][2] == "TOO_LATE"
    assert party.seen.total() == 0
    assert stages_of(office.store) == ["dispatch"]


async def test_a_worker_that_lost_its_lease_neither_sends_nor_takes_its_order_back(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    await dispatch_one(office)
    clock.advance(3600)
    office.store.write_now(Expirer(desk(office.store, clock, owner="w_2"))._batch)
    assert attempts_of(office.store)[0][1:] == ("UNKNOWN", "ABANDONED")
    await until(lambda: rows(office.store, "SELECT count(*) FROM evidence")[0][0] == 2)
    assert attempts_of(office.store)[0][1] == "UNKNOWN", "only the holder's proof takes an order back"
    assert party.seen.total() == 0


async def test_what_a_killed_worker_was_sending_is_in_doubt_after_the_next_start(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    party.behave = lambda order_no, times: "timeout"
    await dispatch_one(office)
    await until(lambda: len(party.book.debits) == 1)
    for task in _calls():
        task.cancel()
    clock.advance(1)
    assert attempts_of(office.store)[0][1] == "SENDING"
    assert await Expirer(desk(office.store, clock, owner="w_2")).recover() == 1
    assert attempts_of(office.store)[0][1:] == ("UNKNOWN", "ABANDONED")
    assert stages_of(office.store) == ["in_doubt"]


async def test_a_lease_that_runs_is_left_alone(office: Desk, clock: ManualClock) -> None:
    await dispatch_one(office)
    alive = "INSERT INTO worker (id, kind, host, pid, started_at, seen_at) VALUES ('w_1', 'p', 'h', 1, 1, {})"
    office.store.write_now(lambda connection: connection.exec_driver_sql(alive.format(clock.now())))
    office.store.write_now(Expirer(office)._batch)
    assert attempts_of(office.store)[0][1] == "SENDING"


async def _in_doubt(office: Desk, party: ThirdParty, count: int) -> list[str]:
    """Bring so many repayments in doubt."""
    party.behave = lambda order_no, times: "error"
    ids = await take_in(office.store, *(entry(number) for number in range(count)))
    pass_all(office.store)
    dispatcher = Dispatcher(office, asyncio.Event())
    office.lanes["alipay"].health.note = unnoted  # type: ignore[method-assign] # all go one way
    while await dispatcher.round():
        await asyncio.wait(_calls())
    await until(lambda: stages_of(office.store) == ["in_doubt"] * count)
    return [f"{one}-1" for one in ids]


def _claim(connection: Connection, now: Instant, owner: str, limit: int) -> list[Asked]:
    due = claims.due_to_ask(connection, "alipay", now=now, sent_after=Instant(0), limit=limit)
    return claims.claim(connection, due, owner=owner, until=Instant(now + 20_000), now=now)


async def test_an_overtaken_claim_cannot_be_given_back(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    await _in_doubt(office, party, 1)
    store = office.store
    now = clock.advance(7)
    (first,) = store.write_now(lambda connection: _claim(connection, now, "w_1", 10))
    assert not store.write_now(lambda connection: _claim(connection, now, "w_2", 10)), "it is leased"
    later = clock.advance(21)
    (second,) = store.write_now(lambda connection: _claim(connection, later, "w_2", 10))
    assert second.attempt.lease_epoch == first.attempt.lease_epoch + 1
    with pytest.raises(LeaseLost):
        store.write_now(lambda connection: claims.give_back(connection, first.attempt, now=later))
    store.write_now(lambda connection: claims.give_back(connection, second.attempt, now=later))
    assert store.write_now(lambda connection: _claim(connection, later, "w_3", 10)), "due again at once"


async def test_an_inquiry_that_begins_too_late_is_given_back(
    office: Desk, party: ThirdParty, clock: ManualClock
) -> None:
    (order_no,) = await _in_doubt(office, party, 1)
    clock.advance(7)
    await Inquirer(office, asyncio.Event()).round()
    clock.advance(3600)
    await until(lambda: rows(office.store, "SELECT lease_owner FROM attempt")[0][0] is None)
    assert party.seen["GET", order_no] == 0
    assert attempts_of(office.store)[0][1] == "UNKNOWN"


async def test_a_store_that_is_gone_does_not_keep_an_inquirer_from_ending(
    office: Desk, party: ThirdParty, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order_no,) = await _in_doubt(office, party, 1)
    party.answer_inquiry = lambda order_no, times: "timeout"
    clock.advance(7)
    inquirer = Inquirer(office, asyncio.Event())
    await inquirer.round()
    await until(lambda: party.seen["GET", order_no] == 1)

    async def gone(*_: object, **__: object) -> None:
        raise StoreUnreachable("the database server does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(office.store, "write", gone)
        await inquirer.finish(0.01)
    assert attempts_of(office.store)[0][1] == "UNKNOWN"
    assert rows(office.store, "SELECT next_action_at FROM attempt")[0][0] > clock.now(), (
        "its lease ends by itself"
    )


async def test_two_workers_never_claim_the_same(office: Desk, party: ThirdParty, clock: ManualClock) -> None:
    order_nos = await _in_doubt(office, party, 40)
    now = clock.advance(7)

    def worker(owner: str) -> list[str]:
        mine: list[str] = []
        while batch := office.store.write_now(lambda connection: _claim(connection, now, owner, 3)):
            mine += [asked.attempt.order_no for asked in batch]
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [order for mine in pool.map(worker, ["a", "b", "c", "d"]) for order in mine]
    assert sorted(taken) == sorted(order_nos)


async def test_a_raw_answer_is_kept_up_to_its_cap(office: Desk, clock: ManualClock) -> None:
    await dispatch_one(office)
    (order_no, _, _) = attempts_of(office.store)[0]
    piece = Evidence(
        gateway="alipay",
        order_no=order_no,
        source=EvidenceSource.CALLBACK,
        external_id="e-1",
        at=clock.now(),
        verdict=Verdict.ACCEPTED,
        amount_fen=500,
        currency="CNY",
        raw=b"x" * (RAW_LIMIT + 1),
    )
    (applied,) = await submit(office.store, [piece], rules=RULES)
    assert applied.state is AttemptState.ACCEPTED
    assert rows(office.store, "SELECT length(raw) FROM evidence")[0][0] == RAW_LIMIT


def test_claims_find_their_rows_by_index(store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("PostgreSQL scans small tables whatever the index")
    for statement, index in (
        (claims._DUE_REPAYMENTS, "ix_repayment_due"),
        (claims._UNSENT_ATTEMPTS, "ix_attempt_due"),
        (claims._DUE_TO_ASK, "ix_attempt_asking"),
        (claims._WAITING, "ix_attempt_asking"),
        (claims._ABANDONED, "ix_attempt_due"),
        (claims._INQUIRY_OVER, "ix_attempt_due"),
    ):
        query = f"EXPLAIN QUERY PLAN {statement._sqlite}"
        values = (1,) * query.count("?")
        plan = store.read_now(lambda connection, q=query, v=values: connection.exec_driver_sql(q, v).all())  # type: ignore[misc] # bound at once
        assert any(index in row[3] for row in plan), (index, plan)
