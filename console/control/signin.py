"""Who is asking: the owner of the private socket, or the holder of a bearer token.

Which listener a request came through is told by the listener itself (see `entrance`), never concluded
from an address: a caller over TCP cannot pass for the owner.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final


class Role(StrEnum):
    """What a person may do. `admin` may do everything; every role may look."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


INCLUDES: Final = {
    Role.VIEWER: frozenset({Role.VIEWER}),
    Role.OPERATOR: frozenset({Role.VIEWER, Role.OPERATOR}),
    Role.APPROVER: frozenset({Role.VIEWER, Role.APPROVER}),
    Role.AUDITOR: frozenset({Role.VIEWER, Role.AUDITOR}),
    Role.ADMIN: frozenset(Role),
}
"""The roles that a role is good for."""


@dataclass(frozen=True)
class Caller:
    """A person with a role, and through what they came: `socket`, `config`, `token:ID`."""

    person: str
    role: Role
    via: str = "config"

    def may(self, least: frozenset[Role]) -> bool:
        """Return whether one of the roles in `least` is held."""
        return bool(INCLUDES[self.role] & least)


OWNER: Final = Caller("owner", Role.ADMIN, "socket")
"""Whoever reaches the private socket: the directory lets in one user only."""


@dataclass(frozen=True)
class Token:
    """A bearer token as the service keeps it: only the digest of its secret."""

    person: str
    role: Role
    digest: bytes

    @classmethod
    def of(cls, person: str, role: Role, secret: str) -> Token:
        """Return the token of a person from its secret."""
        return cls(person, role, sha256(secret.encode()).digest())


def bearer(authorization: list[bytes]) -> bytes | None:
    """Return the token in the `Authorization` headers, None unless there is exactly one."""
    if len(authorization) != 1:
        return None
    scheme, _, secret = authorization[0].partition(b" ")
    return secret.strip() if scheme.lower() == b"bearer" else None


class Tokens:
    """The tokens that this service accepts."""

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self._tokens = tuple(tokens)

    def people(self) -> tuple[tuple[str, Role], ...]:
        """Return the person and role of every token."""
        return tuple((token.person, token.role) for token in self._tokens)

    def caller(self, authorization: list[bytes]) -> Caller | None:
        """Return who holds the token in the `Authorization` headers, or None.

        Every known token is compared in constant time; more than one header is refused.
        """
        sent = bearer(authorization)
        if sent is None:
            return None
        given = sha256(sent).digest()
        found: Token | None = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, given):
                found = token
        return None if found is None else Caller(found.person, found.role)
