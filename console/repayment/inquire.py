"""The inquiry worker: asks gateways what became of orders whose outcome is not known.

An order that was not found often enough in a row is sent again under the same order number, while the
gateway still remembers order numbers and the order has not expired; the answer is evidence like any
other. Nothing is sent again while dispatch is paused, its gateway is stopped, a window keeps it back or
people want it closed.
The worker never decides what an outcome is.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.text import shown
from console.contract.vocabulary import Stage
from console.gateways.base import Order, Question
from console.gateways.wire import CLOCK_SKEW_SECONDS
from console.repayment.attempt import may_resend
from console.repayment.calls import Calls
from console.repayment.lane import Desk, Lane, Slot, log, problem_of
from console.repayment.personal import SealBroken, unseal
from console.repayment.schedule import manual_cutoff
from console.store import cases, claims, closing
from console.store.attempts import LeaseLost
from console.store.claims import Asked
from console.store.controls import Controls, obey
from console.store.errors import StoreError
from console.store.facts import Evidence, request_digest
from console.windows.calendar import Calendar


@dataclass(frozen=True, slots=True)
class _Errand:
    asked: Asked
    slot: Slot


class Inquirer:
    """See the module. Rounds must not overlap; the calls they start do."""

    def __init__(self, desk: Desk, wake: asyncio.Event) -> None:
        self._desk = desk
        self._wake = wake
        self._calls: Calls[Asked] = Calls("an inquiry ended wrongly, it will be made again")
        self._calendar = Calendar()

    async def round(self) -> bool:
        """Claim and ask one batch; tell whether more may be waiting and there is room for it."""
        desk = self._desk
        waiting = await desk.store.read(self._waiting)
        room = {name: min(count, self._room(desk.lanes[name])) for name, count in waiting.items()}
        room = {name: count for name, count in room.items() if count > 0}
        if not room:
            return False
        for name, count in room.items():
            self._take(desk.lanes[name], count)
        begun = asyncio.get_running_loop().time()
        claimed: list[Asked] = []
        unused = dict(room)
        try:
            claimed = await desk.store.write(lambda connection: self._claim(connection, room))
        finally:
            for asked in claimed:
                unused[asked.attempt.gateway] -= 1
            for name, count in unused.items():
                desk.lanes[name].limits.let_go(count)
                desk.lanes[name].asking.let_go(count)
        held = await desk.held_back() if any(asked.resend for asked in claimed) else Controls()
        for asked in claimed:
            if Stage.DISPATCH in held.paused or asked.attempt.gateway in held.stopped:
                asked = asked._replace(resend=False)
            until = asked.attempt.next_action_at or 0
            timeout, half = desk.lanes[asked.attempt.gateway].config.timeout, desk.settings.lease / 2
            claimed_at = until - self._lease_ms(asked.attempt.gateway)
            slot = Slot(begun + half, claimed_at, until - round((timeout + half) * 1000))
            self._set_out(_Errand(asked, slot))
        return any(unused[name] == 0 for name in room)

    def _waiting(self, connection: Connection) -> dict[str, int]:
        """Return how many are due to be asked, so that an idle round takes no room from debits."""
        desk, now = self._desk, self._desk.clock.now()
        after = manual_cutoff(now, desk.settings.manual_after_days)
        return {
            name: claims.waiting_to_ask(
                connection, name, now=now, sent_after=after, limit=desk.settings.batch
            )
            for name in desk.lanes
        }

    def _room(self, lane: Lane) -> int:
        return min(lane.asking.free(), lane.limits.free(), self._desk.settings.batch)

    @staticmethod
    def _take(lane: Lane, count: int) -> None:
        lane.limits.reserve(count)
        lane.asking.reserve(count)

    def _claim(self, connection: Connection, room: Mapping[str, int]) -> list[Asked]:
        desk, controls = self._desk, obey(connection)
        now = desk.clock.now()
        if Stage.CONFIRMING in controls.paused:
            return []
        sending = Stage.DISPATCH not in controls.paused
        force = self._calendar.force(connection, now)
        after = manual_cutoff(now, desk.settings.manual_after_days)
        claimed: list[Asked] = []
        for name, limit in room.items():
            due = claims.due_to_ask(connection, name, now=now, sent_after=after, limit=limit)
            if due:
                until = now + self._lease_ms(name)
                again = sending and name not in controls.stopped and not force.concerns(name, until)
                ready = {one.attempt.id: one for one in due if again and self._resends(one, now)}
                for identity in closing.requested(connection, list(ready)):
                    del ready[identity]
                contested = cases.contested(connection, (one.attempt.repayment_seq for one in ready.values()))
                asked = [
                    one._replace(
                        resend=one.attempt.id in ready and one.attempt.repayment_seq not in contested
                    )
                    for one in due
                ]
                claimed += claims.claim(connection, asked, owner=desk.owner, until=Instant(until), now=now)
        return claimed

    def _lease_ms(self, gateway: str) -> int:
        """Return how long a claim lasts."""
        return round((self._desk.lanes[gateway].config.timeout + self._desk.settings.lease) * 1000)

    def _resends(self, asked: Asked, now: Instant) -> bool:
        """Tell whether an order may be sent again, and would be the same to the same gateway."""
        attempt = asked.attempt
        settings, config = self._desk.settings, self._desk.lanes[attempt.gateway].config
        may = may_resend(
            attempt,
            now,
            idempotency_window=round((config.idempotency_window - CLOCK_SKEW_SECONDS) * 1000),
            margin=round((settings.resend_margin + config.timeout + settings.lease) * 1000),
            not_found_needed=settings.not_found_before_resend,
        )
        if not may:
            return False
        digest = request_digest(
            attempt.order_no, attempt.amount_fen, attempt.currency, config.ledger, asked.sealed
        )
        if digest != asked.request_digest:
            log.error("%s is not sent again: its account or gateway changed", shown(attempt.order_no))
            return False
        return True

    def _set_out(self, errand: _Errand) -> None:
        lane = self._desk.lanes[errand.asked.attempt.gateway]
        lane.limits.begin()
        lane.asking.begin()
        self._calls.begin(errand.asked, self._run(errand))

    async def _run(self, errand: _Errand) -> None:
        lane = self._desk.lanes[errand.asked.attempt.gateway]
        try:
            evidence = await self._ask(errand, lane)
        finally:
            lane.limits.end()
            lane.asking.end()
            self._wake.set()
        if evidence is None:
            await self._give_back(errand.asked)
            return
        lane.note(evidence)
        await self._desk.record(evidence)

    async def _ask(self, errand: _Errand, lane: Lane) -> Evidence | None:
        """Ask, or send again; None when its time to begin was missed."""
        asked, attempt = errand.asked, errand.asked.attempt
        if errand.slot.missed(self._desk.clock):
            return None
        deadline = asyncio.get_running_loop().time() + lane.config.timeout
        account = self._account(asked) if asked.resend else None
        if account is None or attempt.order_expires_at is None:
            question = Question(
                attempt.order_no, attempt.amount_fen, attempt.currency, deadline, attempt.lease_epoch
            )
            return await lane.gateway.inquire(question)
        return await lane.gateway.debit(
            Order(
                attempt.order_no,
                attempt.amount_fen,
                attempt.currency,
                account,
                Instant(attempt.order_expires_at),
                deadline,
                attempt.lease_epoch,
            )
        )

    def _account(self, asked: Asked) -> str | None:
        """Return the account of an order that is to be sent again; None when it cannot be read."""
        try:
            return unseal(asked.sealed, asked.external_id, self._desk.keys).card
        except SealBroken as error:
            log.error("%s is not sent again: %s", shown(asked.attempt.order_no), error)
            return None

    async def _give_back(self, asked: Asked) -> None:
        """End a claim that was not used, unless somebody else has it already."""
        now = self._desk.clock.now()
        try:
            await self._desk.store.write(
                lambda connection: claims.give_back(connection, asked.attempt, now=now)
            )
        except LeaseLost:
            log.warning("%s was taken by another worker", shown(asked.attempt.order_no))
        except StoreError as error:
            log.warning(
                "%s is free when its lease ends: %s", shown(asked.attempt.order_no), problem_of(error)
            )

    async def finish(self, within: float) -> None:
        """Wait for the calls that are under way; give up those that take longer, to be made again."""
        left = await self._calls.finish(within)
        await asyncio.gather(*(self._give_back(asked) for asked in left))
