"""Marks: keyed hashes by which a borrower is found from a value that is not stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

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

_MARKING: Final = Prepared("SELECT after_seq, up_to_seq FROM marking")
_UNMARKED: Final = Prepared(
    "SELECT seq, external_id, borrower_token, sealed FROM repayment"
    " WHERE seq > ? AND seq <= ? AND erased_at IS NULL ORDER BY seq LIMIT ?"
)
_MARKED_UP_TO: Final = Prepared("UPDATE marking SET after_seq = ? WHERE after_seq = ?")
_ALL_MARKED: Final = Prepared("DELETE FROM marking WHERE after_seq = ?")


class Unmarked(NamedTuple):
    """A repayment that was stored before there were marks, or may have been."""

    seq: int
    external_id: str
    borrower_token: str
    sealed: bytes


class Marking(NamedTuple):
    """The next repayments that are to get marks, and after which number they come."""

    after: int
    found: tuple[Unmarked, ...]


def unmarked(connection: Connection, limit: int) -> Marking | None:
    """Return the next repayments to mark, None once all are."""
    left = _MARKING.rows(connection, ())
    if not left:
        return None
    after, up_to = left[0]
    rows = _UNMARKED.rows(connection, (after, up_to, limit))
    return Marking(after, tuple(Unmarked(row[0], row[1], row[2], bytes(row[3])) for row in rows))


def mark(connection: Connection, done: Marking, marked: Iterable[tuple[str, str]]) -> None:
    """Store the marks of these repayments, and that they have them; whoever was quicker did the same."""
    keep(connection, marked)
    if done.found:
        _MARKED_UP_TO.many(connection, [(done.found[-1].seq, done.after)])
    else:
        _ALL_MARKED.many(connection, [(done.after,)])


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
