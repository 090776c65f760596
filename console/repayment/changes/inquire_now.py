"""`attempt.inquire`: have gateways asked now what became of orders, through the ordinary inquiry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.contract.wire import StrictWire
from console.repayment.targets import TargetBody, choose, nothing_fits
from console.store import doubts
from console.store.kinds import Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.facts import Attempt


class AttemptInquire(Kind[TargetBody]):
    """Ask gateways now."""

    name: ClassVar[str] = "attempt.inquire"
    title: ClassVar[str] = "Ask the gateway now"
    body: ClassVar[type[StrictWire]] = TargetBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: TargetBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: TargetBody, now: Instant) -> Impact:
        chosen = choose(connection, body, doubts.ASKED, now)
        count = len(chosen.fits)
        return Impact(
            count=count,
            sum_fen=chosen.sum_fen,
            effects=(Said("{count} orders are asked about now; nothing is debited", {"count": count}),),
            warnings=chosen.left_out,
            targets={chosen.name: chosen.digest},
            refusal=nothing_fits(chosen, Said("no order here waits for its gateway's word")),
            live=True,
        )

    def apply(self, connection: Connection, body: TargetBody, now: Instant, change_id: str) -> dict[str, Any]:
        chosen = choose(connection, body, doubts.ASKED, now, lock=True)
        waiting = [one for one in chosen.fits if not _being_asked(one.attempt, now)]
        doubts.ask_now(connection, waiting, now)
        return {"count": len(chosen.fits)}

    def inverse(self, body: TargetBody, before: Mapping[str, Any]) -> None:
        return None


def _being_asked(attempt: Attempt, now: Instant) -> bool:
    return attempt.lease_owner is not None and (attempt.next_action_at or 0) > now
