"""Items of a replay as the contract shows them, a page at a time, in the order they run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select

from console.contract.clock import to_datetime
from console.contract.replay import ReplayItem
from console.store.replay_tables import replay_item
from console.store.tables import attempt, evidence, repayment

if TYPE_CHECKING:
    from sqlalchemy import Connection

_VERDICT: Final = (
    select(evidence.c.verdict)
    .join(attempt, attempt.c.id == evidence.c.attempt_id)
    .where(attempt.c.repayment_seq == repayment.c.seq, attempt.c.number == repayment.c.attempts)
    .order_by(evidence.c.id.desc())
    .limit(1)
    .correlate(repayment)
    .scalar_subquery()
)
_SHOWN: Final = (
    replay_item.c.day,
    repayment.c.seq,
    repayment.c.id,
    replay_item.c["class"],
    replay_item.c.outcome,
    repayment.c.stage,
    func.coalesce(repayment.c.gateway, replay_item.c.gateway),
    replay_item.c.amount_fen,
    repayment.c.due_on,
    repayment.c.grace_until,
    repayment.c.error_code,
    replay_item.c.old_order_no,
    replay_item.c.new_order_no,
    _VERDICT,
    replay_item.c.at,
)


def page(
    connection: Connection,
    replay_seq: int,
    outcomes: Collection[str],
    classes: Collection[str],
    after: tuple[str, int],
    limit: int,
) -> tuple[tuple[ReplayItem, ...], str | None]:
    """Return up to `limit` items after a place (day and number), of these outcomes and classes (all when
    none is named), and the cursor of the page after; None after the last."""
    day, seq = after
    query = (
        select(*_SHOWN)
        .select_from(replay_item.join(repayment, repayment.c.seq == replay_item.c.repayment_seq))
        .where(replay_item.c.replay_seq == replay_seq)
        .order_by(replay_item.c.day, replay_item.c.repayment_seq)
        .limit(limit + 1)
    )
    if day:
        later = and_(replay_item.c.day == day, replay_item.c.repayment_seq > seq)
        query = query.where(or_(replay_item.c.day > day, later))
    if outcomes:
        query = query.where(replay_item.c.outcome.in_(sorted(outcomes)))
    if classes:
        query = query.where(replay_item.c["class"].in_(sorted(classes)))
    found = connection.execute(query).all()
    last = found[limit - 1] if len(found) > limit else None
    return tuple(_item(row) for row in found[:limit]), None if last is None else f"{last[0]}_{last[1]}"


def _item(row: Sequence[Any]) -> ReplayItem:
    (_, _, identity, class_, outcome, stage, gateway, fen, due_on, grace, error, old, new, verdict, at) = row
    return ReplayItem.model_validate(
        {
            "repayment": identity,
            "class": class_,
            "outcome": outcome,
            "stage": stage,
            "gateway": gateway or None,
            "amount_fen": fen,
            "due_on": due_on,
            "grace_until": grace,
            "error_code": error,
            "old_order_no": old,
            "new_order_no": new,
            "verdict": verdict,
            "at": None if at is None else to_datetime(at),
        }
    )
