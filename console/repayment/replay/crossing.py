"""What stands in the way of orders: strategies, windows, and the controls; as a replay sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from console.contract.vocabulary import Stage
from console.store import payers
from console.store.kinds import Said
from console.windows.window import Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.repayment.lane import Lane
    from console.risk.engine import RuleSet
    from console.risk.rulebook import Rulebook
    from console.risk.screening import Screening
    from console.store.controls import Controls
    from console.store.database import Store
    from console.store.decisions import Screenable
    from console.windows.calendar import Force


class RulesStale(Exception):
    """The strategies in force are not those at hand: refresh, then try again."""


class Strategies:
    """The strategies in force, imported and read when they are first needed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rulebook: Rulebook | None = None

    async def fresh(self) -> None:
        """Read the strategies again."""
        if self._rulebook is None:
            self._rulebook = await asyncio.to_thread(_opened)
        await self._rulebook.refresh(self._store)

    def current(self, connection: Connection, now: Instant) -> RuleSet:
        """Return those in force. Raises RulesStale."""
        rules = None if self._rulebook is None else self._rulebook.current(connection, now)
        if rules is None:
            raise RulesStale
        return rules


def _opened() -> Rulebook:
    from console.risk.rulebook import Rulebook

    return Rulebook()


def screened(
    connection: Connection, rules: RuleSet, subjects: Iterable[Screenable], now: Instant
) -> Screening:
    """Return what the strategies say; nobody is delayed again, and no payer learned about anew."""
    from console.risk.screening import screen

    found = list(subjects)
    known = payers.seen(connection, (one.borrower_token for one in found))
    return screen(rules, found, known, now, delayed=True)


def passing(screening: Screening) -> set[int]:
    """Return the numbers of those that no strategy intercepts."""
    return {move.repayment.seq for move in screening.moves if move.to is Stage.DISPATCH}


def closed(force: Force, product: str, gateway: str | None) -> bool:
    """Tell whether a window keeps back such a repayment."""
    closure = force.closed(Stage.DISPATCH, product, gateway)
    return closure is not None and closure.window.policy is not Policy.REROUTE


def obstacle(
    controls: Controls, force: Force, lanes: Mapping[str, Lane], gateways: Iterable[str]
) -> tuple[Said | None, frozenset[str]]:
    """Return what keeps new orders back for now, and the gateways that nothing may be sent to."""
    names = frozenset(gateways)
    if Stage.DISPATCH in controls.paused:
        return Said("sending is paused"), names
    if not any(controls.weight(name, lane.config.weight) for name, lane in lanes.items()):
        return Said("every gateway is stopped"), names
    shut = frozenset(name for name in names if force.closes(name))
    if shut:
        return Said("a maintenance window closes {gateways}", {"gateways": ", ".join(sorted(shut))}), shut
    stopped = sorted(name for name in names if not _takes_traffic(name, controls, lanes))
    if stopped:
        return Said("{gateways} takes no orders: they wait", {"gateways": ", ".join(stopped)}), frozenset()
    return None, frozenset()


def _takes_traffic(gateway: str, controls: Controls, lanes: Mapping[str, Lane]) -> bool:
    lane = lanes.get(gateway)
    return lane is not None and controls.weight(gateway, lane.config.weight) > 0
