"""Keeps the audit honest: anchors its head in the second sink, and knows whether that sink can be written.

Without a sink that takes anchors only what stops something is done: its row of the audit is in the database,
and anchored once the sink is back. Reading goes on, and all other changes do by themselves then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from console.contract.board import Part
from console.contract.said import Said
from console.contract.text import Untrusted, shown
from console.control.audit.sinks import Sink, SinkError
from console.control.problems import ProblemError
from console.store import audit
from console.store.audit import Anchor
from console.store.errors import StoreError

if TYPE_CHECKING:
    from console.contract.clock import Clock
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

ANCHOR_SECONDS: Final = 60.0
"""The longest time between two anchors."""

ANCHOR_ROWS: Final = 1000
"""The most rows between two anchors."""

FRESH_SECONDS: Final = 1.0
"""How long a sink that took an anchor is taken for writable."""

PATIENCE_SECONDS: Final = 2.0
"""How long a sink may take."""

URGENT_SECONDS: Final = 0.5
"""How long what stops something waits for a sink before it is done without."""

UNANCHORED: Final = Said("the audit's second sink cannot be written: this is anchored there once it is back")
"""What whoever stops something is told meanwhile."""


class Keeper:
    """See the module. `sink` None refuses every change but those that stop something."""

    def __init__(self, sink: Sink | None, clock: Clock) -> None:
        self._sink, self._clock = sink, clock
        self._problem = "" if sink is not None else "no sink is configured"
        self._anchored = Anchor(0, audit.GENESIS, 0)
        self._written_at = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def sink(self) -> Sink | None:
        """Where anchors go."""
        return self._sink

    def part(self) -> Part:
        """Return how the sink is."""
        if self._problem:
            return Part(name="audit", state="down", detail=Untrusted(self._problem))
        if self._written_at < 0:
            return Part.of("audit", "ok", Said("not anchored yet"))
        return Part.of("audit", "ok", Said("anchored up to row {row}", {"row": self._anchored.seq}))

    async def require(self, store: Store) -> None:
        """Return if the sink can be written. Raises ProblemError (503)."""
        if not await self.writable(store):
            raise self.refusal()

    async def writable(self, store: Store, *, urgent: bool = False) -> bool:
        """Tell whether the sink can be written; an `urgent` caller is not kept waiting for it."""
        if time.monotonic() - self._written_at < FRESH_SECONDS:
            return True
        try:
            async with asyncio.timeout(URGENT_SECONDS if urgent else None):
                return await self.anchor(store)
        except TimeoutError:
            return False

    def refusal(self) -> ProblemError:
        """Return what meets a change that does more than stop something."""
        return ProblemError(
            503,
            "audit_sink",
            "the audit's second sink cannot be written: only what stops something is done meanwhile",
            "mend the sink; changes go on by themselves then",
            detail=shown(self._problem),
            headers={"Retry-After": "2"},
        )

    async def anchor(self, store: Store) -> bool:
        """Write an anchor of the chain's head; tell whether that went well."""
        sink = self._sink
        if sink is None:
            return False
        async with self._lock:
            if time.monotonic() - self._written_at < FRESH_SECONDS:
                return True
            seq, digest = await store.read(audit.head, urgent=True)
            anchor = Anchor(seq, digest, self._clock.now())
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await asyncio.to_thread(sink.write, anchor)
            except (SinkError, TimeoutError) as error:
                self._fail(str(error) or f"{shown(sink.name)} takes too long")
                return False
            self._problem = ""
            self._anchored, self._written_at = anchor, time.monotonic()
            return True

    def _fail(self, problem: str) -> None:
        if not self._problem:
            log.error("the audit's second sink fails, changes are refused: %s", problem)
        self._problem, self._written_at = problem, float("-inf")

    async def round(self, store: Store) -> None:
        """Anchor when it is time to, and see whether a sink that failed is back."""
        if self._sink is None:
            return
        age = time.monotonic() - self._written_at
        if self._problem or age >= ANCHOR_SECONDS:
            await self.anchor(store)
            return
        seq, _ = await store.read(audit.head)
        if seq - self._anchored.seq >= ANCHOR_ROWS:
            await self.anchor(store)

    async def end(self, store: Store) -> None:
        """Anchor the last row before the service ends."""
        self._written_at = float("-inf")
        try:
            await self.anchor(store)
        except StoreError as error:
            log.warning("the audit's head was not anchored at the end: %s", shown(str(error)))
