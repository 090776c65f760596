"""Verifying the audit: its chain against the anchors in the second sink, and changes against their rows."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from console.control.audit.sinks import Sink
from console.store import audit, changes
from console.store.audit import Anchor, Verdict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.database import Store

ROWS_AT_ONCE: Final = 1000
"""Rows read together; the store is free for others in between."""


async def verified(store: Store, sink: Sink | None) -> tuple[Verdict, int]:
    """Return whether the chain is as it was written, and how many anchors were compared with it.

    Raises SinkError when the anchors cannot be read.
    """
    anchors: list[Anchor] = [] if sink is None else await asyncio.to_thread(lambda: list(sink.anchors()))
    verification = audit.Verification(anchors)
    first = 1
    while rows := await store.read(partial(audit.rows_from, first=first, limit=ROWS_AT_ONCE)):
        if not await asyncio.to_thread(verification.take, rows):
            break
        first = rows[-1].seq + 1
    return verification.end(), len(anchors)


def untold(connection: Connection) -> list[str]:
    """Return some changes that the audit does not tell of; there must be none."""
    return changes.untold(connection)
