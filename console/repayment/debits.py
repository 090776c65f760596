"""The debits that are under way: each a call to a gateway, begun in its time or not at all.

What a call came to goes to the books as evidence, whatever it is.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from console.contract.clock import Instant
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.base import Order
from console.repayment.calls import Calls
from console.repayment.lane import Desk, Lane, Slot
from console.repayment.personal import SealBroken, unseal
from console.store.claims import Start
from console.store.facts import Evidence

TOO_LATE: Final = "TOO_LATE"
"""The order's time to begin was missed; nothing was sent."""

SEAL_BROKEN: Final = "SEAL_BROKEN"
"""The personal data cannot be read with our keys; nothing was sent."""

STOPPED: Final = "STOPPED"
"""The service was stopped while the call was under way."""

_OURS: Final = frozenset({TOO_LATE, SEAL_BROKEN, STOPPED})


@dataclass(frozen=True, slots=True)
class Departure:
    """An order whose attempt is durable, and when it may begin."""

    start: Start
    slot: Slot


class Debits:
    """See the module. `wake` is set when one ends, as there is room for another then."""

    def __init__(self, desk: Desk, wake: asyncio.Event) -> None:
        self._desk = desk
        self._wake = wake
        self._calls: Calls[Start] = Calls("a call ended wrongly, inquiry will tell")

    def depart(self, departure: Departure) -> None:
        """Begin to send an order, beside those that are under way."""
        self._desk.lanes[departure.start.gateway].limits.begin()
        self._calls.begin(departure.start, self._send(departure))

    async def _send(self, departure: Departure) -> None:
        lane = self._desk.lanes[departure.start.gateway]
        try:
            evidence = await self._debit(departure, lane)
        finally:
            lane.limits.end()
            self._wake.set()
        if evidence.source is EvidenceSource.RESPONSE or evidence.code not in _OURS:
            lane.note(evidence)
        await self._desk.record(evidence)

    async def _debit(self, departure: Departure, lane: Lane) -> Evidence:
        """Send the order, if this is the time to begin."""
        start, repayment = departure.start, departure.start.repayment
        try:
            account = unseal(repayment.sealed, repayment.external_id, self._desk.keys).card
        except SealBroken:
            return self._unsent(start, SEAL_BROKEN)
        if departure.slot.missed(self._desk.clock):
            return self._unsent(start, TOO_LATE)
        return await lane.gateway.debit(
            Order(
                start.order_no,
                repayment.amount_fen,
                repayment.currency,
                account,
                Instant(start.order_expires_at),
                asyncio.get_running_loop().time() + lane.config.timeout,
                start.lease_epoch,
            )
        )

    def _unsent(self, start: Start, code: str, verdict: Verdict = Verdict.NOT_SENT) -> Evidence:
        return Evidence(
            gateway=start.gateway,
            order_no=start.order_no,
            source=EvidenceSource.TRANSPORT,
            external_id=f"{start.order_no}:{start.lease_epoch}",
            at=self._desk.clock.now(),
            verdict=verdict,
            code=code,
            lease_epoch=start.lease_epoch,
        )

    async def finish(self, within: float) -> None:
        """Wait for the calls that are under way; give up those that take longer, their orders in doubt."""
        left = await self._calls.finish(within)
        await asyncio.gather(
            *(self._desk.record(self._unsent(start, STOPPED, Verdict.UNKNOWN)) for start in left)
        )
