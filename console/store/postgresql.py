"""The store on PostgreSQL: a pool of connections, each job a transaction of its own.

A job is run again after a deadlock or a serialisation failure, and after a broken connection as long as
the commit was surely not sent. A connection that breaks while the commit is on its way leaves the
outcome unknown; that is said, never guessed.
"""

from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from console.contract.text import shown
from console.store import schema
from console.store.database import Store
from console.store.errors import CommitUnknown, StoreClosed, StoreError, StoreFull, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import ExceptionContext

    from console.contract.clock import Clock

T = TypeVar("T")

WRITERS: Final = 6
"""Connections that write, each with a thread."""

READERS: Final = 4
"""Connections that read, each with a thread."""

SHARDS: Final = 64
"""Processes fall on one of so many rows per counter; two on one row only wait for each other."""

MAX_TRIES: Final = 8
"""How often a job is run before a deadlock or serialisation failure is given to its caller."""

UNREACHABLE_AFTER: Final = 15.0
"""Seconds for which a server that went away is waited for before the job fails."""

_PATIENCE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A peer that vanished without a word is noticed within a minute, a silent one on connecting in 5 s."""

_PASSING: Final = ("starting up", "shutting down", "recovery", "too many", "connection slots", "terminating")
"""Words of refusals that pass by themselves."""

_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, lock not available: the transaction is surely undone."""


class PostgresStore(Store):
    """See the module."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, shard: int | None = None) -> None:
        super().__init__(url, clock, random.randrange(SHARDS) if shard is None else shard)  # noqa: S311 - no secret
        self._engine = _engine(url, WRITERS)
        self._reader_engine = _engine(
            url, READERS, isolation_level="REPEATABLE READ", options="-c default_transaction_read_only=on"
        )
        self._closed = False
        try:
            with self._engine.begin() as connection:
                schema.bring_up(connection)
        except DBAPIError as error:
            self._engine.dispose()
            found = _translated(error)
            if found is None:
                raise
            raise found from error
        except BaseException:
            self._engine.dispose()
            raise
        self._writers = ThreadPoolExecutor(WRITERS, "store-write")
        self._readers = ThreadPoolExecutor(READERS, "store-read")
        self._urgent_engine = _engine(url, 2)
        self._urgent_writer = ThreadPoolExecutor(1, "store-write-urgent")
        self._urgent_reader = ThreadPoolExecutor(1, "store-read-urgent")

    async def _write(self, job: Callable[[Connection], T], *, urgent: bool) -> T:
        self._check_open()
        loop = asyncio.get_running_loop()
        if urgent:
            return await loop.run_in_executor(self._urgent_writer, self._transact_urgently, job)
        return await loop.run_in_executor(self._writers, self._transact, job)

    def write_now(self, job: Callable[[Connection], T]) -> T:
        self._check_open()
        return self._writers.submit(self._transact, job).result()

    async def read(self, job: Callable[[Connection], T], *, urgent: bool = False) -> T:
        self._check_open()
        loop = asyncio.get_running_loop()
        if urgent:
            return await loop.run_in_executor(self._urgent_reader, self._read_urgently, job)
        return await loop.run_in_executor(self._readers, self._read, job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        self._check_open()
        return self._readers.submit(self._read, job).result()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._writers.shutdown()
        self._readers.shutdown()
        self._urgent_writer.shutdown()
        self._urgent_reader.shutdown()
        self._urgent_engine.dispose()
        self._engine.dispose()
        self._reader_engine.dispose()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosed("the store is closed")

    def _transact(self, job: Callable[[Connection], T]) -> T:
        return self._repeated(lambda: _once(self._engine, job))

    def _transact_urgently(self, job: Callable[[Connection], T]) -> T:
        return self._repeated(lambda: _once(self._urgent_engine, job))

    def _read_urgently(self, job: Callable[[Connection], T]) -> T:
        def once() -> T:
            with self._urgent_engine.connect() as connection:
                return job(connection)

        return self._repeated(once)

    def _read(self, job: Callable[[Connection], T]) -> T:
        def once() -> T:
            with self._reader_engine.begin() as connection:
                return job(connection)

        return self._repeated(once)

    def _repeated(self, once: Callable[[], T]) -> T:
        """Call `once` until it succeeds, its error is the job's own, or patience ends."""
        give_up_at = time.monotonic() + UNREACHABLE_AFTER
        tries = 0
        while True:
            tries += 1
            try:
                return once()
            except DBAPIError as error:
                again = _sqlstate(error) in _AGAIN and tries < MAX_TRIES
                broken = _broken(error) and time.monotonic() < give_up_at and not self._closed
                if not again and not broken:
                    found = _translated(error)
                    if found is None:
                        raise
                    raise found from error
            time.sleep(min(1.0, 0.01 * 2**tries) * random.uniform(0.5, 1.0))  # noqa: S311 - jitter


def _once(engine: Engine, job: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            value = job(connection)
        except BaseException:
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except DBAPIError as error:
            if _broken(error):
                raise CommitUnknown(
                    "the connection to the database broke during a commit",
                    "look at what was written before doing it again",
                ) from error
            raise
        return value


def _engine(url: str, size: int, *, options: str = "", isolation_level: str = "READ COMMITTED") -> Engine:
    try:
        target = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise StoreError("the database URL cannot be read", "write postgresql://user@host/name") from error
    settings = f"-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s {options}"
    engine = create_engine(
        target,
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,
        isolation_level=isolation_level,
        query_cache_size=2000,
        hide_parameters=True,
        connect_args={"application_name": "repay", "options": settings, **_PATIENCE},
    )
    event.listen(engine, "connect", _insist_on_durable_commits)
    event.listen(engine, "handle_error", _leave_values_out)
    return engine


def _insist_on_durable_commits(connection: psycopg.Connection[Any], _: object) -> None:
    """Refuse to acknowledge what only memory holds, whatever the server's default is."""
    row = connection.execute("SHOW synchronous_commit").fetchone()
    if row is None or row[0] not in ("on", "remote_apply"):
        connection.execute("SET SESSION synchronous_commit = on")
    connection.commit()


def _leave_values_out(context: ExceptionContext) -> None:
    """Cut an error down to its first line: the server's details quote values of rows."""
    told = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if told:
        context.original_exception.args = (told,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (told,)


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _broken(error: DBAPIError) -> bool:
    """Whether the connection is gone or was not to be had, and may be again."""
    state = _sqlstate(error)
    if state.startswith(("08", "57P")) or error.connection_invalidated:
        return True
    lost = isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
    return lost and not state and _refusal(error) is None


def _refusal(error: DBAPIError) -> str | None:
    """Return why the server refuses every connection with this URL; psycopg gives no code for it."""
    _, fatal, reason = str(error.orig).rpartition("FATAL:")
    if not fatal or any(words in reason for words in _PASSING):
        return None
    return shown(reason.strip().partition("\n")[0])


def _translated(error: DBAPIError) -> StoreError | None:
    """Return what a failure of the server means to people, None for a job's own error."""
    state = _sqlstate(error)
    if state == "53100":
        return StoreFull(
            "the database server's disk is full", "free disk space there; the service goes on by itself"
        )
    if refusal := _refusal(error):
        return StoreError(
            f"the database server refuses the connection: {refusal}",
            "check database, user and password in the database URL",
        )
    if state == "25006":
        return StoreError("the database accepts no writes", "connect to the primary server")
    if _broken(error):
        return StoreUnreachable(
            "the database server does not answer", "check that it runs and can be reached"
        )
    return None
