"""`attempt.resolve`: two people end an order by hand, on evidence; `attempt.release`: one gives up an order
that was never sent, so that its repayment can be sent elsewhere.

The database lets an order leave MANUAL only with the approved change at hand (see `guards`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from console.contract.vocabulary import AttemptState, Stage
from console.contract.wire import StrictWire
from console.repayment.attempt import by_hand, released
from console.repayment.stages import stage_of
from console.repayment.targets import Chosen, TargetBody, choose, need_same, need_two_people, nothing_fits
from console.store import doubts, timeline
from console.store.attempts import Steps
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.attempts import Subject
    from console.store.facts import Decision

PEOPLE_SHARD: Final = -1
"""The shard of the counters into which changes write; no worker has it."""

_MANUAL: Final = frozenset({AttemptState.MANUAL})
_CREATED: Final = frozenset({AttemptState.CREATED})


class ResolveBody(TargetBody):
    """How it ended, and what shows it: a reference, the amount it names (fen, of all orders together), and
    where it was seen."""

    result: Literal["succeeded", "failed", "closed", "reversed"]
    reference: str = Field(min_length=3, max_length=128, examples=["2026-11-24 settlement, line 1180"])
    amount_fen: int = Field(gt=0)
    seen: str = Field(min_length=3, max_length=64, examples=["gateway's merchant portal"])


class AttemptResolve(Kind[ResolveBody]):
    """End orders by hand."""

    name: ClassVar[str] = "attempt.resolve"
    title: ClassVar[str] = "Resolve by hand"
    body: ClassVar[type[StrictWire]] = ResolveBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ResolveBody, now: Instant) -> Guard:
        why = Said("it decides by hand what became of a borrower's money")
        return Guard(role="operator", risk=Risk.HIGH, approval=why, two_people=True)

    def preview(self, connection: Connection, body: ResolveBody, now: Instant) -> Impact:
        chosen = choose(connection, body, _MANUAL, now)
        heard = doubts.newest_claim(connection, [one.attempt.id for one in chosen.fits])
        stage = stage_of(AttemptState(body.result.upper()))
        return Impact(
            count=len(chosen.fits),
            sum_fen=chosen.sum_fen,
            effects=(Said(_RESULTS[stage], {"count": len(chosen.fits)}),),
            warnings=(*_RISKS[stage], *chosen.left_out),
            irreversible=(Said("a final state is never rewritten; what comes later opens a case"),),
            targets={chosen.name: f"{chosen.digest} {heard}"},
            refusal=_refusal(chosen, body),
        )

    def apply(
        self, connection: Connection, body: ResolveBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        need_two_people(connection, change_id)
        chosen = choose(connection, body, _MANUAL, now, lock=True)
        heard = doubts.newest_claim(connection, [one.attempt.id for one in chosen.fits])
        need_same(connection, change_id, chosen.name, f"{chosen.digest} {heard}")
        if _refusal(chosen, body) is not None:
            raise InvalidChange("amount_fen", "the amount is not that of the orders any more")
        result = AttemptState(body.result.upper())
        doubts.sign(connection, chosen.fits, change_id)
        decided = [(one, by_hand(one.attempt, result)) for one in chosen.fits]
        _end(connection, decided, now, _BY_HAND, change_id)
        proof = f"{body.reference} ({body.seen}), {change_id}"
        _tell(connection, chosen.fits, now, "resolved_by_hand", proof)
        return {"count": len(chosen.fits)}

    def inverse(self, body: ResolveBody, before: Mapping[str, Any]) -> None:
        return None


class AttemptRelease(Kind[TargetBody]):
    """Give up orders that were proven not to have been sent."""

    name: ClassVar[str] = "attempt.release"
    title: ClassVar[str] = "Release an order that was never sent"
    body: ClassVar[type[StrictWire]] = TargetBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: TargetBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: TargetBody, now: Instant) -> Impact:
        chosen = _unsent(connection, body, now)
        count = len(chosen.fits)
        return Impact(
            count=count,
            sum_fen=chosen.sum_fen,
            effects=(
                Said("{count} orders are given up; their repayments can be replayed", {"count": count}),
            ),
            warnings=chosen.left_out,
            irreversible=(Said("a final state is never rewritten; what comes later opens a case"),),
            targets={chosen.name: chosen.digest},
            refusal=nothing_fits(chosen, Said("no order here is proven never to have been sent")),
            live=True,
        )

    def apply(self, connection: Connection, body: TargetBody, now: Instant, change_id: str) -> dict[str, Any]:
        chosen = _unsent(connection, body, now, lock=True)
        _end(connection, [(one, released(one.attempt)) for one in chosen.fits], now, _NEVER_SENT, change_id)
        return {"count": len(chosen.fits)}

    def inverse(self, body: TargetBody, before: Mapping[str, Any]) -> None:
        return None


def _unsent(connection: Connection, body: TargetBody, now: Instant, *, lock: bool = False) -> Chosen:
    """Return those that no gateway claims to know and that no window keeps."""
    chosen = choose(connection, body, _CREATED, now, lock=lock)
    known = doubts.known(connection, [one.attempt.id for one in chosen.fits])
    fits = [one for one in chosen.fits if one.attempt.id not in known and one.stage is Stage.DISPATCH]
    return Chosen(fits, chosen.others + len(chosen.fits) - len(fits), chosen.name, chosen.digest)


def _refusal(chosen: Chosen, body: ResolveBody) -> Said | None:
    if not chosen.fits:
        return Said("no order here is with people; inquiry still runs, or it has ended")
    if body.amount_fen != chosen.sum_fen and body.result != AttemptState.REVERSED.value.lower():
        return Said(
            "the evidence names {named} fen, the orders have {ordered} fen: another amount ends no order",
            {"named": body.amount_fen, "ordered": chosen.sum_fen},
        )
    return None


def _end(
    connection: Connection,
    decided: Iterable[tuple[Subject, Decision | None]],
    now: Instant,
    code: str,
    change_id: str,
) -> None:
    steps = Steps(now, stage_of)
    for subject, decision in decided:
        if decision is not None:
            steps.step(subject, decision, None, code, by=change_id)
    steps.write(connection, PEOPLE_SHARD)


def _tell(connection: Connection, subjects: Iterable[Subject], now: Instant, what: str, detail: str) -> None:
    timeline.record(
        connection,
        [timeline.TimelineEntry(one.attempt.repayment_seq, now, "service", what, detail) for one in subjects],
    )


_BY_HAND: Final = "BY_HAND"
_NEVER_SENT: Final = "NEVER_SENT"

_RESULTS: Final[Mapping[Stage, str]] = {
    Stage.SETTLED: "{count} orders count as debited, their repayments as settled",
    Stage.FAILED: "{count} orders count as not debited, their repayments can be replayed",
    Stage.REVERSED: "{count} orders count as given back, their repayments as reversed",
}
_RISKS: Final[Mapping[Stage, tuple[Said, ...]]] = {
    Stage.SETTLED: (Said("if the money did not move, the lender loses it"),),
    Stage.FAILED: (Said("they can be debited again: if the money moved, the borrower pays twice"),),
    Stage.REVERSED: (Said("the borrower owes the instalment again"),),
}
