"""Filtered pages among ten million repayments on SQLite, and selections of them.

    python -m tests.bench.store_pages [--count 10000000] [--file PATH]

About 0.75 kB of disk per repayment; refused when the disk has not twice that. The file is removed
afterwards unless it was named, in which case it is used again the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, text

from console.contract.clock import SystemClock
from console.contract.filter import Filter, parse_filter
from console.store import selections
from console.store.database import Store
from console.store.repayments import page, page_query
from tests.bench.figure import Figure, percentile, table

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES_EACH: Final = 800
STEP: Final = 200_000
PAGES: Final = 200
PAGE: Final = 50

FILTERS: Final = (
    "",
    "state:failed",
    "state:failed,in_doubt",
    "state:open",
    "gateway:alipay",
    "gateway:alipay state:failed",
    "error:TIMEOUT",
    "borrower:000000000000000000000abc",
    "stage:in_doubt age>10m",
    "state:settled amount>=500",
)

_FILL: Final = text(
    """
    INSERT INTO repayment (seq, id, external_id, intake_digest, borrower_token, name_masked, mobile_masked,
        id_number_masked, card_masked, sealed, amount_fen, currency, product, instalment, due_on, stage,
        waiting_since, gateway, error_code, attempts, lease_epoch, version, created_at, updated_at)
    WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)
    SELECT n, printf('rp_%026d', n), printf('ext-%d', n), printf('%064d', n),
        printf('%024x', (n * 7919) % 500000), '王**', '138******12', '1****************3',
        '622575******1496', randomblob(190), 1000 + (n * 37) % 500000, 'CNY',
        CASE n % 4 WHEN 0 THEN 'cash_loan' WHEN 1 THEN 'car_loan' ELSE 'instalment_shop' END,
        printf('L%010d-1', n), '2026-06-01',
        CASE WHEN n % 1000 < 955 THEN 'settled' WHEN n % 1000 < 990 THEN 'failed'
            WHEN n % 1000 < 994 THEN 'in_doubt' WHEN n % 1000 < 997 THEN 'reversed'
            WHEN n > :count - 20000 THEN 'confirming' ELSE 'cancelled' END,
        CASE WHEN n % 1000 BETWEEN 955 AND 993 THEN 1780000000000 + n
            WHEN n % 1000 > 996 AND n > :count - 20000 THEN 1780000000000 + n END,
        CASE n % 10 WHEN 0 THEN 'bank' WHEN 1 THEN 'unionpay' WHEN 2 THEN 'wechat' WHEN 3 THEN 'wechat'
            WHEN 4 THEN 'wechat' ELSE 'alipay' END,
        CASE WHEN n % 1000 BETWEEN 955 AND 989 THEN
            CASE n % 3 WHEN 0 THEN 'INSUFFICIENT_FUNDS' WHEN 1 THEN 'CARD_EXPIRED' ELSE 'TIMEOUT' END END,
        1, 0, 0, 1780000000000 + n, 1780000000000 + n
    FROM numbers
    """
)


def fill(store: Store, count: int) -> None:
    """Bring the store to `count` repayments."""
    highest = store.read_now(
        lambda c: c.execute(text("SELECT coalesce(max(seq), 0) FROM repayment")).scalar_one()
    )
    for first in range(highest + 1, count + 1, STEP):
        values = {"first": first, "last": min(count, first + STEP - 1), "count": count}
        store.write_now(partial(_execute, values))
        print(f"\rfilled {values['last']:,} of {count:,}", end="", file=sys.stderr)
    print(file=sys.stderr)


def _execute(values: dict[str, int], connection: Connection) -> None:
    connection.execute(_FILL, values)


def page_times(connection: Connection, given: Filter, count: int) -> tuple[list[float], list[float]]:
    """Return milliseconds per page, of the database alone and with the rows made, at random places."""
    chance = random.Random(7)
    now = SystemClock().now()
    bare, whole = [], []
    for _ in range(PAGES):
        after = chance.randrange(PAGE, count)
        query = page_query(given, after, PAGE, now=now, dialect="sqlite")
        bare.append(_milliseconds(lambda query=query: connection.execute(query).all()))  # type: ignore[misc]
        whole.append(_milliseconds(partial(page, connection, given, after, PAGE, now=now)))
    return bare, whole


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def measure(count: int = 1_000_000, file: Path | None = None) -> list[Figure]:
    """Return the figures; a file that is named is filled up and kept. Raises OSError without room."""
    with tempfile.TemporaryDirectory(prefix="repay-bench-") as directory:
        path = file or Path(directory) / "pages.db"
        present = path.stat().st_size if path.exists() else 0
        if shutil.disk_usage(path.parent).free < 2 * (count * BYTES_EACH - present):
            raise OSError(f"not enough room in {path.parent}; name another --file or a smaller --count")
        return _measured(path, count)


def _measured(path: Path, count: int) -> list[Figure]:
    out: list[Figure] = []
    with Store.open(f"sqlite:///{path}", clock=SystemClock()) as store:
        fill(store, count)
        for words in FILTERS:
            bare, whole = store.read_now(partial(page_times, given=parse_filter(words), count=count))
            name = f"page of {PAGE} in {count:,}: {words or 'everything'}"
            out.append(Figure(f"{name}, p50", percentile(bare, 50), "ms", 1))
            out.append(Figure("  with rows made, p50", percentile(whole, 50), "ms"))
            out.append(Figure("  p99", percentile(bare, 99), "ms"))
        for words in ("gateway:bank", "state:failed"):
            given = parse_filter(words)
            started = time.perf_counter()
            found = asyncio.run(selections.freeze(store, given))
            per_million = (time.perf_counter() - started) * 1e6 / max(1, found.count)
            out.append(Figure(f"selection of {found.count:,}, {words}: per million", per_million, "s", 2))
    return out


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--file", type=Path)
    arguments = parser.parse_args()
    try:
        print(table(measure(arguments.count, arguments.file)))
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
