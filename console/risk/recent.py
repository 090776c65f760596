"""A quick look at what a change of strategies would have done to the latest repayments.

Reads a bounded number of decision records through the caller's connection and decides on them anew, so it
is quick enough for any transaction. For whole days there is `flips`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.risk.engine import RuleSet
from console.risk.fields import NAMES
from console.store import decisions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.risk.strategy import Strategy

MOST: Final = 5_000
"""Decision records looked at."""

WITHIN_MS: Final = 6 * 3_600_000
"""How far back."""

_MINUTE: Final = NAMES.index("minute_of_day")
_AMOUNT: Final = NAMES.index("amount_fen")
_CLEAN: Final = NAMES.index("clean_payer")


@dataclass(slots=True)
class Recent:
    """Of `seen` repayments since an instant: how many more and fewer would be intercepted, and of those
    newly intercepted how many are of clean payers. Money in fen."""

    seen: int
    since: int
    more: int = 0
    more_fen: int = 0
    more_clean: int = 0
    fewer: int = 0
    fewer_fen: int = 0


class Rules:
    """Strategies in a scenario over the whole day: the right rule set for each minute."""

    def __init__(self, strategies: Sequence[Strategy], scenario: str) -> None:
        self._strategies = strategies
        self._scenario = scenario
        self._sets: list[RuleSet] = []

    def at(self, minute: int) -> RuleSet:
        """Return the rule set of a minute of the day."""
        for known in self._sets:
            if known.holds(self._scenario, minute):
                return known
        self._sets.append(RuleSet(self._strategies, self._scenario, minute))
        return self._sets[-1]


def look(connection: Connection, before: Rules, after: Rules, now: Instant) -> Recent:
    """Decide anew on the latest repayments under both rules, and compare."""
    rows = decisions.latest(connection, since=now - WITHIN_MS, limit=MOST)
    found = Recent(len(rows), rows[-1][0] if rows else now)
    for _, bucket, *record in rows:
        minute = record[_MINUTE]
        old, new = (_intercepts(rules.at(minute), record, bucket) for rules in (before, after))
        if new and not old:
            found.more += 1
            found.more_fen += record[_AMOUNT]
            found.more_clean += bool(record[_CLEAN])
        elif old and not new:
            found.fewer += 1
            found.fewer_fen += record[_AMOUNT]
    return found


def _intercepts(rules: RuleSet, record: Sequence[int | str | bool], bucket: int) -> bool:
    return rules.outcome(rules.decide(record), bucket).action is not None
