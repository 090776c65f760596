"""The strategies in force for one process: read from the store when their revision has changed.

Compiling belongs outside of a writing transaction: screening asks `current`, and when that is not the
right set it lets the transaction go and calls `refresh`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from console.contract.text import shown
from console.risk.catalogue import starters
from console.risk.engine import RuleSet
from console.risk.screening import Moment
from console.risk.strategy import Strategy
from console.store import strategies as stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.database import Store
    from console.store.strategies import NewVersion, StoredStrategy

SERVICE: Final = "service"
"""Who wrote what nobody asked for."""

log: Final = logging.getLogger("console.risk")


class Rulebook:
    """See the module. Empty, and of no revision, until it is refreshed."""

    def __init__(self) -> None:
        self._revision = 0
        self._strategies: tuple[Strategy, ...] = ()
        self._rules: RuleSet | None = None

    def current(self, connection: Connection, now: Instant) -> RuleSet | None:
        """Return the rules in force at an instant, None when `refresh` is needed first."""
        revision, scenario = stored.settings(connection)
        rules = self._rules
        if rules is None or revision != self._revision or not revision:
            return None
        return rules if rules.holds(scenario, Moment.at(now).minute_of_day) else None

    async def refresh(self, store: Store) -> None:
        """Read the strategies and compile those in force; the starters are stored when there are none."""
        revision, scenario, rows = await store.read(_read)
        if not revision:
            await asyncio.to_thread(starters)
            now = store.clock.now()
            await store.write(lambda connection: seed(connection, now))
            revision, scenario, rows = await store.read(_read)
        minute = Moment.at(store.clock.now()).minute_of_day
        strategies = self._strategies
        if revision != self._revision:
            strategies = await asyncio.to_thread(_parsed, rows)
        self._rules = await asyncio.to_thread(RuleSet, strategies, scenario, minute)
        self._revision, self._strategies = revision, strategies


def seed(connection: Connection, now: Instant) -> int:
    """Store the starters that are not there yet; return how many were new."""
    return stored.seed(connection, [new_version(s, SERVICE, "starter") for s in starters()], now)


def new_version(
    strategy: Strategy, who: str, why: str, *, approved: bool = True, change_id: str | None = None
) -> NewVersion:
    """Return a strategy as the store keeps it."""
    document = strategy.model_dump_json(exclude_defaults=False)
    return stored.NewVersion(
        strategy.id, strategy.mode.value, strategy.percent, document, who, why, approved, change_id
    )


def strategy_of(row: StoredStrategy | stored.StoredVersion) -> Strategy:
    """Return a stored strategy, checked. Raises pydantic's ValidationError for one that no longer holds."""
    return Strategy.model_validate_json(row.document)


def _read(connection: Connection) -> tuple[int, str, list[StoredStrategy]]:
    return (*stored.settings(connection), stored.all_strategies(connection))


def _parsed(rows: list[StoredStrategy]) -> tuple[Strategy, ...]:
    """Return the strategies; one that cannot be understood is left out, loudly, and stops no other."""
    found = []
    for row in rows:
        try:
            found.append(strategy_of(row))
        except ValueError as error:
            log.error("strategy %s is not in force: %s", shown(row.id), shown(str(error)))
    return tuple(found)
