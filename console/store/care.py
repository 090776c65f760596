"""Grants in the database: given, looked at, released, with what each does to a repayment.

A repayment's `grace_until` is the latest day of its grants that stand; it is set here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Terms(NamedTuple):
    """Caps and limits as the workers were configured with them."""

    budget_fen: int = 10_000_000
    approval_count: int = 1000
    approval_fen: int = 1_000_000
    grace_days: int = 30
    notices_per_day: int = 3


class StoredGrant(NamedTuple):
    """A grant as stored."""

    seq: int
    id: str
    version: int
    origin: str
    change_id: str | None
    who: str
    filter: str
    created_at: int
    released_at: int | None
    grace_days: int | None
    coupon_fen: int | None
    coupon_ms: int | None
    notice: str | None
    credit_hold: bool
    repayments: int
    sum_fen: int


class Figures(NamedTuple):
    """What became of a grant: repayments it stands for, coupons and notices."""

    open: int
    coupons: int
    coupons_fen: int
    coupons_used: int
    notices: int
    notices_sent: int


class Member(NamedTuple):
    """A repayment that care may be given to."""

    seq: int
    id: str
    borrower: str
    stage: str
    amount_fen: int
    due_on: str
    grace_until: str | None


class Item(NamedTuple):
    """What a grant gives one repayment."""

    repayment_seq: int
    grace_until: str | None
    credit_hold: bool


class Held(NamedTuple):
    """What one grant gives a repayment, as its detail shows it."""

    grant: str
    origin: str
    at: int
    grace_until: str | None
    credit_hold: bool
    released_at: int | None
    coupon_fen: int | None
    valid_until: int | None
    used_at: int | None


_TERMS: Final = Prepared(
    "SELECT budget_fen, approval_count, approval_fen, grace_days, notices_per_day FROM care_terms"
)
_ANNOUNCE: Final = Prepared(
    "INSERT INTO care_terms (id, budget_fen, approval_count, approval_fen, grace_days, notices_per_day)"
    " VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET budget_fen = excluded.budget_fen,"
    " approval_count = excluded.approval_count, approval_fen = excluded.approval_fen,"
    " grace_days = excluded.grace_days, notices_per_day = excluded.notices_per_day"
)
_START: Final = Prepared("UPDATE care_terms SET clock_from = ? WHERE clock_from IS NULL OR ?")
_CLOCK_FROM: Final = Prepared("SELECT clock_from FROM care_terms")
_COLUMNS: Final = ", ".join(StoredGrant._fields)
_GRANT: Final = Prepared(
    f"INSERT INTO care_grant ({', '.join(StoredGrant._fields[1:])})"  # noqa: S608 - our own columns
    f" VALUES ({', '.join('?' * (len(StoredGrant._fields) - 1))}) RETURNING seq"
)
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM care_grant WHERE id = ?")  # noqa: S608 - our own columns
_PAGE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM care_grant WHERE seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608 - as above
)
_UNPAID: Final = "i.released_at IS NULL AND r.stage <> 'settled' AND r.due_state <> 'paid'"
_OPEN: Final = Prepared(
    "SELECT i.grant_seq, count(*) FROM care_item i JOIN repayment r ON r.seq = i.repayment_seq"  # noqa: S608 - our own words
    f" WHERE i.grant_seq {{among}} AND {_UNPAID} GROUP BY i.grant_seq"
)
_LEFT: Final = Prepared(
    "SELECT i.repayment_seq FROM care_item i JOIN repayment r ON r.seq = i.repayment_seq"  # noqa: S608 - as above
    f" WHERE i.grant_seq = ? AND {_UNPAID} ORDER BY i.repayment_seq"
)
_COUPONS: Final = Prepared(
    "SELECT grant_seq, count(*), coalesce(sum(amount_fen), 0), count(used_at) FROM coupon"
    " WHERE grant_seq {among} AND revoked_at IS NULL GROUP BY grant_seq"
)
_NOTICES: Final = Prepared(
    "SELECT grant_seq, count(*), coalesce(sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END), 0) FROM outbox"
    " WHERE grant_seq {among} AND state <> 'withdrawn' GROUP BY grant_seq"
)
_MEMBER: Final = "seq, id, borrower_token, stage, amount_fen, due_on, grace_until"
_MEMBERS: Final = Prepared(
    f"SELECT {_MEMBER} FROM repayment WHERE seq {{among}} ORDER BY seq",  # noqa: S608 - our own columns
    f"SELECT {_MEMBER} FROM repayment WHERE seq {{among}} ORDER BY seq FOR UPDATE",  # noqa: S608
)
_SEEN: Final = Prepared(
    f"SELECT {_MEMBER} FROM repayment WHERE seq {{among}} ORDER BY seq"  # noqa: S608 - our own columns
)
_ITEM: Final = Prepared(
    "INSERT INTO care_item (grant_seq, repayment_seq, automatic, grace_until, credit_hold)"
    " VALUES (?, ?, ?, ?, ?)"
)
_SET_GRACE: Final = Prepared(
    "UPDATE repayment SET grace_until = (SELECT max(i.grace_until) FROM care_item i"
    " WHERE i.repayment_seq = repayment.seq AND i.released_at IS NULL), updated_at = ? WHERE seq = ?"
)
_STANDING: Final = Prepared(
    "SELECT repayment_seq FROM care_item WHERE grant_seq = ? AND released_at IS NULL ORDER BY repayment_seq"
)
_RELEASE: Final = Prepared("UPDATE care_item SET released_at = ? WHERE grant_seq = ? AND released_at IS NULL")
_RELEASED: Final = Prepared(
    "UPDATE care_grant SET released_at = ?, version = version + 1 WHERE seq = ? AND version = ?"
    " AND released_at IS NULL"
)
_HELD: Final = Prepared(
    "SELECT g.id, g.origin, g.created_at, i.grace_until, i.credit_hold, i.released_at, c.amount_fen,"
    " c.valid_until, c.used_at FROM care_item i JOIN care_grant g ON g.seq = i.grant_seq"
    " LEFT JOIN coupon c ON c.grant_seq = i.grant_seq AND c.repayment_seq = i.repayment_seq"
    " AND c.revoked_at IS NULL WHERE i.repayment_seq = ? ORDER BY g.seq DESC"
)


class GrantMoved(Exception):
    """Somebody else released the grant in between."""


def terms(connection: Connection) -> Terms:
    """Return caps and limits; the defaults before any worker has told of its own."""
    rows = _TERMS.rows(connection, ())
    return Terms._make(rows[0]) if rows else Terms()


def announce(connection: Connection, told: Terms) -> None:
    """Keep what a worker was configured with."""
    _ANNOUNCE.many(connection, [tuple(told)])


def start_clock(connection: Connection, configured: int | None, now: int) -> int:
    """Return since when the due-date clock acts: as configured, else since it first ran on this database.

    To be called after `announce`.
    """
    _START.many(connection, [(now if configured is None else configured, configured is not None)])
    return int(_CLOCK_FROM.rows(connection, ())[0][0])


def clock_from(connection: Connection) -> int | None:
    """Return since when the due-date clock acts; None before it first ran."""
    rows = _CLOCK_FROM.rows(connection, ())
    return rows[0][0] if rows else None


def find(connection: Connection, identity: str) -> StoredGrant | None:
    """Return one grant."""
    rows = _ONE.rows(connection, (identity,))
    return StoredGrant._make(rows[0]) if rows else None


def page(connection: Connection, before_seq: int, limit: int) -> list[StoredGrant]:
    """Return grants given before a number, newest first."""
    return [StoredGrant._make(row) for row in _PAGE.rows(connection, (before_seq, limit))]


def figures(connection: Connection, seqs: Sequence[int]) -> dict[int, Figures]:
    """Return what became of grants, by number."""
    wanted = (among(connection, list(seqs)),)
    still = {row[0]: row[1] for row in _OPEN.rows(connection, wanted)}
    coupons = {row[0]: row[1:] for row in _COUPONS.rows(connection, wanted)}
    notices = {row[0]: row[1:] for row in _NOTICES.rows(connection, wanted)}
    return {
        seq: Figures(
            int(still.get(seq, 0)),
            *map(int, coupons.get(seq, (0, 0, 0))),
            *map(int, notices.get(seq, (0, 0))),
        )
        for seq in seqs
    }


def members(connection: Connection, seqs: Sequence[int], *, lock: bool = False) -> list[Member]:
    """Return repayments by number, oldest first; locked against their workers when asked."""
    query = _MEMBERS if lock else _SEEN
    return [Member._make(row) for row in query.rows(connection, (among(connection, list(seqs)),))]


def give(
    connection: Connection, grant: StoredGrant, items: Sequence[Item], *, automatic: bool, now: int
) -> int:
    """Store a grant with its items, and move the grace of the repayments; return its number."""
    (row,) = _GRANT.rows(connection, tuple(grant[1:]))
    seq = int(row[0])
    rows = [(seq, one.repayment_seq, automatic, one.grace_until, one.credit_hold) for one in items]
    _ITEM.many(connection, rows)
    set_grace(connection, [one.repayment_seq for one in items if one.grace_until is not None], now)
    return seq


def set_grace(connection: Connection, seqs: Sequence[int], now: int) -> None:
    """Set the grace of repayments to the latest day of the grants that stand."""
    _SET_GRACE.many(connection, [(now, seq) for seq in seqs])


def standing(connection: Connection, grant_seq: int) -> list[int]:
    """Return the repayments a grant still stands for."""
    return [row[0] for row in _STANDING.rows(connection, (grant_seq,))]


def left(connection: Connection, grant_seq: int) -> list[int]:
    """Return the repayments a grant still means something to: it stands, and their instalment is not paid."""
    return [row[0] for row in _LEFT.rows(connection, (grant_seq,))]


def release(connection: Connection, grant: StoredGrant, now: int) -> list[int]:
    """Take a grant back; return the repayments it stood for. Raises GrantMoved."""
    seqs = standing(connection, grant.seq)
    members(connection, seqs, lock=True)
    if _RELEASED.many(connection, [(now, grant.seq, grant.version)]) != 1:
        raise GrantMoved(grant.id)
    _RELEASE.many(connection, [(now, grant.seq)])
    set_grace(connection, seqs, now)
    return seqs


def beside(connection: Connection, repayment_seq: int) -> list[Held]:
    """Return what grants give a repayment, the newest first."""
    return [Held._make(row) for row in _HELD.rows(connection, (repayment_seq,))]
