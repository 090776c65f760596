"""Opening what a service keeps: its database and the keys of personal data."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from console.contract.clock import Clock
from console.contract.places import PlaceError
from console.contract.text import shown
from console.repayment.personal import KeyFileError, Keys
from console.store.database import Store
from console.store.errors import StoreUnreachable


def open_store(url: str, keys_file: Path, clock: Clock, *, shard: int | None = None) -> tuple[Store, Keys]:
    """Return the open store and the keys, made if they are absent. Raises StoreError, PlaceError."""
    try:
        keys = Keys.load(keys_file)
    except KeyFileError as error:
        raise PlaceError(str(error)) from error
    try:
        return Store.open(url, clock=clock, shard=shard), keys
    except StoreUnreachable as error:
        raise StoreUnreachable(f"{error.message}: {server_of(url)}", error.advice) from error


def server_of(url: str) -> str:
    """Return the server in a database's URL, without user and password."""
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query).get("host", ["the local socket"])[0]
    return shown(f"{host}:{parts.port}" if parts.port else host)
