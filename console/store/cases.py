"""Exception cases: evidence that contradicts what is final or itself, with the money in suspense.

A case is open until two people choose its way out; then it waits until that is done: the gateway confirms
that the money went back, or a credit is used. Nothing here moves money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.vocabulary import AttemptState, Stage
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from console.contract.clock import Instant

DAY_MS: Final = 86_400_000
_AHEAD_MS: Final = 28_800_000
"""Asia/Shanghai is eight hours ahead all year."""


class Case(NamedTuple):
    """One case with its order and repayment. `duplicate` tells that another order of the repayment stands
    as debited; `verdict` and `named_fen` are what the evidence says."""

    id: int
    kind: str
    opened_at: int
    amount_fen: int
    suspense_fen: int
    resolved: bool
    way: str | None
    change_id: str | None
    reference: str | None
    chosen_at: int | None
    resolved_at: int | None
    credit_fen: int | None
    order_no: str
    gateway: str
    attempt_state: str
    repayment_id: str
    repayment_seq: int
    stage: str
    borrower: str
    currency: str
    source: str
    verdict: str
    code: str | None
    named_fen: int | None
    evidence_at: int
    duplicate: bool


class Suspense(NamedTuple):
    """Money in suspense at a gateway from the cases of one day (days since the epoch, Asia/Shanghai)."""

    gateway: str
    day: int
    cases: int
    sum_fen: int


_COLUMNS: Final = (
    "x.id, x.kind, x.opened_at, x.amount_fen, x.suspense_fen, x.resolved, x.way, x.change_id, x.reference,"
    " x.chosen_at, x.resolved_at, x.credit_fen, a.order_no, a.gateway, a.state, r.id, r.seq, r.stage,"
    " r.borrower_token, r.currency, e.source, e.verdict, e.code, e.amount_fen, e.at,"
    " EXISTS (SELECT 1 FROM attempt b WHERE b.repayment_seq = a.repayment_seq AND b.id <> a.id"
    " AND b.state = 'SUCCEEDED')"
)
_FROM: Final = (
    " FROM exception_case x JOIN attempt a ON a.id = x.attempt_id JOIN repayment r ON r.seq = a.repayment_seq"
    " JOIN evidence e ON e.id = x.evidence_id"
)
_PAGE: Final = {
    True: Prepared(f"SELECT {_COLUMNS}{_FROM} WHERE x.id < ? AND NOT x.resolved ORDER BY x.id DESC LIMIT ?"),
    False: Prepared(f"SELECT {_COLUMNS}{_FROM} WHERE x.id < ? ORDER BY x.id DESC LIMIT ?"),
}
_ONE: Final = f"SELECT {_COLUMNS}{_FROM} WHERE x.id = ?"
_FIND: Final = Prepared(_ONE)
_LOCK: Final = Prepared(_ONE, f"{_ONE} FOR UPDATE OF x, r")
_CHOOSE: Final = Prepared(
    "UPDATE exception_case SET way = ?, change_id = ?, reference = ?, chosen_at = ?, resolved = ?,"
    " resolved_at = ?, suspense_fen = ?, credit_fen = ?, next_action_at = ? WHERE id = ? AND NOT resolved"
)
_SPEND: Final = Prepared(
    "UPDATE exception_case SET credit_fen = credit_fen - ?, suspense_fen = suspense_fen - ?,"
    " resolved = (credit_fen = ?), resolved_at = CASE WHEN credit_fen = ? THEN ? END"
    " WHERE id = ? AND credit_fen >= ? AND suspense_fen >= ? AND NOT resolved"
)
_SUSPENSE: Final = Prepared(
    "SELECT a.gateway, (e.at + 28800000) / 86400000, count(*), sum(x.suspense_fen)"
    " FROM exception_case x JOIN attempt a ON a.id = x.attempt_id JOIN evidence e ON e.id = x.evidence_id"
    " WHERE NOT x.resolved AND x.suspense_fen <> 0 GROUP BY 1, 2 ORDER BY 2 DESC, 1"
)
_CONTESTED: Final = Prepared(
    "SELECT DISTINCT a.repayment_seq FROM attempt a JOIN exception_case x ON x.attempt_id = a.id"
    " WHERE a.repayment_seq {among} AND NOT x.resolved"
)
_COUNT: Final = Prepared(
    "SELECT count(*), coalesce(sum(suspense_fen), 0) FROM exception_case WHERE NOT resolved"
)


def page(connection: Connection, before: int, limit: int, *, opened: bool) -> tuple[list[Case], int | None]:
    """Return up to `limit` cases, newest first, those before a number, and the number to go on before;
    `opened` leaves out those that are over."""
    rows = [_of(row) for row in _PAGE[opened].rows(connection, (before, limit + 1))]
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def find(connection: Connection, number: int, *, lock: bool = False) -> Case | None:
    """Return one case; with `lock` nobody else changes it, or its repayment, meanwhile."""
    rows = (_LOCK if lock else _FIND).rows(connection, (number,))
    return _of(rows[0]) if rows else None


def suspense(connection: Connection) -> list[Suspense]:
    """Return what is in suspense per gateway and day of the evidence, the newest day first."""
    return [
        Suspense(gateway, int(day), count, int(fen))
        for gateway, day, count, fen in _SUSPENSE.rows(connection, ())
    ]


def waiting(connection: Connection) -> tuple[int, int]:
    """Return how many cases are not over, and the money (fen) in suspense."""
    count, fen = _COUNT.rows(connection, ())[0]
    return int(count), int(fen)


def contested(connection: Connection, repayments: Iterable[int]) -> frozenset[int]:
    """Return those repayments of which a case is open: nothing of them may be sent."""
    wanted = list(repayments)
    rows = _CONTESTED.rows(connection, (among(connection, wanted),)) if wanted else ()
    return frozenset(row[0] for row in rows)


def choose(
    connection: Connection,
    case: Case,
    way: str,
    *,
    change_id: str,
    reference: str,
    now: Instant,
    ask_back: bool,
) -> None:
    """Write down the way out of a case, at the hands of an approved change. `nothing` ends it; a `reverse`
    with `ask_back` has the gateway asked for the money."""
    over = way == "nothing"
    credit = case.suspense_fen if way == "apply_next" else None
    left = 0 if over else case.suspense_fen
    at = now if over else None
    row = (way, change_id, reference, now, over, at, left, credit, now if ask_back else None, case.id)
    _CHOOSE.many(connection, [row])


def spend(connection: Connection, case: Case, fen: int, now: Instant) -> bool:
    """Use part of a credit (fen); the case ends with the last of it. Tell whether there was so much,
    and the gateway still holds it."""
    return _SPEND.many(connection, [(fen, fen, fen, fen, now, case.id, fen, fen)]) == 1


def _of(row: tuple[object, ...]) -> Case:
    case = Case._make(row)
    return case._replace(resolved=bool(case.resolved), duplicate=bool(case.duplicate))


# Which ways out there are.

NOT_COUNTED: Final = frozenset({AttemptState.FAILED, AttemptState.CLOSED, AttemptState.REVERSED})
"""States whose money our books do not count: what the gateway holds then can be given back or credited."""

_GIVES_BACK: Final = NOT_COUNTED | {AttemptState.CREATED, AttemptState.MANUAL}
_OPEN: Final = frozenset(
    {AttemptState.SENDING, AttemptState.ACCEPTED, AttemptState.UNKNOWN, AttemptState.CLOSING}
)

WAYS: Final = ("reverse", "apply_next", "refund", "nothing")


def ways(case: Case) -> tuple[str, ...]:
    """Return the ways out that a case has now, the proposed one first."""
    state = AttemptState(case.attempt_state)
    if case.resolved or case.way is not None or state in _OPEN:
        return ()
    found = []
    if case.suspense_fen > 0:
        if state in _GIVES_BACK:
            found.append("reverse")
        if state in NOT_COUNTED:
            found.append("apply_next")
        found.append("refund")
    return (*found, "nothing")


def state_of(case: Case) -> str:
    """Return how far a case is: open, waiting, credit or resolved."""
    if case.resolved:
        return "resolved"
    if case.way is None:
        return "open"
    return "credit" if case.way == "apply_next" else "waiting"


class Paid(NamedTuple):
    """A repayment that a credit may pay."""

    seq: int
    version: int
    amount_fen: int
    stage: str
    borrower: str


_PAYABLE: Final = "SELECT seq, version, amount_fen, stage, borrower_token FROM repayment WHERE id = ?"
_PAID: Final = Prepared(_PAYABLE, f"{_PAYABLE} FOR UPDATE")


def payable(connection: Connection, repayment_id: str) -> Paid | None:
    """Return a repayment, locked, None when there is none."""
    rows = _PAID.rows(connection, (repayment_id,))
    return Paid._make(rows[0]) if rows else None


PAYABLE: Final = frozenset({Stage.FAILED, Stage.REVIEW})
"""Stages of a repayment that can be paid from a credit: nothing of it is under way."""
