"""The screening worker: takes repayments from intake past the strategies to where they belong.

Beside new ones it screens those whose delay is over, cancels reviews that nobody ended, and puts
strategies that hurt clean payers into shadow. What strategies need is imported with the first round, not
before: a service that starts has other things to do first.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.repayment.gate import Gate, Room, judge_unscreened, keep_back, release
from console.repayment.lane import Desk
from console.risk import health
from console.store import claims, controls, decisions, payers, strategy_counters
from console.store.decisions import Screenable
from console.windows.calendar import Force

if TYPE_CHECKING:
    from console.risk.engine import RuleSet
    from console.risk.rulebook import Rulebook
    from console.risk.screening import Screening

HEALTH_EVERY_MS: Final = 5_000
"""How often the health of strategies is looked at."""

_STALE: Final = -1


class Screener:
    """See the module. A round decides and writes within one transaction, so it needs no lease."""

    def __init__(self, desk: Desk, following: asyncio.Event) -> None:
        """`following` is set when the next worker has something to do."""
        self._desk = desk
        self._following = following
        self._rulebook: Rulebook | None = None
        self._gate = Gate({name: lane.config.rate_per_second for name, lane in desk.lanes.items()})
        self._healthy_until = 0

    async def round(self) -> bool:
        """Screen one batch; tell whether more may be waiting."""
        if self._rulebook is None:
            self._rulebook = await asyncio.to_thread(_opened)
        count = await self._desk.store.write(self._batch)
        while count == _STALE:
            await self._rulebook.refresh(self._desk.store)
            count = await self._desk.store.write(self._batch)
        if count:
            self._following.set()
        return count >= self._desk.settings.batch

    def _rules(self, connection: Connection, now: Instant) -> "RuleSet | None":
        return None if self._rulebook is None else self._rulebook.current(connection, now)

    def _batch(self, connection: Connection) -> int:
        from console.risk.screening import screen

        if Stage.SCREENING in controls.obey(connection).paused:
            return 0
        now, limit = self._desk.clock.now(), self._desk.settings.batch
        rules = self._rules(connection, now)
        if rules is None:
            return _STALE
        shard = self._desk.store.shard
        force = self._gate.force(connection, now)
        found = decisions.due(connection, now=now, limit=limit)
        fresh = self._obey_windows(connection, force, found, now)
        if fresh:
            known = payers.known(connection, (subject.borrower_token for subject in fresh))
            write_screening(connection, screen(rules, fresh, known, now), Stage.INTAKE, now, shard)
        again = (
            []
            if force.closed_stage(Stage.SCREENING)
            else decisions.delay_over(connection, now=now, limit=limit)
        )
        if again:
            known = payers.known(connection, (subject.borrower_token for subject in again))
            decisions.free(connection, [subject.seq for subject in again])
            screening = screen(rules, again, known, now, delayed=True)
            write_screening(connection, screening, Stage.HELD, now, shard)
        over = decisions.cancel_overdue_reviews(connection, now=now, limit=limit, shard=shard)
        self._look_after(connection, now)
        return max(len(found), len(again), over)

    def _obey_windows(
        self, connection: Connection, force: Force, found: list[Screenable], now: Instant
    ) -> list[Screenable]:
        """Keep back what windows cover, let go what waited for those that are over; return what is left."""
        if not force:
            return found
        shard = self._desk.store.shard
        verdicts = [(subject, judge_unscreened(force, subject)) for subject in found]
        kept = [(subject, verdict) for subject, verdict in verdicts if verdict is not None]
        keep_back(connection, kept, frm=Stage.INTAKE, now=now, shard=shard)
        budget, room = (
            self._gate.budget(),
            Room({"": self._desk.settings.batch}, {}, self._desk.settings.batch),
        )
        release(connection, force, Stage.SCREENING, budget, room, now, shard)
        self._gate.spent(budget)
        return [subject for subject, verdict in verdicts if verdict is None]

    def _look_after(self, connection: Connection, now: Instant) -> None:
        if now >= self._healthy_until:
            health.watch(connection, now, self._desk.settings.strategy_limits())
            self._healthy_until = now + HEALTH_EVERY_MS


def _opened() -> "Rulebook":
    from console.risk.rulebook import Rulebook

    return Rulebook()


def write_screening(
    connection: Connection, screening: "Screening", frm: Stage, now: Instant, shard: int
) -> None:
    """Write what screening a batch came to, in the caller's transaction."""
    decisions.write(connection, screening.decisions)
    decisions.keep(connection, screening.kept, now)
    decisions.forget_signals(connection, screening.decided)
    payers.remember(connection, screening.payers.values())
    claims.move_on(connection, screening.moves, frm=frm, now=now, shard=shard)
    strategy_counters.fold(connection, screening.tallies, shard, now)
