"""Repayments as the contract shows them: one in full, pages by keyset, rows by number."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, bindparam, select, union_all

from console.contract.clock import to_datetime
from console.contract.repayment import (
    AttemptLine,
    Borrower,
    EvidenceLine,
    Repayment,
    RepaymentRow,
    TimelineLine,
)
from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict, state_of
from console.store.conditions import alternatives
from console.store.prepared import Prepared, among
from console.store.tables import attempt, evidence, repayment, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from console.contract.filter import Filter

MAX_PAGE: Final = 1000
"""Rows in one page at most."""

SHOWN: Final = (
    repayment.c.seq,
    repayment.c.id,
    repayment.c.external_id,
    repayment.c.stage,
    repayment.c.amount_fen,
    repayment.c.currency,
    repayment.c.gateway,
    repayment.c.product,
    repayment.c.borrower_token,
    repayment.c.name_masked,
    repayment.c.mobile_masked,
    repayment.c.id_number_masked,
    repayment.c.card_masked,
    repayment.c.instalment,
    repayment.c.due_on,
    repayment.c.grace_until,
    repayment.c.error_code,
    repayment.c.created_at,
    repayment.c.updated_at,
)
"""What a row of a list needs; `_fields` reads it in this order."""

_REPLAYED: Final = Prepared(
    "SELECT repayment_seq, count(*) FROM replay_item WHERE repayment_seq {among}"
    " AND submitted_at IS NOT NULL GROUP BY repayment_seq"
)

_BY_SEQ: Final = select(*SHOWN).where(repayment.c.seq.in_(bindparam("numbers", expanding=True)))
_BY_ID: Final = select(*SHOWN).where(repayment.c.id == bindparam("id"))
_NEWEST_SEALED: Final = (
    select(repayment.c.external_id, repayment.c.sealed)
    .where(repayment.c.erased_at.is_(None))
    .order_by(repayment.c.seq.desc())
    .limit(1)
)
_ATTEMPTS: Final = (
    select(attempt).where(attempt.c.repayment_seq == bindparam("seq")).order_by(attempt.c.number)
)
_EVIDENCE: Final = (
    select(evidence.c.attempt_id, evidence.c.source, evidence.c.at, evidence.c.verdict, evidence.c.code)
    .join(attempt, attempt.c.id == evidence.c.attempt_id)
    .where(attempt.c.repayment_seq == bindparam("seq"))
    .order_by(evidence.c.id)
)
_TIMELINE: Final = (
    select(timeline.c.at, timeline.c.actor, timeline.c.what, timeline.c.detail)
    .where(timeline.c.repayment_seq == bindparam("seq"))
    .order_by(timeline.c.id)
)


def storable(text: str) -> bool:
    """Whether a database can hold the text: no NUL, no lone surrogate. What cannot be held is nowhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def find(connection: Connection, identity: str) -> Repayment | None:
    """Return the repayment with its attempts, evidence and timeline, None when there is none."""
    row = connection.execute(_BY_ID, {"id": identity}).first() if storable(identity) else None
    if row is None:
        return None
    seq = {"seq": row[0]}
    told: dict[int, list[EvidenceLine]] = {}
    for attempt_id, source, at, verdict, code in connection.execute(_EVIDENCE, seq):
        told.setdefault(attempt_id, []).append(
            EvidenceLine(
                source=EvidenceSource(source),
                at=to_datetime(at),
                verdict=Verdict(verdict),
                code=None if code is None else Untrusted(code),
            )
        )
    return Repayment.model_construct(
        **_fields(row),
        replayed=_replayed(connection, [row[0]]).get(row[0], 0),
        attempts=tuple(
            _attempt_line(line, told.get(line.id, ())) for line in connection.execute(_ATTEMPTS, seq)
        ),
        timeline=tuple(
            TimelineLine(at=to_datetime(at), actor=Untrusted(actor), what=what, detail=Untrusted(detail))
            for at, actor, what, detail in connection.execute(_TIMELINE, seq)
        ),
    )


def newest_sealed(connection: Connection) -> tuple[str, bytes] | None:
    """Return the external id and the sealed personal data of the newest repayment that has any, else None."""
    row = connection.execute(_NEWEST_SEALED).first()
    return None if row is None else (row[0], bytes(row[1]))


def page(
    connection: Connection, given: Filter, after_seq: int | None, limit: int, *, now: int
) -> tuple[tuple[RepaymentRow, ...], int | None]:
    """Return up to `limit` repayments that match, newest first, and the `seq` to go on after.

    `after_seq` is None for the first page; None comes back after the last.
    """
    limit = max(1, min(limit, MAX_PAGE))
    query = page_query(given, after_seq, limit + 1, now=now, dialect=connection.dialect.name)
    found = connection.execute(query).all()
    rows = _rows(connection, found[:limit])
    return rows, (int(found[limit - 1][0]) if len(found) > limit else None)


def page_query(given: Filter, after_seq: int | None, limit: int, *, now: int, dialect: str) -> Select[Any]:
    """Return the query of a page: per alternative a walk along an index, merged by `seq`."""
    walks = []
    for condition in alternatives(given, now, dialect):
        walk = select(*SHOWN).where(condition)
        if after_seq is not None:
            walk = walk.where(repayment.c.seq < after_seq)
        walks.append(walk.order_by(repayment.c.seq.desc()).limit(limit))
    if len(walks) == 1:
        return walks[0]
    merged = union_all(*(select(walk.subquery()) for walk in walks)).subquery()
    return select(merged).order_by(merged.c.seq.desc()).limit(limit)


def by_seq(connection: Connection, numbers: Sequence[int]) -> tuple[RepaymentRow, ...]:
    """Return the repayments of these numbers, in this order; unknown numbers are left out."""
    if not numbers:
        return ()
    found = {row[0]: row for row in connection.execute(_BY_SEQ, {"numbers": list(numbers)})}
    return _rows(connection, [found[number] for number in numbers if number in found])


def _rows(connection: Connection, found: Sequence[Sequence[Any]]) -> tuple[RepaymentRow, ...]:
    """Return rows of `SHOWN` as the contract's rows.

    Built without validation: the store's own columns are sound, and lists are long.
    """
    replayed = _replayed(connection, [row[0] for row in found])
    return tuple(
        RepaymentRow.model_construct(**_fields(row), replayed=replayed.get(row[0], 0)) for row in found
    )


def _replayed(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return how often replays sent these repayments on their way again, those of which any did."""
    return dict(map(tuple, _REPLAYED.rows(connection, (among(connection, numbers),)))) if numbers else {}


def _fields(row: Sequence[Any]) -> dict[str, Any]:
    stage = Stage(row[3])
    return {
        "id": row[1],
        "external_id": Untrusted(row[2]),
        "stage": stage,
        "state": state_of(stage),
        "amount_fen": row[4],
        "currency": row[5],
        "gateway": row[6],
        "product": Untrusted(row[7]),
        "borrower": Borrower.model_construct(
            token=row[8],
            name=Untrusted(row[9]),
            mobile=Untrusted(row[10]),
            id_number=Untrusted(row[11]),
            card=Untrusted(row[12]),
        ),
        "instalment": Untrusted(row[13]),
        "due_on": date.fromisoformat(row[14]),
        "grace_until": None if row[15] is None else date.fromisoformat(row[15]),
        "error_code": None if row[16] is None else Untrusted(row[16]),
        "created_at": to_datetime(row[17]),
        "updated_at": to_datetime(row[18]),
    }


def _attempt_line(row: Any, told: Iterable[EvidenceLine]) -> AttemptLine:
    return AttemptLine(
        order_no=row.order_no,
        gateway=row.gateway,
        state=AttemptState(row.state),
        sent_at=_moment(row.sent_at),
        decided_at=_moment(row.decided_at),
        next_action_at=_moment(row.next_action_at),
        evidence=tuple(told),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
