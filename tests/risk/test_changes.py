"""Changes of strategies: what they need, what they would do, and how they are undone."""

from __future__ import annotations

from typing import Any

import pytest

from console.risk.changes.strategy_scenario import StrategyScenario, StrategyScenarioBody
from console.risk.changes.strategy_set import StrategySet, StrategySetBody
from console.risk.rulebook import strategy_of
from console.risk.strategy import Strategy
from console.store import strategies as stored
from console.store.kinds import Expiry, Guard, Impact, InvalidChange, Kind, Risk
from tests.risk.running import Office

SET, SCENARIO = StrategySet(), StrategyScenario()


class Hands:
    """Does changes as the desk would."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.number = 0

    def guard(self, body: Any, kind: Kind[Any] = SET) -> Guard:
        return self.office.store.read_now(lambda c: kind.guard(c, body, self.office.clock.now()))

    def preview(self, body: Any, kind: Kind[Any] = SET) -> Impact:
        return self.office.store.read_now(lambda c: kind.preview(c, body, self.office.clock.now()))

    def apply(self, body: Any, kind: Kind[Any] = SET) -> Any:
        """Apply and return the body of the inverse."""
        self.number += 1
        change = f"ch_{self.number}"
        before = self.office.store.write_now(lambda c: kind.apply(c, body, self.office.clock.now(), change))
        undo = kind.inverse(body, before)
        assert undo is not None and undo[0] == kind.name
        return kind.body.model_validate(undo[1])

    def strategy(self, identity: str) -> Strategy:
        return strategy_of(self.row(identity))

    def row(self, identity: str) -> stored.StoredStrategy:
        found = self.office.store.read_now(lambda c: stored.find(c, identity))
        assert found is not None
        return found


@pytest.fixture
def hands(office: Office) -> Hands:
    return Hands(office)


def wanted(**fields: Any) -> StrategySetBody:
    return StrategySetBody.model_validate(fields)


def said(impact: Impact) -> list[str]:
    return [one.message.format(**one.values) for one in (*impact.effects, *impact.warnings)]


async def test_tightening_is_low_and_may_stay(hands: Hands) -> None:
    body = wanted(id="mis_taps", params={"limit": 3})
    assert hands.guard(body) == Guard(role="operator", risk=Risk.LOW, expiry=Expiry.OPTIONAL)
    undo = hands.apply(body)
    row = hands.row("mis_taps")
    assert (row.version, row.approved_version) == (2, 2)
    assert hands.strategy("mis_taps").values == {"limit": 3}
    assert hands.guard(undo).risk is Risk.HIGH, "undoing a tightening lets more through"
    hands.apply(undo)
    assert hands.strategy("mis_taps").values == {}


async def test_loosening_ends_by_itself_and_leads_back_to_what_was_approved(hands: Hands) -> None:
    body = wanted(id="mis_taps", mode="shadow")
    guard = hands.guard(body)
    assert (guard.risk, guard.expiry, guard.approval) == (Risk.HIGH, Expiry.REQUIRED, None)
    undo = hands.apply(body)
    row = hands.row("mis_taps")
    assert (row.mode, row.version, row.approved_version) == ("shadow", 2, 1)
    further = wanted(id="mis_taps", params={"limit": 50})
    assert hands.guard(further).expiry is Expiry.REQUIRED, "it is still looser than what was approved"
    hands.apply(further)
    assert hands.row("mis_taps").approved_version == 1
    assert hands.guard(undo).expiry is not Expiry.REQUIRED
    hands.apply(undo)
    row = hands.row("mis_taps")
    assert row.mode == "enforce" and row.version == row.approved_version


async def test_what_was_tightened_meanwhile_is_kept_when_a_loosening_ends(hands: Hands) -> None:
    undo = hands.apply(wanted(id="mis_taps", params={"limit": 9}))
    hands.apply(wanted(id="mis_taps", params={"limit": 3}))
    hands.apply(undo)
    assert hands.strategy("mis_taps").values == {"limit": 3}


async def test_letting_everything_through_that_was_blocked_needs_a_second_person(hands: Hands) -> None:
    guard = hands.guard(wanted(id="product_limit", mode="off"))
    assert guard.approval is not None and guard.approval.values == {"id": "product_limit"}


async def test_the_preview_tells_who_would_flip(hands: Hands) -> None:
    office = hands.office
    office.only("mis_taps")
    unknown = hands.preview(wanted(id="mis_taps", params={"limit": 2}))
    assert said(unknown)[-1].startswith("nothing was screened")
    for taps in (0, 3, 3, 6):
        await office.screened(signals={"mis_taps": taps}, amount_fen=10_000)
    more = hands.preview(wanted(id="mis_taps", params={"limit": 2}))
    assert (more.count, more.sum_fen, more.live) == (2, 20_000, True)
    assert "limit: 4 becomes 2" in said(more)
    assert "2 more would be intercepted (¥200.00)" in said(more)
    fewer = hands.preview(wanted(id="mis_taps", mode="off"))
    assert fewer.count == 1 and "1 fewer would be intercepted (¥100.00)" in said(fewer)
    assert fewer.targets == {"strategy:mis_taps": hands.row("mis_taps").version}


async def test_clean_payers_are_warned_of(hands: Hands) -> None:
    office = hands.office
    office.only("mis_taps")
    for _ in range(4):
        office.settle(await office.screened(borrower="b-1", signals={"mis_taps": 3}))
    impact = hands.preview(wanted(id="mis_taps", params={"limit": 2}))
    assert said(impact)[-1] == "1 of them are of payers with a clean history"


async def test_nothing_to_change_is_refused(hands: Hands) -> None:
    refusal = hands.preview(wanted(id="mis_taps", mode="enforce")).refusal
    assert refusal is not None and "already" in refusal.message


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"id": "mis_tap", "mode": "off"}, "id", "there is no strategy mis_tap"),
        ({"id": "mis_taps", "params": {"limt": 1}}, "params", "did you mean limit?"),
        ({"id": "mis_taps", "params": {"limt": None}}, "params", "did you mean limit?"),
        ({"id": "mis_taps", "params": {"limit": 0}}, "params", "limit must be from 1 to 100"),
        ({"id": "mis_taps", "mode": "canary"}, "params", "canary needs it"),
        ({"id": "mis_taps", "percent": 5}, "params", "canary needs it"),
        ({"id": "mis_taps", "scenario": "promotion"}, "scenario", "params are needed"),
        ({"id": "mis_taps", "restore": 9}, "restore", "has no version 9"),
        ({"id": "mis_taps", "restore": 1, "mode": "off"}, "restore", "stands alone"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    hands: Hands, fields: dict[str, Any], field: str, problem: str
) -> None:
    body = wanted(**fields)
    for job in (hands.guard, hands.preview, hands.apply):
        with pytest.raises(InvalidChange) as refused:
            job(body)
        assert refused.value.field == field and problem in f"{refused.value.problem} {refused.value.hint}"


async def test_a_canary_becomes_whole_and_a_scenario_gets_its_own_values(hands: Hands) -> None:
    hands.apply(wanted(id="mis_taps", mode="canary", percent=5))
    assert hands.strategy("mis_taps").percent == 5
    assert hands.guard(wanted(id="mis_taps", mode="enforce")).risk is not Risk.HIGH
    hands.apply(wanted(id="mis_taps", mode="enforce"))
    hands.apply(wanted(id="mis_taps", params={"limit": 2}, scenario="degraded"))
    strategy = hands.strategy("mis_taps")
    assert strategy.values_at("degraded", 0) == {"limit": 2}
    assert strategy.values_at("normal", 0) == {"limit": 4}


async def test_a_value_of_a_scenario_is_taken_away_and_that_undone(hands: Hands) -> None:
    hands.apply(wanted(id="mis_taps", params={"limit": 2}, scenario="degraded"))
    away = wanted(id="mis_taps", params={"limit": None}, scenario="degraded")
    assert said(hands.preview(away))[0] == "degraded.limit: 2 becomes -"
    assert hands.guard(away).expiry is Expiry.REQUIRED
    back = hands.apply(away)
    assert not hands.strategy("mis_taps").scenarios
    assert hands.strategy("mis_taps").values_at("degraded", 0) == {"limit": 4}
    assert hands.preview(away).refusal is not None
    hands.apply(back)
    assert hands.strategy("mis_taps").values_at("degraded", 0) == {"limit": 2}


async def test_every_version_is_kept_with_its_change(hands: Hands) -> None:
    hands.apply(wanted(id="mis_taps", mode="off"))
    hands.apply(wanted(id="mis_taps", restore="approved"))
    versions = hands.office.store.read_now(lambda c: stored.versions(c, "mis_taps"))
    assert [(v.version, v.approved, v.change_id) for v in versions] == [
        (3, True, "ch_2"),
        (2, False, "ch_1"),
        (1, True, None),
    ]


async def test_a_scenario_that_lets_more_through_returns_by_itself(hands: Hands) -> None:
    body = StrategyScenarioBody(scenario="promotion")
    guard = hands.guard(body, SCENARIO)
    assert (guard.risk, guard.expiry) == (Risk.HIGH, Expiry.REQUIRED)
    assert said(hands.preview(body, SCENARIO))[0] == "scenario: normal becomes promotion"
    undo = hands.apply(body, SCENARIO)
    assert hands.office.store.read_now(stored.settings)[1] == "promotion"
    assert hands.preview(body, SCENARIO).refusal is not None
    assert hands.guard(undo, SCENARIO).expiry is not Expiry.REQUIRED
    hands.apply(undo, SCENARIO)
    assert hands.office.store.read_now(stored.settings)[1] == "normal"
