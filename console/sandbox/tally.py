"""Counts what the ledgers say, repayment by repayment: the judge of double debits.

It reads the ledger files themselves, not what the gateways believe they wrote, and remembers how far it
has read. Runs in a thread of its own; its memory does not grow with the ledgers.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pysqlite3 import dbapi2 as sqlite

from console.sandbox.ledger import DEBIT, LedgerError, Movement, parse_line, read_lines
from console.sandbox.orders import repayment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

BATCH: Final = 5_000
"""Ledger lines counted in one transaction."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS totals (
    gateway TEXT PRIMARY KEY, offset INTEGER NOT NULL DEFAULT 0, debits INTEGER NOT NULL DEFAULT 0,
    reversals INTEGER NOT NULL DEFAULT 0, debit_fen INTEGER NOT NULL DEFAULT 0,
    reversal_fen INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS repayments (
    repayment TEXT PRIMARY KEY, debits INTEGER NOT NULL, reversals INTEGER NOT NULL,
    net_fen INTEGER NOT NULL, last_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS repayments_debited_twice ON repayments (repayment) WHERE debits - reversals > 1;
"""

_ADD: Final = """
INSERT INTO repayments VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    debits = debits + excluded.debits, reversals = reversals + excluded.reversals,
    net_fen = net_fen + excluded.net_fen, last_at = max(last_at, excluded.last_at)
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """What one gateway's ledger holds."""

    gateway: str
    debits: int
    reversals: int
    debit_fen: int
    reversal_fen: int
    net_fen: int


@dataclass(slots=True)
class _Sum:
    debits: int = 0
    reversals: int = 0
    debit_fen: int = 0
    reversal_fen: int = 0
    last_at: str = ""

    def add(self, movement: Movement) -> None:
        if movement.kind == DEBIT:
            self.debits += 1
            self.debit_fen += movement.amount_fen
        else:
            self.reversals += 1
            self.reversal_fen += movement.amount_fen
        self.last_at = max(self.last_at, movement.time)


class Tally:
    """The count over all ledgers. Safe to use from any thread."""

    def __init__(self, path: Path, ledgers: Mapping[str, Path]) -> None:
        self._ledgers = dict(ledgers)
        self._lock = threading.Lock()
        try:
            self._database: Any = _open(path, self._ledgers)
        except sqlite.DatabaseError:
            path.unlink()
            self._database = _open(path, self._ledgers)

    def catch_up(self, lines: int | None = None) -> None:
        """Count what the ledgers have that was not counted yet, at most `lines` of each.

        Raises LedgerError naming the file and the place of a line that no gateway wrote.
        """
        with self._lock:
            for gateway, path in self._ledgers.items():
                offset = self._offset(gateway, path)
                unread = itertools.islice(read_lines(path, offset), lines)
                while batch := list(itertools.islice(unread, BATCH)):
                    self._count(gateway, path, batch)

    def totals(self) -> list[Totals]:
        """Return the totals of each gateway as far as counted."""
        with self._lock:
            rows = self._database.execute(
                "SELECT gateway, debits, reversals, debit_fen, reversal_fen, debit_fen - reversal_fen"
                " FROM totals ORDER BY gateway"
            ).fetchall()
        return [Totals(*row) for row in rows]

    def double_debits(self, limit: int) -> tuple[int, list[dict[str, object]]]:
        """Return how many repayments hold more than one net debit, and `limit` of them with their orders.

        `[{repayment, debits, reversals, net_fen, orders: [{gateway, order_no, debits, reversals, net_fen}]}]`
        """
        twice = "FROM repayments WHERE debits - reversals > 1"
        with self._lock:
            count = self._database.execute(f"SELECT count(*) {twice}").fetchone()[0]
            rows = self._database.execute(
                f"SELECT repayment, debits, reversals, net_fen {twice} LIMIT ?",
                (limit,),
            ).fetchall()
        orders = self._orders({row[0] for row in rows}) if rows else {}
        return count, [
            {
                "repayment": repayment,
                "debits": debits,
                "reversals": reversals,
                "net_fen": net_fen,
                "orders": orders.get(repayment, []),
            }
            for repayment, debits, reversals, net_fen in rows
        ]

    def nets(self, since: str = "") -> Iterator[dict[str, object]]:
        """Yield `{repayment, debits, reversals, net_fen}` of repayments moved at or after `since` (ISO)."""
        last = ""
        while True:
            with self._lock:
                rows = self._database.execute(
                    "SELECT repayment, debits, reversals, net_fen FROM repayments"
                    " WHERE repayment > ? AND last_at >= ? ORDER BY repayment LIMIT 2000",
                    (last, since),
                ).fetchall()
            if not rows:
                return
            for repayment, debits, reversals, net_fen in rows:
                yield {
                    "repayment": repayment,
                    "debits": debits,
                    "reversals": reversals,
                    "net_fen": net_fen,
                }
            last = rows[-1][0]

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _offset(self, gateway: str, path: Path) -> int:
        """Return how far a ledger was read; a ledger that became shorter is a new one: count all anew."""
        row = self._database.execute("SELECT offset FROM totals WHERE gateway = ?", (gateway,)).fetchone()
        offset: int = row[0]
        if offset and (not path.exists() or path.stat().st_size < offset):
            self._database.executescript(
                "BEGIN; DELETE FROM repayments; UPDATE totals SET offset = 0, debits = 0, reversals = 0,"
                " debit_fen = 0, reversal_fen = 0; COMMIT;"
            )
            return 0
        return offset

    def _count(self, gateway: str, path: Path, batch: list[tuple[int, bytes]]) -> None:
        whole = _Sum()
        sums: dict[str, _Sum] = {}
        for end, line in batch:
            try:
                movement = parse_line(line)
            except LedgerError as error:
                raise LedgerError(f"{path}, before byte {end}: {error}") from error
            whole.add(movement)
            sums.setdefault(repayment_of(movement.order_no), _Sum()).add(movement)
        self._database.execute("BEGIN")
        try:
            self._database.executemany(
                _ADD,
                [
                    (repayment, part.debits, part.reversals, part.debit_fen - part.reversal_fen, part.last_at)
                    for repayment, part in sums.items()
                ],
            )
            self._database.execute(
                "UPDATE totals SET offset = ?, debits = debits + ?, reversals = reversals + ?,"
                " debit_fen = debit_fen + ?, reversal_fen = reversal_fen + ? WHERE gateway = ?",
                (batch[-1][0], whole.debits, whole.reversals, whole.debit_fen, whole.reversal_fen, gateway),
            )
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _orders(self, repayments: set[str]) -> dict[str, list[dict[str, object]]]:
        """Look the orders of a few repayments up in the ledgers: one pass over each."""
        found: dict[str, dict[tuple[str, str], _Sum]] = {}
        for gateway, path in self._ledgers.items():
            for _, line in read_lines(path):
                movement = parse_line(line)
                if (repayment := repayment_of(movement.order_no)) in repayments:
                    sums = found.setdefault(repayment, {})
                    sums.setdefault((gateway, movement.order_no), _Sum()).add(movement)
        return {
            repayment: [
                {
                    "gateway": gateway,
                    "order_no": order_no,
                    "debits": part.debits,
                    "reversals": part.reversals,
                    "net_fen": part.debit_fen - part.reversal_fen,
                }
                for (gateway, order_no), part in sums.items()
            ]
            for repayment, sums in found.items()
        }


def _open(path: Path, gateways: Iterable[str]) -> Any:
    """Open the count; it is made from the ledgers, so it need not survive a power cut."""
    database = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    path.chmod(0o600)
    for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = OFF"):
        database.execute(f"PRAGMA {pragma}").fetchall()
    database.executescript(_SCHEMA)
    database.executemany("INSERT OR IGNORE INTO totals (gateway) VALUES (?)", [(name,) for name in gateways])
    return database


def totals_as_json(totals: list[Totals]) -> list[dict[str, object]]:
    """Return the totals as they cross the admin API."""
    return [asdict(total) for total in totals]
