"""`case.resolve`: two people choose how an exception case ends; `case.use_credit`: they use what it left.

Money in suspense goes nowhere by itself: it is asked back, told to the gateway's settlement desk, or kept
as the borrower's credit until a change of its own pays a repayment with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from console.contract.vocabulary import NOT_EXECUTED_STATES, Stage
from console.contract.wire import StrictWire
from console.repayment.changes.resolve import PEOPLE_SHARD
from console.repayment.targets import need_same, need_two_people
from console.store import cases, claims, doubts, repayments, timeline
from console.store.kinds import Guard, Impact, Kind, NotThere, Refused, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.cases import Case


class CaseBody(StrictWire):
    """Which case, how it ends, and what shows that this is right."""

    case: int = Field(ge=1, le=2**62)
    way: Literal["reverse", "apply_next", "refund", "nothing"]
    reference: str = Field(min_length=3, max_length=128, examples=["ticket 4711 of the settlement desk"])


class CreditBody(StrictWire):
    """Whose credit pays what: a case that left one, and a repayment of the same borrower."""

    case: int = Field(ge=1, le=2**62)
    repayment: str = Field(min_length=1, max_length=40, examples=["rp_01J8ZQ"])


def _found(connection: Connection, number: int, *, lock: bool = False) -> Case:
    case = cases.find(connection, number, lock=lock)
    if case is None:
        raise NotThere("case", "there is no such case", "repay case list shows them")
    return case


class CaseResolve(Kind[CaseBody]):
    """Choose the way out of a case."""

    name: ClassVar[str] = "case.resolve"
    title: ClassVar[str] = "Resolve an exception case"
    body: ClassVar[type[StrictWire]] = CaseBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: CaseBody, now: Instant) -> Guard:
        why = Said("it decides on money in suspense")
        return Guard(role="operator", risk=Risk.HIGH, approval=why, two_people=True)

    def preview(self, connection: Connection, body: CaseBody, now: Instant) -> Impact:
        case = _found(connection, body.case)
        return Impact(
            count=1,
            sum_fen=abs(case.suspense_fen),
            effects=(_EFFECTS[body.way],),
            warnings=(Said("another order of this repayment was debited too"),) if case.duplicate else (),
            irreversible=(Said("the way out is chosen once"),),
            targets={f"case:{case.id}": _version(case)},
            refusal=_refusal(case, body.way),
        )

    def apply(self, connection: Connection, body: CaseBody, now: Instant, change_id: str) -> dict[str, Any]:
        need_two_people(connection, change_id)
        case = _found(connection, body.case, lock=True)
        need_same(connection, change_id, f"case:{case.id}", _version(case))
        refusal = _refusal(case, body.way)
        if refusal is not None:
            raise Refused(refusal)
        cases.choose(
            connection,
            case,
            body.way,
            change_id=change_id,
            reference=body.reference,
            now=now,
            ask_back=body.way == "reverse",
        )
        _tell(connection, case.repayment_seq, now, "case_way", f"{case.order_no}: {body.way}, {change_id}")
        return {}

    def inverse(self, body: CaseBody, before: Mapping[str, Any]) -> None:
        return None


class CaseUseCredit(Kind[CreditBody]):
    """Pay a repayment with the credit that a case left."""

    name: ClassVar[str] = "case.use_credit"
    title: ClassVar[str] = "Pay a repayment with a credit"
    body: ClassVar[type[StrictWire]] = CreditBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: CreditBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.HIGH, approval=Said("it decides on money in suspense"))

    def preview(self, connection: Connection, body: CreditBody, now: Instant) -> Impact:
        case = _found(connection, body.case)
        paid, refusal = _payable(connection, case, body)
        return Impact(
            count=1,
            sum_fen=paid.amount_fen,
            effects=(Said("the repayment is paid with the credit and is not debited: it is cancelled"),),
            irreversible=(Said("a credit is used once"),),
            targets={
                f"case:{case.id}": case.credit_fen or 0,
                f"repayment:{body.repayment}": f"{paid.stage} {paid.version}",
            },
            refusal=refusal,
        )

    def apply(self, connection: Connection, body: CreditBody, now: Instant, change_id: str) -> dict[str, Any]:
        need_two_people(connection, change_id)
        case = _found(connection, body.case, lock=True)
        paid, refusal = _payable(connection, case, body)
        if refusal is not None or not cases.spend(connection, case, paid.amount_fen, now):
            raise Refused(refusal or _TOO_LITTLE)
        move = claims.Screened(paid, Stage.CANCELLED, None, f"credit of case {case.id}, {change_id}")
        claims.move_on(
            connection, [move], frm=Stage(paid.stage), now=now, shard=PEOPLE_SHARD, what="paid_by_credit"
        )
        _tell(connection, case.repayment_seq, now, "credit_used", f"{body.repayment}, {change_id}")
        return {}

    def inverse(self, body: CreditBody, before: Mapping[str, Any]) -> None:
        return None


_EFFECTS: Final = {
    "reverse": Said("the gateway is asked to give the money back; the case ends when it says so"),
    "apply_next": Said("the money becomes the borrower's credit; only another approved change uses it"),
    "refund": Said("it is noted for the gateway's settlement desk; the case ends when a reversal is told"),
    "nothing": Said("the case ends; nothing is moved"),
}
_TOO_LITTLE: Final = Said("the credit does not cover this repayment")


def _version(case: Case) -> str:
    return f"{case.suspense_fen} {case.attempt_state} {case.evidence_at}"


def _refusal(case: Case, way: str) -> Said | None:
    if case.resolved or case.way is not None:
        return Said("its way out is chosen already")
    if not cases.ways(case):
        return Said("its order is still open: wait for its outcome, or close it")
    if way not in cases.ways(case):
        return Said("there is no money in suspense that could go this way")
    return None


def _payable(connection: Connection, case: Case, body: CreditBody) -> tuple[cases.Paid, Said | None]:
    """Return the repayment to be paid, and why it cannot be. Raises InvalidChange."""
    paid = cases.payable(connection, body.repayment) if repayments.storable(body.repayment) else None
    if paid is None:
        raise NotThere("repayment", "there is no such repayment", "repay repayment list shows them")
    if case.resolved or case.credit_fen is None:
        return paid, Said("this case left no credit")
    if paid.borrower != case.borrower:
        return paid, Said("it is another borrower's repayment")
    last = doubts.last_attempts(connection, [paid.seq])
    under_way = any(one.attempt.state not in NOT_EXECUTED_STATES for one in last)
    if paid.stage not in cases.PAYABLE or under_way:
        return paid, Said("something of this repayment is under way, or it is over")
    if paid.amount_fen > min(case.credit_fen, case.suspense_fen):
        return paid, _TOO_LITTLE
    return paid, None


def _tell(connection: Connection, seq: int, now: Instant, what: str, detail: str) -> None:
    timeline.record(connection, [timeline.TimelineEntry(seq, now, "service", what, detail)])
