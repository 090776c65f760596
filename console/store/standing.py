"""Where every repayment stands: one pass over all of them, for comparisons with other books."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from console.contract.vocabulary import Stage
from console.store.tables import attempt, exception_case, repayment

if TYPE_CHECKING:
    from sqlalchemy import Connection

_IN_CASE: Final = (
    select(attempt.c.repayment_seq)
    .join(exception_case, exception_case.c.attempt_id == attempt.c.id)
    .where(exception_case.c.suspense_fen > 0)
)
_ALL: Final = select(repayment.c.id, repayment.c.stage, repayment.c.seq.in_(_IN_CASE))
_AT_ONCE: Final = 2000


class Standing(NamedTuple):
    """A repayment's id and stage, and whether an exception case accounts for money of it."""

    id: str
    stage: Stage
    in_case: bool


def standings(connection: Connection) -> Iterator[Standing]:
    """Yield every repayment, in no order."""
    found = connection.execute(_ALL.execution_options(yield_per=_AT_ONCE))
    for identity, stage, in_case in found:
        yield Standing(identity, Stage(stage), bool(in_case))
