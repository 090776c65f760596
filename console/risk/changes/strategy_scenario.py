"""`strategy.scenario`: put another scenario in force, and with it its values of all strategies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.contract.wire import StrictWire
from console.risk import recent
from console.risk.changes.strategy_set import flips_said, warnings_said
from console.risk.loosening import scenario_loosens
from console.risk.rulebook import strategy_of
from console.risk.strategy import NORMAL, Scenario
from console.store import strategies as stored
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class StrategyScenarioBody(StrictWire):
    """Which scenario."""

    scenario: Scenario


class StrategyScenario(Kind[StrategyScenarioBody]):
    """Put a scenario in force. Every one but `normal` that lets more through lasts for a time only."""

    name: ClassVar[str] = "strategy.scenario"
    title: ClassVar[str] = "Put a scenario in force"
    body: ClassVar[type[StrictWire]] = StrategyScenarioBody

    def guard(self, connection: Connection, body: StrategyScenarioBody, now: Instant) -> Guard:
        _, scenario = stored.settings(connection)
        strategies = [strategy_of(row) for row in stored.all_strategies(connection)]
        if not any(scenario_loosens(strategy, scenario, body.scenario) for strategy in strategies):
            return Guard(role="operator", risk=Risk.LOW, expiry=Expiry.OPTIONAL)
        expiry = Expiry.OPTIONAL if body.scenario == NORMAL else Expiry.REQUIRED
        return Guard(role="operator", risk=Risk.HIGH, expiry=expiry)

    def preview(self, connection: Connection, body: StrategyScenarioBody, now: Instant) -> Impact:
        revision, scenario = stored.settings(connection)
        strategies = [strategy_of(row) for row in stored.all_strategies(connection)]
        before, after = recent.Rules(strategies, scenario), recent.Rules(strategies, body.scenario)
        found = recent.look(connection, before, after, now)
        moved = Said(
            "{name}: {old} becomes {new}", {"name": "scenario", "old": scenario, "new": body.scenario}
        )
        return Impact(
            count=found.more + found.fewer,
            sum_fen=found.more_fen + found.fewer_fen,
            effects=(moved, *flips_said(found)),
            warnings=warnings_said(found),
            targets={"strategies": revision},
            refusal=(
                Said("{scenario} is in force already", {"scenario": scenario})
                if scenario == body.scenario
                else None
            ),
            live=True,
        )

    def apply(
        self, connection: Connection, body: StrategyScenarioBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        _, scenario = stored.settings(connection)
        stored.set_scenario(connection, body.scenario)
        return {"scenario": scenario}

    def inverse(self, body: StrategyScenarioBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"scenario": before["scenario"]}
