"""The screening worker: takes repayments from intake past the risk seam to dispatch, in batches."""

import asyncio

from sqlalchemy import Connection

from console.contract.vocabulary import Stage
from console.repayment.lane import Desk
from console.risk.screening import Intercept, Screen, Subject, next_stage
from console.store import claims


class Screener:
    """See the module. A round decides and writes within one transaction, so it needs no lease."""

    def __init__(self, desk: Desk, screen: Screen, following: asyncio.Event) -> None:
        """`following` is set when the next worker has something to do."""
        self._desk = desk
        self._screen = screen
        self._following = following

    async def round(self) -> bool:
        """Screen one batch; tell whether more may be waiting."""
        count = await self._desk.store.write(self._batch)
        if count:
            self._following.set()
        return count >= self._desk.settings.batch

    def _batch(self, connection: Connection) -> int:
        now = self._desk.clock.now()
        due = claims.due_repayments(connection, Stage.INTAKE, now=now, limit=self._desk.settings.batch)
        if not due:
            return 0
        moves = []
        for repayment in due:
            subject = Subject(
                repayment.id,
                repayment.amount_fen,
                repayment.currency,
                repayment.product,
                repayment.attempts,
            )
            screening = self._screen(subject, now)
            stage, at = next_stage(screening, now)
            detail = screening.reason if isinstance(screening, Intercept) else ""
            moves.append(claims.Screened(repayment, stage, at, detail))
        claims.move_on(connection, moves, frm=Stage.INTAKE, now=now, shard=self._desk.store.shard)
        return len(due)
