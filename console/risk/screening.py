"""Screening: what the strategies in force say about repayments before they are sent.

Pure: from the repayments due, what is known of their payers and the moment, to decisions, the stages
that follow, and what was learned of the payers. Reading and writing is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, Instant, to_datetime
from console.contract.vocabulary import Stage
from console.risk.engine import Outcome, RuleSet, bucket_of
from console.risk.expression.tree import Value
from console.risk.fields import LONGEST_TEXT, NAMES
from console.risk.strategy import Action
from console.store.claims import Screened
from console.store.decisions import Kept, Screenable
from console.store.payers import Payer
from console.store.strategy_counters import Tally

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

CLEAN_SETTLED: Final = 3
CLEAN_MS: Final = 90 * DAY_MS

REVIEW_MS: Final = DAY_MS
"""How long a review or a challenge waits for an answer before the repayment is cancelled."""

_ZONE: Final = ZoneInfo(BUSINESS_ZONE)
_MANY: Final = 1_000_000
_CLEAN: Final = NAMES.index("clean_payer")
_FIRST_SIGNAL: Final = Screenable._fields.index("device")


class Moment(NamedTuple):
    """An instant as strategies see it, in the business zone."""

    now: Instant
    hour: int
    minute_of_day: int
    weekday: int
    today: int

    @classmethod
    def at(cls, now: Instant) -> Moment:
        """Return the moment of an instant."""
        local = to_datetime(now).astimezone(_ZONE)
        minute = local.hour * 60 + local.minute
        return cls(now, local.hour, minute, local.isoweekday(), local.toordinal())


@dataclass(slots=True)
class Screening:
    """What a batch comes to: rows to write, and what to count."""

    moves: list[Screened] = field(default_factory=list)
    decisions: list[tuple[object, ...]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)
    payers: dict[str, Payer] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)


def is_clean(payer: Payer, now: int) -> bool:
    """Tell whether a payer has a clean history: at least three repayments settled, and in the last 90
    days none reversed, none refused by a gateway for suspicion, no failed verification."""
    return payer.settled >= CLEAN_SETTLED and (payer.bad_at is None or payer.bad_at < now - CLEAN_MS)


def record_of(subject: Screenable, payer: Payer, moment: Moment) -> tuple[Value, ...]:
    """Return what strategies see of a repayment, in the order of the fields."""
    now = moment.now
    region = (subject.region or "")[:LONGEST_TEXT]
    ratio = subject.amount_fen * 100 // payer.usual_fen if payer.usual_fen > 0 else 100
    device, before = subject.device, payer.last_device
    return (
        subject.amount_fen,
        subject.product,
        moment.hour,
        moment.minute_of_day,
        moment.weekday,
        max(-40_000, min(40_000, date.fromisoformat(subject.due_on).toordinal() - moment.today)),
        subject.wanted_gateway or "",
        min(1_000, subject.attempts),
        min(_MANY, _within(now, HOUR_MS, payer.hour, payer.hour_count, payer.hour_before)),
        min(_MANY, _within(now, DAY_MS, payer.day, payer.day_count, payer.day_before)),
        min(_MANY, ratio),
        device is not None and before is not None and device != before,
        region,
        bool(region and payer.last_region and region != payer.last_region),
        max(0, min(1_000, subject.mis_taps or 0)),
        True if subject.name_matches is None else bool(subject.name_matches),
        max(0, min(40_000, (now - payer.first_seen) // DAY_MS)),
        min(_MANY, payer.settled),
        min(_MANY, payer.failed),
        min(_MANY, payer.intercepted),
        is_clean(payer, now),
    )


def screen(
    rules: RuleSet,
    subjects: Iterable[Screenable],
    payers: dict[str, Payer],
    now: Instant,
    *,
    delayed: bool = False,
) -> Screening:
    """Decide on a batch. Repayments of one payer are seen one after the other.

    `delayed` repayments have waited already: they are neither delayed again nor counted a second time.
    """
    moment = Moment.at(now)
    result = Screening(payers=payers)
    traces: list[tuple[int, int, int, bool]] = []
    for subject in subjects:
        payer = payers.get(subject.borrower_token)
        if payer is None:
            payer = payers[subject.borrower_token] = Payer(subject.borrower_token, now)
        record = record_of(subject, payer, moment)
        trace, bucket = rules.decide(record), bucket_of(subject.id)
        outcome = rules.outcome(trace, bucket, delayed=delayed)
        traces.append((trace, bucket, subject.amount_fen, record[_CLEAN] is True))
        _place(result, subject, outcome, now)
        result.decisions.append(_row(subject, record, bucket, outcome, now))
        if not delayed:
            _note(payer, subject, now)
        if outcome.action is not None:
            payer.intercepted += 1
            payer.intercepted_now += 1
    if not delayed:
        result.tallies = tallied(rules, traces)
    return result


def tallied(rules: RuleSet, traces: Sequence[tuple[int, int, int, bool]]) -> dict[str, Tally]:
    """Count traces per strategy; each with its bucket, the amount, and whether the payer is clean."""
    seen, clean = len(traces), sum(trace[3] for trace in traces)
    tallies = [Tally(seen=seen, clean_seen=clean) for _ in rules.strategies]
    for trace, bucket, amount_fen, is_clean_payer in traces:
        if not trace:
            continue
        acting = rules.acting(bucket)
        for number, tally in enumerate(tallies):
            if trace >> number & 1:
                tally.hits += 1
                tally.clean_hits += is_clean_payer
                if acting >> number & 1:
                    tally.acted += 1
                    tally.acted_fen += amount_fen
    return {strategy.id: tally for strategy, tally in zip(rules.strategies, tallies, strict=True)}


def _place(result: Screening, subject: Screenable, outcome: Outcome, now: Instant) -> None:
    """Say where a repayment goes and who keeps it there."""
    strategies = ",".join(outcome.enforced)
    action = outcome.action
    if action is None:
        result.moves.append(Screened(subject, Stage.DISPATCH, now))
        _done_with(result, subject)
        return
    detail = f"{action}: {strategies}"
    match action:
        case Action.BLOCK:
            result.moves.append(Screened(subject, Stage.REJECTED, None, detail))
            _done_with(result, subject)
            return
        case Action.DELAY:
            stage, until = Stage.HELD, now + outcome.delay_minutes * 60_000
        case Action.CHALLENGE | Action.REVIEW:
            stage, until = Stage.REVIEW, now + REVIEW_MS
            _done_with(result, subject)
    result.moves.append(Screened(subject, stage, until, detail))
    result.kept.append(Kept(subject.seq, action.value, strategies, until))


def _done_with(result: Screening, subject: Screenable) -> None:
    """Let a repayment's signals be forgotten, if it came with any."""
    if any(seen is not None for seen in subject[_FIRST_SIGNAL:]):
        result.decided.append(subject.seq)


def _row(
    subject: Screenable, record: tuple[Value, ...], bucket: int, outcome: Outcome, now: Instant
) -> tuple[object, ...]:
    action = "pass" if outcome.action is None else outcome.action.value
    enforced, shadow = ",".join(outcome.enforced), ",".join(outcome.shadow)
    return (subject.seq, now, bucket, action, enforced, shadow, *record)


def _note(payer: Payer, subject: Screenable, now: int) -> None:
    """Remember that a payer has paid now, from where and with what."""
    payer.hour, payer.hour_count, payer.hour_before = _counted(
        now // HOUR_MS, payer.hour, payer.hour_count, payer.hour_before
    )
    payer.day, payer.day_count, payer.day_before = _counted(
        now // DAY_MS, payer.day, payer.day_count, payer.day_before
    )
    if subject.device is not None:
        payer.last_device = subject.device
    if subject.region:
        payer.last_region = subject.region


def _counted(span: int, last: int, count: int, before: int) -> tuple[int, int, int]:
    """Add one to the counts of this span and the one before, given those of the last span seen."""
    if span <= last:
        return last, count + 1, before
    return span, 1, count if span == last + 1 else 0


def _within(now: int, width: int, last: int, count: int, before: int) -> int:
    """Return how many fell into the last `width` ms: this span so far, and its part of the one before,
    taken to be spread evenly."""
    span, into = divmod(now, width)
    if span == last + 1:
        count, before = 0, count
    elif span > last:
        return 0
    return count + before * (width - into) // width
