"""A gateway's day made for a test: debits in our books, a settlement file, and a run over both."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Connection, insert

from console.contract.clock import Instant, ManualClock, business_day, iso
from console.contract.reconciliation import Report
from console.contract.vocabulary import AttemptState
from console.gateways.base import Gateway, Settlement
from console.gateways.config import GatewayConfig
from console.gateways.wire import SETTLEMENT_HEADER, settlement_end
from console.repayment.lane import Desk
from console.repayment.reconcile.calendar import day_of as day_of
from console.repayment.reconcile.run import Reconciler
from console.repayment.settings import PipelineSettings
from console.repayment.stages import stage_of
from console.store import reconciliation
from console.store.database import Store
from console.store.facts import request_digest
from console.store.reconciliation import StoredFinding, StoredRun
from console.store.tables import attempt
from tests.pipeline.running import desk
from tests.store.made import attempt_row, place

CLOCK_START = 1_780_000_000_000
TODAY = business_day(CLOCK_START)
NOON = day_of("alipay", TODAY).first + 12 * 3_600_000
CONFIG = GatewayConfig(id="alipay", base_url="http://127.0.0.1:1/alipay", merchant="m-1").with_secret(b"s")


@dataclass
class File:
    """A settlement file that is being written."""

    lines: list[str] = field(default_factory=list)
    count: int = 0
    sum_fen: int = 0

    def row(
        self,
        order_no: str,
        amount_fen: int = 100,
        kind: str = "debit",
        *,
        currency: str = "CNY",
        at: int = NOON,
        ref: str = "",
    ) -> File:
        """Add a row."""
        self.lines.append(f"{order_no},{ref or f'g-{order_no}'},{kind},{amount_fen},{currency},{iso(at)}")
        self.count += 1
        self.sum_fen += amount_fen if kind == "debit" else -amount_fen
        return self

    @property
    def content(self) -> bytes:
        """The whole file."""
        return "\n".join(
            (SETTLEMENT_HEADER, *self.lines, settlement_end(self.count, self.sum_fen), "")
        ).encode()


class Counter:
    """A gateway that has settlement files and nothing else; `books_whole` is about ours."""

    def __init__(self) -> None:
        self.books_whole = True
        self.files: dict[date, bytes] = {}
        self.paths: dict[date, Path] = {}
        self.asked: list[date] = []

    async def settlement(self, day: date, into: IO[bytes]) -> Settlement:
        """See `Gateway`."""
        self.asked.append(day)
        if day in self.paths:
            return self._copied(day, into)
        content = self.files.get(day)
        if content is None:
            return Settlement(day, "not_ready")
        into.write(content)
        return Settlement(day, "fetched", sha256(content).hexdigest())

    def _copied(self, day: date, into: IO[bytes]) -> Settlement:
        with self.paths[day].open("rb") as file:
            shutil.copyfileobj(file, into)
        return Settlement(day, "fetched", "0" * 64)


def debit(
    store: Store,
    number: int,
    state: AttemptState = AttemptState.SUCCEEDED,
    *,
    amount_fen: int = 100,
    sent_at: int = NOON,
    decided_at: int | None = None,
    **columns: Any,
) -> str:
    """Put a repayment with one attempt into our books; return the order number."""

    def job(connection: Connection) -> str:
        seq = place(connection, number, stage_of(state), attempts=1, amount_fen=amount_fen)
        row = attempt_row(seq, 1, state.value)
        final = row["decided_at"] is not None
        row |= {
            "amount_fen": amount_fen,
            "sent_at": sent_at,
            "decided_at": (sent_at + 1000 if decided_at is None else decided_at) if final else None,
            "order_expires_at": sent_at + 900_000,
            "unknown_since": sent_at if state is AttemptState.UNKNOWN else None,
            **columns,
        }
        sealed = connection.exec_driver_sql(f"SELECT sealed FROM repayment WHERE seq = {seq}").scalar_one()
        row["request_digest"] = request_digest(
            row["order_no"], amount_fen, "CNY", CONFIG.ledger, bytes(cast("bytes", sealed))
        )
        connection.execute(insert(attempt), row)
        return str(row["order_no"])

    return store.write_now(job)


def reconciler(store: Store, clock: ManualClock, gateway: Counter, **settings: Any) -> Reconciler:
    """Return a reconciler whose one gateway has these files."""
    made: Desk = desk(store, clock, CONFIG)
    made.settings = PipelineSettings(**settings)
    made.lanes["alipay"].gateway = cast("Gateway", gateway)
    made.books_whole = lambda: gateway.books_whole
    return Reconciler(made, asyncio.Event())


def ask_for(store: Store, identity: str = "rec_1", day: date = TODAY, **fields: Any) -> None:
    """Ask for a run."""
    store.write_now(
        lambda connection: reconciliation.insert(
            connection,
            identity=identity,
            gateway="alipay",
            day=day.isoformat(),
            now=Instant(store.clock.now()),
            **fields,
        )
    )


async def reconcile(
    store: Store, clock: ManualClock, content: bytes, identity: str = "rec_1", day: date = TODAY
) -> StoredRun:
    """Run a file through, the morning after, and return the run."""
    gateway = Counter()
    gateway.files[day] = content
    if clock.now() < day_of("alipay", day).end:
        clock.advance((day_of("alipay", day).end + 3_600_000 - clock.now()) / 1000)
    ask_for(store, identity, day)
    await reconciler(store, clock, gateway).round()
    return run_of(store, identity)


def run_of(store: Store, identity: str = "rec_1") -> StoredRun:
    """Return a run as it is stored."""
    found = store.read_now(lambda connection: reconciliation.find(connection, identity))
    assert found is not None
    return found


def report_of(run: StoredRun) -> Report:
    """Return the report of a complete run."""
    assert run.state == "complete", (run.state, run.problem)
    return Report.model_validate_json(run.report)


def counts(run: StoredRun) -> dict[str, int]:
    """Return the report's findings with their counts."""
    return {one.finding: one.count for one in report_of(run).findings}


def findings(store: Store, identity: str = "rec_1") -> dict[str, StoredFinding]:
    """Return the findings that are kept row by row, by order number."""
    seq = run_of(store, identity).seq
    kinds = store.read_now(lambda connection: list(reconciliation.totals(connection, seq)))
    found: list[StoredFinding] = []
    for kind in kinds:
        found += store.read_now(
            lambda connection, kind=kind: reconciliation.findings(connection, seq, kind, "", 1000)  # type: ignore[misc] # bound at once
        )
    return {one.order_no: one for one in found}


def everything(
    store: Store,
    tables: Iterable[str] = (
        "attempt",
        "repayment",
        "evidence",
        "exception_case",
        "timeline",
        "stage_counter",
    ),
) -> list[Sequence[Any]]:
    """Return what is in the books, to be compared."""

    def job(connection: Connection) -> list[Sequence[Any]]:
        return [
            tuple(row)
            for table in tables
            for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2").all()
        ]

    return store.read_now(job)
