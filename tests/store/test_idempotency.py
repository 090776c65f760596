"""One key, one mutation: replayed, in flight, mismatched, abandoned, forgotten after its time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from console.store import idempotency
from console.store.idempotency import Answered, Begun, InFlight, OtherCall
from tests.store.made import NOW

if TYPE_CHECKING:
    from console.store.database import Store

DAY = 86_400_000


def begin(store: Store, digest: str = "d", now: int = NOW, person: str = "p") -> object:
    return store.write_now(
        lambda c: idempotency.begin(c, person=person, key="k", path="/x", body_digest=digest, now=now)
    )


def finish(store: Store) -> None:
    store.write_now(lambda c: idempotency.finish(c, person="p", key="k", status=201, body=b"{}"))


def test_the_same_call_again_gets_the_same_answer(store: Store) -> None:
    assert begin(store) == Begun()
    assert begin(store) == InFlight()
    finish(store)
    assert begin(store) == Answered(201, b"{}")
    assert begin(store, digest="other") == OtherCall()
    assert begin(store, person="somebody else") == Begun()


def test_a_released_key_may_be_tried_again_and_an_answered_one_stays(store: Store) -> None:
    begin(store)
    store.write_now(lambda c: idempotency.release(c, person="p", key="k"))
    assert begin(store) == Begun()
    finish(store)
    store.write_now(lambda c: idempotency.release(c, person="p", key="k"))
    assert begin(store) == Answered(201, b"{}")


def test_a_call_that_died_in_flight_is_begun_again(store: Store) -> None:
    begin(store)
    later = NOW + idempotency.ABANDONED_AFTER_MS
    assert begin(store, now=later - 1) == InFlight()
    assert begin(store, now=later) == Begun()
    assert begin(store, now=later) == InFlight()


def test_answers_are_kept_for_thirty_days(store: Store) -> None:
    begin(store)
    finish(store)
    assert store.write_now(lambda c: idempotency.purge(c, NOW + 30 * DAY - 1)) == 0
    assert begin(store, now=NOW + 30 * DAY - 1) == Answered(201, b"{}")
    assert store.write_now(lambda c: idempotency.purge(c, NOW + 30 * DAY)) == 1


def test_a_purge_takes_the_oldest_first_and_little_at_once(store: Store) -> None:
    def fill(connection: Connection) -> None:
        for number in range(10):
            idempotency.begin(
                connection, person="p", key=str(number), path="/", body_digest="d", now=NOW + number
            )

    store.write_now(fill)
    later = NOW + 31 * DAY
    assert [store.write_now(lambda c: idempotency.purge(c, later, 4)) for _ in range(4)] == [4, 4, 2, 0]


async def test_of_many_at_once_one_begins(store: Store) -> None:
    outcomes = await asyncio.gather(*(asyncio.to_thread(begin, store) for _ in range(8)))
    assert outcomes.count(Begun()) == 1
    assert outcomes.count(InFlight()) == 7
