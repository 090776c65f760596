"""Runs from being asked for to their end: waiting, killed, repeated, by themselves; on both databases."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from console.contract.vocabulary import AttemptState
from console.repayment.reconcile import run as running
from console.repayment.reconcile.settle import Hearing
from console.store import settlement_pieces
from tests.pipeline.entries import rows
from tests.reconciliation.days import (
    NOON,
    TODAY,
    Counter,
    File,
    ask_for,
    counts,
    day_of,
    debit,
    everything,
    reconcile,
    reconciler,
    run_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Connection

    from console.contract.clock import Instant, ManualClock
    from console.repayment.reconcile.question import Difference
    from console.store.database import Store

S = AttemptState
DAY = day_of("alipay", TODAY)
STATES = (
    S.SUCCEEDED,
    S.SUCCEEDED,
    S.FAILED,
    S.UNKNOWN,
    S.UNKNOWN,
    S.ACCEPTED,
    S.CLOSING,
    S.REVERSED,
    S.MANUAL,
)


def wild_day(store: Store, seed: int) -> bytes:
    """Debits in any state, and a file that says anything of them."""
    chance = random.Random(seed)
    file = File()
    for number in range(1, 13):
        order = debit(store, number, chance.choice(STATES), not_found=chance.randrange(2))
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            file.row(
                order, chance.choice((100, 100, 100, 70)), currency=chance.choice(("CNY",) * 5 + ("USD",))
            )
        for _ in range(chance.choice((0, 0, 0, 1))):
            file.row(order, kind="reversal")
    return file.row(f"rp_stranger{seed}-1").content


@pytest.mark.parametrize("seed", range(4))
async def test_running_twice_changes_nothing(store: Store, clock: ManualClock, seed: int) -> None:
    content = wild_day(store, seed)
    first = await reconcile(store, clock, content)
    before = everything(store)
    assert first.state == "complete"
    second = await reconcile(store, clock, content, "rec_2")
    assert second.state == "complete"
    assert everything(store) == before


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_a_run_that_was_killed_goes_on_with_what_it_had(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    content = wild_day(store, 7)
    monkeypatch.setattr(running, "BATCH", 3)
    hear, heard = Hearing.hear, 0

    def killed(self: Hearing, connection: Connection, batch: Sequence[Difference], now: Instant) -> None:
        nonlocal heard
        if heard == after:
            raise Killed
        heard += 1
        hear(self, connection, batch, now)

    clock.advance((DAY.end + 3_600_000 - clock.now()) / 1000)
    gateway = Counter()
    gateway.files[TODAY] = content
    ask_for(store)
    monkeypatch.setattr(Hearing, "hear", killed)
    with pytest.raises(Killed):
        await reconciler(store, clock, gateway)._reconcile(claimed(store))
    monkeypatch.setattr(Hearing, "hear", hear)
    clock.advance(61)
    await reconciler(store, clock, gateway).round()
    assert run_of(store).state == "complete"
    told, books = counts(run_of(store)), everything(store)
    again = await reconcile(store, clock, content, "rec_2")
    assert sum(told.values()) == sum(counts(again).values())
    assert everything(store) == books


def claimed(store: Store) -> Any:
    """Take the run as a worker does that is going to be killed."""
    from console.contract.clock import Instant
    from console.store import reconciliation

    now = store.clock.now()
    run = store.write_now(
        lambda connection: reconciliation.claim(connection, ["alipay"], now=now, until=Instant(now + 60_000))
    )
    assert run is not None
    return run


async def test_a_file_that_is_not_there_is_asked_for_again(store: Store, clock: ManualClock) -> None:
    order = debit(store, 1, S.UNKNOWN)
    gateway = Counter()
    clock.advance((DAY.end - clock.now()) / 1000)
    ask_for(store)
    worker = reconciler(store, clock, gateway)
    await worker.round()
    assert (run_of(store).state, run_of(store).problem) == ("waiting", "NOT_READY")
    assert not await worker.round()
    assert len(gateway.asked) == 1
    gateway.files[TODAY] = File().row(order).content.replace(b"#end", b"#cut")
    clock.advance(61)
    await worker.round()
    assert (run_of(store).state, run_of(store).problem) == ("waiting", "NO_END")
    assert rows(store, "SELECT count(*) FROM evidence") == [(0,)]
    gateway.files[TODAY] = File().row(order).content
    clock.advance(301)
    await worker.round()
    assert counts(run_of(store)) == {"resolved": 1}


async def test_nothing_is_matched_with_books_whose_past_is_still_being_loaded(
    store: Store, clock: ManualClock
) -> None:
    order = debit(store, 1, S.UNKNOWN)
    gateway = Counter()
    gateway.books_whole = False
    gateway.files[TODAY] = File().row(order).content
    clock.advance((DAY.end + 60_000 - clock.now()) / 1000)
    ask_for(store)
    worker = reconciler(store, clock, gateway, reconcile_after=0)
    assert not await worker.round()
    assert gateway.asked == []
    assert (run_of(store).state, run_of(store).problem, run_of(store).tries) == ("waiting", "PAST_LOADING", 0)
    assert rows(store, "SELECT count(*) FROM reconciliation") == [(1,)]
    gateway.books_whole = True
    while await worker.round():
        pass
    assert counts(run_of(store)) == {"resolved": 1}


async def test_days_that_ended_are_reconciled_by_themselves_once(store: Store, clock: ManualClock) -> None:
    for number, back in enumerate((0, 1, 5), 1):
        debit(store, number, sent_at=NOON - back * 86_400_000)
    clock.advance((DAY.end + 60_000 - clock.now()) / 1000)
    gateway = Counter()
    for back in range(7):
        gateway.files[TODAY - timedelta(days=back)] = File().content
    for _ in range(2):
        worker = reconciler(store, clock, gateway, reconcile_after=0)
        while await worker.round():
            pass
    assert sorted(gateway.asked) == [TODAY - timedelta(days=1), TODAY]


async def test_nothing_is_asked_for_by_itself_at_first(store: Store, clock: ManualClock) -> None:
    debit(store, 1)
    clock.advance((DAY.end + 60_000 - clock.now()) / 1000)
    worker = reconciler(store, clock, Counter())
    assert not await worker.round()
    assert rows(store, "SELECT count(*) FROM reconciliation") == [(0,)]
    clock.advance(601)
    assert await worker.round()


async def test_stopping_gives_a_run_back(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(question: object) -> None:
        stopping.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(running, "ask", never)
    debit(store, 1)
    gateway = Counter()
    gateway.files[TODAY] = File().content
    ask_for(store)
    worker = reconciler(store, clock, gateway)
    stopping = worker._stopping
    assert not await worker.round()
    assert run_of(store).state == "waiting"
    assert run_of(store).next_action_at == clock.now()


async def bring(store: Store, clock: ManualClock, content: bytes, named: str = "") -> str:
    """Bring a file as a person does, in two pieces; return the run's state and problem."""
    digest = named or sha256(content).hexdigest()
    half = len(content) // 2
    for number, piece in enumerate((content[:half], content[half:])):
        kept = settlement_pieces.squeezed(piece)
        store.write_now(
            lambda connection, number=number, kept=kept: settlement_pieces.put(  # type: ignore[misc] # bound at once
                connection, digest, number, kept, clock.now()
            )
        )
    ask_for(store, origin=digest, pieces=2)
    await reconciler(store, clock, Counter()).round()
    return digest


async def test_a_file_from_a_person_settles_doubt_but_proves_no_absence(
    store: Store, clock: ManualClock
) -> None:
    there, absent = debit(store, 1, S.UNKNOWN, not_found=9), debit(store, 2, S.UNKNOWN, not_found=9)
    clock.advance((DAY.end + 60_000 - clock.now()) / 1000)
    await bring(store, clock, File().row(there).content)
    assert rows(store, "SELECT order_no, state FROM attempt ORDER BY id") == [
        (there, "SUCCEEDED"),
        (absent, "UNKNOWN"),
    ]
    assert not run_of(store).proves_absence
    assert rows(store, "SELECT count(*) FROM settlement_piece") == [(0,)]


async def test_pieces_of_another_file_decide_nothing(store: Store, clock: ManualClock) -> None:
    order = debit(store, 1, S.UNKNOWN)
    clock.advance((DAY.end + 60_000 - clock.now()) / 1000)
    await bring(store, clock, File().row(order).content, named="a" * 64)
    assert (run_of(store).state, run_of(store).problem) == ("incomplete", "OTHER_FILE")
    assert rows(store, "SELECT state FROM attempt") == [("UNKNOWN",)]


async def test_one_run_of_a_day_is_under_way_at_a_time(store: Store, clock: ManualClock) -> None:
    debit(store, 1)
    ask_for(store)
    ask_for(store, "rec_2")
    assert rows(store, "SELECT id FROM reconciliation") == [("rec_1",)]
    workers = [reconciler(store, clock, Counter()) for _ in range(2)]
    assert sorted(await asyncio.gather(*(worker.round() for worker in workers))) in (
        [False, True],
        [True, True],
    )
    assert run_of(store).lease_epoch == 1
