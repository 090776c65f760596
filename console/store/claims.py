"""Claims: how workers take work from the database so that no two take the same.

A claim pushes `next_action_at` to the end of its lease, names its owner and raises the lease epoch; an
abandoned one becomes due again by itself. Work that is decided within the transaction (screening, the
start of a send) needs no claim of its own: its rows are locked until the commit.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import FINAL_STAGES, Stage
from console.store import counters, timeline
from console.store.attempts import (
    ATTEMPT_COLUMNS,
    FROM_ATTEMPT,
    SUBJECT_COLUMNS,
    LeaseLost,
    Subject,
    attempt_from,
    subject_from,
)
from console.store.facts import Attempt
from console.store.prepared import SKIP_LOCKED, Prepared, among


class DueRepayment(NamedTuple):
    """A repayment whose stage wants to do something with it now. `sealed` holds its personal data."""

    seq: int
    id: str
    external_id: str
    amount_fen: int
    currency: str
    product: str
    sealed: bytes
    wanted_gateway: str | None
    attempts: int
    version: int


class Unsent(NamedTuple):
    """An attempt that was created and is proven not to have been sent, and its repayment."""

    attempt: Attempt
    repayment: DueRepayment


class Start(NamedTuple):
    """A send that is about to begin. Instants: `deadline_at` ends the call, `lease_until` the claim.

    `unsent` is the attempt that is taken up again; None makes a new one.
    """

    repayment: DueRepayment
    gateway: str
    number: int
    order_no: str
    amount_digest: str
    request_digest: str
    deadline_at: int
    lease_until: int
    order_expires_at: int
    unsent: Attempt | None = None

    @property
    def lease_epoch(self) -> int:
        """The epoch under which this send runs."""
        return 1 if self.unsent is None else self.unsent.lease_epoch + 1


class Asked(NamedTuple):
    """An attempt claimed for an inquiry or for sending the same order again, its epoch already raised."""

    attempt: Attempt
    repayment_id: str
    external_id: str
    sealed: bytes
    request_digest: str | None
    resend: bool


SCREENED: Final = "screened"
"""The word for having been screened."""


class Movable(Protocol):
    """What moving a repayment to another stage needs to know of it."""

    @property
    def seq(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def amount_fen(self) -> int: ...


class Screened(NamedTuple):
    """Where screening sends a repayment on to; `next_action_at` is None where nothing is to be done."""

    repayment: Movable
    to: Stage
    next_action_at: int | None
    detail: str = ""


_REPAYMENT_FIELDS: Final = ", ".join(f"r.{name}" for name in DueRepayment._fields)

_DUE: Final = (
    f"SELECT {_REPAYMENT_FIELDS} FROM repayment r"  # noqa: S608
    " WHERE r.stage = ? AND r.next_action_at IS NOT NULL AND r.next_action_at <= ?"
    " ORDER BY r.next_action_at LIMIT ?"
)
_DUE_REPAYMENTS: Final = Prepared(_DUE, _DUE + SKIP_LOCKED)

_CASE_OPEN: Final = (
    "EXISTS (SELECT 1 FROM attempt b JOIN exception_case y ON y.attempt_id = b.id"
    " WHERE b.repayment_seq = a.repayment_seq AND NOT y.resolved)"
)
_UNSENT: Final = (
    f"SELECT {ATTEMPT_COLUMNS}, {_REPAYMENT_FIELDS} {FROM_ATTEMPT}"  # noqa: S608
    " WHERE a.state = 'CREATED' AND a.next_action_at IS NOT NULL AND a.next_action_at <= ?"
    " AND a.gateway = ? AND r.stage = 'dispatch' AND NOT EXISTS (SELECT 1 FROM exception_case x"
    f" WHERE x.attempt_id = a.id) AND NOT {_CASE_OPEN} ORDER BY a.next_action_at LIMIT ?"
)
_UNSENT_ATTEMPTS: Final = Prepared(_UNSENT, f"{_UNSENT} FOR UPDATE OF a, r SKIP LOCKED")

_FORBIDDEN_TEXT: Final = (
    f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT}"  # noqa: S608
    " WHERE a.state = 'CREATED' AND a.next_action_at IS NOT NULL AND a.next_action_at <= ?"
    f" AND r.stage = 'dispatch' AND {_CASE_OPEN} AND NOT EXISTS (SELECT 1 FROM exception_case x"
    " WHERE x.attempt_id = a.id) ORDER BY a.next_action_at LIMIT ?"
)
_FORBIDDEN: Final = Prepared(_FORBIDDEN_TEXT, f"{_FORBIDDEN_TEXT} FOR UPDATE OF a, r SKIP LOCKED")

_ORPHANED_TEXT: Final = (
    f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT}"  # noqa: S608
    " WHERE a.state = 'CREATED' AND a.next_action_at IS NOT NULL AND a.next_action_at <= ?"
    " AND NOT a.gateway {among} AND r.stage = 'dispatch' AND NOT EXISTS (SELECT 1 FROM exception_case x"
    " WHERE x.attempt_id = a.id) ORDER BY a.next_action_at LIMIT ?"
)
_ORPHANED: Final = Prepared(_ORPHANED_TEXT, f"{_ORPHANED_TEXT} FOR UPDATE OF a, r SKIP LOCKED")

_TO_ASK: Final = (
    " WHERE a.gateway = ? AND a.state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL')"
    " AND a.next_action_at <= ? AND (a.state = 'MANUAL' OR a.sent_at >= ?)"
    " AND (a.state <> 'CLOSING' OR NOT EXISTS (SELECT 1 FROM close_request q"
    " WHERE q.attempt_id = a.id AND q.next_action_at IS NOT NULL))"
)
_ASK: Final = (
    f"SELECT {ATTEMPT_COLUMNS}, r.id, r.external_id, r.sealed, a.request_digest {FROM_ATTEMPT}"
    f"{_TO_ASK} ORDER BY a.next_action_at LIMIT ?"
)
_DUE_TO_ASK: Final = Prepared(_ASK, f"{_ASK} FOR UPDATE OF a SKIP LOCKED")
_WAITING: Final = Prepared(
    f"SELECT count(*) FROM (SELECT 1 FROM attempt a{_TO_ASK} LIMIT ?) AS waiting"  # noqa: S608 - our words
)

_LEFT: Final = (
    f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT}"  # noqa: S608
    " WHERE a.state = 'SENDING' AND a.next_action_at IS NOT NULL AND (a.next_action_at <= ?"
    " OR a.lease_owner NOT IN (SELECT w.id FROM worker w WHERE w.seen_at >= ?))"
    " ORDER BY a.next_action_at LIMIT ?"
)
_ABANDONED: Final = Prepared(_LEFT, f"{_LEFT} FOR UPDATE OF a, r SKIP LOCKED")

_OVER: Final = (
    f"SELECT {SUBJECT_COLUMNS} {FROM_ATTEMPT}"
    " WHERE a.state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING') AND a.next_action_at IS NOT NULL"
    " AND a.next_action_at <= ? AND a.sent_at < ? LIMIT ?"
)
_INQUIRY_OVER: Final = Prepared(_OVER, f"{_OVER} FOR UPDATE OF a, r SKIP LOCKED")

_INSERT_ATTEMPT: Final = Prepared(
    "INSERT INTO attempt (repayment_seq, number, order_no, gateway, state, amount_fen, currency,"
    " amount_digest, request_digest, created_at, sent_at, deadline_at, order_expires_at, next_action_at,"
    " sends, inquiries, not_found, lease_owner, lease_epoch, version)"
    " VALUES (?, ?, ?, ?, 'SENDING', ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, ?, 1, 1)"
)
_TAKE_UP_ATTEMPT: Final = Prepared(
    "UPDATE attempt SET state = 'SENDING', sent_at = ?, deadline_at = ?, order_expires_at = ?,"
    " next_action_at = ?, sends = sends + 1, lease_owner = ?, lease_epoch = lease_epoch + 1,"
    " version = version + 1 WHERE id = ? AND version = ? AND lease_epoch = ?"
)
_SEND_REPAYMENT: Final = Prepared(
    "UPDATE repayment SET stage = 'confirming', waiting_since = ?, gateway = ?, error_code = NULL,"
    " attempts = ?, next_action_at = NULL, version = version + 1, updated_at = ?"
    " WHERE seq = ? AND version = ?"
)
_MOVE_ON: Final = Prepared(
    "UPDATE repayment SET stage = ?, waiting_since = ?, next_action_at = ?, version = version + 1,"
    " updated_at = ? WHERE seq = ? AND version = ?"
)
_DEFER: Final = Prepared(
    "UPDATE repayment SET next_action_at = ?, version = version + 1 WHERE seq = ? AND version = ?"
)
_CLAIM: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, lease_owner = ?, lease_epoch = lease_epoch + 1,"
    " sends = sends + ?, not_found = ?, version = version + 1"
    " WHERE id = ? AND version = ? AND lease_epoch = ?"
)
_GIVE_BACK: Final = Prepared(
    "UPDATE attempt SET next_action_at = ?, lease_owner = NULL, version = version + 1"
    " WHERE id = ? AND version = ? AND lease_epoch = ?"
)


def due_repayments(connection: Connection, stage: Stage, *, now: Instant, limit: int) -> list[DueRepayment]:
    """Return up to `limit` repayments due in a stage, longest due first, locked against other workers."""
    rows = _DUE_REPAYMENTS.rows(connection, (stage.value, now, limit))
    return [DueRepayment._make(row) for row in rows]


def move_on(
    connection: Connection,
    moves: Sequence[Screened],
    *,
    frm: Stage,
    now: Instant,
    shard: int,
    what: str = SCREENED,
    actor: str = "service",
) -> None:
    """Move repayments to the stages they were given; those SCREENED went through that stage.

    `what` is the word for it in the timeline, `actor` who did it. Raises LeaseLost.
    """
    deltas = counters.Deltas()
    rows: list[tuple[object, ...]] = []
    for move in moves:
        due = move.repayment
        waiting = None if move.to in FINAL_STAGES else now
        rows.append((move.to.value, waiting, move.next_action_at, now, due.seq, due.version))
        if what == SCREENED:
            deltas.moved(frm, Stage.SCREENING, due.amount_fen)
            deltas.moved(Stage.SCREENING, move.to, due.amount_fen)
        else:
            deltas.moved(frm, move.to, due.amount_fen)
    _guarded(_MOVE_ON, connection, rows)
    timeline.record(
        connection,
        [timeline.TimelineEntry(move.repayment.seq, now, actor, what, move.detail) for move in moves],
    )
    counters.fold(connection, deltas, shard, now)


def defer(connection: Connection, waits: Iterable[tuple[DueRepayment, Instant]]) -> None:
    """Let repayments wait in their stage, each until an instant. Raises LeaseLost."""
    _guarded(_DEFER, connection, [(until, due.seq, due.version) for due, until in waits])


def unsent_attempts(connection: Connection, gateway: str, *, now: Instant, limit: int) -> list[Unsent]:
    """Return attempts of a gateway that are proven unsent and due again, locked.

    Left out are those that a gateway claims to know all the same (people release them), those of which
    another order of the repayment has a case open (`forbidden`), and those whose repayment is kept elsewhere.
    """
    width = len(Attempt._fields)
    return [
        Unsent(attempt_from(row[:width]), DueRepayment._make(row[width:]))
        for row in _UNSENT_ATTEMPTS.rows(connection, (now, gateway, limit))
    ]


def start_sending(
    connection: Connection, starts: Sequence[Start], *, owner: str, now: Instant, shard: int
) -> None:
    """Write everything that must be durable before the first byte of these orders is sent.

    A new attempt is created and goes to SENDING in this one transaction. Raises LeaseLost, and the
    database's IntegrityError when a repayment already has a live attempt.
    """
    fresh: list[tuple[object, ...]] = []
    again: list[tuple[object, ...]] = []
    repayments: list[tuple[object, ...]] = []
    steps: list[timeline.TimelineEntry] = []
    deltas = counters.Deltas()
    for start in starts:
        due, old = start.repayment, start.unsent
        times = (now, start.deadline_at, start.order_expires_at, start.lease_until)
        if old is None:
            order = (due.seq, start.number, start.order_no, start.gateway, due.amount_fen, due.currency)
            digests = (start.amount_digest, start.request_digest)
            fresh.append((*order, *digests, now, *times, owner))
        else:
            again.append((*times, owner, old.id, old.version, old.lease_epoch))
        repayments.append((now, start.gateway, start.number, now, due.seq, due.version))
        steps.append(
            timeline.TimelineEntry(due.seq, now, "service", "sending", f"{start.order_no} to {start.gateway}")
        )
        deltas.moved(Stage.DISPATCH, Stage.CONFIRMING, due.amount_fen)
        deltas.sent(start.gateway)
        deltas.sla.sent(start.gateway, now)
    _INSERT_ATTEMPT.many(connection, fresh)
    _guarded(_TAKE_UP_ATTEMPT, connection, again)
    _guarded(_SEND_REPAYMENT, connection, repayments)
    timeline.record(connection, steps)
    counters.fold(connection, deltas, shard, now)


def waiting_to_ask(
    connection: Connection, gateway: str, *, now: Instant, sent_after: Instant, limit: int
) -> int:
    """Return how many attempts `due_to_ask` would find, `limit` at most; locks nothing."""
    found: int = _WAITING.rows(connection, (gateway, now, sent_after, limit))[0][0]
    return found


def due_to_ask(
    connection: Connection, gateway: str, *, now: Instant, sent_after: Instant, limit: int
) -> list[Asked]:
    """Return attempts of a gateway whose outcome is to be asked for, locked; not yet claimed.

    Those sent before `sent_after` are past asking and are left out; so are those that are being closed,
    whose gateway is asked to close them again.
    """
    width = len(Attempt._fields)
    rows = _DUE_TO_ASK.rows(connection, (gateway, now, sent_after, limit))
    return [Asked._make((attempt_from(row[:width]), *row[width:], False)) for row in rows]


def claim(
    connection: Connection, asked: Sequence[Asked], *, owner: str, until: Instant, now: Instant
) -> list[Asked]:
    """Claim attempts until an instant; a resend is counted here, before its first byte. Raises LeaseLost."""
    rows: list[tuple[object, ...]] = []
    claimed: list[Asked] = []
    steps: list[timeline.TimelineEntry] = []
    for ask in asked:
        old = ask.attempt
        sends = old.sends + ask.resend
        not_found = 0 if ask.resend else old.not_found
        rows.append((until, owner, int(ask.resend), not_found, old.id, old.version, old.lease_epoch))
        if ask.resend:
            steps.append(
                timeline.TimelineEntry(
                    old.repayment_seq, now, "service", "resending", f"{old.order_no} to {old.gateway}"
                )
            )
        attempt = old._replace(
            next_action_at=until,
            lease_owner=owner,
            lease_epoch=old.lease_epoch + 1,
            version=old.version + 1,
            sends=sends,
            not_found=not_found,
        )
        claimed.append(ask._replace(attempt=attempt))
    _guarded(_CLAIM, connection, rows)
    timeline.record(connection, steps)
    return claimed


def give_back(connection: Connection, attempt: Attempt, *, now: Instant) -> None:
    """End a claim whose work was not begun, so that another worker may take it at once.

    Raises LeaseLost when somebody else has it already.
    """
    _guarded(_GIVE_BACK, connection, [(now, attempt.id, attempt.version, attempt.lease_epoch)])


def abandoned(connection: Connection, *, now: Instant, seen_after: Instant, limit: int) -> list[Subject]:
    """Return attempts left in SENDING: their lease is over, or its owner was not seen since `seen_after`."""
    return [subject_from(row) for row in _ABANDONED.rows(connection, (now, seen_after, limit))]


def forbidden(connection: Connection, *, now: Instant, limit: int) -> list[Subject]:
    """Return attempts that are proven unsent and may not be sent: an earlier order has a case open."""
    return [subject_from(row) for row in _FORBIDDEN.rows(connection, (now, limit))]


def orphaned(
    connection: Connection, gateways: Sequence[str], *, due_before: Instant, limit: int
) -> list[Subject]:
    """Return attempts that are proven unsent, due since before an instant, of gateways other than these."""
    return [
        subject_from(row)
        for row in _ORPHANED.rows(connection, (due_before, among(connection, gateways), limit))
    ]


def inquiry_over(connection: Connection, *, now: Instant, sent_before: Instant, limit: int) -> list[Subject]:
    """Return open attempts that were sent before an instant and are not being asked about right now."""
    return [subject_from(row) for row in _INQUIRY_OVER.rows(connection, (now, sent_before, limit))]


def _guarded(statement: Prepared, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    if statement.many(connection, rows) != len(rows):
        raise LeaseLost("a row changed under its writer")
