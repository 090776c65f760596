"""What is taken in by product and minute, counted in the transaction that takes it in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

MINUTE_MS: Final = 60_000

MOST_PRODUCTS: Final = 16
"""Products that one batch keeps apart: names come from outside, and must not fill the store."""

OTHER: Final = "other"
"""Stands for one product too many."""


class Came(NamedTuple):
    """One entry: `again` when it was there already, `mis_tapped` when its payer tapped beside before."""

    product: str
    again: bool
    mis_tapped: bool


class Taken(NamedTuple):
    """What came in during a minute, of one product or of all."""

    taken: int = 0
    repeated: int = 0
    mis_tapped: int = 0


_ADD: Final = Prepared(
    "INSERT INTO product_minute (minute, product, shard, taken, repeated, mis_tapped)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (minute, product, shard) DO UPDATE SET"
    " taken = product_minute.taken + excluded.taken,"
    " repeated = product_minute.repeated + excluded.repeated,"
    " mis_tapped = product_minute.mis_tapped + excluded.mis_tapped"
)
_BETWEEN: Final = Prepared(
    "SELECT minute, product, sum(taken), sum(repeated), sum(mis_tapped) FROM product_minute"
    " WHERE minute >= ? AND minute < ? GROUP BY minute, product ORDER BY minute, product"
)


def fold_products(connection: Connection, came: Sequence[Came], shard: int, now: int) -> None:
    """Add what came in to the rows of this minute, in one order."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in came:
        name = one.product if one.product in sums or len(sums) < MOST_PRODUCTS else OTHER
        found = sums[name]
        found[0] += not one.again
        found[1] += one.again
        found[2] += one.mis_tapped and not one.again
    minute = now // MINUTE_MS
    _ADD.many(connection, [(minute, name, shard, *counts) for name, counts in sorted(sums.items())])


def taken(connection: Connection, first: int, last: int) -> dict[int, dict[str, Taken]]:
    """Return what came in by minute and product, from minute `first` until before `last`."""
    found: dict[int, dict[str, Taken]] = defaultdict(dict)
    for minute, product, *counts in _BETWEEN.rows(connection, (first, last)):
        found[int(minute)][product] = Taken(*map(int, counts))
    return found
