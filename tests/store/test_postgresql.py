"""Broken connections: what was surely not committed is done again, what may have been is said so."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import Connection, insert, select, text, update

from console.contract.clock import ManualClock
from console.store import postgresql
from console.store.database import Store
from console.store.errors import CommitUnknown, StoreError, StoreUnreachable
from console.store.tables import worker
from tests.store.proxy import Cut, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def proxy(postgresql_url: str, tmp_path: Path) -> Iterator[Proxy]:
    directory = parse_qs(urlsplit(postgresql_url).query)["host"][0]
    made = Proxy(tmp_path, f"{directory}/.s.PGSQL.5432")
    yield made
    made.down()


@pytest.fixture
def far(postgresql_url: str, proxy: Proxy) -> Iterator[Store]:
    """A store that reaches its database through the proxy."""
    url = f"{postgresql_url.partition('?')[0]}?host={proxy.directory}"
    with Store.open(url, clock=ManualClock()) as store:
        yield store


def add(connection: Connection, name: str) -> str:
    row = {"id": name, "kind": "k", "host": "h", "pid": 1, "started_at": 1, "seen_at": 1}
    connection.execute(insert(worker), row)
    return name


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(worker.c.id)).scalars())


def directly(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM worker")}


def test_a_job_is_done_once_connections_are_back(far: Store, proxy: Proxy) -> None:
    far.write_now(partial(add, name="a"))
    proxy.break_all()
    assert far.write_now(partial(add, name="b")) == "b"
    assert far.read_now(names) == {"a", "b"}
    proxy.break_all()
    assert far.read_now(names) == {"a", "b"}


def test_a_server_that_comes_back_in_time_is_waited_for(far: Store, proxy: Proxy) -> None:
    far.write_now(partial(add, name="a"))
    proxy.down()
    threading.Timer(0.3, proxy.up).start()
    assert far.write_now(partial(add, name="b")) == "b"
    assert far.read_now(names) == {"a", "b"}


def test_a_server_that_stays_away_is_named(far: Store, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "UNREACHABLE_AFTER", 0.2)
    proxy.down()
    started = time.monotonic()
    for attempt in (far.read_now, far.write_now):
        with pytest.raises(StoreUnreachable) as refused:
            attempt(names)
        assert refused.value.advice
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(("cut", "written"), [("before_commit", False), ("after_commit", True)])
def test_a_commit_that_was_not_answered_is_unknown_and_not_done_again(
    far: Store, proxy: Proxy, postgresql_url: str, cut: Cut, written: bool
) -> None:
    runs: list[int] = []

    def job(connection: Connection) -> None:
        runs.append(1)
        add(connection, "a")

    proxy.cut = cut
    with pytest.raises(CommitUnknown) as unknown:
        far.write_now(job)
    assert unknown.value.advice
    assert runs == [1]
    assert ("a" in directly(postgresql_url)) is written
    assert far.write_now(partial(add, name="b")) == "b"


def test_a_connection_that_breaks_within_a_job_is_done_again(far: Store, proxy: Proxy) -> None:
    runs: list[int] = []

    def job(connection: Connection) -> None:
        runs.append(1)
        add(connection, "a")
        if len(runs) == 1:
            proxy.break_all()
        add(connection, "b")

    far.write_now(job)
    assert runs == [1, 1]
    assert far.read_now(names) == {"a", "b"}


async def test_jobs_that_lock_each_other_out_are_both_done(far: Store) -> None:
    await far.write(partial(add, name="a"))
    await far.write(partial(add, name="b"))
    both = threading.Barrier(2)
    runs: list[str] = []

    def job(connection: Connection, first: str, second: str) -> None:
        runs.append(first)
        touch(connection, first)
        if len(runs) <= 2:
            both.wait(5)
        touch(connection, second)

    def touch(connection: Connection, name: str) -> None:
        more = update(worker).where(worker.c.id == name).values(pid=worker.c.pid + 1)
        connection.execute(more)

    jobs = (partial(job, first="a", second="b"), partial(job, first="b", second="a"))
    await asyncio.gather(*(far.write(job) for job in jobs))
    assert len(runs) > 2
    assert await far.read(lambda c: set(c.execute(select(worker.c.pid)).scalars())) == {3}


def test_commits_are_durable_whatever_the_database_says(postgresql_url: str) -> None:
    name = urlsplit(postgresql_url).path[1:]
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    with Store.open(postgresql_url, clock=ManualClock()) as store:
        show = text("SHOW synchronous_commit")
        assert store.write_now(lambda c: c.execute(show).scalar()) == "on"


def test_a_url_that_leads_nowhere_is_named(postgresql_url: str, tmp_path: Path) -> None:
    head, _, query = postgresql_url.partition("?")
    urls = {
        f"{head}?host={tmp_path}": "does not answer",
        f"{head.rpartition('/')[0]}/nothing_here?{query}": "does not exist",
        "postgresql:name": "cannot be read",
    }
    for url, words in urls.items():
        with pytest.raises(StoreError, match=words) as refused:
            Store.open(url, clock=ManualClock())
        assert refused.value.advice


def test_a_password_is_not_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(f"postgresql://u:s3cret@/x?host={tmp_path}", clock=ManualClock())
    assert "s3cret" not in str(refused.value)
