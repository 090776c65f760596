"""The items of replays in the database: planned, looked at, sent on their way, concluded.

Only whoever holds a replay's lease writes its items, and counts them in the same transaction. Nothing here
decides what is to be done with one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from console.contract.replay import ReplayOutcome
from console.store.prepared import Prepared, among
from console.store.replay_rows import (
    ITEM,
    ITEM_WIDTH,
    LAST,
    SUBJECT,
    Attempted,
    Item,
    Marked,
    Planned,
    Seen,
    Subject,
    Unsent,
    item_of,
    seen_of,
    subject_of,
)
from console.store.replays import DriverGone

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


_LAST_ATTEMPT: Final = "LEFT JOIN attempt a ON a.repayment_seq = r.seq AND a.number = r.attempts"
_IN_PLAN: Final = (
    " OR EXISTS (SELECT 1 FROM replay_item p WHERE p.replay_seq = ? AND p.repayment_seq = o.seq"
    " AND p.class IN ('resubmit', 'inquire_first'))"
)
_AROUND: Final = (
    f"{_LAST_ATTEMPT} LEFT JOIN window_hold h ON h.repayment_seq = r.seq"
    " LEFT JOIN signal s ON s.repayment_seq = r.seq"
)
_TO_PLAN: Final = Prepared(
    f"SELECT {SUBJECT}{_IN_PLAN})) FROM repayment r {_AROUND} WHERE r.seq {{among}} ORDER BY r.seq"  # noqa: S608
)
_TO_DO_TEXT: Final = (
    f"SELECT {ITEM}, {SUBJECT})) FROM replay_item i JOIN repayment r ON r.seq = i.repayment_seq"  # noqa: S608
    f" {_AROUND} WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = 'waiting'"
    " ORDER BY i.day, i.repayment_seq LIMIT ?"
)
_TO_DO: Final = Prepared(_TO_DO_TEXT, f"{_TO_DO_TEXT} FOR UPDATE OF i, r SKIP LOCKED")
_SEEN: Final = (
    f"SELECT {ITEM}, r.stage, r.attempts, {LAST} FROM replay_item i"  # noqa: S608
    f" JOIN repayment r ON r.seq = i.repayment_seq {_LAST_ATTEMPT}"
    " WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = ?"
)
_UNDER_WAY: Final = Prepared(_SEEN)
_ARRIVED: Final = Prepared(f"{_SEEN} AND r.stage NOT IN ('dispatch', 'confirming')")
_SENDING: Final = Prepared(
    "SELECT count(*) FROM replay_item i JOIN repayment r ON r.seq = i.repayment_seq"
    " WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = 'submitted' AND r.stage = 'dispatch'"
)
_CONCLUDED: Final = Prepared(
    f"{_SEEN} AND (i.day > ? OR (i.day = ? AND i.repayment_seq > ?)) ORDER BY i.day, i.repayment_seq LIMIT ?"
)
_STILL_ASKED: Final = Prepared(
    "SELECT 1 FROM replay_item i JOIN repayment r ON r.seq = i.repayment_seq"
    " JOIN attempt a ON a.repayment_seq = r.seq AND a.number = r.attempts"
    " WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = 'unknown' AND i.submitted_at IS NOT NULL"
    " AND r.stage IN ('in_doubt', 'confirming') AND a.inquiries < ? LIMIT 1"
)
_UNSENT_TEXT: Final = (
    f"SELECT {ITEM}, r.seq, r.version, r.amount_fen FROM replay_item i"  # noqa: S608
    f" JOIN repayment r ON r.seq = i.repayment_seq {_LAST_ATTEMPT}"
    " WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = 'submitted' AND r.stage = 'dispatch'"
    " AND r.attempts = i.attempts AND a.state IN ('FAILED', 'CLOSED', 'REVERSED') LIMIT ?"
)
_UNSENT: Final = Prepared(_UNSENT_TEXT, f"{_UNSENT_TEXT} FOR UPDATE OF i, r SKIP LOCKED")
_TAKE_BACK: Final = Prepared(
    "UPDATE replay_item SET outcome = 'waiting', at = ?, submitted_at = NULL, new_order_no = NULL"
    " WHERE replay_seq = ? AND repayment_seq = ? AND outcome = 'submitted'"
)
_BOUND: Final = Prepared(
    "SELECT i.repayment_seq, i.gateway FROM replay_gateway g"
    " JOIN replay_item i ON i.replay_seq = g.replay_seq AND i.gateway = g.gateway"
    " JOIN repayment r ON r.seq = i.repayment_seq AND r.attempts = i.attempts"
    " WHERE i.repayment_seq {among} AND i.submitted_at IS NOT NULL"
)
_NOT_SENT: Final = Prepared(
    "UPDATE replay_item SET submitted_at = NULL, new_order_no = NULL"
    " WHERE repayment_seq = ? AND attempts = ? AND submitted_at IS NOT NULL"
)
_INSERT: Final = Prepared(
    "INSERT INTO replay_item (replay_seq, repayment_seq, day, class, outcome, gateway, amount_fen, attempts,"
    " old_order_no) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PLAN_ON: Final = Prepared(
    "UPDATE replay SET planned = planned + ?, chunk = ?, digest = ? WHERE seq = ? AND chunk = ?"
)
_MARK: Final = Prepared(
    "UPDATE replay_item SET outcome = ?, at = ? WHERE replay_seq = ? AND repayment_seq = ? AND outcome = ?"
)
_SUBMIT: Final = Prepared(
    "UPDATE replay_item SET outcome = 'submitted', at = ?, submitted_at = ?, new_order_no = ?"
    " WHERE replay_seq = ? AND repayment_seq = ? AND outcome = 'waiting' AND submitted_at IS NULL"
)
_ASK: Final = Prepared(
    "UPDATE replay_item SET outcome = 'asking', at = ?, asked_from = ?"
    " WHERE replay_seq = ? AND repayment_seq = ? AND outcome = 'waiting'"
)
_SOONER: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, version = version + 1"
    " WHERE id = ? AND version = ? AND lease_owner IS NULL AND next_action_at > ?"
)
_LEAVE_TEXT: Final = (
    "SELECT i.repayment_seq, i.day, i.class, i.outcome, i.gateway, i.amount_fen, i.attempts, i.asked_from,"
    " i.submitted_at FROM replay_item i WHERE i.replay_seq = ? AND i.gateway = ? AND i.outcome = ? LIMIT ?"
)
_LEFT_OVER: Final = Prepared(_LEAVE_TEXT)
_COUNT: Final = Prepared(
    "INSERT INTO replay_tally (replay_seq, class, outcome, gateway, count, sum_fen) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (replay_seq, class, outcome, gateway) DO UPDATE SET"
    " count = replay_tally.count + excluded.count, sum_fen = replay_tally.sum_fen + excluded.sum_fen"
)
_TURN: Final = 0x72657061792F7270
"""The advisory lock under which repayments are sent on their way again, one replay after the other, so
that two of them never send two repayments of one instalment."""


# Planning.


def to_plan(connection: Connection, replay_seq: int, members: Sequence[int]) -> list[Subject]:
    """Return repayments as planning sees them; those of an instalment that is planned already are twins."""
    rows = _TO_PLAN.rows(connection, (replay_seq, among(connection, list(members))))
    return [subject_of(row) for row in rows]


def plan(
    connection: Connection, replay_seq: int, items: Sequence[Planned], *, chunk: int, digest: str
) -> None:
    """Keep the items of one chunk of the selection, and go on to the next. Raises DriverGone."""
    _INSERT.many(connection, [(replay_seq, *item) for item in items])
    if _PLAN_ON.many(connection, [(len(items), chunk + 1, digest, replay_seq, chunk)]) != 1:
        raise DriverGone("another worker planned this chunk")
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for item in items:
        entry = sums[item.class_, item.outcome, item.gateway]
        entry[0] += 1
        entry[1] += item.amount_fen
    _count(connection, replay_seq, sums)


# Running.


def asking(connection: Connection, replay_seq: int, gateway: str) -> list[Seen]:
    """Return the items of one gateway that are asked about, with their repayments as they are now."""
    rows = _UNDER_WAY.rows(connection, (replay_seq, gateway, ReplayOutcome.ASKING.value))
    return [seen_of(row) for row in rows]


def arrived(connection: Connection, replay_seq: int, gateway: str) -> list[Seen]:
    """Return the items of one gateway that were submitted and are not on their way any more."""
    rows = _ARRIVED.rows(connection, (replay_seq, gateway, ReplayOutcome.SUBMITTED.value))
    return [seen_of(row) for row in rows]


def sending(connection: Connection, replay_seq: int, gateway: str) -> int:
    """Return how many submitted items of one gateway wait to be sent."""
    return int(_SENDING.rows(connection, (replay_seq, gateway))[0][0])


def concluded(
    connection: Connection,
    replay_seq: int,
    gateway: str,
    outcome: ReplayOutcome,
    after: tuple[str, int],
    limit: int,
) -> list[Seen]:
    """Return up to `limit` items of one gateway and outcome after a place (day and number)."""
    day, seq = after
    rows = _CONCLUDED.rows(connection, (replay_seq, gateway, outcome.value, day, day, seq, limit))
    return [seen_of(row) for row in rows]


def still_asked(connection: Connection, replay_seq: int, gateway: str, inquiries: int) -> bool:
    """Tell whether a new order in doubt was asked about less often than so many times."""
    return bool(_STILL_ASKED.rows(connection, (replay_seq, gateway, inquiries)))


def take_turn(connection: Connection) -> None:
    """Wait until no other replay sends repayments on their way. SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})


def to_do(connection: Connection, replay_seq: int, gateway: str, limit: int) -> list[tuple[Item, Subject]]:
    """Return up to `limit` items that have not begun, grace that ends first first, locked."""
    rows = _TO_DO.rows(connection, (replay_seq, gateway, limit))
    return [(item_of(row[:ITEM_WIDTH]), subject_of(row[ITEM_WIDTH:])) for row in rows]


def submit(
    connection: Connection, replay_seq: int, items: Sequence[tuple[Item, str]], *, now: Instant
) -> None:
    """Note items as sent on their way, each with the number of its new order.

    Raises DriverGone, and the database's IntegrityError when a replay did so after the same attempt before.
    """
    rows = [(now, now, order_no, replay_seq, item.repayment_seq) for item, order_no in items]
    if _SUBMIT.many(connection, rows) != len(rows):
        raise DriverGone("an item was sent on its way by somebody else")
    _move(connection, replay_seq, [Marked(item, ReplayOutcome.SUBMITTED) for item, _ in items])


def unsent(connection: Connection, replay_seq: int, gateway: str, limit: int) -> list[tuple[Item, Unsent]]:
    """Return up to `limit` submitted items that still wait to be sent, without a new attempt, locked."""
    rows = _UNSENT.rows(connection, (replay_seq, gateway, limit))
    return [(item_of(row[:ITEM_WIDTH]), Unsent._make(row[ITEM_WIDTH:])) for row in rows]


def take_back(connection: Connection, replay_seq: int, items: Sequence[Item], *, now: Instant) -> None:
    """Let items wait again that were never sent. Raises DriverGone."""
    rows = [(now, replay_seq, item.repayment_seq) for item in items]
    if _TAKE_BACK.many(connection, rows) != len(rows):
        raise DriverGone("an item was concluded by somebody else")
    _move(connection, replay_seq, [Marked(item, ReplayOutcome.WAITING) for item in items])


def bound(connection: Connection, repayments: Iterable[int]) -> dict[int, str]:
    """Return which gateway the new order of repayments is for that a running replay sent on their way."""
    wanted = list(repayments)
    rows = _BOUND.rows(connection, (among(connection, wanted),)) if wanted else ()
    return dict(map(tuple, rows))


def not_sent(connection: Connection, repayments: Sequence[tuple[int, int]]) -> None:
    """Note that repayments (number, attempts) that were on their way again got no new order after all.

    What becomes of the items is their replays' to say.
    """
    _NOT_SENT.many(connection, repayments)


def ask(
    connection: Connection, replay_seq: int, items: Sequence[tuple[Item, Attempted]], *, now: Instant
) -> None:
    """Have gateways asked now what became of orders. Raises DriverGone."""
    rows = [(now, last.inquiries, replay_seq, item.repayment_seq) for item, last in items]
    if _ASK.many(connection, rows) != len(rows):
        raise DriverGone("an item was asked about by somebody else")
    sooner(connection, [last for _, last in items], now)
    _move(connection, replay_seq, [Marked(item, ReplayOutcome.ASKING) for item, _ in items])


def sooner(connection: Connection, attempts: Sequence[Attempted], at: int) -> None:
    """Bring the next inquiry about attempts forward; one that is being made is left alone."""
    _SOONER.many(connection, [(at, one.id, one.version, at) for one in attempts])


def mark(connection: Connection, replay_seq: int, marks: Sequence[Marked], *, now: Instant) -> None:
    """Conclude items. Raises DriverGone when one is not as it was read."""
    rows = [
        (mark.outcome.value, now, replay_seq, mark.item.repayment_seq, mark.item.outcome.value)
        for mark in marks
    ]
    if _MARK.many(connection, rows) != len(rows):
        raise DriverGone("an item was concluded by somebody else")
    _move(connection, replay_seq, marks)


def left_over(
    connection: Connection, replay_seq: int, gateway: str, outcome: ReplayOutcome, limit: int
) -> list[Item]:
    """Return some items of one gateway and outcome."""
    return [item_of(row) for row in _LEFT_OVER.rows(connection, (replay_seq, gateway, outcome.value, limit))]


def _move(connection: Connection, replay_seq: int, marks: Sequence[Marked]) -> None:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for item, outcome in marks:
        for name, sign in ((item.outcome, -1), (outcome, 1)):
            entry = sums[item.class_, name, item.gateway]
            entry[0] += sign
            entry[1] += sign * item.amount_fen
    _count(connection, replay_seq, sums)


def _count(connection: Connection, replay_seq: int, sums: dict[tuple[str, str, str], list[int]]) -> None:
    rows = [(replay_seq, *map(str, key), *entry) for key, entry in sorted(sums.items())]
    _COUNT.many(connection, rows)
