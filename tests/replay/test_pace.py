"""The pace of a replay: its ramp, the room it leaves, and its thresholds. Pure."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest

from console.contract.replay import ReplayOutcome as Outcome
from console.control.replays import _eta
from console.repayment.replay.pace import LEAST_HEADROOM, RAMP, Pace
from console.repayment.replay.plan import estimate
from console.repayment.replay.settings import ReplaySettings
from console.store.replays import StoredReplay

SETTINGS = ReplaySettings(ramp=5, stop_sample=10, live_backlog=100)


def ramped() -> Pace:
    """A pace past its ramp, at moment 100."""
    pace = Pace(SETTINGS, 0.0)
    for step in range(1, len(RAMP)):
        pace.note([Outcome.SETTLED])
        pace.look(0, step * 6.0)
    assert pace.share == 1
    return pace


def test_it_ramps_up_only_as_orders_succeed() -> None:
    pace = Pace(SETTINGS, 0.0)
    pace.look(0, 100.0)
    assert pace.share == RAMP[0], "nothing was decided yet"
    pace.note([Outcome.REFAILED, Outcome.REFAILED, Outcome.SETTLED])
    pace.look(0, 101.0)
    assert pace.share == RAMP[0], "most failed"
    assert (said := pace.slowed()) is not None and (said.values["bad"], said.values["count"]) == (2, 3)
    pace.note([Outcome.SETTLED] * 3)
    pace.look(0, 102.0)
    assert pace.share == RAMP[1]
    pace.note([Outcome.SETTLED])
    pace.look(0, 103.0)
    assert pace.share == RAMP[1], "a step lasts"
    pace.look(0, 108.0)
    assert pace.share == RAMP[2]


def test_it_never_gives_more_than_the_rate() -> None:
    pace, given, moment = ramped(), 0, 100.0
    pace.fill(["alipay"], 50, moment)
    for _ in range(1000):
        moment += 0.01
        allowed = pace.fill(["alipay"], 50, moment)["alipay"]
        pace.spend("alipay", allowed)
        given += allowed
    assert 490 <= given <= 500 + 25


def test_it_makes_room_for_others_and_takes_it_back() -> None:
    pace = ramped()
    pace.look(101, 101.0)
    assert pace.share == 0.5
    assert (said := pace.slowed()) is not None and said.values["count"] == 101
    for moment in range(102, 130):
        pace.look(5000, float(moment))
    assert pace.share == LEAST_HEADROOM
    for moment in range(130, 160):
        pace.look(0, float(moment))
    assert pace.share == 1 and pace.slowed() is None


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ([Outcome.SETTLED] * 4 + [Outcome.REFAILED] * 6, "failed again"),
        ([Outcome.SETTLED] * 4 + [Outcome.UNKNOWN] * 6, "in doubt"),
        ([Outcome.SETTLED] * 5 + [Outcome.REFAILED] * 5, None),
        ([Outcome.REFAILED] * 9, None),
        ([Outcome.HELD] * 50, None),
    ],
)
def test_it_stops_itself_at_its_thresholds(outcomes: list[Outcome], word: str | None) -> None:
    pace = Pace(SETTINGS, 0.0)
    pace.note(outcomes)
    why = pace.must_stop()
    assert (why is None) if word is None else (why is not None and word in why.message)


def test_the_estimate_counts_the_ramp_what_live_traffic_takes_and_how_late_answers_come() -> None:
    expected = partial(estimate, rate=50, rates={"a": 200.0}, in_flight=64)
    assert expected({"a": 5000}, live={}, ramp=0.0, takes={}) == pytest.approx(100)
    assert expected({"a": 5000}, live={}, ramp=5.0, takes={}) == pytest.approx(15 + (5000 - 77.5) / 50)
    assert expected({"a": 5000}, live={"a": 180.0}, ramp=0.0, takes={}) == pytest.approx(250)
    assert expected({"a": 100, "b": 5000}, live={}, ramp=0.0, takes={}) == pytest.approx(100)
    assert expected({"a": 5000}, live={}, ramp=0.0, takes={"a": 1.0}) == pytest.approx(101)
    assert expected({"a": 5000}, live={}, ramp=0.0, takes={"a": 4.0}) == pytest.approx(5000 / 16 + 4)


@pytest.mark.parametrize(("rate", "seconds"), [(0.0, None), (4.0, 2.0)])
def test_no_end_is_promised_while_nothing_comes_to_an_end(rate: float, seconds: float | None) -> None:
    told = SimpleNamespace(slowed=None, rate_now=rate, rate_allowed=150.0, estimate_ms=50_000)
    assert _eta(cast(StoredReplay, told), 8, 100) == seconds
