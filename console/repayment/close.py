"""The closing worker: has gateways close orders that people want closed, and give money of cases back.

Asked about first, always: only an order of which its gateway says, after the request, that it is not decided
goes to CLOSING; that is committed before the gateway is asked to close it. An order found in CLOSING is
closed again under the same number, however its worker ended: a gateway closes an order once. One that its
gateway does not know when it is to close it may still be on its way: it is asked about on the schedule of
inquiries, and closed once the gateway knows it. What comes of it is evidence like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.contract.text import shown
from console.contract.vocabulary import AttemptState, Stage, Verdict
from console.gateways.base import Question
from console.repayment.attempt import closing as step_to_closing
from console.repayment.attempt import judged
from console.repayment.calls import Calls
from console.repayment.lane import Slot, log, problem_of
from console.repayment.schedule import inquiry_wait, manual_cutoff
from console.repayment.stages import stage_of
from console.store import closing
from console.store.attempts import LeaseLost, Steps, subjects_of
from console.store.closing import Reversal, Wanted
from console.store.controls import obey
from console.store.errors import StoreError
from console.store.facts import Attempt, Evidence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.repayment.lane import Desk, Lane

_UNDECIDED: Final = frozenset({Verdict.ACCEPTED, Verdict.NOT_FOUND})
"""Answers to an inquiry after which an order may be closed: the gateway answered, and has not decided."""

_STILL_OPEN: Final = frozenset({Verdict.ACCEPTED, Verdict.FAILED})
"""Answers to an inquiry about an order in CLOSING after which it is closed again: the gateway knows it, and
does not hold its money."""

_TOLD: Final = "CLOSE_REQUESTED"

_CASE_EPOCHS: Final = 10_000
"""Claims of one case at most; they number the calls on its account, apart from those of its order."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """One order to close or one reversal, and when it may begin."""

    wanted: Wanted | Reversal
    slot: Slot


class Closer:
    """See the module. Rounds must not overlap; the calls they start do."""

    def __init__(self, desk: Desk, wake: asyncio.Event) -> None:
        self._desk = desk
        self._wake = wake
        self._calls: Calls[None] = Calls("a closing ended wrongly, it will be tried again")

    async def round(self) -> bool:
        """Claim and close one batch; tell whether more may be waiting and there is room for it."""
        desk = self._desk
        if not await desk.store.read(lambda connection: closing.any_due(connection, desk.clock.now())):
            return False
        room = {name: self._room(lane) for name, lane in desk.lanes.items()}
        room = {name: count for name, count in room.items() if count > 0}
        if not room:
            return False
        for name, count in room.items():
            desk.lanes[name].limits.reserve(count)
            desk.lanes[name].asking.reserve(count)
        begun = asyncio.get_running_loop().time()
        unused, claimed = dict(room), []
        try:
            claimed = await desk.store.write(lambda connection: self._claim(connection, room))
        finally:
            for one in claimed:
                unused[one.attempt.gateway] -= 1
            for name, count in unused.items():
                desk.lanes[name].limits.let_go(count)
                desk.lanes[name].asking.let_go(count)
        for one in claimed:
            half = desk.settings.lease / 2
            slot = Slot(begun + half, 0, desk.clock.now() + round(half * 1000))
            self._set_out(_Errand(one, slot))
        return any(unused[name] == 0 for name in room)

    def _room(self, lane: Lane) -> int:
        return min(lane.asking.free(), lane.limits.free(), self._desk.settings.batch)

    def _claim(self, connection: Connection, room: Mapping[str, int]) -> list[Wanted | Reversal]:
        desk, now = self._desk, self._desk.clock.now()
        if Stage.CONFIRMING in obey(connection).paused:
            return []
        closing.take_off(connection, now=now, limit=desk.settings.batch)
        after = manual_cutoff(now, desk.settings.manual_after_days)
        claimed: list[Wanted | Reversal] = []
        for name, limit in room.items():
            due = closing.due_orders(connection, name, now=now, sent_after=after, limit=limit)
            until = self._until(desk.lanes[name], now)
            claimed += closing.claim(connection, due, owner=desk.owner, until=until, now=now, wait=self._wait)
            back = closing.due_reversals(connection, name, now=now, limit=limit - len(due))
            claimed += closing.claim_reversals(connection, back, until=until, wait=self._wait)
        return claimed

    def _until(self, lane: Lane, now: Instant) -> Instant:
        return Instant(now + round((lane.config.timeout + self._desk.settings.lease) * 1000))

    def _wait(self, tries: int) -> int:
        return inquiry_wait(tries, 0.5, self._desk.rules.steps, self._desk.rules.every)

    def _set_out(self, errand: _Errand) -> None:
        lane = self._desk.lanes[errand.wanted.attempt.gateway]
        lane.limits.begin()
        lane.asking.begin()
        self._calls.begin(None, self._run(errand, lane))

    async def _run(self, errand: _Errand, lane: Lane) -> None:
        try:
            if errand.slot.missed(self._desk.clock):
                return
            if isinstance(errand.wanted, Reversal):
                await self._give_back(errand.wanted, lane)
            else:
                await self._close(errand.wanted, lane)
        finally:
            lane.limits.end()
            lane.asking.end()
            self._wake.set()

    async def _give_back(self, reversal: Reversal, lane: Lane) -> None:
        """Ask for the money of a case."""
        epoch = -(reversal.case_id * _CASE_EPOCHS + reversal.epoch)
        evidence = await lane.gateway.close_order(self._question(reversal.attempt, lane, epoch))
        await self._desk.record(evidence)

    async def _close(self, wanted: Wanted, lane: Lane) -> None:
        """Ask about an order, and close it when that does not decide it."""
        attempt: Attempt | None = wanted.attempt
        begun = asyncio.get_running_loop().time()
        if await self._asks_first(wanted.attempt):
            epoch = wanted.attempt.lease_epoch
            answer = await lane.gateway.inquire(self._question(wanted.attempt, lane, epoch))
            lane.note(answer)
            await self._desk.record(answer)
            begun = asyncio.get_running_loop().time()
            attempt = await self._to_closing(wanted, answer, lane)
        if attempt is None or asyncio.get_running_loop().time() >= begun + self._desk.settings.lease / 2:
            return
        evidence = await lane.gateway.close_order(self._question(attempt, lane, attempt.lease_epoch))
        await self._desk.record(evidence)

    async def _asks_first(self, attempt: Attempt) -> bool:
        """Tell whether an order is asked about: not while an earlier call to close it may be on its way."""
        if attempt.state is not AttemptState.CLOSING:
            return True
        return await self._desk.store.read(
            lambda connection: closing.is_unknown_there(connection, attempt.id)
        )

    async def _to_closing(self, wanted: Wanted, answer: Evidence, lane: Lane) -> Attempt | None:
        """Commit that an order is being closed, on a fresh answer; None when it must not be."""
        again = wanted.attempt.state is AttemptState.CLOSING
        if judged(wanted.attempt, answer) not in (_STILL_OPEN if again else _UNDECIDED):
            return None
        desk, now = self._desk, self._desk.clock.now()
        until = self._until(lane, now)

        def job(connection: Connection) -> Attempt | None:
            subject = subjects_of(connection, [wanted.attempt.order_no])[wanted.attempt.order_no]
            found = subject.attempt
            asked = found.inquiries == wanted.attempt.inquiries + 1
            if found.lease_epoch != wanted.attempt.lease_epoch or not asked:
                return None
            if Stage.CONFIRMING in obey(connection).paused or (found.state is AttemptState.CLOSING) != again:
                return None
            if not again:
                decision = step_to_closing(found, now, until)
                if decision is None:
                    return None
                steps = Steps(now, stage_of)
                steps.step(subject, decision, None, _TOLD, by=wanted.change_id)
                steps.write(connection, desk.store.shard)
            return closing.claim_attempt(connection, subject.attempt, desk.owner, until)

        try:
            return await desk.store.write(job)
        except LeaseLost:
            log.warning("%s was taken by another worker", shown(wanted.attempt.order_no))
        except StoreError as error:
            log.warning("%s is not closed yet: %s", shown(wanted.attempt.order_no), problem_of(error))
        return None

    def _question(self, attempt: Attempt, lane: Lane, epoch: int) -> Question:
        deadline = asyncio.get_running_loop().time() + lane.config.timeout
        return Question(attempt.order_no, attempt.amount_fen, attempt.currency, deadline, epoch)

    async def finish(self, within: float) -> None:
        """Wait for the calls that are under way; give up those that take longer: their claims run out."""
        await self._calls.finish(within)
