"""Strategies in force: which act, on whom, and with what values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from console.risk.catalogue import starters
from console.risk.engine import RuleSet, bucket_of, record_of
from console.risk.expression.tree import Kind, Value
from console.risk.fields import FIELDS, NAMES
from console.risk.loosening import differences, loosens, scenario_loosens
from console.risk.strategy import Action, Mode, Parameter, Slot, Strategy
from console.store.decisions import FIELD_COLUMNS

LIMIT = Parameter(name="limit", meaning="most", low=1, high=100, default=10)


def strategy(**changes: object) -> Strategy:
    """A strategy that stops amounts above a limit."""
    made: dict[str, object] = {
        "id": "big",
        "title": "t",
        "explanation": "e",
        "reason": "r",
        "expression": "amount_fen > limit",
        "action": Action.BLOCK,
        "parameters": (LIMIT,),
        "mode": Mode.ENFORCE,
    }
    return Strategy.model_validate(made | changes)


def record(**values: Value) -> tuple[Value, ...]:
    """A record of an everyday repayment."""
    plain: dict[str, Value] = {}
    for field in FIELDS:
        kind = field.shape.kind
        plain[field.name] = (
            False if kind is Kind.BOOL else "" if kind is Kind.TEXT else max(0, field.shape.low)
        )
    return tuple(record_of(plain | {"name_matches": True, "amount_ratio": 100} | values))


def outcome(rules: RuleSet, bucket: int = 0, *, delayed: bool = False, **values: Value) -> tuple[object, ...]:
    found = rules.outcome(rules.decide(record(**values)), bucket, delayed=delayed)
    return found.action, found.enforced, found.shadow


def test_decision_records_have_a_column_for_every_field() -> None:
    assert FIELD_COLUMNS == NAMES


def test_every_starter_holds_and_most_repayments_pass() -> None:
    assert len(starters()) >= 12
    assert len({s.id for s in starters()}) == len(starters())
    rules = RuleSet(starters(), "normal", 600)
    assert outcome(rules, amount_fen=50_000, payer_settled=5, clean_payer=True) == (None, (), ())


@pytest.mark.parametrize(
    ("values", "action", "hit"),
    [
        ({"payments_last_hour": 20}, Action.CHALLENGE, "velocity_hour"),
        ({"payments_last_day": 400}, Action.REVIEW, "velocity_day"),
        ({"mis_taps": 4}, Action.CHALLENGE, "mis_taps"),
        ({"payer_failed": 6, "payer_settled": 2}, Action.REVIEW, "many_failures"),
        ({"amount_ratio": 400, "amount_fen": 100_000}, Action.CHALLENGE, "amount_jump"),
        ({"hour": 3, "amount_fen": 900_000, "payer_age_days": 9}, Action.DELAY, "night_large_amount"),
        ({"amount_fen": 1_200_000}, Action.CHALLENGE, "first_payment_large"),
        ({"amount_fen": 1_000_001, "product": "instalment_shop"}, Action.BLOCK, "product_limit"),
        ({"new_device": True, "amount_fen": 100_000, "hour": 12}, Action.CHALLENGE, "new_device_large"),
        ({"hour": 3, "region_changed": True}, Action.CHALLENGE, "unusual_hour"),
        ({"region_changed": True, "new_device": True, "amount_fen": 30_000}, Action.REVIEW, "region_change"),
        ({"name_matches": False, "amount_fen": 20_000}, Action.REVIEW, "name_mismatch"),
    ],
)
def test_each_starter_catches_what_it_is_for(values: dict[str, Value], action: Action, hit: str) -> None:
    calm: dict[str, Value] = {"payer_age_days": 100, "payer_settled": 1, "hour": 12, "amount_fen": 1}
    rules = RuleSet(starters(), "normal", 720)
    if hit == "first_payment_large":
        calm |= {"payer_age_days": 0, "payer_settled": 0}
    found = rules.outcome(rules.decide(record(**(calm | values))), 0)
    assert (found.action, found.enforced) == (action, (hit,))


def test_of_several_the_hardest_action_is_taken_and_all_are_named() -> None:
    rules = RuleSet(
        [
            strategy(id="a", action=Action.DELAY),
            strategy(id="b", action=Action.REVIEW),
            strategy(id="c", mode="shadow"),
        ],
        "normal",
        0,
    )
    assert outcome(rules, amount_fen=11) == (Action.REVIEW, ("a", "b"), ("c",))


def test_a_repayment_is_delayed_once() -> None:
    rules = RuleSet([strategy(action=Action.DELAY)], "normal", 0)
    assert outcome(rules, amount_fen=11) == (Action.DELAY, ("big",), ())
    assert outcome(rules, amount_fen=11, delayed=True) == (None, (), ("big",))


def test_off_is_silent_and_shadow_only_counts() -> None:
    assert outcome(RuleSet([strategy(mode=Mode.OFF)], "normal", 0), amount_fen=99) == (None, (), ())
    assert outcome(RuleSet([strategy(mode=Mode.SHADOW)], "normal", 0), amount_fen=99) == (None, (), ("big",))


def test_a_canary_acts_on_its_share_and_always_on_the_same() -> None:
    rules = RuleSet([strategy(mode=Mode.CANARY, percent=30)], "normal", 0)
    ids = [f"rp_{number}" for number in range(5_000)]
    acted = {name for name in ids if outcome(rules, bucket_of(name), amount_fen=99)[0] is Action.BLOCK}
    assert 0.27 < len(acted) / len(ids) < 0.33
    wider = RuleSet([strategy(mode=Mode.CANARY, percent=60)], "normal", 0)
    assert acted <= {name for name in ids if outcome(wider, bucket_of(name), amount_fen=99)[0] is not None}


def test_values_follow_scenario_and_time_of_day() -> None:
    made = strategy(
        values={"limit": 20},
        scenarios={"promotion": {"limit": 50}},
        schedule=[Slot(since="22:00", until="06:00", values={"limit": 5})],
    )
    assert made.values_at("normal", 12 * 60) == {"limit": 20}
    assert made.values_at("promotion", 12 * 60) == {"limit": 50}
    assert made.values_at("promotion", 23 * 60) == {"limit": 5}
    assert made.values_at("normal", 5 * 60 + 59) == {"limit": 5}
    assert made.values_at("normal", 6 * 60) == {"limit": 20}
    night = RuleSet([made], "normal", 30)
    assert (night.since, night.until) == (0, 360)
    assert outcome(night, amount_fen=6)[0] is Action.BLOCK
    assert not night.holds("normal", 360) and not night.holds("promotion", 30)
    assert outcome(RuleSet([made], "normal", 360), amount_fen=6)[0] is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"expression": "amuont_fen > 1"},
            "column 1: there is no field amuont_fen; did you mean amount_fen",
        ),
        ({"values": {"limt": 3}}, "did you mean limit?"),
        ({"values": {"limit": 101}}, "limit must be from 1 to 100"),
        ({"values": {"limit": "x"}}, "limit must be a whole number"),
        ({"scenarios": {"promotoin": {}}}, "did you mean promotion?"),
        ({"mode": "canary"}, "percent belongs to the mode canary"),
        ({"percent": 5}, "percent belongs to the mode canary"),
        ({"schedule": [{"since": "24:00", "until": "06:00", "values": {}}]}, "write a time as HH:MM"),
        ({"parameters": [LIMIT.model_copy(update={"name": "hour"})]}, "hour is a field"),
    ],
)
def test_a_strategy_that_makes_no_sense_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError) as refused:
        strategy(**changes)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        ({}, {"mode": "shadow"}, True),
        ({}, {"mode": "canary", "percent": 50}, True),
        ({"mode": "canary", "percent": 20}, {"mode": "canary", "percent": 30}, False),
        ({"mode": "shadow"}, {"mode": "off"}, False),
        ({}, {"values": {"limit": 11}}, True),
        ({}, {"values": {"limit": 9}}, False),
        ({}, {"scenarios": {"promotion": {"limit": 20}}}, True),
        ({}, {"schedule": [{"since": "22:00", "until": "06:00", "values": {"limit": 20}}]}, True),
        ({"mode": "shadow"}, {"mode": "shadow", "values": {"limit": 99}}, False),
        ({"mode": "shadow"}, {"values": {"limit": 99}}, False),
    ],
)
def test_what_lets_more_through_is_loosening(
    before: dict[str, object], after: dict[str, object], looser: bool
) -> None:
    assert loosens(strategy(**before), strategy(**after)) is looser


def test_a_scenario_loosens_when_its_values_do() -> None:
    made = strategy(scenarios={"promotion": {"limit": 50}, "degraded": {"limit": 5}})
    assert scenario_loosens(made, "normal", "promotion")
    assert not scenario_loosens(made, "normal", "degraded")
    assert scenario_loosens(made, "degraded", "normal")


def test_differences_name_what_changed() -> None:
    after = strategy(mode="canary", percent=5, values={"limit": 3})
    assert differences(strategy(), after) == [
        ("mode", "enforce", "canary"),
        ("percent", "", "5"),
        ("limit", "10", "3"),
    ]
