"""What a gateway is measured by, counted in the transaction that makes it so.

Each order has one first outcome (succeeded, failed, in doubt, or proven unsent); what becomes of a doubtful
one afterwards is counted apart. Failures keep the code they came with; whose fault a code is, is decided
when it is read, so that a better rule also holds for the past.
"""

from __future__ import annotations

import re
from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from console.contract.vocabulary import FINAL_ATTEMPT_STATES, AttemptState, EvidenceSource, Verdict
from console.store.latency import latency_bucket
from console.store.sla_tables import gateway_drawn, latency_hour, open_minute, sla_hour, sla_minute
from console.store.tables import latency_minute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from console.store.facts import Attempt, Evidence

MINUTE_MS: Final = 60_000
MINUTES_OF_AN_HOUR: Final = 60

MOST_CODES: Final = 16
"""Codes of one gateway that one batch keeps apart: a gateway may make up codes, but not fill the store."""

OTHER: Final = "OTHER"
"""Stands for a code that is none, is overlong or made of odd characters, or is one too many."""

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}").fullmatch


class EventKind(StrEnum):
    """What is counted; money stands with SUCCEEDED and LATE_SUCCEEDED, a code with failures."""

    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    UNSENT = "unsent"
    LATE_SUCCEEDED = "late_succeeded"
    LATE_FAILED = "late_failed"
    CALLBACK = "callback"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


_DOUBTFUL: Final = frozenset({AttemptState.UNKNOWN, AttemptState.CLOSING, AttemptState.MANUAL})
_SETTLED: Final = frozenset({EventKind.SUCCEEDED, EventKind.LATE_SUCCEEDED})


class SlaDeltas:
    """What a batch adds; empty at first."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.open: dict[tuple[str, int], int] = defaultdict(int)
        self._codes: dict[str, set[str]] = defaultdict(set)

    def sent(self, gateway: str, at: int) -> None:
        """Count an order whose sending begins at an instant."""
        self.add(gateway, EventKind.SENT)
        self.open[gateway, at // MINUTE_MS] += 1

    def add(self, gateway: str, kind: EventKind, code: str | None = "", fen: int = 0) -> None:
        """Count one event; `code` None stands for a failure without one."""
        kept = "" if code == "" else self._kept(gateway, code)
        sums = self.events[gateway, kind.value, kept]
        sums[0] += 1
        sums[1] += fen

    def heard(self, piece: Evidence) -> None:
        """Count a piece of evidence by the way it came."""
        if piece.source is EvidenceSource.CALLBACK:
            self.add(piece.gateway, EventKind.CALLBACK)
        elif piece.source is EvidenceSource.INQUIRY:
            told = piece.verdict is not Verdict.UNKNOWN or piece.amount_fen is not None
            self.add(piece.gateway, EventKind.ANSWERED if told else EventKind.UNANSWERED)

    def stepped(self, attempt: Attempt, state: AttemptState, code: str | None) -> None:
        """Count the step of an attempt (as it was before) to another state."""
        late = attempt.state in _DOUBTFUL
        match state:
            case AttemptState.SUCCEEDED:
                kind = EventKind.LATE_SUCCEEDED if late else EventKind.SUCCEEDED
                self.add(attempt.gateway, kind, fen=attempt.amount_fen)
            case AttemptState.FAILED if attempt.state is not AttemptState.CREATED:
                self.add(attempt.gateway, EventKind.LATE_FAILED if late else EventKind.FAILED, code)
            case AttemptState.UNKNOWN:
                self.add(attempt.gateway, EventKind.IN_DOUBT, code)
            case AttemptState.CREATED:
                self.add(attempt.gateway, EventKind.UNSENT, code)
            case _:
                pass
        over = state in FINAL_ATTEMPT_STATES or state is AttemptState.CREATED
        if over and attempt.sent_at is not None and attempt.state is not AttemptState.CREATED:
            self.open[attempt.gateway, attempt.sent_at // MINUTE_MS] -= 1

    def _kept(self, gateway: str, code: str | None) -> str:
        codes = self._codes[gateway]
        if code is None or not _CODE(code) or (code not in codes and len(codes) >= MOST_CODES):
            return OTHER
        codes.add(code)
        return code


def adding(table: Table, *sums: str) -> dict[str, Insert]:
    """Return, per database, the insert that adds to the row when it is there already."""
    keys = list(table.primary_key.columns)
    lite = sqlite.insert(table)
    post = postgresql.insert(table)
    return {
        "sqlite": lite.on_conflict_do_update(
            index_elements=keys, set_={name: table.c[name] + lite.excluded[name] for name in sums}
        ),
        "postgresql": post.on_conflict_do_update(
            index_elements=keys, set_={name: table.c[name] + post.excluded[name] for name in sums}
        ),
    }


_MINUTE: Final = adding(sla_minute, "count", "sum_fen")
_HOUR: Final = adding(sla_hour, "count", "sum_fen")
_LATENCY_MINUTE: Final = adding(latency_minute, "count")
_LATENCY_HOUR: Final = adding(latency_hour, "count")
_OPEN: Final = adding(open_minute, "count")
_DRAWN: Final = adding(gateway_drawn, "settled_fen")


def fold(
    connection: Connection,
    deltas: SlaDeltas,
    latencies: Mapping[tuple[str, int], int],
    shard: int,
    minute: int,
) -> None:
    """Add what a batch counted in a minute to its process's rows, in one order. Latencies go to the hour."""
    dialect, hour = connection.dialect.name, minute // MINUTES_OF_AN_HOUR
    if deltas.events:
        rows = [
            {"gateway": name, "kind": kind, "code": code, "shard": shard, "count": count, "sum_fen": fen}
            for (name, kind, code), (count, fen) in sorted(deltas.events.items())
        ]
        connection.execute(_MINUTE[dialect], [{"minute": minute, **row} for row in rows])
        connection.execute(_HOUR[dialect], [{"hour": hour, **row} for row in rows])
    if opened := [
        {"minute": at, "gateway": name, "shard": shard, "count": count}
        for (name, at), count in sorted(deltas.open.items())
        if count
    ]:
        connection.execute(_OPEN[dialect], opened)
    if timed := [
        {"hour": hour, "gateway": name, "bucket": bucket, "shard": shard, "count": count}
        for (name, bucket), count in sorted(latencies.items())
    ]:
        connection.execute(_LATENCY_HOUR[dialect], timed)
    drawn: dict[str, int] = defaultdict(int)
    for (name, kind, _), (_, fen) in deltas.events.items():
        if kind in _SETTLED:
            drawn[name] += fen
    if drawn:
        values = [
            {"gateway": name, "shard": shard, "settled_fen": fen} for name, fen in sorted(drawn.items())
        ]
        connection.execute(_DRAWN[dialect], values)


class PastOutcome(NamedTuple):
    """What a past repayment tells of its gateway. Instants in milliseconds; `code` only of a failure.

    `confirmed_ms` is how long the outcome took, None where that is not told; `settled_fen` what settled.
    """

    gateway: str
    sent_at: int
    decided_at: int
    succeeded: bool
    code: str | None
    confirmed_ms: int | None
    settled_fen: int


def fold_past(connection: Connection, pasts: Sequence[PastOutcome], shard: int) -> None:
    """Add a past to its minutes and hours; it draws nothing from reserves, as they were opened later."""
    dialect = connection.dialect.name
    events: dict[tuple[int, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    timed: dict[tuple[int, str, int], int] = defaultdict(int)
    for past in pasts:
        decided = past.decided_at // MINUTE_MS
        kind = EventKind.SUCCEEDED if past.succeeded else EventKind.FAILED
        code = "" if past.succeeded else past.code if past.code and _CODE(past.code) else OTHER
        events[past.sent_at // MINUTE_MS, past.gateway, EventKind.SENT.value, ""][0] += 1
        sums = events[decided, past.gateway, kind.value, code]
        sums[0] += 1
        sums[1] += past.settled_fen
        if past.confirmed_ms is not None:
            timed[decided, past.gateway, latency_bucket(past.confirmed_ms)] += 1
    for grain, size, into, latencies in (
        ("minute", 1, _MINUTE, _LATENCY_MINUTE),
        ("hour", MINUTES_OF_AN_HOUR, _HOUR, _LATENCY_HOUR),
    ):
        sums_of: dict[tuple[int, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for (minute, *key), (count, fen) in events.items():
            sums = sums_of[minute // size, key[0], key[1], key[2]]
            sums[0] += count
            sums[1] += fen
        counts: dict[tuple[int, str, int], int] = defaultdict(int)
        for (minute, name, bucket), count in timed.items():
            counts[minute // size, name, bucket] += count
        rows = [
            {
                grain: at,
                "gateway": name,
                "kind": kind,
                "code": code,
                "shard": shard,
                "count": n,
                "sum_fen": fen,
            }
            for (at, name, kind, code), (n, fen) in sorted(sums_of.items())
        ]
        connection.execute(into[dialect], rows)
        if waits := [
            {grain: at, "gateway": name, "bucket": bucket, "shard": shard, "count": n}
            for (at, name, bucket), n in sorted(counts.items())
        ]:
            connection.execute(latencies[dialect], waits)
