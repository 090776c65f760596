"""Stopping works while everything burns: a way of its own to the store, and workers that obey at once."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from console.contract.clock import ManualClock, to_instant
from console.contract.vocabulary import Stage
from console.store import controls
from console.store.controls import Controls
from console.store.database import Store
from tests.api.processes import Home, home, wait_for
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, take_in
from tests.pipeline.running import running, stages_of, until, until_stages

WITHIN = 2.0
"""Seconds in which a stop takes effect, whatever else goes on."""


def pause(store: Store, stage: Stage, paused: bool = True) -> None:
    """Pause or resume, as the desk does."""
    store.write_now(lambda c: controls.set_paused(c, stage, paused, now=1, change_id="chg"))


def stop(store: Store, gateway: str, stopped: bool = True) -> None:
    """Stop or start, as the desk does."""
    store.write_now(lambda c: controls.set_stopped(c, gateway, stopped, now=1, change_id="chg"))


async def test_an_urgent_job_does_not_wait_for_busy_writers(store: Store) -> None:
    release = threading.Event()
    begun = threading.Semaphore(0)

    def busy(connection: Connection) -> None:
        begun.release()
        release.wait(0.05 if store.dialect == "sqlite" else 10)

    order: list[str] = []
    many = [asyncio.create_task(store.write(busy)) for _ in range(200)]
    late = asyncio.create_task(store.write(lambda c: order.append("late")))
    await asyncio.to_thread(begun.acquire)
    began = time.monotonic()
    await store.write(lambda connection: order.append("urgent"), urgent=True)
    took = time.monotonic() - began
    assert order == ["urgent"]
    assert took < WITHIN
    release.set()
    await asyncio.gather(*many, late)
    assert order == ["urgent", "late"]


async def test_an_urgent_look_does_not_wait_for_busy_readers(store: Store) -> None:
    release = threading.Event()
    many = [asyncio.create_task(store.read(lambda connection: release.wait(10))) for _ in range(20)]
    await asyncio.sleep(0)
    found = await asyncio.wait_for(store.read(controls.look, urgent=True), WITHIN)
    assert found == Controls()
    release.set()
    await asyncio.gather(*many)


async def test_an_urgent_job_that_fails_takes_no_other_with_it(store: Store) -> None:
    def fails(connection: Connection) -> None:
        raise ValueError("its own")

    results = await asyncio.gather(
        store.write(lambda c: 1),
        store.write(fails, urgent=True),
        store.write(lambda c: 2, urgent=True),
        return_exceptions=True,
    )
    assert results[0] == 1 and results[2] == 2
    assert isinstance(results[1], ValueError)


def test_no_claim_commits_after_a_pause_has(
    postgresql_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim under way is waited for, and one that comes later waits for the pause and sees it."""
    monkeypatch.setattr(controls, "CLAIM_PATIENCE_MS", 10_000)
    with Store.open(postgresql_url, clock=clock, shard=0) as store:
        inside, go_on = threading.Event(), threading.Event()
        seen: dict[str, Controls] = {}

        def claim(connection: Connection) -> None:
            seen["first"] = controls.obey(connection)
            inside.set()
            assert go_on.wait(10)

        def claim_later(connection: Connection) -> None:
            seen["second"] = controls.obey(connection)

        first = threading.Thread(target=store.write_now, args=(claim,))
        first.start()
        assert inside.wait(10)
        pausing = threading.Thread(target=pause, args=(store, Stage.DISPATCH))
        pausing.start()
        wait_for(lambda: _waiting_locks(store) == 1, "the pause to wait")
        second = threading.Thread(target=store.write_now, args=(claim_later,))
        second.start()
        wait_for(lambda: _waiting_locks(store) == 2, "the later claim to wait")
        assert "second" not in seen
        go_on.set()
        for thread in (first, pausing, second):
            thread.join(10)
        assert seen["first"].paused == frozenset()
        assert seen["second"].paused == {Stage.DISPATCH}


def test_a_worker_that_stands_still_keeps_no_stop_from_taking_effect(
    postgresql_url: str, clock: ManualClock
) -> None:
    with Store.open(postgresql_url, clock=clock, shard=0) as store:
        inside, go_on = threading.Event(), threading.Event()

        def claim(connection: Connection) -> None:
            controls.obey(connection)
            inside.set()
            assert go_on.wait(10)

        still = threading.Thread(target=store.write_now, args=(claim,))
        still.start()
        assert inside.wait(10)
        began = time.monotonic()
        pause(store, Stage.DISPATCH)
        assert time.monotonic() - began < WITHIN
        assert store.read_now(controls.look).paused == {Stage.DISPATCH}
        go_on.set()
        still.join(10)


def _waiting_locks(store: Store) -> int:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return int(store.read_now(lambda connection: connection.execute(query).scalar_one()))


# Workers that obey.


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    """A third party of one gateway."""
    async with serving(ThirdParty(clock)) as served:
        yield served


async def test_a_paused_dispatch_sends_nothing_and_goes_on_where_it_was(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    pause(store, Stage.DISPATCH)
    await take_in(store, *(entry(number) for number in range(5)))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, *["dispatch"] * 5)
        await _rounds(store, clock)
        assert not party.book.debits
        board = store.read_now(lambda c: _paused(c, clock.now()))
        assert board == {"dispatch"}
        pause(store, Stage.DISPATCH, False)
        await until_stages(store, *["settled"] * 5)
    assert len(party.book.debits) == 5


async def test_a_paused_screening_keeps_repayments_in_intake(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    pause(store, Stage.SCREENING)
    await take_in(store, entry(1))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await _rounds(store, clock)
        assert stages_of(store) == ["intake"]
        pause(store, Stage.SCREENING, False)
        await until_stages(store, "settled")


async def test_a_stopped_gateway_gets_nothing_until_it_is_started(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    async with running(store, clock, party.config()) as pipeline:
        await until(lambda: bool(store.read_now(controls.gateways)))
        stop(store, "alipay")
        await take_in(store, entry(1), entry(2))
        pipeline.wake()
        await until_stages(store, "dispatch", "dispatch")
        await _rounds(store, clock)
        assert not party.book.debits
        stop(store, "alipay", False)
        await until_stages(store, "settled", "settled")
    assert len(party.book.debits) == 2


async def test_nothing_is_sent_again_while_dispatch_is_paused(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    """An order that the gateway never saw would be sent again after some inquiries: that is a debit too."""
    party.behave = lambda order_no, times: "timeout_before" if times == 1 else "ok"
    await take_in(store, entry(1))
    config = party.config(timeout=0.1)
    settings: dict[str, Any] = {"inquiry_steps": (1.0,), "inquiry_every": 2.0, "not_found_before_resend": 1}
    async with running(store, clock, config, **settings) as pipeline:
        pipeline.wake()
        await until_stages(store, "in_doubt")
        pause(store, Stage.DISPATCH)
        for _ in range(6):
            clock.advance(5)
            await _rounds(store, clock)
        assert not party.book.debits
        assert stages_of(store) == ["in_doubt"]
        pause(store, Stage.DISPATCH, False)
        while stages_of(store) != ["settled"]:
            clock.advance(5)
            await _rounds(store, clock)
    assert len(party.book.debits) == 1


def _paused(connection: Connection, now: int) -> set[str]:
    from console.store.board import stages

    return {line.stage.value for line in stages(connection, now) if line.paused}


async def _rounds(store: Store, clock: ManualClock) -> None:
    """Let the workers do some rounds: several polls, each with a commit behind it."""
    for _ in range(10):
        await asyncio.sleep(0.02)
        await store.write(lambda connection: None)


# The whole of it, under ten times the usual load.


@pytest.fixture
def here() -> Iterator[Home]:
    """Directories for an embedded service."""
    with tempfile.TemporaryDirectory(prefix="rp-") as name, home(Path(name)) as found:
        yield found


def debits(here: Home) -> dict[str, int]:
    """When each order was debited, as the sandbox's own ledgers tell."""
    found = {}
    for ledger in (here.state / "ledger").glob("*.jsonl"):
        for line in ledger.read_text().splitlines():
            row = json.loads(line)
            if row["kind"] == "debit":
                found[row["order_no"]] = int(to_instant(datetime.fromisoformat(row["time"])))
    return found


def sent_at(here: Home, order_no: str) -> int:
    """When an order was sent."""
    found = here.get(f"/v1/repayments/{order_no.rpartition('-')[0]}")
    moments = {attempt["order_no"]: attempt["sent_at"] for attempt in found["attempts"]}
    return int(to_instant(datetime.fromisoformat(moments[order_no])))


def test_pausing_dispatch_stops_new_debits_within_two_seconds_under_ten_times_the_load(here: Home) -> None:
    here.start(sandbox="--rate 200")
    here.wait_until_live()
    wait_for(lambda: len(debits(here)) > 300, "traffic", 40)
    began = time.time() * 1000
    with here.client() as client:
        answer = client.post(
            "/v1/changes",
            json={"kind": "queue.pause", "stage": "dispatch", "reason": "stop"},
            headers={"Idempotency-Key": "stop"},
        )
    answered = time.time() * 1000
    assert answer.status_code == 201, answer.text
    assert answered - began < WITHIN * 1000
    stopped = began + WITHIN * 1000
    wait_for(lambda: time.time() * 1000 > stopped + 2000, "two seconds more")
    late = [order_no for order_no, at in debits(here).items() if at > stopped]
    assert [order_no for order_no in late if sent_at(here, order_no) > answered] == []
    settled = debits(here)
    depth = {line["stage"]: line for line in here.get("/v1/board")["stages"]}["dispatch"]
    assert depth["paused"] and depth["depth"] > 0
    with here.client() as client:
        undone = client.post(
            f"/v1/changes/{answer.json()['id']}/revert",
            json={"reason": "go on"},
            headers={"Idempotency-Key": "go on"},
        )
    assert undone.status_code == 201, undone.text
    wait_for(lambda: any(sent_at(here, one) > stopped for one in set(debits(here)) - set(settled)), "traffic")
