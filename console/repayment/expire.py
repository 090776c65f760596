"""The expiry worker: ends what time has ended.

Orders left in SENDING by a worker that is gone become in doubt; orders past their last day of inquiry
go to people; orders that were never sent are given up where they must not be sent, as an earlier one may
have been paid, and where nobody will, as their gateway is not configured any more. All are steps like any
other, decided purely and written with timeline and counters.
"""

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.vocabulary import EvidenceSource, Verdict
from console.repayment.attempt import decide, expired, released
from console.repayment.lane import Desk
from console.repayment.schedule import manual_cutoff
from console.repayment.stages import stage_of
from console.store import claims
from console.store.attempts import Steps, Subject
from console.store.facts import Evidence

ABANDONED = "ABANDONED"
"""The worker that was sending is gone; whether the order went out is not known."""

CASE_OPEN = "CASE_OPEN"
"""Evidence contradicts an earlier order of the repayment: it may have been paid."""

GATEWAY_GONE = "GATEWAY_GONE"
"""The gateway of an order that was never sent is not in the configuration any more."""

GONE_AFTER = 600.0
"""Seconds that such an order waits first: another worker's configuration may know the gateway."""

_FOREVER = Instant(2**62)


class Expirer:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def round(self) -> bool:
        """End one batch; tell whether more may be waiting."""
        count = await self._desk.store.write(self._batch)
        return count >= self._desk.settings.batch

    async def recover(self) -> int:
        """Put in doubt whatever an earlier process left in SENDING; for start-up, before work begins.

        On SQLite nobody else can be alive, as the file has one owner; on PostgreSQL a worker that was
        not seen for the length of a lease is taken for dead. Returns how many there were.
        """
        total = 0
        while count := await self._desk.store.write(self._recover_batch):
            total += count
        return total

    def _recover_batch(self, connection: Connection) -> int:
        alone = self._desk.store.dialect == "sqlite"
        return self._abandon(connection, _FOREVER if alone else self._desk.clock.now())

    def _batch(self, connection: Connection) -> int:
        now = self._desk.clock.now()
        ended = (self._abandon(connection, now), self._hand_over(connection, now))
        return max(*ended, self._give_up(connection, now), self._let_go(connection, now))

    def _abandon(self, connection: Connection, lease_over_at: Instant) -> int:
        """Put in doubt the attempts whose lease is over at an instant or whose owner is dead."""
        desk, now = self._desk, self._desk.clock.now()
        seen_after = Instant(now - round(desk.settings.lease * 1000))
        left = claims.abandoned(
            connection, now=lease_over_at, seen_after=seen_after, limit=desk.settings.batch
        )
        steps = Steps(now, stage_of)
        for subject in left:
            piece = _left_behind(subject, now)
            steps.hear(subject, piece, decide(subject.attempt, piece, now, desk.rules))
        steps.write(connection, desk.store.shard)
        return len(left)

    def _hand_over(self, connection: Connection, now: Instant) -> int:
        """Give to people the attempts whose time for inquiry is over."""
        desk = self._desk
        before = manual_cutoff(now, desk.settings.manual_after_days)
        over = claims.inquiry_over(connection, now=now, sent_before=before, limit=desk.settings.batch)
        steps = Steps(now, stage_of)
        for subject in over:
            decision = expired(subject.attempt, now, desk.rules)
            if decision is not None:
                steps.step(subject, decision, None, "INQUIRY_OVER")
        steps.write(connection, desk.store.shard)
        return len(over)

    def _give_up(self, connection: Connection, now: Instant) -> int:
        """Let fail what was never sent while an earlier order of the same repayment has a case open."""
        desk = self._desk
        found = claims.forbidden(connection, now=now, limit=desk.settings.batch)
        return self._release(connection, found, now, CASE_OPEN)

    def _let_go(self, connection: Connection, now: Instant) -> int:
        """Let fail what was never sent and is of a gateway that is not in the configuration any more."""
        desk = self._desk
        since = Instant(now - round(GONE_AFTER * 1000))
        found = claims.orphaned(connection, list(desk.lanes), due_before=since, limit=desk.settings.batch)
        return self._release(connection, found, now, GATEWAY_GONE)

    def _release(self, connection: Connection, found: list[Subject], now: Instant, code: str) -> int:
        steps = Steps(now, stage_of)
        for subject in found:
            decision = released(subject.attempt)
            if decision is not None:
                steps.step(subject, decision, None, code)
        steps.write(connection, self._desk.store.shard)
        return len(found)


def _left_behind(subject: Subject, now: Instant) -> Evidence:
    attempt = subject.attempt
    return Evidence(
        gateway=attempt.gateway,
        order_no=attempt.order_no,
        source=EvidenceSource.TRANSPORT,
        external_id=f"{attempt.order_no}:{attempt.lease_epoch}:left",
        at=now,
        verdict=Verdict.UNKNOWN,
        code=ABANDONED,
    )
