"""Strategies over the API: what is told of them, in the reader's language, and what they had been."""

from __future__ import annotations

import httpx
import pytest

from console.contract.clock import ManualClock
from console.contract.strategy import Strategies, StrategyDetail, StrategyHistory
from console.risk.rulebook import new_version, seed, strategy_of
from console.risk.strategy import Mode
from console.store import strategies as stored
from console.store import strategy_counters
from console.store.database import Store
from console.store.strategy_counters import Tally


@pytest.fixture(autouse=True)
def starters(store: Store, clock: ManualClock) -> None:
    store.write_now(lambda connection: seed(connection, clock.now()))


async def test_the_list_tells_mode_counts_and_history(
    owner: httpx.AsyncClient, store: Store, clock: ManualClock
) -> None:
    tally = Tally(seen=100, hits=4, acted=3, acted_fen=900, clean_seen=50, clean_hits=1)
    store.write_now(
        lambda connection: strategy_counters.fold(connection, {"velocity_hour": tally}, 0, clock.now())
    )
    found = Strategies.model_validate_json((await owner.get("/v1/strategies")).content)
    assert len(found.items) >= 12 and found.next is None
    assert found.scenario == "normal" and "promotion" in found.scenarios
    (row,) = [one for one in found.items if one.id == "velocity_hour"]
    assert (row.mode, row.version, row.approved_version) == ("enforce", 1, 1)
    assert (row.hour.hits, row.hour.clean_hits) == (4, 1)
    assert row.history[-1] == pytest.approx(0.04)
    assert set(row.history[:-1]) == {None}


async def test_one_strategy_is_told_with_what_its_parameters_are_now(owner: httpx.AsyncClient) -> None:
    found = StrategyDetail.model_validate_json((await owner.get("/v1/strategies/velocity_hour")).content)
    assert found.title == "Many repayments in an hour"
    assert found.expression.raw == "payments_last_hour >= limit"
    (limit,) = found.parameters
    assert (limit.name, limit.now, limit.base, limit.low) == ("limit", 20, 20, 1)
    assert found.scenarios == {"promotion": {"limit": 40}}


async def test_the_value_in_force_is_that_of_the_scenario(owner: httpx.AsyncClient, store: Store) -> None:
    store.write_now(lambda connection: stored.set_scenario(connection, "promotion"))
    found = StrategyDetail.model_validate_json((await owner.get("/v1/strategies/velocity_hour")).content)
    assert found.scenario == "promotion"
    assert (found.parameters[0].now, found.parameters[0].base) == (40, 20)


async def test_versions_tell_what_they_changed(
    owner: httpx.AsyncClient, store: Store, clock: ManualClock
) -> None:
    def loosen(connection: object) -> None:
        row = stored.find(connection, "velocity_hour")  # type: ignore[arg-type]
        assert row is not None
        shadow = strategy_of(row).model_copy(update={"mode": Mode.SHADOW})
        new = new_version(shadow, "lin", "too hard", approved=False)
        stored.save(connection, new, clock.now())  # type: ignore[arg-type]

    store.write_now(loosen)
    found = StrategyHistory.model_validate_json(
        (await owner.get("/v1/strategies/velocity_hour/history")).content
    )
    newest, first = found.items
    assert (newest.version, newest.approved, newest.who.raw, newest.why.raw) == (2, False, "lin", "too hard")
    assert [(one.name.raw, one.old.raw, one.new.raw) for one in newest.differences] == [
        ("mode", "enforce", "shadow")
    ]
    assert first.differences == ()


@pytest.mark.parametrize("path", ["/v1/strategies/velocity_our", "/v1/strategies/velocity_our/history"])
async def test_an_unknown_strategy_names_the_nearest(owner: httpx.AsyncClient, path: str) -> None:
    answer = await owner.get(path)
    assert answer.status_code == 404
    assert "velocity_hour" in answer.json()["hint"]
