"""Orders that people want closed, and money that is to be given back: asked for, claimed, taken off the list.

A claim of an order is that of an inquiry: it names its owner, raises the lease epoch and pushes the next
action to the end of its lease. Cases have an epoch of their own, as their orders are final.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.vocabulary import Verdict
from console.store import timeline
from console.store.attempts import ATTEMPT_COLUMNS, LeaseLost, attempt_from
from console.store.facts import Attempt
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

Wait = Callable[[int], int]
"""Returns the milliseconds to wait after so many tries."""

_OPEN: Final = "('ACCEPTED', 'UNKNOWN', 'CLOSING')"

_DUE: Final = (
    f"SELECT {ATTEMPT_COLUMNS}, q.tries, q.change_id"  # noqa: S608 - our words
    " FROM close_request q JOIN attempt a ON a.id = q.attempt_id"
    " WHERE q.next_action_at IS NOT NULL AND q.next_action_at <= ? AND a.gateway = ?"
    f" AND a.state IN {_OPEN} AND (a.lease_owner IS NULL OR a.next_action_at <= ?) AND a.sent_at >= ?"
    " ORDER BY q.next_action_at LIMIT ?"
)
_DUE_ORDERS: Final = Prepared(_DUE, f"{_DUE} FOR UPDATE OF a, q SKIP LOCKED")
_DUE_REVERSALS_TEXT: Final = (
    f"SELECT {ATTEMPT_COLUMNS}, x.id, x.lease_epoch"  # noqa: S608 - our words
    " FROM exception_case x JOIN attempt a ON a.id = x.attempt_id"
    " WHERE x.next_action_at IS NOT NULL AND x.next_action_at <= ? AND a.gateway = ? AND NOT x.resolved"
    " ORDER BY x.next_action_at LIMIT ?"
)
_DUE_REVERSALS: Final = Prepared(_DUE_REVERSALS_TEXT, f"{_DUE_REVERSALS_TEXT} FOR UPDATE OF x SKIP LOCKED")
_REQUEST: Final = Prepared(
    "INSERT INTO close_request (attempt_id, change_id, asked_at, next_action_at, tries)"
    " VALUES (?, ?, ?, ?, 0) ON CONFLICT (attempt_id) DO UPDATE SET change_id = excluded.change_id,"
    " asked_at = excluded.asked_at, next_action_at = excluded.next_action_at, tries = 0"
)
_TRIED: Final = Prepared(
    "UPDATE close_request SET next_action_at = ?, tries = tries + 1 WHERE attempt_id = ?"
)
_ENDED_TEXT: Final = (
    "SELECT q.attempt_id FROM close_request q JOIN attempt a ON a.id = q.attempt_id"  # noqa: S608 - our words
    f" WHERE q.next_action_at IS NOT NULL AND q.next_action_at <= ? AND a.state NOT IN {_OPEN} LIMIT ?"
)
_ENDED: Final = Prepared(_ENDED_TEXT, f"{_ENDED_TEXT} FOR UPDATE OF q SKIP LOCKED")
_TAKE_OFF: Final = Prepared("UPDATE close_request SET next_action_at = NULL WHERE attempt_id {among}")
_CLAIM: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, lease_owner = ?, lease_epoch = lease_epoch + 1,"
    " version = version + 1 WHERE id = ? AND version = ? AND lease_epoch = ?"
)
_CLAIM_CASE: Final = Prepared(
    "UPDATE exception_case SET next_action_at = ?, lease_epoch = lease_epoch + 1"
    " WHERE id = ? AND lease_epoch = ? AND NOT resolved"
)
_REQUESTED: Final = Prepared(
    "SELECT attempt_id FROM close_request WHERE next_action_at IS NOT NULL AND attempt_id {among}"
)
_ANSWERS_TO_CLOSE: Final = Prepared(
    "SELECT DISTINCT verdict FROM evidence WHERE attempt_id = ? AND source = 'close'"
)
_AT_ALL: Final = Prepared(
    "SELECT EXISTS (SELECT 1 FROM close_request WHERE next_action_at IS NOT NULL AND next_action_at <= ?)"
    " OR EXISTS (SELECT 1 FROM exception_case WHERE next_action_at IS NOT NULL AND next_action_at <= ?)"
)


class Wanted(NamedTuple):
    """An order to close, how often that was tried, and the change that asked for it."""

    attempt: Attempt
    tries: int
    change_id: str


class Reversal(NamedTuple):
    """Money of a case to be asked back, and the epoch of its claim."""

    attempt: Attempt
    case_id: int
    epoch: int


def request(connection: Connection, attempts: Sequence[Attempt], *, change_id: str, now: Instant) -> None:
    """Have orders closed: each is asked about first."""
    _REQUEST.many(connection, [(one.id, change_id, now, now) for one in attempts])
    timeline.record(
        connection,
        [
            timeline.TimelineEntry(
                one.repayment_seq, now, "service", "close_requested", f"{one.order_no} by {change_id}"
            )
            for one in attempts
        ],
    )


def any_due(connection: Connection, now: Instant) -> bool:
    """Tell whether there is anything to do; locks nothing."""
    return bool(_AT_ALL.rows(connection, (now, now))[0][0])


def requested(connection: Connection, ids: Sequence[int]) -> frozenset[int]:
    """Return which of these attempts are to be closed."""
    if not ids:
        return frozenset()
    return frozenset(row[0] for row in _REQUESTED.rows(connection, (among(connection, ids),)))


def is_unknown_there(connection: Connection, attempt_id: int) -> bool:
    """Tell whether the gateway said, each time it was asked to close this order, that it has none such."""
    return [row[0] for row in _ANSWERS_TO_CLOSE.rows(connection, (attempt_id,))] == [Verdict.NOT_FOUND]


def take_off(connection: Connection, *, now: Instant, limit: int) -> None:
    """Take orders off the list that have ended by themselves, or are with people."""
    ended = [row[0] for row in _ENDED.rows(connection, (now, limit))]
    if ended:
        _TAKE_OFF.many(connection, [(among(connection, ended),)])


def due_orders(
    connection: Connection, gateway: str, *, now: Instant, sent_after: Instant, limit: int
) -> list[Wanted]:
    """Return orders of a gateway that are to be closed and that nobody is asking about, locked."""
    rows = _DUE_ORDERS.rows(connection, (now, gateway, now, sent_after, limit))
    return [Wanted(attempt_from(row[:-2]), *row[-2:]) for row in rows]


def claim(
    connection: Connection, wanted: Sequence[Wanted], *, owner: str, until: Instant, now: Instant, wait: Wait
) -> list[Wanted]:
    """Claim orders until an instant; each is tried again after `wait`. Raises LeaseLost."""
    taken = [one._replace(attempt=claim_attempt(connection, one.attempt, owner, until)) for one in wanted]
    _TRIED.many(connection, [(now + wait(one.tries), one.attempt.id) for one in wanted])
    return taken


def claim_attempt(connection: Connection, attempt: Attempt, owner: str, until: Instant) -> Attempt:
    """Claim one order until an instant; return it as it is now. Raises LeaseLost."""
    key = (attempt.id, attempt.version, attempt.lease_epoch)
    if _CLAIM.many(connection, [(until, owner, *key)]) != 1:
        raise LeaseLost("a row changed under its writer")
    return attempt._replace(
        next_action_at=until,
        lease_owner=owner,
        lease_epoch=attempt.lease_epoch + 1,
        version=attempt.version + 1,
    )


def due_reversals(connection: Connection, gateway: str, *, now: Instant, limit: int) -> list[Reversal]:
    """Return cases whose gateway is to be asked for the money back, locked."""
    rows = _DUE_REVERSALS.rows(connection, (now, gateway, limit))
    return [Reversal(attempt_from(row[:-2]), *row[-2:]) for row in rows]


def claim_reversals(
    connection: Connection, due: Sequence[Reversal], *, until: Instant, wait: Wait
) -> list[Reversal]:
    """Claim cases until an instant, later by `wait`. Raises LeaseLost."""
    rows = [(until + wait(one.epoch), one.case_id, one.epoch) for one in due]
    if _CLAIM_CASE.many(connection, rows) != len(rows):
        raise LeaseLost("a row changed under its writer")
    return [one._replace(epoch=one.epoch + 1) for one in due]
