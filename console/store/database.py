"""The store as its users see it: jobs that read, jobs that write, on SQLite or PostgreSQL.

A job is a function of a SQLAlchemy connection. A writing job's caller hears of its outcome only after
COMMIT or ROLLBACK. A job may run again after a failure, so it must touch nothing but the database.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from weakref import WeakKeyDictionary

from console.store.errors import StoreError as StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from console.contract.clock import Clock

T = TypeVar("T")

MAX_WAITING: Final = 4096
"""Writing jobs that may wait at once; further callers are held back until there is room."""


class Store(ABC):
    """One database. `shard` is this process's row in the counters."""

    dialect: Literal["sqlite", "postgresql"]

    def __init__(self, url: str, clock: Clock, shard: int) -> None:
        self.url = url
        self.clock = clock
        self.shard = shard
        self._rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    @classmethod
    def open(cls, url: str, *, clock: Clock, shard: int | None = None) -> Store:
        """Open the database at `sqlite:///path` or `postgresql://…` and bring its schema up to date.

        Raises StoreError, which says what to do.
        """
        scheme = url.partition(":")[0]
        if scheme == "sqlite":
            from console.store.sqlite import SqliteStore

            return SqliteStore(url, clock, shard)
        if scheme in ("postgresql", "postgres"):
            from console.store.postgresql import PostgresStore

            return PostgresStore(url, clock, shard)
        raise StoreError(
            f"no database of the kind {scheme!r} is known", "write sqlite:///path or postgresql://host/name"
        )

    async def write(self, job: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run the job in a transaction; return its value, or raise its error, once that is decided.

        An `urgent` one (it stops something) goes before all that wait, on a way kept for such jobs. A
        caller that is cancelled before the job began takes it back; one cancelled later does not know
        whether it was written. Raises StoreError when the store itself fails.
        """
        if urgent:
            return await self._write(job, urgent=True)
        async with self._room():
            return await self._write(job, urgent=False)

    @abstractmethod
    async def read(self, job: Callable[[Connection], T], *, urgent: bool = False) -> T:
        """Run the job on a snapshot that cannot be written to, in a thread of its own.

        An `urgent` one, which must be quick, uses a thread and connection kept for such jobs.
        """

    @abstractmethod
    def write_now(self, job: Callable[[Connection], T]) -> T:
        """Do as `write`, holding up the calling thread; for start-up and tests."""

    @abstractmethod
    def read_now(self, job: Callable[[Connection], T]) -> T:
        """Do as `read`, holding up the calling thread; for start-up and tests."""

    @abstractmethod
    def close(self) -> None:
        """Finish what has begun and let go of the database; may be called twice."""

    @abstractmethod
    async def _write(self, job: Callable[[Connection], T], *, urgent: bool) -> T: ...

    def _room(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        room = self._rooms.get(loop)
        if room is None:
            room = self._rooms[loop] = asyncio.Semaphore(MAX_WAITING)
        return room

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
