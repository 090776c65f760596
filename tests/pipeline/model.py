"""A gateway as a model: its own ledger and memory, and calls that wait until the test lets them go on.

It executes an order at most once while it remembers the order number, and again after that: a caller
that sends an order too late debits twice here, as it would out there.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Literal

from console.contract.clock import Clock, Instant
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.base import Order, Question, Settlement
from console.store.facts import Evidence

WINDOW_MS = 86_400_000
"""How long it remembers order numbers."""

CLOSED = (Verdict.CLOSED, Verdict.REVERSED)
"""What an order stays for ever."""

Fate = Literal["answered", "lost_before", "lost_after", "late", "not_sent", "garbled", "hidden"]
"""What becomes of a call: answered; lost with or without being executed; executed after its caller gave
up; not sent at all; answered with another amount; an inquiry that does not find what is there."""


@dataclass
class Known:
    """What the model knows of an order number."""

    amount_fen: int
    account: str
    verdict: Verdict
    since: int


@dataclass
class Call:
    """A call that is under way: a debit of `order`, else a `question`; with `closes` it closes its order."""

    gateway: str
    order: Order | None
    question: Question | None
    closes: bool
    fate: "asyncio.Future[tuple[Fate, Verdict]]"


@dataclass
class World:
    """All model gateways: their memory, their ledger, and the calls that wait.

    A strict one refuses expired orders. One that `knows_all` closes orders for good that it never saw;
    another says that it has none such. `debits` less `reversals` are its ledger."""

    clock: Clock
    strict: bool = True
    knows_all: bool = True
    known: dict[str, Known] = field(default_factory=dict)
    debits: list[tuple[str, int]] = field(default_factory=list)
    reversals: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    waiting: list[Call] = field(default_factory=list)
    late: list[Order | Question] = field(default_factory=list)

    def execute(self, order: Order, outcome: Verdict = Verdict.SUCCEEDED) -> Verdict | None:
        """Execute an order as a gateway does; None when it came too late."""
        now = self.clock.now()
        old = self.known.get(order.order_no)
        if old is not None:
            if old.account and (old.amount_fen, old.account) != (order.amount_fen, order.account):
                self.violations.append(f"{order.order_no}: two contents")
            if old.verdict in CLOSED or now - old.since < WINDOW_MS:
                return old.verdict
        if self.strict and now > order.expires_at:
            return None
        self.known[order.order_no] = Known(order.amount_fen, order.account, outcome, now)
        if outcome is Verdict.SUCCEEDED:
            self.debits.append((order.order_no, order.amount_fen))
        return outcome

    def close(self, question: Question) -> Verdict:
        """Close an order as a gateway does: one that was debited is given back, one that failed stays so."""
        known = self.known.get(question.order_no)
        if known is None and not self.knows_all:
            return Verdict.NOT_FOUND
        if known is None:
            known = self.known[question.order_no] = Known(
                question.amount_fen, "", Verdict.CLOSED, self.clock.now()
            )
        elif known.verdict is Verdict.ACCEPTED:
            known.verdict = Verdict.CLOSED
        elif known.verdict is Verdict.SUCCEEDED:
            known.verdict = Verdict.REVERSED
            self.reversals.append(question.order_no)
        return Verdict.CLOSED if known.verdict is Verdict.FAILED else known.verdict

    def confirm(self, order_no: str, verdict: Verdict) -> None:
        """End an order that was only accepted."""
        known = self.known[order_no]
        known.verdict = verdict
        if verdict is Verdict.SUCCEEDED:
            self.debits.append((order_no, known.amount_fen))

    def accepted(self) -> list[str]:
        """Return the orders that are only accepted."""
        return [order_no for order_no, known in self.known.items() if known.verdict is Verdict.ACCEPTED]

    def arrive(self, late: Order | Question) -> None:
        """Do what a request asks for whose caller waits no more."""
        if isinstance(late, Order):
            self.execute(late)
        else:
            self.close(late)

    def debited(self) -> Counter[str]:
        """Return how often each order was debited, less how often it was given back."""
        return +(Counter(order_no for order_no, _ in self.debits) - Counter(self.reversals))

    def debits_per_repayment(self) -> Counter[str]:
        """Return how often each repayment was debited, less how often it was given back."""
        found: Counter[str] = Counter()
        for order_no, times in self.debited().items():
            found[order_no.rpartition("-")[0]] += times
        return found


class ModelGateway:
    """One gateway of the world, seen through the seam."""

    def __init__(self, name: str, world: World) -> None:
        self.id = name
        self._world = world

    async def debit(self, order: Order) -> Evidence:
        """Wait for the call's fate, then tell what the caller can know."""
        fate, outcome = await self._fate(Call(self.id, order, None, False, asyncio.Future()))
        transport = EvidenceSource.TRANSPORT
        match fate:
            case "not_sent":
                return self._evidence(order, transport, Verdict.NOT_SENT)
            case "lost_before":
                return self._evidence(order, transport, Verdict.UNKNOWN)
            case "late":
                self._world.late.append(order)
                return self._evidence(order, transport, Verdict.UNKNOWN)
        told = self._world.execute(order, outcome)
        if fate == "lost_after":
            return self._evidence(order, transport, Verdict.UNKNOWN)
        if told is None:
            return self._evidence(order, EvidenceSource.RESPONSE, Verdict.UNKNOWN)
        amount = order.amount_fen + (fate == "garbled")
        return self._evidence(order, EvidenceSource.RESPONSE, told, amount)

    async def inquire(self, question: Question) -> Evidence:
        """Wait for the call's fate, then tell the truth, or nothing."""
        fate, _ = await self._fate(Call(self.id, None, question, False, asyncio.Future()))
        known = self._world.known.get(question.order_no)
        if fate not in ("answered", "garbled", "hidden"):
            return self._evidence(question, EvidenceSource.INQUIRY, Verdict.UNKNOWN)
        if known is None or fate == "hidden":
            return self._evidence(question, EvidenceSource.INQUIRY, Verdict.NOT_FOUND)
        amount = known.amount_fen + (fate == "garbled")
        return self._evidence(question, EvidenceSource.INQUIRY, known.verdict, amount)

    async def close_order(self, question: Question) -> Evidence:
        """Wait for the call's fate, then tell what the caller can know."""
        fate, _ = await self._fate(Call(self.id, None, question, True, asyncio.Future()))
        if fate in ("lost_before", "not_sent", "hidden"):
            return self._evidence(question, EvidenceSource.CLOSE, Verdict.UNKNOWN)
        if fate == "late":
            self._world.late.append(question)
            return self._evidence(question, EvidenceSource.CLOSE, Verdict.UNKNOWN)
        told = self._world.close(question)
        if fate == "lost_after":
            return self._evidence(question, EvidenceSource.CLOSE, Verdict.UNKNOWN)
        amount = None if told is Verdict.NOT_FOUND else question.amount_fen + (fate == "garbled")
        return self._evidence(question, EvidenceSource.CLOSE, told, amount)

    async def settlement(self, day: date, into: IO[bytes]) -> Settlement:
        """Never asked for here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _fate(self, call: Call) -> tuple[Fate, Verdict]:
        self._world.waiting.append(call)
        try:
            return await call.fate
        finally:
            self._world.waiting.remove(call)

    def _evidence(
        self, about: Order | Question, source: EvidenceSource, verdict: Verdict, amount: int | None = None
    ) -> Evidence:
        return Evidence(
            gateway=self.id,
            order_no=about.order_no,
            source=source,
            external_id=f"{about.order_no}:{about.lease_epoch}",
            at=Instant(self._world.clock.now()),
            verdict=verdict,
            code=verdict.value.upper(),
            amount_fen=amount,
            currency=None if amount is None else "CNY",
            lease_epoch=about.lease_epoch,
        )
