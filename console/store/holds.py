"""Repayments that a window keeps: moved to `held` with a note why, and let go in the order they came.

Nothing here decides who is kept or let go; counters and timeline are written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.vocabulary import Stage
from console.store import claims
from console.store.claims import DueRepayment, Movable, Screened
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

HELD: Final = "held_by_window"
LET_GO: Final = "window_over"
REJECTED: Final = "rejected_by_window"
"""Words of the timeline."""


class Keep(NamedTuple):
    """A repayment that a window keeps until about an instant; `detail` tells people why."""

    repayment: Movable
    window_id: str
    until: int
    detail: str


class Backlog(NamedTuple):
    """What a window keeps: how many and how much (fen)."""

    depth: int
    sum_fen: int


_NOTE: Final = Prepared(
    "INSERT INTO window_hold (repayment_seq, window_id, stage, since) VALUES (?, ?, ?, ?)"
)
_FORGET: Final = Prepared("DELETE FROM window_hold WHERE repayment_seq {among}")
_ADD: Final = Prepared(
    "INSERT INTO window_tally (window_id, shard, depth, sum_fen) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (window_id, shard) DO UPDATE SET depth = window_tally.depth + excluded.depth,"
    " sum_fen = window_tally.sum_fen + excluded.sum_fen"
)
_SUMS: Final = Prepared(
    "SELECT window_id, sum(depth), sum(sum_fen) FROM window_tally GROUP BY window_id HAVING sum(depth) > 0"
)
_FIELDS: Final = ", ".join(f"r.{name}" for name in DueRepayment._fields)
_TURN_TEXT: Final = (
    f"SELECT {_FIELDS} FROM window_hold h JOIN repayment r ON r.seq = h.repayment_seq"  # noqa: S608
    " WHERE h.window_id = ? AND h.stage = ? AND r.stage = 'held' ORDER BY h.since, h.repayment_seq LIMIT ?"
)
_TURN: Final = Prepared(_TURN_TEXT, f"{_TURN_TEXT} FOR UPDATE OF h, r SKIP LOCKED")
_TAKEN_IN: Final = Prepared("SELECT seq FROM repayment WHERE seq {among} AND created_at >= ?")
_PUT_OFF: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, version = version + 1 WHERE id = ? AND version = ?"
)


def keep(
    connection: Connection, kept: Sequence[Keep], *, frm: Stage, back_to: Stage, now: Instant, shard: int
) -> None:
    """Move repayments from a stage to `held`, to go back to a stage later. Raises LeaseLost."""
    if not kept:
        return
    moves = [Screened(one.repayment, Stage.HELD, one.until, one.detail) for one in kept]
    claims.move_on(connection, moves, frm=frm, now=now, shard=shard, what=HELD)
    _NOTE.many(connection, [(one.repayment.seq, one.window_id, back_to.value, now) for one in kept])
    _tally(connection, [(one.window_id, one.repayment.amount_fen) for one in kept], shard, sign=1)


def let_go(
    connection: Connection, window_id: str, back_to: Stage, *, limit: int, now: Instant, shard: int
) -> list[DueRepayment]:
    """Move up to `limit` repayments of a window back to their stage, due now; return them as they are now.

    Raises LeaseLost.
    """
    found = [DueRepayment._make(row) for row in _TURN.rows(connection, (window_id, back_to.value, limit))]
    if not found:
        return []
    moves = [Screened(one, back_to, now, window_id) for one in found]
    claims.move_on(connection, moves, frm=Stage.HELD, now=now, shard=shard, what=LET_GO)
    _FORGET.many(connection, [(among(connection, [one.seq for one in found]),)])
    _tally(connection, [(window_id, one.amount_fen) for one in found], shard, sign=-1)
    return [one._replace(version=one.version + 1) for one in found]


def reject(
    connection: Connection, refused: Sequence[tuple[Movable, str]], *, frm: Stage, now: Instant, shard: int
) -> None:
    """Reject repayments with a notice each; none of them has an attempt. Raises LeaseLost."""
    if refused:
        moves = [Screened(one, Stage.REJECTED, None, notice) for one, notice in refused]
        claims.move_on(connection, moves, frm=frm, now=now, shard=shard, what=REJECTED)


def taken_in_since(connection: Connection, seqs: Sequence[int], since: int) -> set[int]:
    """Return those repayments that were taken in at or after an instant."""
    return {int(row[0]) for row in _TAKEN_IN.rows(connection, (among(connection, list(seqs)), since))}


def put_off(connection: Connection, attempts: Sequence[tuple[int, int]], until: int) -> None:
    """Let unsent attempts (id, version) wait until an instant; one that changed meanwhile is left alone."""
    _PUT_OFF.many(connection, [(until, identity, version) for identity, version in attempts])


def backlogs(connection: Connection) -> dict[str, Backlog]:
    """Return what each window keeps; one that keeps nothing is left out."""
    return {name: Backlog(int(depth), int(fen)) for name, depth, fen in _SUMS.rows(connection, ())}


def _tally(connection: Connection, amounts: Sequence[tuple[str, int]], shard: int, *, sign: int) -> None:
    sums: dict[str, list[int]] = {}
    for window_id, fen in amounts:
        entry = sums.setdefault(window_id, [0, 0])
        entry[0] += sign
        entry[1] += sign * fen
    _ADD.many(connection, [(name, shard, *entry) for name, entry in sorted(sums.items())])
