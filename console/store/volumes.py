"""How much traffic there usually is, from the counters per minute and the newest repayments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.store.counters import MINUTE_MS
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_SENT: Final = Prepared(
    "SELECT coalesce(sum(sent), 0) FROM gateway_minute WHERE minute >= ? AND minute < ? AND gateway {among}"
)
_ENTERED: Final = Prepared(
    "SELECT coalesce(sum(entered), 0) FROM stage_minute WHERE minute >= ? AND minute < ? AND stage = ?"
)
_FIRST: Final = Prepared("SELECT min(minute) FROM stage_minute")
_AMOUNT: Final = Prepared(
    "SELECT coalesce(avg(amount_fen), 0) FROM (SELECT amount_fen FROM repayment"
    " ORDER BY seq DESC LIMIT 500) r"
)
_AMOUNT_AT: Final = Prepared(
    "SELECT coalesce(avg(amount_fen), 0) FROM (SELECT amount_fen FROM repayment WHERE gateway = ?"
    " ORDER BY seq DESC LIMIT 500) r"
)
_PRODUCTS: Final = Prepared("SELECT product FROM repayment ORDER BY seq DESC LIMIT 2000")
_DUE: Final = Prepared(
    "SELECT count(*), coalesce(sum(amount_fen), 0) FROM repayment"
    " WHERE stage IN ('intake', 'screening', 'dispatch', 'confirming', 'review', 'held', 'in_doubt')"
    " AND due_on {among}"
)
_WORKERS: Final = Prepared("SELECT count(*) FROM worker WHERE kind = 'pipeline' AND seen_at >= ?")


def sent(connection: Connection, gateways: Sequence[str], first: int, last: int) -> int:
    """Return how many orders were sent to gateways between two instants, to the minute."""
    values = (first // MINUTE_MS, last // MINUTE_MS, among(connection, list(gateways)))
    return int(_SENT.rows(connection, values)[0][0])


def entered(connection: Connection, stage: str, first: int, last: int) -> int:
    """Return how many repayments entered a stage between two instants, to the minute."""
    return int(_ENTERED.rows(connection, (first // MINUTE_MS, last // MINUTE_MS, stage))[0][0])


def known_since(connection: Connection) -> int | None:
    """Return the instant from which on the counters tell anything."""
    first = _FIRST.rows(connection, ())[0][0]
    return None if first is None else int(first) * MINUTE_MS


def usual_fen(connection: Connection, gateways: Sequence[str]) -> int:
    """Return the mean amount (fen) of the newest repayments, of those at gateways when some are named."""
    if not gateways:
        return round(float(_AMOUNT.rows(connection, ())[0][0]))
    found = [float(_AMOUNT_AT.rows(connection, (name,))[0][0]) for name in gateways]
    known = [fen for fen in found if fen]
    return round(sum(known) / len(known)) if known else usual_fen(connection, ())


def product_share(connection: Connection, products: Sequence[str]) -> float:
    """Return the share (0 … 1) of products among the newest repayments; 1 when none is named."""
    if not products:
        return 1.0
    found = [row[0] for row in _PRODUCTS.rows(connection, ())]
    return sum(product in products for product in found) / len(found) if found else 1.0


def open_and_due(connection: Connection, days: Sequence[str]) -> tuple[int, int]:
    """Return how many repayments that are not ended are due on one of the days (ISO), and their money."""
    count, fen = _DUE.rows(connection, (among(connection, list(days)),))[0]
    return int(count), int(fen)


def workers(connection: Connection, seen_after: int) -> int:
    """Return how many processes with workers were seen since an instant."""
    return int(_WORKERS.rows(connection, (seen_after,))[0][0])
