"""`attempt.close`: have gateways close orders whose outcome is not known.

Each is asked about once more first, by the closing worker; it is closed only if that does not decide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from console.contract.vocabulary import AttemptState
from console.contract.wire import StrictWire
from console.repayment.targets import TargetBody, choose, nothing_fits
from console.store import closing
from console.store.kinds import Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

_CLOSABLE: Final = frozenset({AttemptState.ACCEPTED, AttemptState.UNKNOWN})


class AttemptClose(Kind[TargetBody]):
    """Have gateways close orders."""

    name: ClassVar[str] = "attempt.close"
    title: ClassVar[str] = "Close the order at the gateway"
    body: ClassVar[type[StrictWire]] = TargetBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: TargetBody, now: Instant) -> Guard:
        why = Said("it may refund the borrower and make them overdue")
        return Guard(role="operator", risk=Risk.HIGH, approval=why)

    def preview(self, connection: Connection, body: TargetBody, now: Instant) -> Impact:
        chosen = choose(connection, body, _CLOSABLE, now)
        count = len(chosen.fits)
        return Impact(
            count=count,
            sum_fen=chosen.sum_fen,
            effects=(
                Said(
                    "{count} orders are asked about once more; those that it decides stay", {"count": count}
                ),
                Said("the others are closed at their gateway; their repayments go to failed or reversed"),
            ),
            warnings=(
                Said("a debit that went through may be given back: the borrower is overdue then"),
                *chosen.left_out,
            ),
            irreversible=(Said("an order that is closed is never open again"),),
            targets={chosen.name: chosen.digest},
            refusal=nothing_fits(chosen, Said("no order here can be closed: none waits for its outcome")),
            live=True,
        )

    def apply(self, connection: Connection, body: TargetBody, now: Instant, change_id: str) -> dict[str, Any]:
        chosen = choose(connection, body, _CLOSABLE, now, lock=True)
        closing.request(connection, [one.attempt for one in chosen.fits], change_id=change_id, now=now)
        return {"count": len(chosen.fits)}

    def inverse(self, body: TargetBody, before: Mapping[str, Any]) -> None:
        return None
