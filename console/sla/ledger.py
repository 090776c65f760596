"""The SLA ledger: clauses against what was measured, and what is owed. Pure.

Minutes are whole minutes since the epoch. A minute is left out only if a window was declared for all of it
before it began; minutes of a window that were not, count, and are told as disputed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.clock import to_datetime
from console.contract.sla import (
    INDICATOR_OF,
    CountedBy,
    Indicator,
    LedgerLine,
    LedgerSource,
    LedgerSpan,
    SlaLedger,
    UnknownSpan,
)
from console.sla.indicators import Counts
from console.sla.measured import Measure, Measured
from console.store.sla_counters import MINUTE_MS

if TYPE_CHECKING:
    from console.contract.sla_terms import Clause, SlaTerms
    from console.sla.reading import Minutes

DIGITS: Final = 6
"""Decimals of a measured figure; the verdict is on the figure itself."""

MOST_UNKNOWN: Final = 1_000
"""Spans of unknown minutes that a ledger lists; its lines count all of them."""


class Slot(NamedTuple):
    """One time that a window had the gateway closed (instants), and the spans of it that were declared
    before they began."""

    window: str
    declared_at: int
    starts_at: int
    ends_at: int
    declared: tuple[tuple[int, int], ...]


class Period(NamedTuple):
    """Whole minutes from `first` until before `last`."""

    first: int
    last: int

    def cut(self, span: tuple[int, int], *, whole: bool) -> range:
        """Return the minutes of the period inside a span of instants: whole ones, or those it touches."""
        start = -(-span[0] // MINUTE_MS) if whole else span[0] // MINUTE_MS
        end = span[1] // MINUTE_MS if whole else -(-span[1] // MINUTE_MS)
        return range(max(self.first, start), max(self.first, start, min(self.last, end)))


@dataclass(frozen=True)
class Split:
    """The minutes of a period that are excluded, and those disputed, each by its slot."""

    excluded: Mapping[Slot, frozenset[int]]
    disputed: Mapping[Slot, frozenset[int]]

    @property
    def all_excluded(self) -> frozenset[int]:
        """Every minute that is excluded."""
        return frozenset().union(*self.excluded.values())

    @property
    def all_disputed(self) -> frozenset[int]:
        """Every minute that is disputed."""
        return frozenset().union(*self.disputed.values())


def split(slots: Iterable[Slot], period: Period) -> Split:
    """Return which minutes windows exclude, and which of theirs are disputed. No minute is both."""
    known = sorted(slots, key=lambda slot: (slot.starts_at, slot.window))
    excluded: dict[Slot, frozenset[int]] = {}
    for slot in known:
        spans = (period.cut(span, whole=True) for span in slot.declared)
        excluded[slot] = frozenset(minute for span in spans for minute in span)
    everything = frozenset().union(*excluded.values())
    disputed = {
        slot: frozenset(period.cut((slot.starts_at, slot.ends_at), whole=False)) - everything
        for slot in known
    }
    return Split(
        {slot: minutes for slot, minutes in excluded.items() if minutes},
        {slot: minutes for slot, minutes in disputed.items() if minutes},
    )


def runs(minutes: Iterable[int]) -> list[tuple[int, int]]:
    """Return minutes as runs, each from its first until before its last."""
    found: list[tuple[int, int]] = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + 1)
        else:
            found.append((minute, minute + 1))
    return found


@dataclass(frozen=True)
class Account:
    """All that a ledger is made of. `by_slot` are the counts of each slot's excluded or disputed minutes;
    `told` is what a Prometheus counted, for the indicators that it counts, and `unknown_fen` what settled in
    the minutes of which it tells nothing: of their fees nothing is given back."""

    gateway: str
    period: Period
    as_of: int
    terms: SlaTerms
    whole: Measured
    left_out: Measured
    split: Split
    by_slot: Mapping[tuple[str, Slot], Counts]
    told: Minutes | None = None
    unknown_fen: Mapping[Indicator, int] = field(default_factory=dict)

    def fees(self, indicator: Indicator | None = None) -> int:
        """Return the fees (fen) on what settled; for the credit of a clause, on what settled in minutes of
        which something is known."""
        settled = self.whole.counts.settled_fen - (self.unknown_fen.get(indicator, 0) if indicator else 0)
        return _share(settled, Decimal(self.terms.fee_basis_points) / 100)


def ledger(account: Account) -> SlaLedger:
    """Return the ledger with its digest."""
    fees = account.fees()
    lines = tuple(_line(clause, account) for clause in account.terms.clauses)
    made = SlaLedger(
        gateway=account.gateway,
        from_at=to_datetime(account.period.first * MINUTE_MS),
        to_at=to_datetime(account.period.last * MINUTE_MS),
        as_of=to_datetime(account.as_of),
        source=_source(account),
        settled_fen=account.whole.counts.settled_fen,
        fees_fen=fees,
        lines=lines,
        excluded=_spans(account, "excluded", account.split.excluded),
        disputed=_spans(account, "disputed", account.split.disputed),
        credit_fen=min(fees, sum(line.credit_fen for line in lines)),
    )
    return made.model_copy(update={"digest": digest_of(made)})


def _source(account: Account) -> LedgerSource | None:
    source, told = account.terms.source, account.told
    if source is None or told is None:
        return None
    every = frozenset(range(*account.period))
    unknown = [
        UnknownSpan(
            indicator=indicator,
            starts_at=to_datetime(first * MINUTE_MS),
            ends_at=to_datetime(last * MINUTE_MS),
            minutes=last - first,
        )
        for indicator in sorted(told.indicators)
        for first, last in runs(every - told.known(indicator))
    ]
    return LedgerSource(
        prometheus=source.prometheus, queries=source.queries, unknown=tuple(unknown[:MOST_UNKNOWN])
    )


def digest_of(made: SlaLedger) -> str:
    """Return the SHA-256 (hex) over everything in a ledger but its digest, as canonical JSON."""
    fields = made.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class _Basis:
    """What a clause is held against: the figures without excluded minutes, those with them, and the minutes
    that are left out and unknown."""

    by: CountedBy
    counted: Measure
    raw: Measure
    excluded: frozenset[int]
    unknown: frozenset[int]


def _basis(clause: Clause, account: Account) -> _Basis:
    excluded = account.split.all_excluded if clause.exclude_declared else frozenset()
    told, indicator = account.told, INDICATOR_OF[clause.metric]
    if told is None or indicator not in told.indicators:
        counted = account.whole.minus(account.left_out) if excluded else account.whole
        return _Basis("platform", counted, account.whole, excluded, frozenset())
    known = told.known(indicator)
    unknown = frozenset(range(*account.period)) - known - excluded
    raw = told.over(indicator, known)
    counted_there = told.over(indicator, known - excluded) if excluded else raw
    return _Basis("prometheus", counted_there, raw, excluded, unknown)


def _line(clause: Clause, account: Account) -> LedgerLine:
    basis = _basis(clause, account)
    disputed = account.split.all_disputed
    measured, raw = basis.counted.value(clause.metric), basis.raw.value(clause.metric)
    kept = None if measured is None else not _worse(clause, measured, clause.threshold)
    tier = None if measured is None else tier_of(clause, measured)
    percent = 0.0 if tier is None else clause.tiers[tier - 1].credit_percent
    fees = account.fees(INDICATOR_OF[clause.metric])
    credit = _share(fees, Decimal(str(percent)))
    deadline = to_datetime(account.period.last * MINUTE_MS) + timedelta(days=clause.claim_days)
    minutes = account.period.last - account.period.first
    return LedgerLine(
        clause=clause.id,
        metric=clause.metric,
        threshold=clause.threshold,
        measured_at=clause.measured_at,
        measured=None if measured is None else round(measured, DIGITS),
        raw=None if raw is None else round(raw, DIGITS),
        samples=basis.counted.samples(clause.metric),
        counted_minutes=minutes - len(basis.excluded) - len(basis.unknown),
        excluded_minutes=len(basis.excluded),
        disputed_minutes=len(disputed),
        unknown_minutes=len(basis.unknown),
        counted_by=basis.by,
        kept=kept,
        tier=tier,
        credit_percent=percent,
        credit_fen=credit,
        claim_by=deadline if credit else None,
    )


def tier_of(clause: Clause, measured: float) -> int | None:
    """Return the worst tier (from 1) that a figure is beyond, None when it is beyond none."""
    beyond = [n for n, tier in enumerate(clause.tiers, 1) if _worse(clause, measured, tier.beyond)]
    return max(beyond, default=None)


def _worse(clause: Clause, measured: float, limit: float) -> bool:
    return measured < limit if clause.higher_is_better else measured > limit


def _share(fen: int, percent: Decimal) -> int:
    """Return so many percent of money, in whole fen rounded down."""
    return int((Decimal(fen) * percent / 100).to_integral_value(ROUND_FLOOR))


def _spans(account: Account, which: str, slots: Mapping[Slot, frozenset[int]]) -> tuple[LedgerSpan, ...]:
    found = []
    for slot, minutes in slots.items():
        counts = account.by_slot.get((which, slot), Counts())
        for_runs = runs(minutes)
        found.append(
            LedgerSpan(
                window=slot.window,
                declared_at=to_datetime(slot.declared_at),
                starts_at=to_datetime(for_runs[0][0] * MINUTE_MS),
                ends_at=to_datetime(for_runs[-1][1] * MINUTE_MS),
                minutes=len(minutes),
                samples=counts.samples,
                bad=counts.bad,
            )
        )
    return tuple(found)
