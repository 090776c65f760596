"""What extending and ending have in common: finding the occurrence, and giving it another end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from console.contract.clock import to_instant
from console.store import windows as stored
from console.store.kinds import InvalidChange
from console.windows.calendar import read
from console.windows.declaring import over_at
from console.windows.window import Adjustment, Occurrence, Window

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from console.store.windows import StoredWindow


class Found(NamedTuple):
    """A stored window."""

    row: StoredWindow
    window: Window


def found(connection: Connection, identity: str) -> Found:
    """Return a window. Raises InvalidChange."""
    row = stored.find(connection, identity)
    if row is None:
        raise InvalidChange("window", "there is no such window", "repay window list shows them")
    return Found(*read(connection, [row])[0])


def occurrence_of(one: Window, now: int, begins: datetime | None) -> Occurrence | None:
    """Return the occurrence that begins at an instant; without one the present one, else the next."""
    if begins is None:
        return one.at(now) or one.next(now)
    return one.starting(to_instant(begins))


def give_end(
    connection: Connection, one: Found, occurrence: Occurrence, ends_at: int, *, now: int, change_id: str
) -> None:
    """Give an occurrence another end."""
    row, window = one
    change = Adjustment(occurrence.starts_at, ends_at, now)
    adjusted = replace(window, adjustments=(*window.adjustments, change))
    number = len(window.adjustments) + 1
    kept = stored.StoredAdjustment(row.id, number, occurrence.starts_at, ends_at, now, change_id)
    stored.adjust(connection, row, kept, over_at=over_at(adjusted))
