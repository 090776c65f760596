"""Bearer tokens that were made while the service runs: `rpt_ID_SECRET`.

Of the secret only a scrypt hash is stored. A token that was verified is remembered by the digest of what
was sent, so that the hash is computed once; whether it is still good is read from the store every time, so
that revoking and expiring act at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.control.desk.people import person_key
from console.control.problems import unavailable
from console.control.signin import Caller, Role
from console.store import tokens
from console.store.errors import StoreError
from console.store.tokens import StoredToken, Verifier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.database import Store

PREFIX: Final = b"rpt_"

REMEMBERED: Final = 1024
"""Verified tokens that are remembered."""

HASHING_AT_ONCE: Final = 2
"""How many hashes are computed at once: each takes 16 MiB and some tens of milliseconds."""

USED_EVERY_MS: Final = 60_000
"""How coarse the time of last use is."""

_SHAPE: Final = re.compile(rb"rpt_([0-9a-f]{16})_([0-9a-f]{64})\Z")
_N, _R, _P = 2**14, 8, 1


@dataclass(frozen=True)
class Minted:
    """A new token: what is stored, what it is checked against, and the one time its secret is known."""

    stored: StoredToken
    verifier: Verifier
    secret: str


def mint(person: str, role: Role, *, by: str, now: Instant, expires_at: int) -> Minted:
    """Return a new token. Takes some tens of milliseconds."""
    identity, secret, salt = secrets.token_hex(8), secrets.token_hex(32), secrets.token_bytes(16)
    stored = StoredToken(identity, person, person_key(person), role.value, now, by, expires_at, None, None)
    verifier = Verifier(salt, _hash(secret.encode(), salt))
    return Minted(stored, verifier, f"rpt_{identity}_{secret}")


def _hash(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(secret, salt=salt, n=_N, r=_R, p=_P, dklen=32)


class StoredTokens:
    """See the module. Belongs to one event loop."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._verified: OrderedDict[bytes, str] = OrderedDict()
        self._hashing = asyncio.Semaphore(HASHING_AT_ONCE)

    def opened(self, store: Store) -> None:
        """Take the store into use."""
        self._store = store

    async def caller(self, sent: bytes, now: Instant) -> Caller | None:
        """Return who holds the token that was sent, None when it is none of ours or good for nothing.

        Raises ProblemError (503) while the store does not answer.
        """
        shape = _SHAPE.match(sent)
        if shape is None:
            return None
        if self._store is None:
            raise unavailable("the store is not open yet", "try again in a moment")
        identity = shape[1].decode()
        try:
            found = await self._store.read(lambda connection: tokens.find(connection, identity), urgent=True)
            if found is None or found.revoked_at is not None or found.expires_at <= now:
                return None
            if not await self._verify(sent, identity, shape[2]):
                return None
            await self._note_use(found, now)
        except StoreError as error:
            raise unavailable(error.message, "try again in a moment") from None
        return Caller(found.person, Role(found.role), f"token:{identity}")

    async def _verify(self, sent: bytes, identity: str, secret: bytes) -> bool:
        digest = hashlib.sha256(sent).digest()
        if self._verified.get(digest) == identity:
            self._verified.move_to_end(digest)
            return True
        assert self._store is not None  # noqa: S101 - the caller has looked
        known = await self._store.read(lambda connection: tokens.verifier(connection, identity), urgent=True)
        if known is None:
            return False
        async with self._hashing:
            computed = await asyncio.to_thread(_hash, secret, known.salt)
        if not hmac.compare_digest(computed, known.hash):
            return False
        self._verified[digest] = identity
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return True

    async def _note_use(self, found: StoredToken, now: Instant) -> None:
        if found.last_used_at is not None and now - found.last_used_at < USED_EVERY_MS:
            return
        at = now - now % USED_EVERY_MS

        def job(connection: Connection) -> None:
            tokens.used(connection, found.id, at)

        assert self._store is not None  # noqa: S101 - the caller has looked
        with contextlib.suppress(StoreError):  # a full disk must not keep anybody from looking
            await self._store.write(job, urgent=True)
