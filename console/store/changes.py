"""Changes and approvals in the database. Steps are guarded by version: whoever comes second is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, or_, select, text, update

from console.contract.change import ChangeState
from console.store.change_tables import approval, audit, change, change_target

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

_LOCK_CLASS: Final = 0x6368
"""First half of the advisory locks under which changes of one noun are done one after the other."""


class ChangeMoved(Exception):
    """The change was stepped on by somebody else meanwhile."""


class StoredChange(NamedTuple):
    """A change as stored. `body`, `impact`, `needs` and `undo` are JSON."""

    seq: int
    id: str
    kind: str
    state: ChangeState
    person: str
    person_key: str
    via: str
    reason: str
    incident: str | None
    body: str
    impact: str
    needs: str
    digest: str
    undo: str | None
    created_at: int
    applied_at: int | None
    lasts_ms: int | None
    expires_at: int | None
    ended_at: int | None
    due_at: int | None
    failures: int
    revert_of: str | None
    reverted_by: str | None
    needs_review: bool
    reviewed_by: str | None
    reviewed_at: int | None
    version: int


class StoredApproval(NamedTuple):
    """A second person's yes."""

    change_id: str
    person: str
    at: int
    used_at: int | None
    reason: str


_ALL: Final = select(change)
_BY_ID: Final = _ALL.where(change.c.id == bindparam("id"))
_DUE: Final = (
    _ALL.where(change.c.due_at.is_not(None), change.c.due_at <= bindparam("now"))
    .order_by(change.c.due_at)
    .limit(bindparam("limit"))
)
_SOONEST: Final = select(func.min(change.c.due_at)).where(change.c.due_at.is_not(None))
_WAITING: Final = select(func.count()).where(text("state = 'awaiting_approval'")).select_from(change)
_UNREVIEWED: Final = _ALL.where(text("needs_review AND reviewed_at IS NULL")).order_by(change.c.seq)
_STEP: Final = update(change).where(change.c.id == bindparam("k"), change.c.version == bindparam("v"))


def take_turn(connection: Connection, noun: str) -> None:
    """Wait until no other transaction changes things of this noun (`queue`, `gateway`, …).

    SQLite has one writer and needs no turns.
    """
    if connection.dialect.name == "postgresql":
        keys = {"first": _LOCK_CLASS, "noun": noun}
        connection.execute(text("SELECT pg_advisory_xact_lock(:first, hashtext(:noun))"), keys)


def insert_change(connection: Connection, row: dict[str, Any], targets: Iterable[str]) -> StoredChange:
    """Store a new change and what it touches."""
    connection.execute(insert(change), {"failures": 0, "version": 1} | row)
    stored = find(connection, row["id"])
    assert stored is not None  # noqa: S101 - it was just written
    set_targets(connection, stored.seq, targets)
    return stored


def set_targets(connection: Connection, seq: int, targets: Iterable[str]) -> None:
    """Store what a change touches."""
    rows = [{"target": name[:128], "change_seq": seq} for name in sorted(set(targets))]
    if rows:
        connection.execute(insert(change_target), rows)


def targets_of(connection: Connection, seq: int) -> frozenset[str]:
    """Return what a change touches."""
    found = connection.execute(select(change_target.c.target).where(change_target.c.change_seq == seq))
    return frozenset(found.scalars())


def find(connection: Connection, identity: str, *, lock: bool = False) -> StoredChange | None:
    """Return one change; with `lock` nobody else steps on it before this transaction ends."""
    query = _locked(connection, _BY_ID) if lock else _BY_ID
    row = connection.execute(query, {"id": identity}).one_or_none()
    return None if row is None else stored_of(row)


def step(connection: Connection, stored: StoredChange, **values: Any) -> StoredChange:
    """Write new values of a change. Raises ChangeMoved when it is not as it was read."""
    values["version"] = stored.version + 1
    done = connection.execute(_STEP.values(**values), {"k": stored.id, "v": stored.version})
    if done.rowcount != 1:
        raise ChangeMoved(stored.id)
    return stored._replace(**values)


class Wanted(NamedTuple):
    """Which changes to list: None and False leave the choice open."""

    state: ChangeState | None = None
    kind: str | None = None
    person: str | None = None
    target: str | None = None
    unreviewed: bool = False


def page(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> list[StoredChange]:
    """Return up to `limit` changes, newest first, those before a number."""
    query = _ALL.order_by(change.c.seq.desc()).limit(limit)
    if wanted.state is not None:
        query = query.where(change.c.state == wanted.state.value)
    if wanted.kind is not None:
        query = query.where(change.c.kind == wanted.kind)
    if wanted.person is not None:
        query = query.where(change.c.person == wanted.person)
    if wanted.target is not None:
        touching = select(change_target.c.change_seq).where(change_target.c.target == wanted.target)
        query = query.where(change.c.seq.in_(touching))
    if wanted.unreviewed:
        query = query.where(text("needs_review AND reviewed_at IS NULL"))
    if before is not None:
        query = query.where(change.c.seq < before)
    return [stored_of(row) for row in connection.execute(query)]


def later_on(connection: Connection, seq: int, targets: Iterable[str]) -> list[StoredChange]:
    """Return the changes in force that touched one of these targets after a change, oldest first.

    A reverting change whose original came later too is left out: the two cancel.
    """
    original = change.alias()
    cancels = select(original.c.id).where(original.c.id == change.c.revert_of, original.c.seq > seq).exists()
    touching = select(change_target.c.change_seq).where(change_target.c.target.in_(sorted(targets)))
    query = (
        _ALL.where(change.c.seq > seq, change.c.state == ChangeState.APPLIED.value)
        .where(change.c.seq.in_(touching), or_(change.c.revert_of.is_(None), ~cancels))
        .order_by(change.c.seq)
    )
    return [stored_of(row) for row in connection.execute(query)]


_NEWEST_ON: Final = (
    _ALL.where(
        change.c.seq < bindparam("before"),
        change.c.state == ChangeState.APPLIED.value,
        change.c.seq.in_(
            select(change_target.c.change_seq).where(
                change_target.c.target.in_(bindparam("targets", expanding=True))
            )
        ),
    )
    .order_by(change.c.seq.desc())
    .limit(1)
)


def newest_on(connection: Connection, before: int, targets: Iterable[str]) -> StoredChange | None:
    """Return the newest change in force before a place in the list that touched one of these targets."""
    row = connection.execute(_NEWEST_ON, {"before": before, "targets": sorted(targets)}).one_or_none()
    return None if row is None else stored_of(row)


def take_if_free(connection: Connection, identity: str) -> StoredChange | None:
    """Return one change, locked until this transaction ends; None while somebody else steps on it."""
    query = _BY_ID.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else _BY_ID
    row = connection.execute(query, {"id": identity}).one_or_none()
    return None if row is None else stored_of(row)


_DONE: Final = (ChangeState.APPLIED, ChangeState.AWAITING_APPROVAL, ChangeState.REVERTED, ChangeState.EXPIRED)
_TOUCHING: Final = (
    select(change_target.c.target, *change.c)
    .join(change, change.c.seq == change_target.c.change_seq)
    .where(
        change_target.c.target.in_(bindparam("targets", expanding=True)),
        change.c.created_at >= bindparam("since"),
        change.c.state.in_([state.value for state in _DONE]),
    )
    .order_by(change.c.seq)
)


def touching(connection: Connection, targets: Iterable[str], since: int) -> list[tuple[str, StoredChange]]:
    """Return changes asked for since an instant that were done, or wait for an approval, each with one of
    these targets that it touches, the oldest first."""
    rows = connection.execute(_TOUCHING, {"targets": sorted(set(targets)), "since": since})
    return [(row[0], stored_of(row[1:])) for row in rows]


_OF_KIND: Final = (
    _ALL.where(
        change.c.kind == bindparam("kind"),
        change.c.created_at >= bindparam("since"),
        change.c.state.in_([state.value for state in _DONE]),
    )
    .order_by(change.c.seq.desc())
    .limit(100)
)


def newest_of_kind(connection: Connection, kind: str, since: int) -> list[StoredChange]:
    """Return the newest changes of a kind since an instant that were done, or wait; the oldest first."""
    rows = connection.execute(_OF_KIND, {"kind": kind, "since": since})
    return [stored_of(row) for row in rows][::-1]


def due(connection: Connection, now: int, limit: int) -> list[StoredChange]:
    """Return changes on which the desk has to act, locked against other processes."""
    query = _DUE.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else _DUE
    return [stored_of(row) for row in connection.execute(query, {"now": now, "limit": limit})]


def soonest(connection: Connection) -> int | None:
    """Return when the desk has to act next."""
    found: int | None = connection.execute(_SOONEST).scalar()
    return found


def waiting(connection: Connection) -> int:
    """Return how many changes wait for an approval."""
    return int(connection.execute(_WAITING).scalar_one())


def unreviewed(connection: Connection, limit: int = 20) -> list[StoredChange]:
    """Return changes made by break-glass that nobody has reviewed, oldest first."""
    return [stored_of(row) for row in connection.execute(_UNREVIEWED.limit(limit))]


def add_approval(connection: Connection, row: dict[str, Any]) -> None:
    """Store an approval that is used at once. Raises the database's IntegrityError for a second one."""
    connection.execute(insert(approval), row)


def approvals_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[StoredApproval]]:
    """Return the approvals of changes, by change."""
    found: dict[str, list[StoredApproval]] = {identity: [] for identity in ids}
    if ids:
        query = (
            select(
                approval.c.change_id, approval.c.person, approval.c.at, approval.c.used_at, approval.c.reason
            )
            .where(approval.c.change_id.in_(list(ids)))
            .order_by(approval.c.id)
        )
        for row in connection.execute(query):
            found[row.change_id].append(StoredApproval(*row))
    return found


_TOLD_FROM: Final = select(func.coalesce(func.min(audit.c.at), 0)).scalar_subquery()
"""When the audit begins: what it told of older changes may have been let go of."""

_UNTOLD: Final = (
    select(change.c.id)
    .select_from(change.outerjoin(audit, audit.c.change_id == change.c.id))
    .where(audit.c.seq.is_(None), change.c.created_at >= _TOLD_FROM)
    .order_by(change.c.seq.desc())
    .limit(3)
)


def untold(connection: Connection) -> list[str]:
    """Return some changes without any row in the audit."""
    return list(connection.execute(_UNTOLD).scalars())


_RETURNING: Final = (
    _ALL.where(change.c.due_at.is_not(None), change.c.due_at <= bindparam("before"))
    .where(change.c.state == ChangeState.APPLIED.value)
    .order_by(change.c.due_at)
    .limit(20)
)


def returning(connection: Connection, before: int) -> list[StoredChange]:
    """Return changes that return by themselves before an instant, the next first."""
    return [stored_of(row) for row in connection.execute(_RETURNING, {"before": before})]


def _locked(connection: Connection, query: Select[Any]) -> Select[Any]:
    return query.with_for_update() if connection.dialect.name == "postgresql" else query


def stored_of(row: Sequence[Any]) -> StoredChange:
    """Return a row of the changes' table as what it is."""
    stored = StoredChange._make(row)
    return stored._replace(state=ChangeState(stored.state), needs_review=bool(stored.needs_review))
