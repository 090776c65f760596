"""The wrong code that mutants put in the place of right code."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from console.contract.replay import ReplayOutcome
from console.contract.vocabulary import AttemptState, EvidenceSource, Verdict
from console.gateways import classify, rest, wire
from console.gateways.classify import Asked, Finding, Reply, Terms
from console.gateways.wire import Answer
from console.repayment import attempt, batch, debits, expire, inquire, lane
from console.repayment.reconcile import parse
from console.repayment.replay.classes import Step
from console.store import claims
from console.store.controls import Controls
from console.store.facts import Attempt, Evidence
from console.windows.calendar import Force

_VERIFY: Final = wire.verify_answer
_CLASSIFY: Final = classify.classify
_JUDGE: Final = classify.judge
_ASK: Final = rest.RestGateway._ask
_TARGET: Final = attempt._target
_NEXT: Final = attempt.next_action
_START: Final = batch.Chooser._start
_DEBIT: Final = debits.Debits._debit
_ASKS: Final = inquire.Inquirer._ask
_FRAMES: Final = parse.SettlementReader.frames
_LEFT: Final = expire._left_behind
_ALWAYS: Final = lane.Slot(float("inf"), 0, 2**62)


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


def none(*_: Any, **__: Any) -> list[Any]:
    """Find nothing."""
    return []


def always(*_: Any, **__: Any) -> bool:
    """Say yes."""
    return True


async def at_rest(*_: Any, **__: Any) -> int:
    """Do nothing, and say that nothing was to be done."""
    return 0


# Reading answers.


def unsigned_passes(secret: Any, stamp: Any, mark: Any, body: bytes, seconds: float) -> None:
    """Verify signatures where there are some."""
    if mark is not None:
        _VERIFY(secret, stamp, mark, body, seconds)


def status_ignored(low: int, high: int) -> Callable[[Reply, Asked, Terms, float], Finding]:
    """Read answers of these statuses as if they said 200."""

    def bug(reply: Reply, asked: Asked, terms: Terms, seconds: float) -> Finding:
        if low <= reply.status < high:
            reply = reply._replace(status=200)
        return _CLASSIFY(reply, asked, terms, seconds)

    return bug


def refusal_is_failure(reply: Reply, asked: Asked, terms: Terms, seconds: float) -> Finding:
    """Take a refusal of a request for the failure of its order."""
    found = _CLASSIFY(reply, asked, terms, seconds)
    if 400 <= reply.status < 500 and found.verdict is Verdict.UNKNOWN and found.code in terms.failure_codes:
        return Finding(Verdict.FAILED, found.code, asked.amount_fen, asked.currency)
    return found


def unlike(word: str) -> Callable[[Answer, Asked, Terms], Finding]:
    """Hold an answer against what was asked, all but one field of it."""

    def bug(answer: Answer, asked: Asked, terms: Terms) -> Finding:
        if word == "order":
            asked = asked._replace(order_no=answer.order_no)
        elif word == "merchant":
            terms = terms._replace(merchant=answer.merchant)
        else:
            asked = asked._replace(amount_fen=answer.amount_fen)
        return _JUDGE(answer, asked, terms)

    return bug


def any_amount(one: Attempt, evidence: Evidence) -> Verdict:
    """Believe a verdict about any amount."""
    return evidence.verdict


def any_code(answer: Answer, terms: Terms) -> Finding:
    """Believe a failure with any code."""
    verdict = classify._VERDICTS[answer.status]
    return Finding(verdict, answer.code.raw, answer.amount_fen, answer.currency)


def ends_as(codes: frozenset[str], verdict: Verdict) -> Callable[..., Any]:
    """Take calls without an answer for something."""

    async def bug(self: Any, call: Any, asked: Asked) -> Any:
        finding, raw, answered = await _ASK(self, call, asked)
        if finding.verdict is Verdict.UNKNOWN and finding.code in codes:
            amount = asked.amount_fen if verdict is Verdict.FAILED else None
            return Finding(verdict, finding.code, amount, asked.currency), raw, answered
        return finding, raw, answered

    return bug


# Deciding.


def no_next_action(state: AttemptState, *rest: Any) -> int | None:
    """Forget to ask about what is in doubt."""
    return None if state is AttemptState.UNKNOWN else _NEXT(state, *rest)


def resends_for_ever(one: Attempt, now: int, *, not_found_needed: int, **spans: int) -> bool:
    """Send again whatever the gateway remembers."""
    return one.state is AttemptState.UNKNOWN and one.not_found >= not_found_needed


def epoch_ignored(one: Attempt, evidence: Evidence, verdict: Verdict) -> AttemptState:
    """Take everybody for the owner."""
    return _TARGET(one, replace(evidence, lease_epoch=one.lease_epoch), verdict)


def silent(*_: Any) -> None:
    """Open no case."""


# Working.


def new_number(self: Any, repayment: Any, lane: Any, now: Any, unsent: Any = None) -> Any:
    """Give an order that is taken up again another number."""
    start = _START(self, repayment, lane, now, unsent)
    return start if unsent is None else start._replace(order_no=f"{repayment.id}-{start.number + 1}")


async def numbered_at_send_time(self: Any, departure: Any, lane: Any) -> Any:
    """Make the number when sending."""
    start = departure.start
    start = start._replace(order_no=f"{start.order_no}{self._desk.clock.now() % 7}")
    return await _DEBIT(self, replace(departure, start=start), lane)


async def another_amount(self: Any, departure: Any, lane: Any) -> Any:
    """Debit a fen more than is owed."""
    repayment = departure.start.repayment
    repayment = repayment._replace(amount_fen=repayment.amount_fen + 1)
    start = departure.start._replace(repayment=repayment)
    return await _DEBIT(self, replace(departure, start=start), lane)


async def never_too_late(self: Any, departure: Any, lane: Any) -> Any:
    """Send whatever time it has become."""
    return await _DEBIT(self, replace(departure, slot=_ALWAYS), lane)


async def back_in_time(self: Any, departure: Any, lane: Any) -> Any:
    """Send also when the clock shows less than when that was decided."""
    return await _DEBIT(self, replace(departure, slot=replace(departure.slot, wall_start=0)), lane)


async def asks_at_any_time(self: Any, errand: Any, lane: Any) -> Any:
    """Send again whatever time it has become."""
    return await _ASKS(self, replace(errand, slot=_ALWAYS), lane)


def left(verdict: Verdict) -> Callable[[Any, Any], Evidence]:
    """Take what a dead worker left behind for something."""

    def bug(subject: Any, now: Any) -> Evidence:
        return replace(
            _LEFT(subject, now),
            verdict=verdict,
            lease_epoch=subject.attempt.lease_epoch,
            amount_fen=subject.attempt.amount_fen,
            currency=subject.attempt.currency,
        )

    return bug


def submits(item: Any, subject: Any) -> tuple[Step, ReplayOutcome]:
    """Submit whatever a plan holds."""
    return Step.SUBMIT, ReplayOutcome.SUBMITTED


def uncontrolled(connection: Connection) -> Controls:
    """Obey nobody."""
    return Controls()


def no_windows(self: Any, connection: Connection, now: Any) -> Force:
    """Know of no window."""
    return Force()


def forgets(connection: Connection, waits: Any) -> None:
    """Let repayments wait for ever."""
    claims._guarded(claims._DEFER, connection, [(None, due.seq, due.version) for due, _ in waits])


def cut_passes(self: Any) -> Iterator[Any]:
    """Take what there is of a settlement file for all of it."""
    with suppress(parse.Incomplete):
        yield from _FRAMES(self)


def covers_all(*_: Any) -> tuple[int, int]:
    """Take the file of a day for that of all days."""
    return 0, 2**53


def lacking_is_enough(one: Attempt, evidence: Evidence) -> bool:
    """Take any list that lacks an order for proof."""
    return evidence.source is EvidenceSource.SETTLEMENT
