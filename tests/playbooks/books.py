"""Orders as they stand in the books, made without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.vocabulary import Stage
from tests.store.made import add_attempt, place

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.database import Store

HOUR_MS: Final = 3_600_000

_STAGES: Final = {"SUCCEEDED": Stage.SETTLED, "FAILED": Stage.FAILED, "UNKNOWN": Stage.IN_DOUBT}


def orders_of(store: Store, *orders: tuple[int, str, str, int]) -> None:
    """Make one repayment with one order for each: when it was made, where, its state, its money."""

    def job(connection: Connection) -> None:
        for number, (at, gateway, state, fen) in enumerate(orders):
            seq = place(connection, number, _STAGES[state], amount_fen=fen, gateway=gateway)
            add_attempt(connection, seq, 1, state, gateway=gateway, amount_fen=fen, created_at=at)

    store.write_now(job)
