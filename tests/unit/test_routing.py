"""Choosing a gateway, and how far each is trusted."""

from collections import Counter
from random import Random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.clock import Instant
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.base import Gateway
from console.gateways.config import GatewayConfig
from console.gateways.health import (
    DOWN_IN_A_ROW,
    ENOUGH,
    EXPLORING_WEIGHT,
    KEPT,
    PROBE_LOST_SECONDS,
    PROBE_SECONDS,
    QUIET_SECONDS,
    UP_IN_A_ROW,
    WINDOW_SECONDS,
    Circuit,
    Health,
    HealthState,
)
from console.gateways.limits import Limits
from console.gateways.routing import Route, choose
from console.repayment.lane import Lane
from console.store.facts import Evidence

MADE = Instant(1_780_000_000_000)
HEALTHY, DEGRADED, DOWN = HealthState.HEALTHY, HealthState.DEGRADED, HealthState.DOWN


class Ticks:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def lane_with(health: Health) -> Lane:
    """A way to a gateway that nobody calls."""
    config = GatewayConfig(id="alipay", base_url="http://127.0.0.1:9", merchant="m")
    limits = Limits(1, 1.0, Ticks())
    return Lane(cast(Gateway, None), config, limits, limits, health)


def told(source: EvidenceSource, verdict: Verdict) -> Evidence:
    """What a call came to."""
    return Evidence("alipay", "rp_1-1", source, "e-1", MADE, verdict)


def test_traffic_is_split_by_weight() -> None:
    routes = [Route("a", 60, 9, True), Route("b", 30, 9, True), Route("c", 10, 9, False)]
    told = Counter(choose(routes, None, n / 1000) for n in range(1000))
    assert told == {"a": 600, "b": 300, "c": 100}


@pytest.mark.parametrize(
    ("routes", "wanted", "chosen"),
    [
        ([Route("a", 1, 1, True), Route("b", 99, 1, True)], "a", "a"),
        ([Route("a", 1, 0, True), Route("b", 99, 1, True)], "a", None),
        ([Route("a", 1, 1, False), Route("b", 99, 1, True)], "a", "b"),
        ([Route("a", 0, 1, True), Route("b", 99, 1, True)], "a", "b"),
        ([Route("b", 99, 1, True)], "nobody", "b"),
        ([Route("b", 0, 5, True), Route("c", 5, 0, True)], None, None),
        ([], None, None),
    ],
)
def test_a_wish_is_honoured_while_its_gateway_is_healthy(
    routes: list[Route], wanted: str | None, chosen: str | None
) -> None:
    assert choose(routes, wanted, 0.5) == chosen


routes_strategy = st.lists(
    st.builds(
        Route,
        st.sampled_from("abcd"),
        st.floats(0, 100, allow_subnormal=False),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda route: route.gateway,
)


@given(routes_strategy, st.sampled_from([None, "a", "x"]), st.floats(0, 1))
def test_nobody_is_sent_where_there_is_no_room_or_no_weight(
    routes: list[Route], wanted: str | None, chance: float
) -> None:
    chosen = choose(routes, wanted, chance)
    by_name = {route.gateway: route for route in routes}
    if chosen is not None:
        assert by_name[chosen].free > 0 and by_name[chosen].weight > 0


def test_a_gateway_goes_down_after_bad_outcomes_in_a_row_and_comes_back_after_good_ones() -> None:
    health = Health(Ticks())
    for _ in range(DOWN_IN_A_ROW - 1):
        health.note(False)
    assert health.state() is HEALTHY
    health.note(False)
    assert health.state() is DOWN and health.weight(100) == 0
    for _ in range(UP_IN_A_ROW - 1):
        health.note(True)
    assert health.state() is DOWN
    health.note(True)
    assert health.state() is DEGRADED
    for _ in range(ENOUGH - 1):
        health.note(True)
    assert health.state() is DEGRADED
    health.note(True)
    assert health.state() is HEALTHY


@pytest.mark.parametrize(
    ("source", "verdict", "state"),
    [
        (EvidenceSource.INQUIRY, Verdict.SUCCEEDED, DOWN),
        (EvidenceSource.RESPONSE, Verdict.SUCCEEDED, DEGRADED),
    ],
)
def test_answered_inquiries_do_not_make_up_for_debits_that_time_out(
    source: EvidenceSource, verdict: Verdict, state: HealthState
) -> None:
    lane = lane_with(Health(Ticks()))
    for _ in range(DOWN_IN_A_ROW):
        lane.note(told(EvidenceSource.TRANSPORT, Verdict.UNKNOWN))
    assert lane.health.state() is DOWN
    for _ in range(UP_IN_A_ROW):
        lane.note(told(source, verdict))
    assert lane.health.state() is state


def test_a_tenth_of_bad_outcomes_degrades_and_half_of_them_brings_down() -> None:
    health = Health(Ticks())
    for number in range(2 * ENOUGH):
        health.note(number % 10 != 0)
    assert health.state() is DEGRADED
    assert 0 < health.weight(100) < 100
    for number in range(KEPT):
        health.note(number % 2 == 0)
    assert health.state() is DOWN


def test_a_gateway_with_three_timeouts_in_ten_is_degraded_and_never_down() -> None:
    ticks, draw = Ticks(), Random(7)
    health = Health(ticks)
    for second in range(600):
        ticks.now += 1
        answers = [draw.random() >= 0.3 for _ in range(30)]
        for good in sorted(answers, reverse=True):  # what is sent together times out together
            health.note(good)
            assert health.state() is not DOWN
        assert second < 5 or health.state() is DEGRADED


def test_a_quiet_gateway_with_three_timeouts_in_ten_stays_degraded() -> None:
    ticks, draw = Ticks(), Random(11)
    health = Health(ticks)
    states = set()
    for number in range(1200):
        ticks.now += 0.5
        health.note(draw.random() >= 0.3)
        if number > 2 * ENOUGH:
            states.add(health.state())
    assert states == {DEGRADED}


def test_a_gateway_that_answers_nothing_any_more_is_down_in_seconds() -> None:
    ticks = Ticks()
    health = Health(ticks)
    for _ in range(KEPT):
        health.note(True)
    for _ in range(DOWN_IN_A_ROW):
        assert health.state() is HEALTHY
        ticks.now += QUIET_SECONDS
        health.note(False)
    assert health.state() is DOWN


def test_old_outcomes_are_forgotten() -> None:
    ticks = Ticks()
    health = Health(ticks)
    for number in range(2 * ENOUGH):
        health.note(number % 5 != 0)
    assert health.state() is DEGRADED
    ticks.now += WINDOW_SECONDS + 1
    assert health.state() is HEALTHY


def down() -> tuple[Ticks, Health]:
    """A gateway whose circuit has just opened."""
    ticks = Ticks()
    health = Health(ticks)
    for _ in range(DOWN_IN_A_ROW):
        health.note(False)
    return ticks, health


def test_a_gateway_that_is_down_gets_one_probe_at_a_time() -> None:
    ticks, health = down()
    assert health.circuit() is Circuit.OPEN and health.probe_due()
    health.probing()
    ticks.now += PROBE_LOST_SECONDS - 1
    assert not health.probe_due(), "nobody knows yet what became of the last one"
    health.note(False, debit=False)
    assert not health.probe_due(), "an inquiry is no answer to a probe"
    health.note(False)
    assert health.probe_due()
    health.probing()
    health.note(True)
    assert not health.probe_due() and health.circuit() is Circuit.HALF_OPEN
    ticks.now += PROBE_SECONDS
    assert health.probe_due()


def test_a_probe_that_was_never_sent_does_not_keep_a_gateway_down() -> None:
    ticks, health = down()
    health.probing()
    ticks.now += PROBE_LOST_SECONDS
    assert health.probe_due()


def test_a_returning_gateway_gets_little_traffic_and_goes_on_being_probed() -> None:
    ticks, health = down()
    for _ in range(UP_IN_A_ROW):
        health.probing()
        health.note(True)
    assert health.circuit() is Circuit.HALF_OPEN
    assert health.weight(100) == 100 * EXPLORING_WEIGHT
    ticks.now += PROBE_SECONDS
    assert health.probe_due(), "however little traffic there is, its recovery is seen"
    for _ in range(ENOUGH):
        health.note(True)
    assert (health.circuit(), health.weight(100)) == (Circuit.CLOSED, 100)
    assert not health.probe_due()


def test_a_gateway_that_fails_again_while_it_returns_is_down_again() -> None:
    _, health = down()
    for _ in range(UP_IN_A_ROW):
        health.note(True)
    for _ in range(DOWN_IN_A_ROW):
        health.note(False)
    assert (health.circuit(), health.weight(100)) == (Circuit.OPEN, 0)


def test_a_gateway_gets_no_more_calls_than_it_has_room_for() -> None:
    ticks = Ticks()
    limits = Limits(10, 20.0, ticks)
    assert limits.free() == 5, "a quarter of a second's rate is saved up at most"
    limits.reserve(5)
    assert (limits.free(), limits.in_flight) == (0, 0)
    for _ in range(5):
        limits.begin()
    ticks.now += 0.1
    assert limits.free() == 2
    ticks.now += 100
    assert limits.free(keep=3) == 2
    limits.reserve(5)
    assert limits.free() == 0, "five are in flight, five reserved"
    limits.let_go(2)
    assert limits.free() == 2
    limits.end()
    ticks.now += 1
    assert limits.free() == 3
    assert limits.in_flight == 4
