"""Idempotency keys: the answer to a mutation, kept so that the same call again gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from console.store.tables import idempotency

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEPT_MS: Final = 30 * 86_400_000
"""How long an answer is kept."""

ABANDONED_AFTER_MS: Final = 120_000
"""A call that has been in flight for longer has died with its process; its key may be begun again."""


@dataclass(frozen=True)
class Begun:
    """The key is new; do the work, then `finish` in the work's own transaction (or `release`)."""


@dataclass(frozen=True)
class InFlight:
    """The first call with this key has no answer yet."""


@dataclass(frozen=True)
class OtherCall:
    """The key was used for another path or body."""


@dataclass(frozen=True)
class Answered:
    """The answer that the first call got."""

    status: int
    body: bytes


_INSERT: Final = {
    "sqlite": sqlite.insert(idempotency).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(idempotency)
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
}
_OWN: Final = (idempotency.c.person == bindparam("p")) & (idempotency.c.key == bindparam("k"))
_FIND: Final = select(
    idempotency.c.path,
    idempotency.c.body_digest,
    idempotency.c.created_at,
    idempotency.c.status,
    idempotency.c.body,
).where(_OWN)
_FINISH: Final = update(idempotency).where(_OWN)


def begin(
    connection: Connection, *, person: str, key: str, path: str, body_digest: str, now: int
) -> Begun | InFlight | OtherCall | Answered:
    """Claim the key for this call, or tell what became of the call that has it."""
    row = {"person": person, "key": key, "path": path, "body_digest": body_digest, "created_at": now}
    if connection.execute(_INSERT[connection.dialect.name], row).rowcount == 1:
        return Begun()
    found = connection.execute(_FIND, {"p": person, "k": key}).one()
    if found.created_at <= now - KEPT_MS:
        _take_over(connection, person, key, row)
        return Begun()
    if (found.path, found.body_digest) != (path, body_digest):
        return OtherCall()
    if found.status is not None:
        return Answered(found.status, bytes(found.body or b""))
    if found.created_at > now - ABANDONED_AFTER_MS:
        return InFlight()
    _take_over(connection, person, key, row)
    return Begun()


def finish(connection: Connection, *, person: str, key: str, status: int, body: bytes) -> None:
    """Keep the answer."""
    connection.execute(_FINISH.values(status=status, body=body), {"p": person, "k": key})


def release(connection: Connection, *, person: str, key: str) -> None:
    """Give up a key whose call did nothing (overload, a deadline), so that it may be tried again."""
    connection.execute(
        delete(idempotency).where(_OWN, idempotency.c.status.is_(None)), {"p": person, "k": key}
    )


def purge(connection: Connection, now: int, limit: int = 5000) -> int:
    """Delete answers whose time is over, the oldest `limit` or so; return how many."""
    created = idempotency.c.created_at
    over = created <= now - KEPT_MS
    upto = connection.execute(
        select(created).where(over).order_by(created).offset(limit - 1).limit(1)
    ).scalar()
    bounded = over if upto is None else over & (created <= upto)
    return connection.execute(delete(idempotency).where(bounded)).rowcount


def _take_over(connection: Connection, person: str, key: str, row: dict[str, object]) -> None:
    renewed = {name: row[name] for name in ("path", "body_digest", "created_at")}
    connection.execute(_FINISH.values(status=None, body=None, **renewed), {"p": person, "k": key})
