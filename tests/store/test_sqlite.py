"""What goes wrong with a file or a disk is named with what to do, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Connection, func, insert, select, text

from console.contract.clock import ManualClock
from console.store.database import Store
from console.store.errors import StoreClosed, StoreError, StoreFull, StoreLocked
from console.store.tables import worker

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.db"


@pytest.fixture
def lite(path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{path}", clock=ManualClock()) as store:
        yield store


def add(connection: Connection, name: str, host: str = "h") -> str:
    row = {"id": name, "kind": "k", "host": host, "pid": 1, "started_at": 1, "seen_at": 1}
    connection.execute(insert(worker), row)
    return name


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(worker.c.id)).scalars())


def refusal(path: Path | str) -> StoreError:
    with pytest.raises(StoreError) as refused:
        Store.open(f"sqlite:///{path}", clock=ManualClock()).close()
    assert refused.value.advice
    return refused.value


def test_commits_are_synchronous_and_keys_are_checked(lite: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    for pragma, value in wanted.items():
        ask = text(f"PRAGMA {pragma}")
        assert lite.write_now(lambda c, ask=ask: c.execute(ask).scalar()) == value  # type: ignore[misc]


def test_a_second_process_is_told_who_holds_the_file(path: Path, lite: Store) -> None:
    error = refusal(path)
    assert isinstance(error, StoreLocked)
    assert str(os.getpid()) in error.message
    lite.close()
    Store.open(f"sqlite:///{path}", clock=ManualClock()).close()


def test_a_killed_holder_lets_go(path: Path) -> None:
    program = (
        "import time; from console.store.database import Store\n"
        "from console.contract.clock import SystemClock\n"
        f"s = Store.open('sqlite:///{path}', clock=SystemClock()); print('open', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    assert str(holder.pid) in refusal(path).message
    holder.kill()
    holder.wait()
    holder.stdout.close()
    Store.open(f"sqlite:///{path}", clock=ManualClock()).close()


async def test_a_writer_that_is_kept_out_says_so_and_goes_on(path: Path, lite: Store) -> None:
    await lite.write(lambda c: c.execute(text("PRAGMA busy_timeout = 20")).close())
    stranger = dbapi2.connect(str(path), isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(lite.write(partial(add, name=f"w{number}")) for number in range(3)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {StoreLocked}
    stranger.execute("ROLLBACK")
    stranger.close()
    await lite.write(partial(add, name="after"))
    assert await lite.read(names) == {"after"}


def test_no_exception_of_a_job_ends_the_writer(lite: Store) -> None:
    def leave(_: Connection) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        lite.write_now(leave)
    lite.write_now(partial(add, name="after"))
    assert lite.read_now(names) == {"after"}


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)
    assert "not a SQLite database" in refusal(path).message
    assert path.read_bytes() == b"not a database at all" * 100


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    assert "missing" in refusal(tmp_path / "missing" / "x.db").message


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    refusal(tmp_path)


def test_an_unreadable_file_is_named(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    Store.open(f"sqlite:///{path}", clock=ManualClock()).close()
    path.chmod(0)
    assert "owner" in refusal(path).advice


def test_a_url_without_a_file_is_refused() -> None:
    for url in ("sqlite://", "sqlite:///", "sqlite:///x?mode=ro", "mysql://x", "control.db"):
        with pytest.raises(StoreError):
            Store.open(url, clock=ManualClock())


async def test_a_full_disk_loses_nothing_acknowledged_and_the_writer_goes_on(lite: Store) -> None:
    """The limit on pages answers as a full disk does: SQLITE_FULL."""
    pages = lite.write_now(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    limit = text(f"PRAGMA max_page_count = {pages + 20}")
    await lite.write(lambda c: c.execute(limit).close())
    acknowledged: set[str] = set()
    refused: set[str] = set()

    async def try_adding(name: str) -> None:
        try:
            acknowledged.add(await lite.write(partial(add, name=name, host="x" * 2000)))
        except StoreFull as error:
            assert error.advice
            refused.add(name)

    for start in range(0, 400, 20):
        await asyncio.gather(*(try_adding(f"w{number}") for number in range(start, start + 20)))
    assert acknowledged
    assert refused
    assert await lite.read(names) == acknowledged
    await lite.write(lambda c: c.execute(text("PRAGMA max_page_count = 1000000")).close())
    assert await lite.write(partial(add, name="after")) == "after"
    assert await lite.read(names) == acknowledged | {"after"}


FULL_DISK = """
import asyncio, sys
from functools import partial
from console.contract.clock import SystemClock
from console.store.database import Store
from console.store.errors import StoreError
from tests.store.test_sqlite import add, names

async def main(url):
    store = Store.open(url, clock=SystemClock())
    told = set()
    for number in range(20000):
        try:
            told.add(await store.write(partial(add, name=f"w{number}", host="x" * 250)))
        except StoreError as error:
            print(type(error).__name__, len(told), flush=True)
            break
    else:
        sys.exit("the disk never filled up")
    open(sys.argv[2], "w").write("\\n".join(sorted(told)))
    sys.stdin.readline()
    await store.write(partial(add, name="after"))
    told.add("after")
    print(sorted(told) == sorted(await store.read(names)), flush=True)

asyncio.run(main(sys.argv[1]))
"""


def test_a_really_full_disk_is_named_and_survived(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        ballast = small / "ballast"
        ballast.write_bytes(b"x" * 700_000)
        arguments = [f"sqlite:///{small / 'x.db'}", str(tmp_path / "told")]
        command = [sys.executable, "-c", FULL_DISK, *arguments]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            kind, told = program.stdout.readline().split()
            assert kind == "StoreFull"
            assert int(told) > 0
            ballast.unlink()
            program.stdin.write("\n")
            program.stdin.flush()
            assert program.stdout.readline() == "True\n"
            program.stdin.close()
            assert program.wait(20) == 0
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "k.db"
    program = (
        "import asyncio; from functools import partial\n"
        "from console.store.database import Store; from console.contract.clock import SystemClock\n"
        "from tests.store.test_sqlite import add\n"
        f"store = Store.open('sqlite:///{path}', clock=SystemClock())\n"
        "async def one(n):\n    print(await store.write(partial(add, name=f'w{n}')), flush=True)\n"
        "async def main():\n"
        "    for start in range(0, 100000, 50):\n"
        "        await asyncio.gather(*(one(n) for n in range(start, start + 50)))\n"
        "asyncio.run(main())\n"
    )
    victim = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    told = [victim.stdout.readline().strip() for _ in range(500)]
    victim.kill()
    told += [line.strip() for line in victim.stdout.read().splitlines()[:-1]]
    victim.wait()
    victim.stdout.close()
    with Store.open(f"sqlite:///{path}", clock=ManualClock()) as store:
        assert set(told) <= store.read_now(names)


def test_a_closed_store_says_so(lite: Store) -> None:
    lite.close()
    lite.close()
    with pytest.raises(StoreClosed):
        lite.write_now(names)
    with pytest.raises(StoreClosed):
        lite.read_now(names)


async def test_what_waits_when_the_store_closes_is_written_or_refused(lite: Store) -> None:
    writing = [asyncio.create_task(lite.write(partial(add, name=f"w{number}"))) for number in range(200)]
    await asyncio.sleep(0)
    await asyncio.to_thread(lite.close)
    outcomes = await asyncio.gather(*writing, return_exceptions=True)
    written = {outcome for outcome in outcomes if isinstance(outcome, str)}
    assert all(isinstance(outcome, str | StoreClosed) for outcome in outcomes)
    with Store.open(lite.url, clock=ManualClock()) as again:
        assert again.read_now(names) == written


async def test_jobs_that_wait_share_a_commit(lite: Store) -> None:
    before = lite.read_now(lambda c: c.execute(select(func.count()).select_from(worker)).scalar_one())
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(lite.write(partial(add, name=f"w{number}")) for number in range(3000)))
    assert asyncio.get_running_loop().time() - started < 3
    assert len(await lite.read(names)) == before + 3000
