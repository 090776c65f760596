"""Strategies in force, compiled: one function for all of them, and what its trace means.

A `RuleSet` belongs to one scenario and to the minutes of the day in which no parameter changes. It holds
nothing that changes; who screens asks whether it is still the right one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from console.risk.expression.python import Decide, compiled
from console.risk.expression.tree import Value
from console.risk.fields import NAMES
from console.risk.strategy import BUCKETS, MINUTES_OF_DAY, SEVERITY, Action, Mode, Strategy

_WORST: Final = {action: place for place, action in enumerate(SEVERITY)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What strategies say: the action to take (None: pass), for how long to delay, and who was hit.

    `enforced` are the strategies that act on this repayment, `shadow` those that only would.
    """

    action: Action | None
    delay_minutes: int
    enforced: tuple[str, ...]
    shadow: tuple[str, ...]


PASSED: Final = Outcome(None, 0, (), ())


class RuleSet:
    """The strategies that are not off, compiled for one scenario and a span of minutes of the day."""

    def __init__(self, strategies: Iterable[Strategy], scenario: str, minute: int) -> None:
        self.strategies: Final = tuple(s for s in strategies if s.mode is not Mode.OFF)
        self.scenario: Final = scenario
        turns = sorted({turn for strategy in self.strategies for turn in strategy.turns()} | {0})
        self.since: Final = max(turn for turn in turns if turn <= minute)
        self.until: Final = min((turn for turn in turns if turn > minute), default=MINUTES_OF_DAY)
        expressions = [(s.checked(), s.values_at(scenario, minute)) for s in self.strategies]
        self.decide: Final[Decide] = compiled(expressions, NAMES)
        self.shares: Final = tuple(strategy.share for strategy in self.strategies)
        self._whole = _mask(share == BUCKETS for share in self.shares)
        self._part = _mask(0 < share < BUCKETS for share in self.shares)
        self._delays = _mask(strategy.action is Action.DELAY for strategy in self.strategies)
        self._known: dict[tuple[int, int], Outcome] = {(0, 0): PASSED}

    def holds(self, scenario: str, minute: int) -> bool:
        """Tell whether this is the right set at a minute of the day."""
        return scenario == self.scenario and self.since <= minute < self.until

    def acting(self, bucket: int) -> int:
        """Return which strategies act on repayments of a bucket, as a mask."""
        acting = self._whole
        if self._part:
            for number, share in enumerate(self.shares):
                if bucket < share:
                    acting |= 1 << number
        return acting

    def outcome(self, trace: int, bucket: int, *, delayed: bool = False) -> Outcome:
        """Return what a trace of `decide` means for a repayment; one that was delayed is not again."""
        if not trace:
            return PASSED
        acting = self.acting(bucket)
        if delayed:
            acting &= ~self._delays
        key = (trace & acting, trace & ~acting)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._outcome(*key)
        return found

    def hit(self, trace: int) -> tuple[str, ...]:
        """Return the ids of the strategies in a trace."""
        return tuple(strategy.id for number, strategy in enumerate(self.strategies) if trace >> number & 1)

    def _outcome(self, enforced: int, shadow: int) -> Outcome:
        acting = [strategy for number, strategy in enumerate(self.strategies) if enforced >> number & 1]
        if not acting:
            return Outcome(None, 0, (), self.hit(shadow))
        action = min((strategy.action for strategy in acting), key=_WORST.__getitem__)
        delay = max((s.delay_minutes for s in acting if s.action is Action.DELAY), default=0)
        return Outcome(action, delay, self.hit(enforced), self.hit(shadow))


def bucket_of(identity: str) -> int:
    """Return the bucket of a repayment, always the same for its id."""
    return zlib.crc32(identity.encode()) % BUCKETS


def _mask(members: Iterable[bool]) -> int:
    return sum(1 << number for number, member in enumerate(members) if member)


def record_of(values: dict[str, Value]) -> Sequence[Value]:
    """Return a record from values by name."""
    return tuple(values[name] for name in NAMES)
