"""Settlement files that people brought, piece by piece, until they are read."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from console.store.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

KEPT_MS: Final = 24 * 3_600_000
"""How long a file is kept that nobody reads."""

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a piece."""

_PUT: Final = Prepared(
    "INSERT INTO settlement_piece (file, number, brought_at, content) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (file, number) DO UPDATE SET content = excluded.content, brought_at = excluded.brought_at"
)
_COUNT: Final = Prepared("SELECT count(*), max(number) FROM settlement_piece WHERE file = ?")
_ONE: Final = Prepared("SELECT content FROM settlement_piece WHERE file = ? AND number = ?")
_DROP: Final = Prepared("DELETE FROM settlement_piece WHERE file = ?")
_PURGE: Final = Prepared("DELETE FROM settlement_piece WHERE brought_at < ?")


def put(connection: Connection, file: str, number: int, content: bytes, now: Instant) -> None:
    """Keep a piece of the file with that SHA-256."""
    _PUT.many(connection, [(file, number, now, content)])


def squeezed(content: bytes) -> bytes:
    """Return a piece as it is kept."""
    return zlib.compress(content, 1)


def are_there(connection: Connection, file: str, pieces: int) -> bool:
    """Tell whether all pieces of a file were brought."""
    count, last = _COUNT.rows(connection, (file,))[0]
    return bool(count == pieces and last == pieces - 1)


def read(connection: Connection, file: str, number: int) -> bytes | None:
    """Return a piece, None when it is not there."""
    rows = _ONE.rows(connection, (file, number))
    return zlib.decompressobj().decompress(bytes(rows[0][0]), LARGEST) if rows else None


def drop(connection: Connection, file: str) -> None:
    """Forget a file."""
    _DROP.many(connection, [(file,)])


def purge(connection: Connection, now: Instant) -> None:
    """Forget files that nobody read."""
    _PURGE.many(connection, [(now - KEPT_MS,)])
