"""What the service remembers of payers, by keyed token: read and written in batches.

Rows are always locked in the order of their tokens, so two batches never deadlock. Screening and evidence
write different columns, so neither undoes the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from console.store.prepared import Prepared, among

SUSPICIOUS_CODES: Final = frozenset(
    {"ACCOUNT_FROZEN", "CARD_STOLEN", "CARD_LOST", "FRAUD_SUSPECTED", "RISK_REFUSED"}
)
"""Why a gateway refuses an order when it suspects the payer; any other failure is everyday."""


@dataclass(slots=True)
class Payer:
    """One payer as known when a batch began; screening moves it on. `intercepted_now` is what it added."""

    token: str
    first_seen: int
    settled: int = 0
    failed: int = 0
    intercepted: int = 0
    usual_fen: int = 0
    bad_at: int | None = None
    last_device: str | None = None
    last_region: str | None = None
    hour: int = 0
    hour_count: int = 0
    hour_before: int = 0
    day: int = 0
    day_count: int = 0
    day_before: int = 0
    intercepted_now: int = 0


class PayerOutcome(NamedTuple):
    """What one outcome adds: `settled_fen` is None unless it was settled, `bad_at` an instant or None."""

    token: str
    settled_fen: int | None = None
    failed: int = 0
    bad_at: int | None = None


_COLUMNS: Final = (
    "token, first_seen, settled, failed, intercepted, usual_fen, bad_at, last_device, last_region,"
    " hour, hour_count, hour_before, day, day_count, day_before"
)
_KNOWN_TEXT: Final = f"SELECT {_COLUMNS} FROM payer WHERE token {{among}} ORDER BY token"  # noqa: S608
_KNOWN: Final = Prepared(_KNOWN_TEXT, f"{_KNOWN_TEXT} FOR UPDATE")
_SEEN: Final = Prepared(_KNOWN_TEXT)
_REMEMBER: Final = Prepared(
    "INSERT INTO payer (token, first_seen, settled, failed, intercepted, usual_fen, last_device, last_region,"
    " hour, hour_count, hour_before, day, day_count, day_before)"
    " VALUES (?, ?, 0, 0, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO UPDATE SET"
    " intercepted = payer.intercepted + excluded.intercepted, last_device = excluded.last_device,"
    " last_region = excluded.last_region, hour = excluded.hour, hour_count = excluded.hour_count,"
    " hour_before = excluded.hour_before, day = excluded.day, day_count = excluded.day_count,"
    " day_before = excluded.day_before"
)
_NEW_USUAL: Final = "usual_fen + (? - usual_fen) / (CASE WHEN settled < 19 THEN settled + 1 ELSE 20 END)"
_CONCLUDE: Final = Prepared(
    f"UPDATE payer SET usual_fen = CASE WHEN ? = 0 THEN usual_fen ELSE {_NEW_USUAL} END,"  # noqa: S608
    " settled = settled + ?, failed = failed + ?, bad_at = coalesce(?, bad_at) WHERE token = ?"
)
_PAST: Final = Prepared(
    "INSERT INTO payer (token, first_seen, settled, failed, intercepted, usual_fen, bad_at, last_device,"
    " last_region, hour, hour_count, hour_before, day, day_count, day_before)"
    " VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0) ON CONFLICT (token) DO UPDATE SET"
    " first_seen = CASE WHEN excluded.first_seen < payer.first_seen THEN excluded.first_seen"
    " ELSE payer.first_seen END, settled = payer.settled + excluded.settled,"
    " failed = payer.failed + excluded.failed, bad_at = coalesce(excluded.bad_at, payer.bad_at),"
    " usual_fen = CASE WHEN payer.usual_fen = 0 THEN excluded.usual_fen ELSE payer.usual_fen END,"
    " last_device = coalesce(payer.last_device, excluded.last_device),"
    " last_region = coalesce(payer.last_region, excluded.last_region)"
)
_BAD: Final = Prepared("UPDATE payer SET bad_at = ? WHERE token = ?")


def known(connection: Connection, tokens: Iterable[str]) -> dict[str, Payer]:
    """Return the payers that are known, locked in one order against other writers."""
    rows = _KNOWN.rows(connection, (among(connection, sorted(set(tokens))),))
    return {row[0]: Payer(*row) for row in rows}


def seen(connection: Connection, tokens: Iterable[str]) -> dict[str, Payer]:
    """Return the payers that are known, for looking only."""
    rows = _SEEN.rows(connection, (among(connection, sorted(set(tokens))),))
    return {row[0]: Payer(*row) for row in rows}


def remember(connection: Connection, payers: Iterable[Payer]) -> None:
    """Write what screening learned of payers."""
    rows = [
        (
            payer.token,
            payer.first_seen,
            payer.intercepted_now,
            payer.last_device,
            payer.last_region,
            payer.hour,
            payer.hour_count,
            payer.hour_before,
            payer.day,
            payer.day_count,
            payer.day_before,
        )
        for payer in sorted(payers, key=lambda payer: payer.token)
    ]
    _REMEMBER.many(connection, rows)


def conclude(connection: Connection, outcomes: Sequence[PayerOutcome]) -> None:
    """Add what became of repayments to what is known of their payers; unknown payers are passed over."""
    rows = [
        (
            int(outcome.settled_fen is not None),
            outcome.settled_fen or 0,
            int(outcome.settled_fen is not None),
            outcome.failed,
            outcome.bad_at,
            outcome.token,
        )
        for outcome in sorted(outcomes, key=lambda outcome: outcome.token)
    ]
    _CONCLUDE.many(connection, rows)


def suspect(connection: Connection, token: str, now: int) -> None:
    """Note that a payer failed to verify themselves."""
    _BAD.many(connection, [(now, token)])


def bring_past(connection: Connection, payers: Iterable[Payer]) -> None:
    """Add what an earlier time knew of payers: settled, failed, usual amount, first seen,
    device and region."""
    rows = [
        (
            payer.token,
            payer.first_seen,
            payer.settled,
            payer.failed,
            payer.usual_fen,
            payer.bad_at,
            payer.last_device,
            payer.last_region,
        )
        for payer in sorted(payers, key=lambda payer: payer.token)
    ]
    _PAST.many(connection, rows)
