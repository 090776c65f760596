"""Marks: keyed hashes by which a borrower is found from a value that is not stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from console.store.prepared import Prepared
from console.store.privacy_tables import borrower_mark
from console.store.tables import repayment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

MOST: Final = 20
"""Borrowers told apart for one value, at most; a shared number may have a few."""

_INSERT: Final = Prepared(
    "INSERT INTO borrower_mark (mark, borrower_token) VALUES (?, ?) ON CONFLICT DO NOTHING"
)
_MARKED: Final = (
    select(borrower_mark.c.borrower_token)
    .where(borrower_mark.c.mark.in_(bindparam("marks", expanding=True)))
    .order_by(borrower_mark.c.borrower_token)
    .distinct()
    .limit(MOST)
)
_HAS: Final = (
    select(repayment.c.borrower_token).where(repayment.c.borrower_token == bindparam("token")).limit(1)
)


def keep(connection: Connection, marked: Iterable[tuple[str, str]]) -> None:
    """Store pairs of mark and borrower token; those that are there stay.

    In one order, so that two processes that store the same pairs do not wait for each other.
    """
    _INSERT.many(connection, sorted(set(marked)))


def tokens(connection: Connection, marks: Sequence[str], token: str) -> tuple[str, ...]:
    """Return the borrowers of whom one of the marks is known, and `token` itself if it has repayments."""
    own = connection.execute(_HAS, {"token": token}).scalars()
    found = connection.execute(_MARKED, {"marks": list(marks)}).scalars()
    return tuple(dict.fromkeys((*own, *found)))
