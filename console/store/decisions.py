"""Screening in the database: what is due, what was decided, what is kept back, and how it comes free.

What a decision is, comes from outside; here it is only written, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.store import claims, payers, strategy_counters
from console.store.prepared import SKIP_LOCKED, Prepared, among
from console.store.strategy_counters import Tally

KEPT_MS: Final = 30 * 86_400_000
"""How long decisions are kept."""

PURGE_AT_ONCE: Final = 20_000
"""Decisions deleted in one transaction, at most."""


class Screenable(NamedTuple):
    """A repayment that is due for screening, with its signals (None where not known)."""

    seq: int
    id: str
    amount_fen: int
    product: str
    due_on: str
    wanted_gateway: str | None
    attempts: int
    version: int
    borrower_token: str
    device: str | None
    region: str | None
    mis_taps: int | None
    name_matches: bool | None


class Kept(NamedTuple):
    """A repayment that strategies keep, and until when (an instant)."""

    seq: int
    action: str
    strategies: str
    until: int


class Reviewed(NamedTuple):
    """A repayment in review, as an answer or the end of its time finds it."""

    seq: int
    version: int
    amount_fen: int
    borrower_token: str
    action: str
    strategies: str


class Reviewable(NamedTuple):
    """A repayment that an engineer is asked about; `strategies` is empty where none keeps it."""

    seq: int
    id: str
    version: int
    amount_fen: int
    stage: str
    strategies: str

    @property
    def in_review(self) -> bool:
        """Whether its review has not ended yet."""
        return self.stage == Stage.REVIEW


Answer = Literal["released", "rejected", "no_such_repayment", "not_challenged"]
"""What became of a borrower's answer."""

_SCREENABLE: Final = (
    "SELECT r.seq, r.id, r.amount_fen, r.product, r.due_on, r.wanted_gateway, r.attempts, r.version,"
    " r.borrower_token, s.device, s.region, s.mis_taps, s.name_matches"
)
_NEW_TEXT: Final = (
    f"{_SCREENABLE} FROM repayment r LEFT JOIN signal s ON s.repayment_seq = r.seq"
    " WHERE r.stage = 'intake' AND r.next_action_at IS NOT NULL AND r.next_action_at <= ?"
    " ORDER BY r.next_action_at LIMIT ?"
)
_NEW: Final = Prepared(_NEW_TEXT, f"{_NEW_TEXT} FOR UPDATE OF r SKIP LOCKED")
_DELAYED_TEXT: Final = (
    f"{_SCREENABLE} FROM repayment r JOIN interception i ON i.repayment_seq = r.seq"
    " LEFT JOIN signal s ON s.repayment_seq = r.seq"
    " WHERE r.stage = 'held' AND r.next_action_at IS NOT NULL AND r.next_action_at <= ?"
    " AND i.action = 'delay' ORDER BY r.next_action_at LIMIT ?"
)
_DELAYED: Final = Prepared(_DELAYED_TEXT, f"{_DELAYED_TEXT} FOR UPDATE OF r SKIP LOCKED")
_REVIEWED: Final = "SELECT r.seq, r.version, r.amount_fen, r.borrower_token, i.action, i.strategies"
_OVER_TEXT: Final = (
    f"{_REVIEWED} FROM repayment r JOIN interception i ON i.repayment_seq = r.seq"
    " WHERE r.stage = 'review' AND r.next_action_at IS NOT NULL AND r.next_action_at <= ?"
    " ORDER BY r.next_action_at LIMIT ?"
)
_OVER: Final = Prepared(_OVER_TEXT, f"{_OVER_TEXT} FOR UPDATE OF r{SKIP_LOCKED.removeprefix(' FOR UPDATE')}")
_ASKED_TEXT: Final = (
    f"{_REVIEWED}, r.stage FROM repayment r LEFT JOIN interception i ON i.repayment_seq = r.seq"
    " WHERE r.id = ?"
)
_ASKED: Final = Prepared(_ASKED_TEXT, f"{_ASKED_TEXT} FOR UPDATE OF r")
_LISTED_TEXT: Final = (
    "SELECT r.seq, r.id, r.version, r.amount_fen, r.stage, coalesce(i.strategies, '')"
    " FROM repayment r LEFT JOIN interception i ON i.repayment_seq = r.seq WHERE r.id {among}"
)
_LISTED: Final = Prepared(f"{_LISTED_TEXT} ORDER BY r.seq")
_LISTED_LOCKED: Final = Prepared(
    f"{_LISTED_TEXT} ORDER BY r.seq", f"{_LISTED_TEXT} ORDER BY r.seq FOR UPDATE OF r"
)

_FIELDS: Final = (
    "amount_fen, product, hour, minute_of_day, weekday, due_in_days, gateway, attempts, payments_last_hour,"
    " payments_last_day, amount_ratio, new_device, region, region_changed, mis_taps, name_matches,"
    " payer_age_days, payer_settled, payer_failed, payer_intercepted, clean_payer"
)
FIELD_COLUMNS: Final = tuple(_FIELDS.split(", "))
"""The columns of a record, in their order."""

_WRITE: Final = Prepared(
    f"INSERT INTO decision (repayment_seq, at, bucket, action, enforced, shadow, {_FIELDS})"  # noqa: S608
    f" VALUES ({', '.join('?' * (6 + len(FIELD_COLUMNS)))})"
)
_KEEP: Final = Prepared(
    "INSERT INTO interception (repayment_seq, action, strategies, at, until) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (repayment_seq) DO UPDATE SET action = excluded.action,"
    " strategies = excluded.strategies, at = excluded.at, until = excluded.until"
)
_FREE: Final = Prepared("DELETE FROM interception WHERE repayment_seq = ?")
_FORGET: Final = {
    "sqlite": "DELETE FROM signal WHERE repayment_seq IN (SELECT value FROM json_each(?))",
    "postgresql": "DELETE FROM signal WHERE repayment_seq = ANY(%s)",
}
_PURGE: Final = {
    "sqlite": "DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE at < ? ORDER BY at LIMIT ?)",
    "postgresql": (
        "DELETE FROM decision WHERE id IN (SELECT id FROM decision WHERE at < %s ORDER BY at LIMIT %s)"
    ),
}
_LATEST: Final = Prepared(
    f"SELECT at, bucket, {_FIELDS} FROM decision WHERE at >= ? ORDER BY at DESC LIMIT ?"  # noqa: S608
)


def due(connection: Connection, *, now: Instant, limit: int) -> list[Screenable]:
    """Return repayments that were taken in and not screened yet, locked."""
    return [Screenable._make(row) for row in _NEW.rows(connection, (now, limit))]


def delay_over(connection: Connection, *, now: Instant, limit: int) -> list[Screenable]:
    """Return repayments whose delay by a strategy is over, locked."""
    return [Screenable._make(row) for row in _DELAYED.rows(connection, (now, limit))]


def write(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Keep decisions: repayment, instant, bucket, action, strategies that acted, those that only would
    have, then the record."""
    _WRITE.many(connection, rows)


def keep(connection: Connection, kept: Iterable[Kept], now: Instant) -> None:
    """Note which strategies keep repayments back."""
    _KEEP.many(connection, [(row.seq, row.action, row.strategies, now, row.until) for row in kept])


def free(connection: Connection, seqs: Iterable[int]) -> None:
    """Take the note away: nothing of a strategy keeps these repayments any more."""
    _FREE.many(connection, [(seq,) for seq in seqs])


def forget_signals(connection: Connection, seqs: Sequence[int]) -> None:
    """Delete the signals of repayments that are decided on."""
    if seqs:
        connection.exec_driver_sql(_FORGET[connection.dialect.name], (among(connection, seqs),))


def cancel_overdue_reviews(connection: Connection, *, now: Instant, limit: int, shard: int) -> int:
    """Cancel repayments whose review nobody ended in time; return how many."""
    found = [Reviewed._make(row) for row in _OVER.rows(connection, (now, limit))]
    if found:
        moves = [
            claims.Screened(row, Stage.CANCELLED, None, f"no answer in time: {row.strategies}")
            for row in found
        ]
        free(connection, [row.seq for row in found])
        claims.move_on(connection, moves, frm=Stage.REVIEW, now=now, shard=shard, what="review_expired")
    return len(found)


def answer_challenge(
    connection: Connection, repayment_id: str, passed: bool, now: Instant, shard: int
) -> Answer:
    """Take a borrower's answer: one who verified themselves goes on, one who did not is rejected.

    Counts the answer for every strategy that challenged, so that false positives are known.
    """
    rows = _ASKED.rows(connection, (repayment_id,))
    if not rows:
        return "no_such_repayment"
    *fields, stage = rows[0]
    asked = Reviewed._make(fields)
    if stage != Stage.REVIEW or asked.action != "challenge":
        return "not_challenged"
    to, at = (Stage.DISPATCH, now) if passed else (Stage.REJECTED, None)
    free(connection, [asked.seq])
    if not passed:
        payers.suspect(connection, asked.borrower_token, now)
    move = claims.Screened(asked, to, at, asked.strategies)
    what = "verified" if passed else "not_verified"
    claims.move_on(connection, [move], frm=Stage.REVIEW, now=now, shard=shard, what=what)
    tally = Tally(verified=1) if passed else Tally(unverified=1)
    strategy_counters.fold(connection, {name: tally for name in asked.strategies.split(",")}, shard, now)
    return "released" if passed else "rejected"


def reviewable(connection: Connection, ids: Sequence[str]) -> list[Reviewable]:
    """Return those of these repayments that there are, reading only."""
    return [Reviewable._make(row) for row in _LISTED.rows(connection, (among(connection, list(ids)),))]


def end_review(
    connection: Connection,
    ids: Sequence[str],
    passed: bool,
    *,
    who: str,
    change_id: str,
    now: Instant,
    shard: int,
) -> list[str]:
    """Let repayments in review go on, or reject them, as `who` decided; return which were in review still.

    Nothing screens one again that went on: it is past screening, whatever keeps it later.
    """
    rows = _LISTED_LOCKED.rows(connection, (among(connection, list(ids)),))
    found = [one for one in map(Reviewable._make, rows) if one.in_review]
    free(connection, [one.seq for one in found])
    to, at = (Stage.DISPATCH, now) if passed else (Stage.REJECTED, None)
    moves = [claims.Screened(one, to, at, f"{change_id}: {one.strategies}") for one in found]
    what = "review_passed" if passed else "review_rejected"
    claims.move_on(connection, moves, frm=Stage.REVIEW, now=now, shard=shard, what=what, actor=who)
    return [one.id for one in found]


def latest(connection: Connection, *, since: int, limit: int) -> list[tuple[Any, ...]]:
    """Return decisions after an instant, newest first: instant, bucket, then the record."""
    return [tuple(row) for row in _LATEST.rows(connection, (since, limit))]


def purge(connection: Connection, now: int) -> int:
    """Delete decisions that are over their time, some at once; return how many."""
    values = (now - KEPT_MS, PURGE_AT_ONCE)
    return connection.exec_driver_sql(_PURGE[connection.dialect.name], values).rowcount
