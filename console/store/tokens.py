"""Bearer tokens in the database: of a secret only its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, insert, or_, select, update

from console.store.change_tables import token

if TYPE_CHECKING:
    from sqlalchemy import Connection


class StoredToken(NamedTuple):
    """A token without what could be used."""

    id: str
    person: str
    person_key: str
    role: str
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int | None
    last_used_at: int | None


class Verifier(NamedTuple):
    """What a secret is checked against."""

    salt: bytes
    hash: bytes


_SHOWN: Final = tuple(token.c[name] for name in StoredToken._fields)
_ONE: Final = select(*_SHOWN).where(token.c.id == bindparam("id"))
_VERIFIER: Final = select(token.c.salt, token.c.hash).where(token.c.id == bindparam("id"))
_LIVE: Final = (
    select(*_SHOWN)
    .where(token.c.revoked_at.is_(None), token.c.expires_at > bindparam("now"))
    .order_by(token.c.id)
)
_USED: Final = update(token).where(
    token.c.id == bindparam("k"),
    or_(token.c.last_used_at.is_(None), token.c.last_used_at < bindparam("used")),
)
_REVOKE: Final = update(token).where(token.c.id == bindparam("k"), token.c.revoked_at.is_(None))


def add(connection: Connection, stored: StoredToken, verifier: Verifier) -> None:
    """Store a new token."""
    connection.execute(insert(token), stored._asdict() | verifier._asdict())


def find(connection: Connection, identity: str) -> StoredToken | None:
    """Return one token."""
    row = connection.execute(_ONE, {"id": identity}).one_or_none()
    return None if row is None else StoredToken(*row)


def verifier(connection: Connection, identity: str) -> Verifier | None:
    """Return what the secret of a token is checked against."""
    row = connection.execute(_VERIFIER, {"id": identity}).one_or_none()
    return None if row is None else Verifier(bytes(row.salt), bytes(row.hash))


def page(connection: Connection, after: str | None, limit: int) -> list[StoredToken]:
    """Return up to `limit` tokens by id, those after one."""
    query = select(*_SHOWN).order_by(token.c.id).limit(limit)
    if after is not None:
        query = query.where(token.c.id > after)
    return [StoredToken(*row) for row in connection.execute(query)]


def live(connection: Connection, now: int) -> list[StoredToken]:
    """Return the tokens that are good at an instant."""
    return [StoredToken(*row) for row in connection.execute(_LIVE, {"now": now})]


def revoke(connection: Connection, identity: str, now: int) -> bool:
    """Make a token good for nothing; tell whether it was good for something before."""
    return connection.execute(_REVOKE.values(revoked_at=now), {"k": identity}).rowcount == 1


def used(connection: Connection, identity: str, at: int) -> None:
    """Note that a token was used."""
    connection.execute(_USED.values(last_used_at=at), {"k": identity, "used": at})
