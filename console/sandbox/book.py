"""The gateways' memory: every order in a database, every movement in its gateway's ledger.

Orders and the ledger lines that belong to them are committed together, once per turn of the event loop,
and answered only then. The database holds, in the same transaction, the lines that the ledger is about
to get (`redo`); so a process killed between the two writes completes the ledger when it starts again.
Memory holds only recent orders; the rest is looked up.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pysqlite3 import dbapi2 as sqlite

from console.contract.clock import to_instant
from console.gateways.wire import CURRENCY, Status
from console.sandbox.ledger import REVERSAL, Ledger, Movement, ledger_line, parse_line, read_lines
from console.sandbox.orders import COLUMNS, Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from console.contract.clock import Clock

RECENT: Final = 40_000
"""Orders kept in memory, about 25 MB."""

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS orders (
    {", ".join(COLUMNS)}, PRIMARY KEY (gateway, order_no)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_to_decide ON orders (decide_at) WHERE decide_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_to_call ON orders (callback_at) WHERE callback_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS redo (gateway TEXT PRIMARY KEY, offset INTEGER NOT NULL, lines BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS violations (
    at INTEGER NOT NULL, gateway TEXT NOT NULL, order_no TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_COLUMN_LIST: Final = ", ".join(COLUMNS)
_PUT: Final = f"INSERT OR REPLACE INTO orders VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_GET: Final = f"SELECT {_COLUMN_LIST} FROM orders WHERE gateway = ? AND order_no = ?"  # noqa: S608
_TO_DECIDE: Final = f"SELECT {_COLUMN_LIST} FROM orders WHERE decide_at <= ? ORDER BY decide_at LIMIT ?"  # noqa: S608
_TO_CALL: Final = f"SELECT {_COLUMN_LIST} FROM orders WHERE callback_at <= ? ORDER BY callback_at LIMIT ?"  # noqa: S608
_NEXT: Final = """SELECT
    (SELECT min(decide_at) FROM orders WHERE decide_at IS NOT NULL),
    (SELECT min(callback_at) FROM orders WHERE callback_at IS NOT NULL)"""


class BookError(Exception):
    """Orders could not be kept or read; nothing may be answered about them."""


class Book:
    """All orders of all gateways. Used from one thread, the event loop's."""

    def __init__(self, directory: Path, gateways: Sequence[str], clock: Clock) -> None:
        """Open the book in a private directory, completing what a killed process left undone."""
        self.clock = clock
        self.directory = directory
        (directory / "ledger").mkdir(mode=0o700, exist_ok=True)
        self.ledgers = {name: Ledger(directory / "ledger" / f"{name}.jsonl") for name in gateways}
        self._database = _open(directory / "orders.db")
        self._recent: dict[tuple[str, str], Order] = {}
        self._dirty: dict[tuple[str, str], Order] = {}
        self._lines: dict[str, list[bytes]] = {}
        self._notes: dict[str, str] = {}
        self._violations: list[tuple[int, str, str, str]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._behind = True
        self._next_due: int | None = 0
        self._redo()
        self._reconcile()

    def get(self, gateway: str, order_no: str) -> Order | None:
        """Return an order, or None when the gateway never had it. Change it and `put` it in one turn."""
        key = (gateway, order_no)
        if (found := self._recent.get(key)) is not None:
            return found
        rows = self._read(_GET, key)
        if not rows:
            return None
        order = self._recent[key] = Order.of_row(rows[0])
        return order

    @property
    def pending(self) -> bool:
        """Whether something was put that is not in the files yet."""
        return bool(self._dirty or self._lines or self._violations or self._notes)

    def put(self, order: Order) -> None:
        """Keep an order, new or changed, with the next commit."""
        key = (order.gateway, order.order_no)
        self._recent[key] = self._dirty[key] = order
        for due in (order.decide_at, order.callback_at):
            if due is not None and (self._next_due is None or due < self._next_due):
                self._next_due = due

    def move(self, order: Order, kind: str, instant: int) -> None:
        """Write a movement of the order's amount to its gateway's ledger, with the next commit."""
        line = ledger_line(instant, order.gateway, order.order_no, kind, order.amount_fen)
        self._lines.setdefault(order.gateway, []).append(line)

    def violation(self, gateway: str, order_no: str, kind: str) -> None:
        """Record that a caller broke the protocol, with the next commit."""
        self._violations.append((self.clock.now(), gateway, order_no, kind))

    def committed(self) -> asyncio.Future[None]:
        """Return what is done when everything put so far is in the files; raises BookError if not."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._end_turn)
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiter)
        return waiter

    def commit(self) -> None:
        """Write everything put so far to the files now. Raises BookError; then nothing of it is kept."""
        if not self.pending:
            return
        try:
            self._redo()
            self._commit()
        except (OSError, sqlite.Error) as error:
            for key in self._dirty:
                self._recent.pop(key, None)
            raise BookError(f"the orders cannot be written: {error}") from error
        finally:
            self._dirty, self._lines, self._violations, self._notes = {}, {}, [], {}
        excess = len(self._recent) - RECENT
        if excess > 0:
            for key in list(self._recent)[: excess + RECENT // 10]:
                del self._recent[key]

    def due(self, instant: int, calls: int) -> tuple[list[Order], list[Order]]:
        """Return the orders to decide and (at most `calls` of) those to call back about."""
        if self._next_due is None or instant < self._next_due:
            return [], []
        self.commit()
        decide = [self._held(row) for row in self._read(_TO_DECIDE, (instant, 1000))]
        call = [self._held(row) for row in self._read(_TO_CALL, (instant, calls))]
        upcoming = [due for due in self._read(_NEXT)[0] if due is not None]
        self._next_due = min(upcoming, default=None)
        return decide, call

    def counts(self) -> dict[str, int]:
        """Return how many orders wait for a decision and for a callback."""
        self.commit()
        [(to_decide, to_call)] = self._read(
            "SELECT (SELECT count(*) FROM orders WHERE decide_at IS NOT NULL),"
            " (SELECT count(*) FROM orders WHERE callback_at IS NOT NULL)"
        )
        return {"to_decide": to_decide, "to_call": to_call}

    def violations(self, limit: int) -> tuple[int, list[tuple[int, str, str, str]]]:
        """Return how often callers broke the protocol, and the latest `limit` times."""
        self.commit()
        [(count,)] = self._read("SELECT count(*) FROM violations")
        return count, self._read("SELECT * FROM violations ORDER BY rowid DESC LIMIT ?", (limit,))

    def note(self, name: str) -> str | None:
        """Return a remembered fact about the sandbox itself."""
        if name in self._notes:
            return self._notes[name]
        rows = self._read("SELECT value FROM notes WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def remember(self, name: str, value: str) -> None:
        """Remember a fact about the sandbox itself, with the next commit."""
        self._notes[name] = value

    def close(self) -> None:
        """Commit and let go of the files."""
        try:
            self.commit()
        finally:
            self._database.close()
            for ledger in self.ledgers.values():
                ledger.close()

    def _read(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = self._database.execute(statement, values).fetchall()
        except sqlite.Error as error:
            raise BookError(f"the orders cannot be read: {error}") from error
        return rows

    def _held(self, row: tuple[Any, ...]) -> Order:
        key = (row[0], row[1])
        if (found := self._recent.get(key)) is None:
            found = self._recent[key] = Order.of_row(row)
        return found

    def _end_turn(self) -> None:
        waiting, self._waiting = self._waiting, []
        failure: BookError | None = None
        try:
            self.commit()
        except BookError as error:
            failure = error
        for waiter in waiting:
            if waiter.done():
                continue
            if failure is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(failure)

    def _commit(self) -> None:
        lines = {gateway: b"".join(parts) for gateway, parts in self._lines.items()}
        database = self._database
        database.execute("BEGIN")
        try:
            database.executemany(_PUT, [order.row() for order in self._dirty.values()])
            for gateway, text in lines.items():
                database.execute(
                    "INSERT OR REPLACE INTO redo VALUES (?, ?, ?)",
                    (gateway, self.ledgers[gateway].size(), text),
                )
            if self._violations:
                database.executemany("INSERT INTO violations VALUES (?, ?, ?, ?)", self._violations)
            if self._notes:
                database.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", self._notes.items())
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        self._behind = bool(lines)
        for gateway, text in lines.items():
            self.ledgers[gateway].append(text)
        self._behind = False

    def _redo(self) -> None:
        if not self._behind:
            return
        for gateway, offset, lines in self._read("SELECT * FROM redo"):
            if (ledger := self.ledgers.get(gateway)) is not None:
                ledger.complete(offset, lines)
        self._behind = False

    def _reconcile(self) -> None:
        """Learn the orders of ledger lines that the database never knew (it was lost, or lost its end)."""
        known = dict(self._read("SELECT gateway, offset + length(lines) FROM redo"))
        for gateway, ledger in self.ledgers.items():
            for _, line in read_lines(ledger.path, known.get(gateway, 0)):
                self._learn(gateway, parse_line(line))
        self.commit()

    def _learn(self, gateway: str, movement: Movement) -> None:
        order = self.get(gateway, movement.order_no)
        if order is None:
            instant = to_instant(datetime.fromisoformat(movement.time))
            order = Order(
                gateway,
                movement.order_no,
                movement.amount_fen,
                CURRENCY,
                "",
                "",
                0,
                instant,
                Status.SUCCEEDED,
            )
        elif movement.kind == REVERSAL and order.status is Status.SUCCEEDED:
            order.status = Status.REVERSED
        else:
            return
        self.put(order)


def _open(path: Path) -> Any:
    try:
        database = sqlite.connect(str(path), isolation_level=None)
        path.chmod(0o600)
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.executescript(_SCHEMA)
    except sqlite.Error as error:
        raise BookError(f"{path}: {error}; move it away: it is made again from the ledgers") from error
    return database
