"""The store on one SQLite file: one writing thread with group commit, a few reading connections.

Only one process may have the file open. Jobs that wait are written in one transaction, each in a
savepoint of its own, so that a failing job takes no other with it; their callers hear of it after the
commit. `synchronous=FULL`: what was acknowledged survives a power cut.
"""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import unquote

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from console.contract.places import InUseError, Lock
from console.store import schema
from console.store.database import Store
from console.store.errors import StoreClosed, StoreError, StoreFull, StoreLocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.contract.clock import Clock

T = TypeVar("T")

READERS: Final = 4
"""Reading connections, each with a thread."""

MAX_BATCH: Final = 1024
"""Jobs in one commit."""

MAX_BATCH_SECONDS: Final = 0.02
"""After this long a batch takes no further job and commits."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA journal_size_limit=67108864",
)
_READER_PRAGMAS: Final = (
    "PRAGMA query_only=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32768",
    "PRAGMA mmap_size=1073741824",
)


class _Work(Generic[T]):
    """A job on its way to the writer, and the future that its caller waits on."""

    def __init__(
        self,
        job: Callable[[Connection], T],
        future: asyncio.Future[T] | Future[T],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.job = job
        self.future = future
        self.loop = loop
        self.value: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Tell the caller, who may have gone away meanwhile."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class _Nudge:
    """Wakes the writer: an urgent job waits beside the queue."""


_NUDGE: Final = _Nudge()


class SqliteStore(Store):
    """See the module."""

    dialect = "sqlite"

    def __init__(self, url: str, clock: Clock, shard: int | None = None) -> None:
        super().__init__(url, clock, shard or 0)
        self.path = _path_of(url)
        self._lock = _take_lock(self.path)
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._connections_lock = threading.Lock()
        self._closed = False
        self._writer_engine = self._engine(_PRAGMAS, "BEGIN IMMEDIATE")
        self._reader_engine = self._engine(_READER_PRAGMAS, "BEGIN")
        try:
            self._connection = self._writer_engine.connect()
            with self._connection.begin():
                schema.bring_up(self._connection)
        except BaseException as error:
            self._lock.release()
            found = translated(error, self.path)
            if found is None:
                raise
            raise found from error
        self._queue: queue.SimpleQueue[_Work[Any] | _Nudge | None] = queue.SimpleQueue()
        self._urgent: deque[_Work[Any]] = deque()
        self._readers = ThreadPoolExecutor(READERS, "store-read")
        self._urgent_reader = ThreadPoolExecutor(1, "store-read-urgent")
        self._writer = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writer.start()

    def _engine(self, pragmas: tuple[str, ...], begin: str) -> Engine:
        def connect() -> Any:
            _make_private(self.path)
            connection = sqlite.connect(
                str(self.path), isolation_level=None, check_same_thread=False, cached_statements=512
            )
            for pragma in pragmas:
                connection.execute(pragma)
            return connection

        engine = create_engine(
            "sqlite+pysqlite://",
            module=sqlite,
            creator=connect,
            poolclass=NullPool,
            query_cache_size=2000,
            hide_parameters=True,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    async def _write(self, job: Callable[[Connection], T], *, urgent: bool) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(_Work(job, future, loop), urgent=urgent)
        return await future

    def write_now(self, job: Callable[[Connection], T]) -> T:
        future: Future[T] = Future()
        self._put(_Work(job, future))
        return future.result()

    def _put(self, work: _Work[Any], *, urgent: bool = False) -> None:
        if self._closed:
            raise StoreClosed("the store is closed")
        if urgent:
            self._urgent.append(work)
            self._queue.put(_NUDGE)
        else:
            self._queue.put(work)

    async def read(self, job: Callable[[Connection], T], *, urgent: bool = False) -> T:
        if self._closed:
            raise StoreClosed("the store is closed")
        readers = self._urgent_reader if urgent else self._readers
        return await asyncio.get_running_loop().run_in_executor(readers, self._read, job)

    def read_now(self, job: Callable[[Connection], T]) -> T:
        if self._closed:
            raise StoreClosed("the store is closed")
        return self._readers.submit(self._read, job).result()

    def _read(self, job: Callable[[Connection], T]) -> T:
        try:
            connection: Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._reader_engine.connect()
                with self._connections_lock:
                    self._connections.append(connection)
            with connection.begin():
                return job(connection)
        except Exception as error:
            found = translated(error, self.path)
            if found is None:
                raise
            raise found from error

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._urgent_reader.shutdown()
        for connection in (*self._connections, self._connection):
            connection.close()
        self._lock.release()

    # The writing thread.

    def _run(self) -> None:
        while (work := self._next()) is not None:
            batch: list[_Work[Any]] = []
            try:
                self._transact(work, batch)
            except BaseException as error:  # as in _try
                found = translated(error, self.path) or error
                self._roll_back()
                for member in batch:
                    member.error = found
            _settle(batch)
        self._refuse_the_rest()

    def _transact(self, first: _Work[Any], batch: list[_Work[Any]]) -> None:
        """Write the first job and those that wait behind it in one transaction; fill `batch` with them.

        An error here means that nothing of the batch was written.
        """
        batch.append(first)
        raw: Any = self._connection.connection.dbapi_connection
        stop_at = time.monotonic() + MAX_BATCH_SECONDS
        with self._connection.begin():
            self._try(first, raw)
            while len(batch) < MAX_BATCH and time.monotonic() < stop_at:
                try:
                    work = self._next(block=False)
                except queue.Empty:
                    break
                if work is None:
                    self._queue.put(None)
                    break
                batch.append(work)
                self._try(work, raw)

    def _next(self, *, block: bool = True) -> _Work[Any] | None:
        """Return the next job, urgent ones first; None at the end. Raises queue.Empty unless it blocks."""
        while True:
            if self._urgent:
                return self._urgent.popleft()
            work = self._queue.get(block)
            if not isinstance(work, _Nudge):
                return work

    def _try(self, work: _Work[Any], raw: Any) -> None:
        """Run one job in a savepoint; a job that was taken back is passed over."""
        if work.future.cancelled():
            return
        raw.execute("SAVEPOINT job")
        try:
            work.value = work.job(self._connection)
        except BaseException as error:  # whatever a job raises is its caller's, never the writer's end
            if not raw.in_transaction:
                raise
            raw.execute("ROLLBACK TO job")
            work.error = translated(error, self.path) or error
        raw.execute("RELEASE job")

    def _roll_back(self) -> None:
        """Leave no transaction open, whatever state the failure left the connection in."""
        raw = self._connection.connection.dbapi_connection
        if raw is not None and getattr(raw, "in_transaction", False):
            raw.rollback()

    def _refuse_the_rest(self) -> None:
        rest: list[_Work[Any]] = []
        while True:
            try:
                work = self._next(block=False)
            except queue.Empty:
                break
            if work is not None:
                work.error = StoreClosed("the store was closed")
                rest.append(work)
        _settle(rest)


def _settle(batch: list[_Work[Any]]) -> None:
    """Tell all callers, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Work[Any]]] = {}
    for work in batch:
        if work.loop is None:
            work.settle()
        else:
            by_loop.setdefault(work.loop, []).append(work)
    for loop, works in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed, and its callers with it
            loop.call_soon_threadsafe(_settle_all, works)


def _settle_all(works: list[_Work[Any]]) -> None:
    for work in works:
        work.settle()


def _path_of(url: str) -> Path:
    rest = unquote(url.removeprefix("sqlite://"))
    if not rest.startswith("/") or len(rest) < 2 or "?" in rest:
        raise StoreError(f"{url} names no file", "write sqlite:///relative/path or sqlite:////absolute/path")
    return Path(rest[1:])


def _make_private(path: Path) -> None:
    """Make a new database file its owner's alone; SQLite gives the files beside it the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _take_lock(path: Path) -> Lock:
    try:
        return Lock(path.with_name(path.name + ".lock"))
    except InUseError as error:
        raise StoreLocked(
            f"{path} is in use: {error}", "stop that process, or use PostgreSQL for several processes"
        ) from error
    except OSError as error:
        raise _environment(error, path) or StoreError(
            f"cannot open {path}: {error.strerror}", "check that its directory exists and may be written to"
        ) from error


def translated(error: BaseException, path: Path) -> StoreError | None:
    """Return what a failure of the file or the disk means to people, None for a job's own error."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, OSError):
        return _environment(error, path)
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name.startswith("SQLITE_FULL"):
        return StoreFull(f"no room left to write {path}", "free disk space; the service goes on by itself")
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreError(f"cannot open {path}", "check that the file and its directory exist and are yours")
    if name.startswith("SQLITE_NOTADB"):
        return StoreError(f"{path} is not a SQLite database", "name another file, or move this one away")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(f"{path} is damaged", "restore it from a backup; do not delete it")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return StoreError(
            f"{path} cannot be written to", "check owner, mode and whether the disk is read-only"
        )
    if name.startswith("SQLITE_IOERR"):
        return StoreError(
            f"the disk failed while {path} was used ({name})", "check the disk and its free space"
        )
    if name.startswith("SQLITE_BUSY"):
        return StoreLocked(f"{path} is being written to by another program", "end that program")
    return None


def _environment(error: OSError, path: Path) -> StoreError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(f"no room left to write {path}", "free disk space; the service goes on by itself")
    if error.errno in (errno.EACCES, errno.EPERM):
        return StoreError(f"{path} may not be opened", "check owner and mode of the file and its directory")
    if error.errno == errno.EROFS:
        return StoreError(f"{path} is on a read-only disk", "name a file on a disk that can be written to")
    return None
