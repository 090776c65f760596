"""Selections: what matched a filter at one instant, in order, so that any position is one row away.

Gathering reads one snapshot and takes about a second per million; only keeping the result needs the
writer. Members are numbers of repayments, newest first, in chunks.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from console.contract.clock import to_datetime
from console.contract.selection import Breakdown, Selection, Share
from console.store.conditions import conditions
from console.store.repayments import by_seq, storable
from console.store.tables import repayment, selection, selection_chunk

if TYPE_CHECKING:
    from console.contract.filter import Filter
    from console.contract.repayment import RepaymentRow
    from console.store.conditions import Condition
    from console.store.database import Store

KEPT_MS: Final = 3_600_000
"""How long a selection is kept."""

CHUNK: Final = 4096
"""Members in one chunk."""

MAX_ROWS: Final = 500
"""Rows that one call gives at most."""

_STEP: Final = CHUNK * 64
"""Members gathered by one query."""

_NUMBER_BYTES: Final = 8

_GET: Final = select(selection).where(selection.c.id == bindparam("id"))
_EXPIRES: Final = select(selection.c.expires_at).where(selection.c.id == bindparam("id"))
_CHUNKS: Final = (
    select(selection_chunk.c.members)
    .where(
        selection_chunk.c.selection_id == bindparam("id"),
        selection_chunk.c.number.between(bindparam("first"), bindparam("last")),
    )
    .order_by(selection_chunk.c.number)
)


@dataclass(frozen=True)
class Gathered:
    """A selection before it is kept; `chunks` hold its members as they are stored."""

    selection: Selection
    chunks: tuple[bytes, ...]


async def freeze(store: Store, given: Filter) -> Selection:
    """Freeze what matches now: gathered in a reading snapshot, then kept by the writer."""
    now = store.clock.now()
    gathered = await store.read(lambda connection: gather(connection, given, now=now))
    return await store.write(lambda connection: keep(connection, gathered))


def gather(connection: Connection, given: Filter, *, now: int) -> Gathered:
    """Collect the members, their sum and breakdown; ages and relative days are resolved at `now`."""
    found = conditions(given, now, connection.dialect.name)
    members = _members(connection, found)
    count, total, breakdown = _breakdown(connection, found)
    if count != len(members):
        raise AssertionError("the snapshot changed while it was read")
    stored = _little_endian(members)
    size = CHUNK * _NUMBER_BYTES
    return Gathered(
        Selection(
            id=f"sel_{secrets.token_hex(10)}",
            filter=given.text,
            as_of=to_datetime(now),
            expires_at=to_datetime(now + KEPT_MS),
            count=count,
            sum_fen=total,
            digest=hashlib.sha256(stored).hexdigest(),
            breakdown=breakdown,
        ),
        tuple(stored[at : at + size] for at in range(0, len(stored), size)),
    )


def numbers(gathered: Gathered) -> Iterator[int]:
    """Yield the members of what was gathered, in order."""
    for stored in gathered.chunks:
        yield from _numbers(stored)


def keep(connection: Connection, gathered: Gathered) -> Selection:
    """Store what was gathered."""
    found = gathered.selection
    as_of = round(found.as_of.timestamp() * 1000)
    connection.execute(
        insert(selection),
        {
            "id": found.id,
            "filter": found.filter,
            "as_of": as_of,
            "expires_at": as_of + KEPT_MS,
            "count": found.count,
            "sum_fen": found.sum_fen,
            "digest": found.digest,
            "breakdown": found.breakdown.model_dump_json(),
        },
    )
    if gathered.chunks:
        connection.execute(
            insert(selection_chunk),
            [
                {"selection_id": found.id, "number": number, "members": members}
                for number, members in enumerate(gathered.chunks)
            ],
        )
    return found


def get(connection: Connection, identity: str, *, now: int | None = None) -> Selection | None:
    """Return the selection, None when there is none or, `now` given, its hour is over."""
    row = connection.execute(_GET, {"id": identity}).first() if storable(identity) else None
    if row is None or (now is not None and row.expires_at <= now):
        return None
    return Selection(
        id=row.id,
        filter=row.filter,
        as_of=to_datetime(row.as_of),
        expires_at=to_datetime(row.expires_at),
        count=row.count,
        sum_fen=row.sum_fen,
        digest=row.digest,
        breakdown=Breakdown.model_validate_json(row.breakdown),
    )


def rows(
    connection: Connection, identity: str, at: int, count: int, *, now: int | None = None
) -> tuple[RepaymentRow, ...] | None:
    """Return up to `count` rows from position `at`, as they are now; None when the selection is gone."""
    if not storable(identity):
        return None
    count = max(0, min(count, MAX_ROWS))
    at = max(0, at)
    first, offset = divmod(at, CHUNK)
    last = (at + count) // CHUNK
    found = connection.execute(_CHUNKS, {"id": identity, "first": first, "last": last}).scalars().all()
    if now is not None or not found:
        expires_at = connection.execute(_EXPIRES, {"id": identity}).scalar()
        if expires_at is None or (now is not None and expires_at <= now):
            return None
    start = offset * _NUMBER_BYTES
    stored = b"".join(found)[start : start + count * _NUMBER_BYTES]
    return by_seq(connection, _numbers(stored))


def members(connection: Connection, identity: str) -> Iterator[list[int]]:
    """Yield the members in order, a chunk at a time."""
    number = 0
    while found := chunk(connection, identity, number):
        yield found
        number += 1


def chunk(connection: Connection, identity: str, number: int) -> list[int]:
    """Return the members of one chunk in order; none after the last, or when the selection is gone."""
    values = {"id": identity, "first": number, "last": number}
    stored = connection.execute(_CHUNKS, values).scalar()
    return [] if stored is None else list(_numbers(stored))


def purge(connection: Connection, now: int) -> int:
    """Delete the selections whose hour is over; return how many."""
    over = select(selection.c.id).where(selection.c.expires_at <= now)
    connection.execute(delete(selection_chunk).where(selection_chunk.c.selection_id.in_(over)))
    return connection.execute(delete(selection).where(selection.c.expires_at <= now)).rowcount


def _members(connection: Connection, found: list[Condition]) -> array[int]:
    """Return the numbers of all that match, the highest first.

    The database packs each step's numbers into one value: a row each would take four times as long.
    """
    out: array[int] = array("q")
    below: int | None = None
    while True:
        step = select(repayment.c.seq).where(*found)
        if below is not None:
            step = step.where(repayment.c.seq < below)
        numbers = _packed(connection, step.order_by(repayment.c.seq.desc()).limit(_STEP).subquery())
        out.extend(numbers)
        if len(numbers) < _STEP:
            return out
        below = out[-1]


def _packed(connection: Connection, step: Any) -> array[int]:
    if connection.dialect.name == "sqlite":
        text = connection.execute(select(func.json_group_array(step.c.seq))).scalar_one()
        return array("q", sorted(json.loads(text), reverse=True))
    packed = func.string_agg(
        func.int8send(step.c.seq), aggregate_order_by(literal_column("''::bytea"), step.c.seq.desc())
    )
    numbers = array("q", bytes(connection.execute(select(packed)).scalar() or b""))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _breakdown(connection: Connection, found: list[Condition]) -> tuple[int, int, Breakdown]:
    """Return count, sum (fen) and breakdown of all that match."""
    groups = connection.execute(
        select(
            repayment.c.gateway,
            repayment.c.error_code,
            repayment.c.stage,
            func.count(),
            func.sum(repayment.c.amount_fen),
        )
        .where(*found)
        .group_by(repayment.c.gateway, repayment.c.error_code, repayment.c.stage)
    ).all()
    parts: tuple[dict[str | None, list[int]], ...] = tuple(defaultdict(lambda: [0, 0]) for _ in range(3))
    for *keys, count, fen in groups:
        for part, key in zip(parts, keys, strict=True):
            part[key][0] += int(count)
            part[key][1] += int(fen)
    by_gateway, by_error, by_stage = (_shares(part) for part in parts)
    total = sum(share.sum_fen for share in by_stage)
    breakdown = Breakdown(by_gateway=by_gateway, by_error=by_error, by_stage=by_stage)
    return sum(share.count for share in by_stage), total, breakdown


def _shares(part: dict[str | None, list[int]]) -> tuple[Share, ...]:
    ordered = sorted(part.items(), key=lambda item: (-item[1][0], item[0] or ""))
    return tuple(Share(key=key, count=count, sum_fen=fen) for key, (count, fen) in ordered)


def _little_endian(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("q", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(stored: bytes) -> array[int]:
    numbers = array("q", stored)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
