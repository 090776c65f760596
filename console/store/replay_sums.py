"""What a replay's repayments are now, all of them together: for its receipt. Reads every item; seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.vocabulary import Stage
from console.store.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BY_STAGE: Final = Prepared(
    "SELECT r.stage, count(*), sum(r.amount_fen) FROM replay_item i"
    " JOIN repayment r ON r.seq = i.repayment_seq WHERE i.replay_seq = ? GROUP BY r.stage"
)
_PAID: Final = Prepared(
    "SELECT count(*), coalesce(sum(a.amount_fen), 0) FROM replay_item i"
    " JOIN attempt a ON a.repayment_seq = i.repayment_seq AND a.state = 'SUCCEEDED'"
    " WHERE i.replay_seq = ?"
)


def by_stage(connection: Connection, replay_seq: int) -> list[tuple[Stage, int, int]]:
    """Return count and money (fen) of a replay's repayments by the stage they are in."""
    rows = _BY_STAGE.rows(connection, (replay_seq,))
    return [(Stage(stage), int(count), int(fen)) for stage, count, fen in rows]


def paid(connection: Connection, replay_seq: int) -> tuple[int, int]:
    """Return count and money (fen) of the successful orders of a replay's repayments."""
    count, fen = _PAID.rows(connection, (replay_seq,))[0]
    return int(count), int(fen)
