"""Where every repayment stands: one pass over all of them, for comparisons with other books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from console.contract.vocabulary import Stage
from console.store.tables import repayment

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ALL: Final = select(repayment.c.id, repayment.c.stage)
_AT_ONCE: Final = 2000


def standings(connection: Connection) -> Iterator[tuple[str, Stage]]:
    """Yield id and stage of every repayment, in no order."""
    found = connection.execute(_ALL.execution_options(yield_per=_AT_ONCE))
    for identity, stage in found:
        yield identity, Stage(stage)
