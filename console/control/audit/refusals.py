"""Refusals on their way to the audit: many of one sort become one row, so that nobody can flood it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from console.store import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST: Final = 200
"""Sorts told apart between two rounds; further ones are told together."""


class Refusal(NamedTuple):
    """Who was refused what, and why."""

    who: str
    via: str
    action: str
    outcome: str


_OTHERS: Final = Refusal("several", "several", "several", "refused")


class Refusals:
    """Refusals that are not told yet. Not for several threads."""

    def __init__(self) -> None:
        self._counts: Counter[Refusal] = Counter()

    def note(self, refusal: Refusal) -> None:
        """Count a refusal."""
        known = refusal in self._counts or len(self._counts) < MOST
        self._counts[refusal if known else _OTHERS] += 1

    def take(self) -> dict[Refusal, int]:
        """Return what was counted, and begin anew."""
        counts, self._counts = dict(self._counts), Counter()
        return counts

    def put_back(self, counts: dict[Refusal, int]) -> None:
        """Take back what could not be told."""
        self._counts.update(counts)


def tell(connection: Connection, counts: dict[Refusal, int], now: int) -> None:
    """Append one row per sort of refusal."""
    for refusal, count in counts.items():
        times = "once" if count == 1 else f"{count} times"
        entry = audit.Entry(now, refusal.who, refusal.via, refusal.action, "", refusal.outcome, times)
        audit.append(connection, entry)
