"""Replays in the database: planned, started, paused, ended, and who drives one at present.

What a replay does with its items is in `replay_items`; nothing here decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from console.contract.replay import ReplayClass, ReplayOutcome, ReplayState
from console.store.kinds import Said
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class StoredReplay(NamedTuple):
    """A replay as stored. `slowed` and `why` are sentences as JSON, `receipt` is the contract's JSON."""

    seq: int
    id: str
    state: ReplayState
    filter: str
    selection_id: str
    person: str
    created_at: int
    planned_at: int | None
    started_at: int | None
    ended_at: int | None
    change_id: str | None
    rate: int
    in_flight: int
    rate_cap: int
    approval_count: int
    approval_fen: int
    total: int
    sum_fen: int
    planned: int
    chunk: int
    digest: str
    estimate_ms: int | None
    slowed: str | None
    why: str | None
    rate_now: float | None
    rate_allowed: float | None
    receipt: str | None
    driven: bool
    lease_owner: str | None
    lease_until: int | None
    lease_epoch: int
    version: int


class Lease(NamedTuple):
    """The right to drive a replay, of one worker at a time."""

    seq: int
    owner: str
    epoch: int
    until: int


class Tally(NamedTuple):
    """Items and money (fen) of one class, outcome and gateway."""

    class_: ReplayClass
    outcome: ReplayOutcome
    gateway: str
    items: int
    sum_fen: int


class DriverGone(Exception):
    """Another worker drives this replay now. Stop."""


_FIELDS: Final = ", ".join(StoredReplay._fields)
_INSERTED: Final = tuple(name for name in StoredReplay._fields if name != "seq")
_INSERT: Final = Prepared(
    f"INSERT INTO replay ({', '.join(_INSERTED)}) VALUES ({', '.join('?' * len(_INSERTED))})"  # noqa: S608
)
_ONE: Final = f"SELECT {_FIELDS} FROM replay WHERE id = ?"  # noqa: S608
_FIND: Final = Prepared(_ONE)
_FIND_LOCKED: Final = Prepared(_ONE, f"{_ONE} FOR UPDATE")
_PAGE: Final = f"SELECT {_FIELDS} FROM replay WHERE seq < ?"  # noqa: S608
_ALL: Final = Prepared(f"{_PAGE} ORDER BY seq DESC LIMIT ?")
_IN_STATES: Final = Prepared(f"{_PAGE} AND state {{among}} ORDER BY seq DESC LIMIT ?")
_DRIVEN: Final = Prepared(f"SELECT {_FIELDS} FROM replay WHERE driven ORDER BY seq")  # noqa: S608
_SHOWN: Final = Prepared(
    f"SELECT {_FIELDS} FROM replay WHERE driven"  # noqa: S608
    f" UNION ALL SELECT {_FIELDS} FROM replay WHERE NOT driven AND seq > (SELECT max(seq) FROM replay) - ?"
    " AND state = 'planned' AND planned_at > ? ORDER BY seq DESC"
)
_CLAIM: Final = Prepared(
    "UPDATE replay SET lease_owner = ?, lease_until = ?, lease_epoch = lease_epoch + 1"
    " WHERE seq = ? AND lease_epoch = ? AND driven AND (lease_owner IS NULL OR lease_until <= ?"
    " OR lease_owner NOT IN (SELECT w.id FROM worker w WHERE w.seen_at >= ?))"
)
_LIVES: Final = Prepared("SELECT 1 FROM worker WHERE id = ? AND seen_at >= ?")
_HELD_TEXT: Final = f"SELECT {_FIELDS} FROM replay WHERE seq = ? AND lease_owner = ? AND lease_epoch = ?"  # noqa: S608
_HELD: Final = Prepared(_HELD_TEXT, f"{_HELD_TEXT} FOR UPDATE")
_RENEW: Final = Prepared("UPDATE replay SET lease_until = ? WHERE seq = ?")
_TALLIES: Final = Prepared(
    "SELECT class, outcome, gateway, count, sum_fen FROM replay_tally WHERE replay_seq = ? AND count <> 0"
)
_TALLIES_OF: Final = Prepared(
    "SELECT replay_seq, class, outcome, gateway, count, sum_fen FROM replay_tally"
    " WHERE replay_seq {among} AND count <> 0"
)
_PLANNED: Final = Prepared(
    "UPDATE replay SET state = 'planned', planned_at = ?, estimate_ms = ?, driven = false,"
    " lease_owner = NULL, version = version + 1 WHERE seq = ?"
)
_FAILED: Final = Prepared(
    "UPDATE replay SET state = 'cancelled', ended_at = ?, why = ?, driven = false, lease_owner = NULL,"
    " version = version + 1 WHERE seq = ?"
)
_STEP: Final = Prepared("UPDATE replay SET state = ?, version = version + 1 WHERE seq = ? AND version = ?")
_START: Final = Prepared(
    "UPDATE replay SET state = 'running', started_at = ?, change_id = ?, driven = true,"
    " version = version + 1 WHERE seq = ? AND version = ?"
)
_CANCEL: Final = Prepared(
    "UPDATE replay SET state = 'cancelled', driven = true, version = version + 1"
    " WHERE seq = ? AND version = ?"
)
_DROP: Final = Prepared(
    "UPDATE replay SET state = 'cancelled', ended_at = ?, driven = false, lease_owner = NULL,"
    " version = version + 1 WHERE seq = ? AND version = ?"
)
_PACE: Final = Prepared(
    "UPDATE replay SET rate = ?, in_flight = ?, version = version + 1 WHERE seq = ? AND version = ?"
)
_STOP: Final = Prepared(
    "UPDATE replay SET state = 'stopped', why = ?, version = version + 1 WHERE seq = ? AND state = 'running'"
)
_PROGRESS: Final = Prepared("UPDATE replay SET slowed = ?, rate_now = ?, rate_allowed = ? WHERE seq = ?")
_END: Final = Prepared(
    "UPDATE replay SET state = ?, ended_at = ?, receipt = ?, slowed = NULL, rate_now = NULL,"
    " rate_allowed = NULL, driven = false, lease_owner = NULL, version = version + 1 WHERE seq = ?"
)
_TAKE: Final = Prepared("INSERT INTO replay_gateway (gateway, replay_seq) VALUES (?, ?)")
_FREE: Final = Prepared("DELETE FROM replay_gateway WHERE replay_seq = ?")
_TAKEN: Final = Prepared(
    "SELECT g.gateway, r.id FROM replay_gateway g JOIN replay r ON r.seq = g.replay_seq"
    " WHERE g.gateway {among} ORDER BY g.gateway"
)


_STALE: Final = Prepared(
    "SELECT seq FROM replay WHERE started_at IS NULL AND NOT driven AND created_at < ? ORDER BY seq LIMIT 1"
)
_DROP_ITEMS: Final = Prepared(
    "DELETE FROM replay_item WHERE replay_seq = ? AND repayment_seq IN"
    " (SELECT repayment_seq FROM replay_item WHERE replay_seq = ? LIMIT ?)"
)
_DROP_TALLY: Final = Prepared("DELETE FROM replay_tally WHERE replay_seq = ?")
_DROP_PLAN: Final = Prepared("DELETE FROM replay WHERE seq = ? AND started_at IS NULL AND NOT driven")

PLANS_KEPT_MS: Final = 86_400_000
"""How long a plan is kept that nobody started; it can be started for much less."""

PURGED_AT_ONCE: Final = 20_000
"""Items of such plans that are deleted at once, at most."""


class Moved(Exception):
    """The replay is not as it was read any more."""


# Looking.


def find(connection: Connection, identity: str, *, lock: bool = False) -> StoredReplay | None:
    """Return one replay; with `lock` nobody changes it before this transaction ends."""
    rows = (_FIND_LOCKED if lock else _FIND).rows(connection, (identity,))
    return _of(rows[0]) if rows else None


def page(
    connection: Connection, states: Iterable[ReplayState], before: int, limit: int
) -> list[StoredReplay]:
    """Return up to `limit` replays of these states (all when none is named), newest first."""
    wanted = sorted(states)
    if not wanted:
        return [_of(row) for row in _ALL.rows(connection, (before, limit))]
    rows = _IN_STATES.rows(connection, (before, among(connection, wanted), limit))
    return [_of(row) for row in rows]


def shown(connection: Connection, *, planned_after: int) -> list[StoredReplay]:
    """Return the replays that run, and those planned since an instant among the latest."""
    return [_of(row) for row in _SHOWN.rows(connection, (20, planned_after))]


def tallies(connection: Connection, seq: int) -> list[Tally]:
    """Return what a replay's items are and came to."""
    return [_tally(row) for row in _TALLIES.rows(connection, (seq,))]


def tallies_of(connection: Connection, seqs: Sequence[int]) -> dict[int, list[Tally]]:
    """Return the same for several replays."""
    found: dict[int, list[Tally]] = {seq: [] for seq in seqs}
    for seq, *row in _TALLIES_OF.rows(connection, (among(connection, list(seqs)),)):
        found[seq].append(_tally(row))
    return found


def taken(connection: Connection, gateways: Sequence[str]) -> dict[str, str]:
    """Return which replay runs at each of these gateways; those that are free are left out."""
    return dict(map(tuple, _TAKEN.rows(connection, (among(connection, list(gateways)),))))


# Planning.


def insert(connection: Connection, replay: StoredReplay) -> None:
    """Store a new replay; its number is the database's."""
    _INSERT.many(connection, [replay[1:]])


def planned(connection: Connection, seq: int, *, estimate_ms: int, now: Instant) -> None:
    """Note that the plan is complete."""
    _PLANNED.many(connection, [(now, estimate_ms, seq)])


def planning_failed(connection: Connection, seq: int, why: Said, *, now: Instant) -> None:
    """End a replay that could not be planned."""
    _FAILED.many(connection, [(now, told(why), seq)])


def purge(connection: Connection, now: int) -> int:
    """Delete the oldest plan that nobody started in time, or a part of it; return how many rows went."""
    gone, room = 0, PURGED_AT_ONCE
    while room > 0 and (stale := _STALE.rows(connection, (now - PLANS_KEPT_MS,))):
        seq = stale[0][0]
        items = _DROP_ITEMS.many(connection, [(seq, seq, room)])
        gone, room = gone + items, room - max(items, 1)
        if room > 0:
            _DROP_TALLY.many(connection, [(seq,)])
            gone += _DROP_PLAN.many(connection, [(seq,)])
    return gone


# Driving.


def driven(connection: Connection) -> list[StoredReplay]:
    """Return the replays that a worker has to do something for, oldest first."""
    return [_of(row) for row in _DRIVEN.rows(connection, ())]


def is_free(connection: Connection, replay: StoredReplay, *, now: int, seen_after: int) -> bool:
    """Tell whether nobody drives a replay: its lease is over, or its owner not seen since an instant."""
    if replay.lease_owner is None or (replay.lease_until or 0) <= now:
        return True
    return not _LIVES.rows(connection, (replay.lease_owner, seen_after))


def claim(connection: Connection, replay: StoredReplay, lease: Lease, *, now: int, seen_after: int) -> bool:
    """Take the lease (its epoch is one more than the replay's); tell whether it was free (`is_free`)."""
    row = (lease.owner, lease.until, replay.seq, replay.lease_epoch, now, seen_after)
    return _CLAIM.many(connection, [row]) == 1


def hold(connection: Connection, lease: Lease) -> StoredReplay:
    """Renew the lease, and return the replay as it stays until this transaction ends. Raises DriverGone."""
    rows = _HELD.rows(connection, (lease.seq, lease.owner, lease.epoch))
    if not rows:
        raise DriverGone(lease.owner)
    _RENEW.many(connection, [(lease.until, lease.seq)])
    return _of(rows[0])


def progress(
    connection: Connection, seq: int, slowed: Said | None, rate_now: float, rate_allowed: float
) -> None:
    """Note how fast a replay goes, how fast it may, and what keeps it from more."""
    _PROGRESS.many(connection, [(None if slowed is None else told(slowed), rate_now, rate_allowed, seq)])


def stop(connection: Connection, seq: int, why: Said) -> None:
    """Let a replay stop itself."""
    _STOP.many(connection, [(told(why), seq)])


def end(connection: Connection, seq: int, state: ReplayState, receipt: str, *, now: Instant) -> None:
    """End a replay with its receipt, and let others run at its gateways."""
    _END.many(connection, [(state.value, now, receipt, seq)])
    _FREE.many(connection, [(seq,)])


# What people decide. Each raises Moved when the replay is not as it was read.


def start(
    connection: Connection, replay: StoredReplay, gateways: Sequence[str], *, now: Instant, change_id: str
) -> None:
    """Let a planned replay run. Raises the database's IntegrityError when another runs at its gateways."""
    _TAKE.many(connection, [(gateway, replay.seq) for gateway in sorted(gateways)])
    _once(connection, _START, (now, change_id, replay.seq, replay.version))


def step(connection: Connection, replay: StoredReplay, state: ReplayState) -> None:
    """Pause a running replay, or let a paused one run."""
    _once(connection, _STEP, (state.value, replay.seq, replay.version))


def cancel(connection: Connection, replay: StoredReplay, *, now: Instant) -> None:
    """Cancel a replay: one that runs ends with a receipt, a plan is dropped."""
    if replay.started_at is None:
        _once(connection, _DROP, (now, replay.seq, replay.version))
    else:
        _once(connection, _CANCEL, (replay.seq, replay.version))


def pace(connection: Connection, replay: StoredReplay, rate: int, in_flight: int) -> None:
    """Give a replay another rate and another number of orders at once."""
    _once(connection, _PACE, (rate, in_flight, replay.seq, replay.version))


def told(said: Said) -> str:
    """Return a sentence as it is stored."""
    return json.dumps([said.message, dict(said.values)])


def said_of(stored: str | None) -> Said | None:
    """Return a stored sentence."""
    return None if stored is None else Said(*json.loads(stored))


def _once(connection: Connection, statement: Prepared, row: tuple[Any, ...]) -> None:
    if statement.many(connection, [row]) != 1:
        raise Moved


def _of(row: Sequence[Any]) -> StoredReplay:
    found = StoredReplay._make(row)
    return found._replace(state=ReplayState(found.state), driven=bool(found.driven))


def _tally(row: Sequence[Any]) -> Tally:
    class_, outcome, gateway, count, fen = row
    return Tally(ReplayClass(class_), ReplayOutcome(outcome), gateway, int(count), int(fen))
