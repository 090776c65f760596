"""Opening what a service keeps: its database and the keys of personal data."""

from __future__ import annotations

from pathlib import Path

from console.contract.clock import Clock
from console.contract.places import PlaceError
from console.repayment.personal import KeyFileError, Keys
from console.store.database import Store


def open_store(url: str, keys_file: Path, clock: Clock, *, shard: int | None = None) -> tuple[Store, Keys]:
    """Return the open store and the keys, made if they are absent. Raises StoreError, PlaceError."""
    try:
        keys = Keys.load(keys_file)
    except KeyFileError as error:
        raise PlaceError(str(error)) from error
    return Store.open(url, clock=clock, shard=shard), keys
