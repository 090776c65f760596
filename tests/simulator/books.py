"""The store of the simulator: the real SQL on SQLite in memory, every job at once in its own transaction.

A `SimStore` is one process's way to it. Between a job and its caller lies the process's `Seam`, where
time passes, the process may die, and the store may fail.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal, TypeVar

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import StaticPool

from console.contract.clock import Clock
from console.store import schema
from console.store.database import Store
from console.store.errors import CommitUnknown, StoreFull
from tests.simulator.seam import Seam

T = TypeVar("T")

_TEMPLATE: Final[list[Any]] = []


def _connected() -> Any:
    return sqlite.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512)


class Database:
    """One database in memory with the schema in it, less the guards that `unlaid` takes out."""

    unlaid: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        raw = _connected()
        if _TEMPLATE:
            _TEMPLATE[0].backup(raw)
        raw.execute("PRAGMA foreign_keys=ON")
        engine = create_engine(
            "sqlite+pysqlite://",
            module=sqlite,
            creator=lambda: raw,
            poolclass=StaticPool,
            query_cache_size=2000,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self._raw = raw
        self.connection = engine.connect()
        self.commits = 0
        if not _TEMPLATE:
            self.write(schema.bring_up)
            _TEMPLATE.append(_connected())
            raw.backup(_TEMPLATE[0])
        for statement in self.unlaid:
            raw.execute(statement)

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a transaction; return its value once it is committed."""
        with self.connection.begin():
            value = job(self.connection)
        self.commits += 1
        return value

    def read(self, job: Callable[[Connection], T]) -> T:
        """Run a job that writes nothing."""
        with self.connection.begin() as transaction:
            value = job(self.connection)
            transaction.rollback()
        return value

    def rows(self, query: str, **values: object) -> list[Any]:
        """Return what a query finds."""
        return self.read(lambda connection: list(connection.execute(text(query), values).all()))

    def table(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the columns and the rows that a query finds."""

        def job(connection: Connection) -> tuple[list[str], list[tuple[Any, ...]]]:
            found = connection.exec_driver_sql(query)
            return list(found.keys()), [tuple(row) for row in found]

        return self.read(job)

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()
        self._raw.close()


class SimStore(Store):
    """See the module. With the dialect `postgresql` the workers behave as where others share the store;
    a commit's outcome may then stay unknown, too."""

    def __init__(
        self,
        database: Database,
        seam: Seam,
        clock: Clock,
        shard: int,
        dialect: Literal["sqlite", "postgresql"],
    ) -> None:
        super().__init__("sim://", clock, shard)
        self.dialect = dialect
        self._database = database
        self._seam = seam

    async def _write(self, job: Callable[[Connection], T], *, urgent: bool) -> T:
        await self._seam.reach("commit")
        if self._seam.strikes("store_fails"):
            raise StoreFull("no room left", "free disk space")
        value = self._database.write(job)
        self._seam.world.note("commit", self._seam.name)
        self._seam.world.judge.committed()
        await self._seam.reach("committed")
        if self.dialect == "postgresql" and self._seam.strikes("commit_unknown"):
            raise CommitUnknown("the connection broke during a commit", "look at what was written")
        return value

    async def read(self, job: Callable[[Connection], T], *, urgent: bool = False) -> T:
        await self._seam.reach("read")
        value = self._database.read(job)
        await self._seam.reach("was_read")
        return value

    def write_now(self, job: Callable[[Connection], T]) -> T:
        return self._database.write(job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        return self._database.read(job)

    def close(self) -> None:
        """The database is the simulation's."""
