"""The receipt of a replay: what went in, what came out, and that nothing is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from console.contract.clock import to_datetime
from console.contract.replay import (
    RUN,
    ClassLine,
    Conservation,
    Money,
    OutcomeLine,
    Receipt,
    ReplayClass,
    ReplayOutcome,
    ReplayState,
)
from console.contract.text import Untrusted
from console.contract.vocabulary import Stage
from console.store import changes, replay_sums, replays

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.replays import StoredReplay, Tally

_REFUSED = frozenset({Stage.FAILED, Stage.REJECTED, Stage.CANCELLED})


def receipt_of(connection: Connection, replay: StoredReplay, state: ReplayState, now: Instant) -> str:
    """Return the receipt as JSON. Its reader tells `why` in their language."""
    found = replays.tallies(connection, replay.seq)
    change = None if replay.change_id is None else changes.find(connection, replay.change_id)
    approvals = changes.approvals_of(connection, [] if change is None else [change.id])
    return Receipt(
        replay=replay.id,
        state=state,
        filter=replay.filter,
        digest=replay.digest,
        who=Untrusted(replay.person if change is None else change.person),
        reason=Untrusted("" if change is None else change.reason),
        change=replay.change_id,
        approvals=tuple(Untrusted(one.person) for every in approvals.values() for one in every),
        started_at=None if replay.started_at is None else to_datetime(replay.started_at),
        ended_at=to_datetime(now),
        as_of=to_datetime(now),
        why=None,
        classes=class_lines(found),
        outcomes=outcome_lines(found),
        conservation=conservation(
            Money(count=replay.total, sum_fen=replay.sum_fen),
            replay_sums.by_stage(connection, replay.seq),
            replay_sums.paid(connection, replay.seq),
        ),
    ).model_dump_json()


def class_lines(tallies: Iterable[Tally]) -> tuple[ClassLine, ...]:
    """Return count and money of every class, also of the empty ones."""
    sums = {one: [0, 0] for one in ReplayClass}
    for tally in tallies:
        sums[tally.class_][0] += tally.items
        sums[tally.class_][1] += tally.sum_fen
    return tuple(
        ClassLine.model_validate({"class": one, "count": count, "sum_fen": fen, "runs": one in RUN})
        for one, (count, fen) in sums.items()
    )


def outcome_lines(tallies: Iterable[Tally]) -> tuple[OutcomeLine, ...]:
    """Return count and money of every outcome that occurs."""
    sums = {one: [0, 0] for one in ReplayOutcome}
    for tally in tallies:
        sums[tally.outcome][0] += tally.items
        sums[tally.outcome][1] += tally.sum_fen
    return tuple(
        OutcomeLine(outcome=one, count=count, sum_fen=fen) for one, (count, fen) in sums.items() if count
    )


def conservation(
    taken: Money, stages: Iterable[tuple[Stage, int, int]], paid: tuple[int, int]
) -> Conservation:
    """Return where everything is now, by stage, and whether nothing is missing or paid twice."""
    sums = {name: [0, 0] for name in ("settled", "open", "reversed", "refused")}
    for stage, count, fen in stages:
        entry = sums[_side(stage)]
        entry[0] += count
        entry[1] += fen
    parts = {name: Money(count=count, sum_fen=fen) for name, (count, fen) in sums.items()}
    paid_orders = Money(count=paid[0], sum_fen=paid[1])
    return Conservation(
        taken=taken,
        **parts,
        paid_orders=paid_orders,
        balanced=(
            sum(part.count for part in parts.values()) == taken.count
            and sum(part.sum_fen for part in parts.values()) == taken.sum_fen
            and paid_orders == parts["settled"]
        ),
    )


def _side(stage: Stage) -> str:
    if stage is Stage.SETTLED:
        return "settled"
    if stage is Stage.REVERSED:
        return "reversed"
    return "refused" if stage in _REFUSED else "open"
