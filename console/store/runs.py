"""Playbook runs: what was to be done, step by step, and which change did each step.

A step is taken by a change in the change's own transaction, and only while no other change holds it, so a
run that is applied twice at the same time does each step once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, insert, or_, select, update

from console.contract.change import ChangeState
from console.store.change_tables import change, change_target
from console.store.changes import stored_of
from console.store.incident_tables import playbook_run, playbook_step

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.changes import StoredChange

NOTHING_CAME: Final = (ChangeState.REJECTED.value, ChangeState.LAPSED.value)
"""States of a change that was never done and never will be; its step may be tried again."""


class StoredRun(NamedTuple):
    """A run as stored; `parameters` is JSON."""

    seq: int
    id: str
    playbook: str
    title: str
    digest: str
    parameters: str
    person: str
    reason: str
    created_at: int
    change_id: str


class StoredStep(NamedTuple):
    """A step as stored, with the state of its change (None: not begun); `body` is JSON."""

    run_seq: int
    number: int
    kind: str
    body: str
    lasts_ms: int | None
    waits_for: str
    change_id: str | None
    state: ChangeState | None


_RUN: Final = select(playbook_run)
_BY_ID: Final = _RUN.where(playbook_run.c.id == bindparam("id"))
_STEPS: Final = (
    select(playbook_step, change.c.state)
    .select_from(playbook_step.outerjoin(change, change.c.id == playbook_step.c.change_id))
    .order_by(playbook_step.c.run_seq, playbook_step.c.number)
)
_TAKE: Final = update(playbook_step).where(
    playbook_step.c.run_seq == bindparam("run"), playbook_step.c.number == bindparam("step")
)


def insert_run(connection: Connection, row: dict[str, Any], steps: Iterable[dict[str, Any]]) -> None:
    """Store a run and its steps; they are numbered from 1."""
    connection.execute(insert(playbook_run), row)
    stored = find(connection, row["id"])
    assert stored is not None  # noqa: S101 - it was just written
    rows = [{**step, "run_seq": stored.seq, "number": number} for number, step in enumerate(steps, 1)]
    connection.execute(insert(playbook_step), rows)


def find(connection: Connection, identity: str) -> StoredRun | None:
    """Return one run."""
    row = connection.execute(_BY_ID, {"id": identity}).one_or_none()
    return None if row is None else StoredRun._make(row)


def page(connection: Connection, before: int | None, limit: int) -> list[StoredRun]:
    """Return up to `limit` runs, newest first, those before a number."""
    query = _RUN.order_by(playbook_run.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(playbook_run.c.seq < before)
    return [StoredRun._make(row) for row in connection.execute(query)]


def steps_of(connection: Connection, seqs: Sequence[int]) -> dict[int, list[StoredStep]]:
    """Return the steps of runs in order, by the runs' numbers."""
    found: dict[int, list[StoredStep]] = {seq: [] for seq in seqs}
    if seqs:
        for row in connection.execute(_STEPS.where(playbook_step.c.run_seq.in_(list(seqs)))):
            step = StoredStep._make(row)
            state = None if step.state is None else ChangeState(step.state)
            found[step.run_seq].append(step._replace(state=state))
    return found


def take_step(connection: Connection, step: StoredStep, change_id: str) -> bool:
    """Have a change do a step; tell whether no other one had it."""
    dead = select(change.c.id).where(change.c.state.in_(NOTHING_CAME))
    free = or_(playbook_step.c.change_id.is_(None), playbook_step.c.change_id.in_(dead))
    taken = connection.execute(
        _TAKE.where(free).values(change_id=change_id), {"run": step.run_seq, "step": step.number}
    )
    return taken.rowcount == 1


def standing_on(connection: Connection, targets: Iterable[str], since: int, limit: int) -> list[StoredChange]:
    """Return the changes that touch one of these targets and wait, will return by themselves, or were done
    since an instant; newest first."""
    touching = select(change_target.c.change_seq).where(change_target.c.target.in_(sorted(targets)))
    stands = and_(
        change.c.state == ChangeState.APPLIED.value,
        or_(change.c.expires_at.is_not(None), change.c.applied_at >= since),
    )
    query = (
        select(change)
        .where(change.c.seq.in_(touching))
        .where(or_(change.c.state == ChangeState.AWAITING_APPROVAL.value, stands))
        .order_by(change.c.seq.desc())
        .limit(limit)
    )
    return [stored_of(row) for row in connection.execute(query)]


def changes_of_incident(connection: Connection, incident: str) -> list[StoredChange]:
    """Return the changes that broke the glass for an incident, oldest first."""
    query = select(change).where(change.c.needs_review, change.c.incident == incident).order_by(change.c.seq)
    return [stored_of(row) for row in connection.execute(query)]
