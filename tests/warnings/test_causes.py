"""From signs to causes, harm and remedies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.contract.warning import Cause, Victim
from console.warnings.causes import findings
from console.warnings.harm import harms
from console.warnings.reading import GatewayMinute, Reading, ReserveNow, StageMinute, StrategyMinute
from console.warnings.remedies import Levers, remedy
from console.warnings.watcher import Sign
from tests.warnings.told import AT, DOWN, LEVERS, MINUTE, READING

QUIET = Reading(MINUTE, AT)


def _sign(series: str, of: str, value: float | None = None, up: bool = True) -> Sign:
    return Sign(series, of, value, 0.01, 0.9, AT, up)


CASES: list[tuple[list[Sign], dict[str, Cause]]] = [
    ([_sign("outage", "a")], {"gateway:a": Cause.GATEWAY_DOWN}),
    ([_sign("unknown_ratio", "a", 0.8), _sign("unanswered", "a", 1)], {"gateway:a": Cause.GATEWAY_DOWN}),
    ([_sign("confirm_p95", "a", 90)], {"gateway:a": Cause.GATEWAY_DELAY}),
    ([_sign("failure_rate", "a", 0.4)], {"gateway:a": Cause.GATEWAY_ERRORS}),
    ([_sign("callbacks", "a", 0, up=False)], {"gateway:a": Cause.CALLBACKS}),
    ([_sign("intercept_rate", "s", 0.2)], {"strategy:s": Cause.STRATEGY}),
    (
        [_sign("mistaps", "all", 0.3), _sign("intercept_rate", "s")],
        {"front_end:mistaps": Cause.FRONT_END},
    ),
    (
        [_sign("volume", "all", 900), _sign("oldest_age", "dispatch", 90)],
        {"traffic:surge": Cause.PEAK_LOAD},
    ),
    ([_sign("volume", "all", 1, up=False)], {"traffic:shortfall": Cause.SHORTFALL}),
    ([_sign("oldest_age", "dispatch", 90)], {"stage:dispatch": Cause.OWN_QUEUE}),
    ([_sign("oldest_age", "dispatch", 90), _sign("outage", "a")], {"gateway:a": Cause.GATEWAY_DOWN}),
    (
        [_sign("oldest_age", "dispatch", 90), _sign("store", "database")],
        {"database:store": Cause.DATABASE},
    ),
    ([_sign("complaints", "all", 0.05)], {"complaints:all": Cause.UNKNOWN}),
    ([_sign("complaints", "all"), _sign("complaints", "s")], {"strategy:s": Cause.STRATEGY}),
    ([_sign("complaints", "all"), _sign("outage", "a")], {"gateway:a": Cause.GATEWAY_DOWN}),
    ([_sign("runway", "a", 2, up=False)], {"reserve:a": Cause.RESERVE}),
    (
        [_sign("outage", "a"), _sign("outage", "b")],
        {"gateway:a": Cause.GATEWAY_DOWN, "gateway:b": Cause.GATEWAY_DOWN},
    ),
]


@pytest.mark.parametrize(("signs", "subjects"), CASES, ids=["+".join(s.series for s in c[0]) for c in CASES])
def test_every_sign_ends_in_one_warning(signs: list[Sign], subjects: dict[str, Cause]) -> None:
    found = findings(signs, QUIET)
    assert {one.subject: one.cause for one in found} == subjects
    assert sorted(sign for one in found for sign in one.signs) == sorted(signs)


@pytest.mark.parametrize(("waiting", "cause"), [(90, Cause.GATEWAY_DELAY), (5, Cause.CALLBACKS)])
def test_callbacks_that_come_late_are_not_lost(waiting: int, cause: Cause) -> None:
    reading = replace(QUIET, gateways={"a": GatewayMinute(sent=100, waiting=waiting)})
    unheard, slow = _sign("callbacks", "a", 0, up=False), _sign("confirm_p95", "a", 40)
    for signs in ([unheard], [unheard, slow]):
        (found,) = findings(signs, reading)
        assert found.cause is cause


def test_orders_that_came_wrong_are_not_the_gateways_fault() -> None:
    minute = GatewayMinute(100, 60, 0, 40, 0, blamed={"front_end": 35, "borrower": 5})
    reading = replace(QUIET, gateways={"a": minute, "b": minute})
    found = findings([_sign("failure_rate", "a", 0.4), _sign("failure_rate", "b", 0.4)], reading)
    assert [(one.subject, one.cause) for one in found] == [("front_end:orders", Cause.FRONT_END)]


def test_a_gateway_that_is_down_harms_by_its_sla_and_at_midnight() -> None:
    found = {one.victim: one for one in harms(DOWN, READING)}
    assert set(found) == {Victim.SLA, Victim.PAYERS, Victim.GRACE, Victim.MIDNIGHT}
    # 0.5 % of 100,000 may be bad, 300 are; 45 of 50 a minute are, where 0.25 would be within the tier.
    assert found[Victim.SLA].minutes == pytest.approx((500 - 300) / (45 - 0.25), abs=0.1)
    assert found[Victim.PAYERS].minutes == pytest.approx(10 * 100 / 45, abs=0.1)
    assert found[Victim.GRACE].minutes == found[Victim.MIDNIGHT].minutes <= 1440
    minutes = [one.minutes for one in harms(DOWN, READING)]
    assert minutes == sorted(minutes)


def test_other_causes_harm_otherwise() -> None:
    reading = replace(
        QUIET,
        taken={"x": 600},
        reserves={"a": ReserveNow(1000, 100, 1.5)},
        stages={"dispatch": StageMinute(500, 50, 300, 200)},
        strategies={"s": StrategyMinute(600, 66)},
    )
    (reserve,) = findings([_sign("runway", "a", 1.5, up=False)], reading)
    assert [(one.victim, one.minutes) for one in harms(reserve, reading)] == [(Victim.RESERVE, 90.0)]
    (peak,) = findings([_sign("volume", "all", 600)], reading)
    assert [(one.victim, one.minutes) for one in harms(peak, reading)] == [(Victim.PAYERS, 15.0)]
    (tight,) = findings([_sign("intercept_rate", "s", 0.11)], reading)
    assert [(one.victim, one.minutes) for one in harms(tight, reading)] == [(Victim.PAYERS, 100.0)]


def test_a_prepared_change_moves_traffic_only_where_there_is_somewhere_to_go() -> None:
    prepared = remedy(DOWN, LEVERS, frozenset({"wechat"}))
    assert prepared is not None
    assert (prepared.kind, prepared.body) == (
        "gateway.weight",
        {"gateway": "wechat", "weight": 4, "expires": "1h"},
    )
    assert remedy(DOWN, LEVERS, frozenset({"wechat", "alipay"})) is None
    assert remedy(DOWN, Levers({"wechat": 40}), frozenset({"wechat"})) is None


def test_what_was_lowered_is_not_lowered_ever_further() -> None:
    lowered = replace(LEVERS, weights={"wechat": 4, "alipay": 60}, configured={"wechat": 40})
    assert remedy(DOWN, lowered, frozenset({"wechat"})) is None
    half = remedy(DOWN, replace(lowered, weights={"wechat": 20, "alipay": 60}), frozenset({"wechat"}))
    assert half is not None and half.body["weight"] == 4


def test_a_strategy_goes_back_to_what_was_approved_or_into_shadow() -> None:
    (found,) = findings([_sign("intercept_rate", "velocity", 0.2)], QUIET)
    shadow = remedy(found, LEVERS, frozenset())
    assert shadow is not None and shadow.body["mode"] == "shadow"
    back = remedy(found, replace(LEVERS, unapproved=frozenset({"velocity"})), frozenset())
    assert back is not None and back.body["restore"] == "approved"


def test_few_failures_of_one_gateway_are_judged_by_those_of_all() -> None:
    """A minute in which nothing came wrong to one gateway does not make it the gateway's fault."""
    wrong = GatewayMinute(20, 12, 0, 8, 0, blamed={"front_end": 7, "borrower": 1})
    reading = replace(QUIET, gateways={"a": wrong, "b": GatewayMinute(3, 2, 0, 1, 0, blamed={"borrower": 1})})
    for name in ("a", "b"):
        (found,) = findings([_sign("failure_rate", name, 0.4)], reading)
        assert found.subject == "front_end:orders"
    alone = replace(QUIET, gateways={"a": GatewayMinute(20, 20), "b": reading.gateways["b"]})
    assert [one.subject for one in findings([_sign("failure_rate", "b", 0.4)], alone)] == ["gateway:b"]
