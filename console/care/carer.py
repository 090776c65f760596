"""The worker of care: quiet for what is long in doubt, and the due-date clock.

It looks in a reading snapshot first and writes only where there is something to do. What it gives and ends by
itself is told in the audit, one row a batch.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from console.care.due import Holidays, grace_from, passed_through
from console.care.templates import CREDIT_REPORT, DUNNING, filled
from console.contract.clock import BUSINESS_ZONE, Instant, business_day, to_instant
from console.store import audit, care, due, outbox, timeline
from console.store.care import Item, StoredGrant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from console.care.settings import CareSettings
    from console.repayment.lane import Desk

SERVICE: Final = "service"
"""Who acts when nobody does."""


class Carer:
    """See the module."""

    def __init__(self, desk: Desk, settings: CareSettings) -> None:
        self._store = desk.store
        self._clock = desk.clock
        self._settings = settings
        self._holidays: Holidays = settings.calendar()
        self._start: due.Start | None = None

    async def round(self) -> bool:
        """Do one batch of each duty; tell whether more may be waiting."""
        if self._start is None:
            self._start = await self._store.write(self._announce)
        return any([await self._duty(job) for job in (self._protect, self._release, self._move, self._mark)])

    def _announce(self, connection: Connection) -> due.Start:
        """Tell the desk the caps, and agree with the other workers on the start of the clock."""
        care.announce(connection, self._settings.terms())
        first = self._settings.clock_from
        midnight = None if first is None else datetime.combine(first, time.min, ZoneInfo(BUSINESS_ZONE))
        configured = None if midnight is None else to_instant(midnight)
        at = Instant(care.start_clock(connection, configured, self._clock.now()))
        return due.Start(passed_through(business_day(at), self._holidays).isoformat(), at)

    async def _duty(self, job: Callable[[Connection, Instant, bool], int]) -> bool:
        """Do a job's batch where a look finds something; tell whether it was a full one. It is dated when it
        is written: what was decided before it must not seem to be decided after it."""
        now = Instant(self._clock.now())
        if not await self._store.read(lambda connection: job(connection, now, False)):
            return False
        done = await self._store.write(lambda connection: job(connection, Instant(self._clock.now()), True))
        return done >= self._settings.batch

    def _protect(self, connection: Connection, now: Instant, write: bool) -> int:
        """Give grace and hold to what is long in doubt."""
        settings = self._settings
        since = now - round(settings.in_doubt_after * 1000)
        found = due.long_in_doubt(connection, since, settings.batch)
        if write and found:
            due.locked(connection, [one.seq for one in found])
            found = due.long_in_doubt(connection, since, settings.batch)
        if write and found:
            self._give(connection, found, now)
        return len(found)

    def _give(self, connection: Connection, found: Sequence[due.Doubtful], now: Instant) -> None:
        days, today = self._settings.in_doubt_grace_days, business_day(now)
        grant = StoredGrant(
            seq=0,
            id=f"care_{secrets.token_hex(8)}",
            version=1,
            origin="service",
            change_id=None,
            who=SERVICE,
            filter="state:in_doubt,manual",
            created_at=now,
            released_at=None,
            grace_days=days,
            coupon_fen=None,
            coupon_ms=None,
            notice=None,
            credit_hold=True,
            repayments=len(found),
            sum_fen=sum(one.amount_fen for one in found),
        )
        items = [
            Item(one.seq, grace_from(date.fromisoformat(one.due_on), today, days).isoformat(), True)
            for one in found
        ]
        care.give(connection, grant, items, automatic=True, now=now)
        _tell(connection, [one.seq for one in found], now, "care_granted", grant.id)
        reason = f"{len(found)} repayments in doubt for over {self._settings.in_doubt_after:.0f} s"
        _note(connection, now, "care.protect", f"care:{grant.id}", reason)

    def _release(self, connection: Connection, now: Instant, write: bool) -> int:
        """End the hold of what is in doubt no more; who still owes keeps a short grace."""
        found = due.resolved(connection, self._settings.batch)
        if write and found:
            due.locked(connection, [one.seq for one in found])
            found = due.resolved(connection, self._settings.batch)
        if write and found:
            settled = [one.seq for one in found if one.stage == "settled"]
            others = [one.seq for one in found if one.stage != "settled"]
            until = business_day(now) + timedelta(days=self._settings.after_days)
            due.end_doubt(connection, settled, others, grace_until=until.isoformat(), now=now)
            care.set_grace(connection, [one.seq for one in found], now)
            _tell(connection, settled, now, "care_released", "the doubt is over")
            _tell(connection, others, now, "care_released", f"the doubt is over; grace until {until}")
            reason = f"{len(found)} repayments in doubt no more, {len(settled)} of them settled"
            _note(connection, now, "care.release", "care:in_doubt", reason)
        return len(found)

    def _move(self, connection: Connection, now: Instant, write: bool) -> int:
        """Move instalments to a state that harms nobody: paid, in grace, due again."""
        over = passed_through(business_day(now), self._holidays).isoformat()
        found = due.moving(connection, over, self._settings.batch)
        if write:
            for state, seqs in found.items():
                due.move(connection, due.locked(connection, seqs), state, now)
        return max((len(seqs) for seqs in found.values()), default=0)

    def _mark(self, connection: Connection, now: Instant, write: bool) -> int:
        """Make overdue what nobody paid in time, and put its dunning and credit report into the outbox."""
        assert self._start is not None  # noqa: S101 - a round begins with it
        today = business_day(now)
        over = passed_through(today, self._holidays).isoformat()
        if not write:
            return len(due.overdue(connection, over, 1, self._start))
        found = due.overdue(connection, over, self._settings.batch, self._start, lock=True)
        due.mark_overdue(connection, found, now)
        outbox.put(
            connection,
            [message for one in found for message in _messages(one, today.isoformat())],
            now,
        )
        return len(found)


def _messages(one: due.Falling, day: str) -> list[outbox.NewMessage]:
    values = {"due_on": one.due_on}
    out = []
    for kind, template in (("dunning", DUNNING), ("credit_report", CREDIT_REPORT)):
        said = filled(template, values)
        out.append(
            outbox.NewMessage(kind, None, one.seq, one.borrower, day, f"{kind}:{one.seq}", said.zh, said.en)
        )
    return out


def _tell(connection: Connection, seqs: Sequence[int], now: int, what: str, detail: str) -> None:
    timeline.record(connection, [timeline.TimelineEntry(seq, now, SERVICE, what, detail) for seq in seqs])


def _note(connection: Connection, now: int, action: str, subject: str, reason: str) -> None:
    audit.append(
        connection,
        audit.Entry(
            at=now, who=SERVICE, via=SERVICE, action=action, subject=subject, outcome="applied", reason=reason
        ),
    )
