"""Coupons: one a day for a borrower, and no more in a day than its budget; both held by the database.

Used by `coupon_use`; what was used stays in the budget it came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NewCoupon(NamedTuple):
    """A coupon to issue; `day` is the business day, `valid_until` an instant."""

    grant_seq: int
    repayment_seq: int
    borrower: str
    day: str
    amount_fen: int
    valid_until: int


_HAVE: Final = Prepared(
    "SELECT borrower_token FROM coupon WHERE day = ? AND revoked_at IS NULL AND borrower_token {among}"
)
_SPENT: Final = Prepared("SELECT spent_fen FROM coupon_budget WHERE day = ?")
_OPEN: Final = Prepared(
    "INSERT INTO coupon_budget (day, limit_fen, spent_fen) VALUES (?, ?, 0) ON CONFLICT (day) DO UPDATE"
    " SET limit_fen = CASE WHEN excluded.limit_fen > coupon_budget.spent_fen THEN excluded.limit_fen"
    " ELSE coupon_budget.spent_fen END"
)
_SPEND: Final = Prepared("UPDATE coupon_budget SET spent_fen = spent_fen + ? WHERE day = ?")
_ISSUE: Final = Prepared(
    "INSERT INTO coupon (grant_seq, repayment_seq, borrower_token, day, amount_fen, valid_until)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_REVOKE: Final = Prepared(
    "UPDATE coupon SET revoked_at = ? WHERE grant_seq = ? AND revoked_at IS NULL AND used_at IS NULL"
    " RETURNING day, amount_fen"
)


def have(connection: Connection, day: str, borrowers: Sequence[str]) -> set[str]:
    """Return which borrowers have a coupon of a day already."""
    return {row[0] for row in _HAVE.rows(connection, (day, among(connection, list(borrowers))))}


def spent(connection: Connection, day: str) -> int:
    """Return what the coupons of a day cost (fen)."""
    rows = _SPENT.rows(connection, (day,))
    return int(rows[0][0]) if rows else 0


def issue(connection: Connection, coupons: Sequence[NewCoupon], *, day: str, limit_fen: int) -> None:
    """Issue coupons of one day. The database refuses what goes beyond the budget."""
    _OPEN.many(connection, [(day, limit_fen)])
    _SPEND.many(connection, [(sum(one.amount_fen for one in coupons), day)])
    _ISSUE.many(connection, [tuple(one) for one in coupons])


def revoke(connection: Connection, grant_seq: int, now: int) -> None:
    """Take the coupons of a grant back that were not used, and their money to the budget."""
    back: Counter[str] = Counter()
    for day, fen in _REVOKE.rows(connection, (now, grant_seq)):
        back[day] += int(fen)
    _SPEND.many(connection, [(-fen, day) for day, fen in sorted(back.items())])
