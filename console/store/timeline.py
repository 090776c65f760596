"""The timeline: every step of a repayment, written in the step's own transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from console.store.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_INSERT: Final = Prepared(
    "INSERT INTO timeline (repayment_seq, at, actor, what, detail) VALUES (?, ?, ?, ?, ?)"
)

MAX_DETAIL: Final = 256
"""Characters of a detail that are kept."""


class TimelineEntry(NamedTuple):
    """One step: `at` an instant, `actor` who did it, `what` a word of ours, `detail` text that may
    come from outside (cut to what the column holds)."""

    repayment_seq: int
    at: int
    actor: str
    what: str
    detail: str = ""


def record(connection: Connection, rows: Sequence[TimelineEntry]) -> None:
    """Append the steps."""
    _INSERT.many(connection, [(*row[:4], row.detail[:MAX_DETAIL]) for row in rows])
