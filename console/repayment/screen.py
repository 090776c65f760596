"""The screening worker: takes repayments from intake past the strategies to where they belong.

Beside new ones it screens those whose delay is over, cancels reviews that nobody ended, and puts
strategies that hurt clean payers into shadow.
"""

import asyncio
from typing import Final

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.repayment.lane import Desk
from console.risk import health
from console.risk.rulebook import Rulebook
from console.risk.screening import Screening, screen
from console.store import claims, controls, decisions, payers, strategy_counters

HEALTH_EVERY_MS: Final = 5_000
"""How often the health of strategies is looked at."""

_STALE: Final = -1


class Screener:
    """See the module. A round decides and writes within one transaction, so it needs no lease."""

    def __init__(self, desk: Desk, following: asyncio.Event) -> None:
        """`following` is set when the next worker has something to do."""
        self._desk = desk
        self._following = following
        self._rulebook = Rulebook()
        self._healthy_until = 0

    async def round(self) -> bool:
        """Screen one batch; tell whether more may be waiting."""
        count = await self._desk.store.write(self._batch)
        while count == _STALE:
            await self._rulebook.refresh(self._desk.store)
            count = await self._desk.store.write(self._batch)
        if count:
            self._following.set()
        return count >= self._desk.settings.batch

    def _batch(self, connection: Connection) -> int:
        now, limit = self._desk.clock.now(), self._desk.settings.batch
        if Stage.SCREENING in controls.obey(connection).paused:
            return 0
        rules = self._rulebook.current(connection, now)
        if rules is None:
            return _STALE
        shard = self._desk.store.shard
        fresh = decisions.due(connection, now=now, limit=limit)
        if fresh:
            known = payers.known(connection, (subject.borrower_token for subject in fresh))
            write_screening(connection, screen(rules, fresh, known, now), Stage.INTAKE, now, shard)
        again = decisions.delay_over(connection, now=now, limit=limit)
        if again:
            known = payers.known(connection, (subject.borrower_token for subject in again))
            decisions.free(connection, [subject.seq for subject in again])
            screening = screen(rules, again, known, now, delayed=True)
            write_screening(connection, screening, Stage.HELD, now, shard)
        over = decisions.cancel_overdue_reviews(connection, now=now, limit=limit, shard=shard)
        self._look_after(connection, now)
        return max(len(fresh), len(again), over)

    def _look_after(self, connection: Connection, now: Instant) -> None:
        if now >= self._healthy_until:
            health.watch(connection, now, self._desk.settings.strategy_limits())
            self._healthy_until = now + HEALTH_EVERY_MS


def write_screening(
    connection: Connection, screening: Screening, frm: Stage, now: Instant, shard: int
) -> None:
    """Write what screening a batch came to, in the caller's transaction."""
    decisions.write(connection, screening.decisions)
    decisions.keep(connection, screening.kept, now)
    decisions.forget_signals(connection, screening.decided)
    payers.remember(connection, screening.payers.values())
    claims.move_on(connection, screening.moves, frm=frm, now=now, shard=shard)
    strategy_counters.fold(connection, screening.tallies, shard, now)
