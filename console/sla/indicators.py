"""Service level indicators out of counted events. Pure.

An order counts once, by its first outcome. A failure counts against the gateway only when it is the
gateway's fault; one that is somebody else's is no sample at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from console.store.latency import bucket_ms, latency_bucket, percentile
from console.store.sla_counters import MINUTE_MS, EventKind

if TYPE_CHECKING:
    from console.contract.gateway import Blame
    from console.sla.blame import Blamer

FAILURES: Final = frozenset({EventKind.FAILED, EventKind.IN_DOUBT, EventKind.UNSENT})
"""First outcomes that may be somebody's fault."""

Buckets = Sequence[tuple[int, int]]
"""Latency buckets with their counts, growing."""


class Event(Protocol):
    """A sum of events of one kind and code."""

    @property
    def kind(self) -> str: ...

    @property
    def code(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def sum_fen(self) -> int: ...


@dataclass(frozen=True)
class Counts:
    """What happened in a span. `good` and `bad` are the samples of the success rate."""

    sent: int = 0
    good: int = 0
    bad: int = 0
    first_outcomes: int = 0
    in_doubt: int = 0
    answered: int = 0
    unanswered: int = 0
    callbacks: int = 0
    settled_fen: int = 0
    blamed: dict[Blame, int] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """Orders that count for the success rate."""
        return self.good + self.bad

    @property
    def success_rate(self) -> float | None:
        """Good ones among the samples (0…1)."""
        return _ratio(self.good, self.samples)

    @property
    def bad_ratio(self) -> float | None:
        """Bad ones among the samples (0…1)."""
        return _ratio(self.bad, self.samples)

    @property
    def in_doubt_ratio(self) -> float | None:
        """Orders that were in doubt at first, among all with an outcome (0…1)."""
        return _ratio(self.in_doubt, self.first_outcomes)

    @property
    def inquiries(self) -> int:
        """Inquiries made."""
        return self.answered + self.unanswered

    @property
    def inquiry_availability(self) -> float | None:
        """Inquiries that were answered (0…1)."""
        return _ratio(self.answered, self.inquiries)

    def minus(self, other: Counts) -> Counts:
        """Return what is left without a part of it."""
        return Counts(
            self.sent - other.sent,
            self.good - other.good,
            self.bad - other.bad,
            self.first_outcomes - other.first_outcomes,
            self.in_doubt - other.in_doubt,
            self.answered - other.answered,
            self.unanswered - other.unanswered,
            self.callbacks - other.callbacks,
            self.settled_fen - other.settled_fen,
            {who: count - other.blamed.get(who, 0) for who, count in self.blamed.items()},
        )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def counts(events: Iterable[Event], blamer: Blamer) -> Counts:
    """Return what events come to, each failure blamed by the rules."""
    sums = dict.fromkeys(EventKind, 0)
    blamed: dict[Blame, int] = {}
    settled = 0
    for event in events:
        kind = EventKind(event.kind)
        sums[kind] += event.count
        if kind in FAILURES:
            who = blamer.rule(event.code).blame
            blamed[who] = blamed.get(who, 0) + event.count
        settled += event.sum_fen
    return Counts(
        sent=sums[EventKind.SENT],
        good=sums[EventKind.SUCCEEDED],
        bad=blamed.get("gateway", 0),
        first_outcomes=sums[EventKind.SUCCEEDED] + sum(sums[kind] for kind in FAILURES),
        in_doubt=sums[EventKind.IN_DOUBT],
        answered=sums[EventKind.ANSWERED],
        unanswered=sums[EventKind.UNANSWERED],
        callbacks=sums[EventKind.CALLBACK],
        settled_fen=settled,
        blamed=blamed,
    )


def with_open(decided: Buckets, open_orders: Iterable[tuple[int, int]], now: int) -> list[tuple[int, int]]:
    """Return the confirmation times of decided orders, and the ages so far of those still open.

    `open_orders` are minute of sending and count. An order of the present minute tells nothing yet; of the
    others the least age they can have is taken, so the distribution is a lower bound.
    """
    merged = dict(decided)
    for minute, count in open_orders:
        age = now - (minute + 1) * MINUTE_MS
        if age > 0:
            bucket = latency_bucket(age)
            merged[bucket] = merged.get(bucket, 0) + count
    return sorted(merged.items())


def newest(
    decided: Mapping[int, Buckets], open_orders: Iterable[tuple[int, int]], first: int, at: int
) -> Buckets:
    """Return the confirmation times of the orders sent from a minute on, open ones with their age; `decided`
    are times by the minute of the outcome.

    What was sent before tells how things were: an outage leaves orders that find their outcome long after it.
    """
    times: dict[int, int] = {}
    for minute, buckets in decided.items():
        for bucket, count in buckets:
            if minute >= first and bucket_ms(bucket) <= (minute + 1 - first) * MINUTE_MS:
                times[bucket] = times.get(bucket, 0) + count
    return with_open(sorted(times.items()), [one for one in open_orders if one[0] >= first], at)


def without(whole: Buckets, part: Buckets) -> list[tuple[int, int]]:
    """Return a distribution without a part of it."""
    taken = dict(part)
    return [(bucket, left) for bucket, count in whole if (left := count - taken.get(bucket, 0)) > 0]


def confirm_seconds(buckets: Buckets, part: float) -> float | None:
    """Return the confirmation time (seconds) within which `part` (0…1) of the orders are."""
    return percentile(buckets, part)
