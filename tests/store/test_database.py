"""The promises of a writing job: told after commit, alone in its failure, on both databases."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from console.store.database import Store, StoreError
from console.store.tables import worker

if TYPE_CHECKING:
    from collections.abc import Callable


def add(name: str) -> Callable[[Connection], str]:
    def job(connection: Connection) -> str:
        connection.execute(
            insert(worker), {"id": name, "kind": "k", "host": "h", "pid": 1, "started_at": 1, "seen_at": 1}
        )
        return name

    return job


def names(connection: Connection) -> list[str]:
    return list(connection.execute(select(worker.c.id).order_by(worker.c.id)).scalars())


async def test_a_written_job_is_seen_by_the_next_read(store: Store) -> None:
    assert await store.write(add("a")) == "a"
    assert await store.read(names) == ["a"]


async def test_a_failing_job_takes_no_other_with_it(store: Store) -> None:
    jobs = [add(name) for name in ("a", "b", "a", "c", "d")]
    results = await asyncio.gather(*(store.write(job) for job in jobs), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    assert len(failed) == 1
    assert isinstance(failed[0], IntegrityError)
    assert await store.read(names) == ["a", "b", "c", "d"]


async def test_a_job_that_fails_midway_leaves_nothing_behind(store: Store) -> None:
    def job(connection: Connection) -> None:
        add("half")(connection)
        raise LookupError("changed its mind")

    jobs: list[Callable[[Connection], object]] = [add("a"), job, add("b"), job, add("c")]
    results = await asyncio.gather(*(store.write(job) for job in jobs), return_exceptions=True)
    assert [type(result) for result in results] == [str, LookupError, str, LookupError, str]
    assert await store.read(names) == ["a", "b", "c"]


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises((DBAPIError, StoreError)):
        await store.read(add("a"))
    assert await store.read(names) == []


async def test_a_read_sees_one_instant(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[int, int]:
        count = select(func.count()).select_from(worker)
        first = connection.execute(count).scalar_one()
        began.set()
        assert go_on.wait(10)
        return first, connection.execute(count).scalar_one()

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(began.wait, 10)
    await store.write(add("a"))
    go_on.set()
    assert await reading == (0, 0)


async def test_a_caller_that_goes_away_first_takes_its_job_back(store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("jobs queue behind one writer only on SQLite")
    running, go_on = threading.Event(), threading.Event()

    def block(_: Connection) -> None:
        running.set()
        assert go_on.wait(10)

    first = asyncio.create_task(store.write(block))
    await asyncio.to_thread(running.wait, 10)
    second = asyncio.create_task(store.write(add("late")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await first
    await store.write(add("next"))
    assert await store.read(names) == ["next"]
