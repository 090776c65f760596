"""Settlement files of the simulated gateways, and the matching of them inside the simulation.

A file tells the truth about its day, or is plainly not whole: a gateway that signs a whole file which lacks
a debit is beyond what anybody could find out. One that executes expired orders has no files.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Final
from unittest.mock import patch

import polars as pl

from console.contract.clock import Instant, business_day, iso
from console.gateways.base import Settlement
from console.gateways.wire import SETTLEMENT_HEADER, settlement_end
from console.repayment.reconcile import match, run
from console.repayment.reconcile.calendar import yesterday
from console.repayment.reconcile.question import Answer, Question
from console.store import reconciliation
from tests.simulator.books import Database
from tests.simulator.seam import LIFE

if TYPE_CHECKING:
    from tests.simulator.bank import Bank
    from tests.simulator.world import World

NEVER: Final = ("missing_here", "amount", "currency", "duplicate")
"""Findings that no truthful file of a gateway of ours comes to."""


def told(world: "World", bank: "Bank", day: date, into: IO[bytes]) -> Settlement:
    """Write a gateway's file of a day that has ended; what comes over the wire may be cut."""
    if not bank.strict or business_day(world.wall()) <= day:
        return Settlement(day, "not_ready")
    if world.strikes("loss"):
        return Settlement(day, "failed", problem="TIMEOUT")
    content = _content(bank, day)
    if world.strikes("lie"):
        content = content[: world.chance.randrange(len(content))]
    into.write(content)
    return Settlement(day, "fetched", sha256(content).hexdigest())


def _content(bank: "Bank", day: date) -> bytes:
    moves = [move for move in bank.ledger if business_day(move.at) == day]
    lines = [
        f"{one.order_no},ref-{one.order_no},{kind},{abs(one.fen)},CNY,{iso(one.at)}"
        for one in moves
        for kind in ("debit" if one.fen > 0 else "reversal",)
    ]
    end = settlement_end(len(moves), sum(move.fen for move in moves))
    return "\n".join((SETTLEMENT_HEADER, *lines, end, "")).encode()


async def ask_for(world: "World") -> None:
    """Have yesterday reconciled, as an engineer does."""
    now = Instant(world.wall())
    gateway, day = world.chance.choice(list(world.banks)), yesterday(now).isoformat()
    identity = f"rec_{world.chance.randbytes(6).hex()}"
    world.database.write(
        lambda connection: reconciliation.insert(
            connection, identity=identity, gateway=gateway, day=day, now=now
        )
    )


def wrong_findings(world: "World") -> list[str]:
    """Return what reconciliations found that is not so."""
    query = f"SELECT order_no || ' ' || finding FROM reconciliation_finding WHERE finding IN {NEVER}"
    return [row[0] for row in world.database.rows(query)]


class _Books(match._Books):
    """The books of the simulation, read on its own connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def query(self, query: str) -> pl.DataFrame:
        """Return what a query finds."""
        names, rows = self._database.table(query)
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


@contextmanager
def matched_here(world: "World") -> Iterator[None]:
    """Let files be matched by the real code without a process of its own."""

    async def ask(question: Question) -> Answer:
        life = LIFE.get()
        assert life is not None
        await life.reach("read")
        answer = match._match(question, _Books(world.database))
        world.note("matched", f"{question.gateway} {answer.problem or answer.rows}")
        await life.reach("was_read")
        return answer

    token = SimpleNamespace(token_hex=lambda size: world.chance.randbytes(size).hex())
    with patch.object(run, "ask", ask), patch.object(run, "secrets", token):
        yield
