"""Repayments on their way through screening, without gateways."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from console.contract.clock import ManualClock
from console.repayment import intake
from console.repayment.attempt import Rules
from console.repayment.evidence import Gatherer
from console.repayment.lane import Desk
from console.repayment.personal import Keys
from console.repayment.screen import Screener
from console.repayment.settings import PipelineSettings
from console.risk.rulebook import new_version, seed, strategy_of
from console.risk.strategy import Strategy
from console.store import strategies as stored
from console.store.database import Store
from console.store.payers import PayerOutcome, conclude

KEYS = Keys.generate()


@dataclass
class Office:
    """A screener over a store, and what tests do with it."""

    store: Store
    clock: ManualClock
    settings: PipelineSettings = field(default_factory=PipelineSettings)
    number: int = 0

    def __post_init__(self) -> None:
        rules = Rules(self.settings.inquiry_steps, self.settings.inquiry_every, 2)
        gatherer = Gatherer(self.store, rules, 0)
        desk = Desk(self.store, {}, self.settings, self.clock, KEYS, gatherer, rules, "w_test")
        self.screener = Screener(desk, asyncio.Event())
        self.store.write_now(lambda connection: seed(connection, self.clock.now()))

    async def take_in(self, *, signals: dict[str, object] | None = None, **changes: object) -> str:
        """Take a repayment in and return its id."""
        self.number += 1
        entry: dict[str, object] = {
            "external_id": f"x-{self.number}",
            "borrower": f"b-{self.number}",
            "name": "王小明",
            "mobile": "13800001112",
            "id_number": "990000199001011234",
            "card": "6225750000001496",
            "amount_fen": 5_000,
            "product": "cash_loan",
            "instalment": f"L{self.number}-1",
            "due_on": "2026-06-10",
            "signals": signals,
            **changes,
        }
        report = await intake.take_in(self.store, [entry], keys=KEYS, limit=10**6, actor="test")
        assert not report.rejected, report.rejected
        return report.ids[0]

    async def screened(self, *, signals: dict[str, object] | None = None, **changes: object) -> str:
        """Take a repayment in, screen it and return its id."""
        identity = await self.take_in(signals=signals, **changes)
        await self.screener.round()
        return identity

    def set(self, identity: str, **changes: object) -> Strategy:
        """Give a strategy other settings."""

        def job(connection: Any) -> Strategy:
            row = stored.find(connection, identity)
            assert row is not None
            wanted = Strategy.model_validate(strategy_of(row).model_dump() | changes)
            stored.save(connection, new_version(wanted, "test", "test"), self.clock.now())
            return wanted

        return self.store.write_now(job)

    def only(self, *identities: str) -> None:
        """Switch every other strategy off."""
        for row in self.store.read_now(stored.all_strategies):
            if row.id not in identities:
                self.set(row.id, mode="off", percent=None)

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Return what the database holds."""
        return self.store.read_now(lambda connection: list(connection.execute(text(query), values).all()))

    def stage(self, identity: str) -> str:
        """Return the stage of a repayment."""
        return str(self.rows("SELECT stage FROM repayment WHERE id = :id", id=identity)[0][0])

    def said(self, identity: str) -> list[tuple[str, str]]:
        """Return the timeline of a repayment: what, and its detail."""
        query = (
            "SELECT t.what, t.detail FROM timeline t JOIN repayment r ON r.seq = t.repayment_seq"
            " WHERE r.id = :id ORDER BY t.id"
        )
        return [(row[0], row[1]) for row in self.rows(query, id=identity)]

    def settle(self, identity: str, *, reversed_too: bool = False) -> None:
        """Remember a repayment's payer for having paid."""

        token, fen = self.rows(
            "SELECT borrower_token, amount_fen FROM repayment WHERE id = :id", id=identity
        )[0]
        bad_at = self.clock.now() if reversed_too else None
        outcome = PayerOutcome(token, settled_fen=fen, bad_at=bad_at)
        self.store.write_now(lambda connection: conclude(connection, [outcome]))
