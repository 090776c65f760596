"""Ratios and the calendar: what counts as unusual."""

from __future__ import annotations

import random

import pytest
from pydantic import ValidationError

from console.contract.wilson import wilson
from console.sandbox import rhythm
from console.warnings.plan import Planned, expected, minutes_to_midnight
from console.warnings.rates import Rate, RateTuning
from console.warnings.reading import GatewayMinute, Reading, ReserveNow, SlaNow, StageMinute
from console.warnings.record import records
from console.warnings.settings import WarningSettings
from console.warnings.watcher import SERIES, Watcher, known

SHANGHAI_NOON = 1_795_320_000_000 // 86_400_000 * 86_400_000 + 4 * 3_600_000


def test_few_samples_condemn_nobody() -> None:
    rate = Rate(RateTuning(sample=30, span=5))
    assert [rate.step(3, 3).score for _ in range(5)] == [0.0] * 5
    assert rate.step(30, 30).score > 0.5


def test_what_is_unusual_does_not_become_the_usual() -> None:
    rate = Rate()
    for _ in range(60):
        rate.step(1, 100)
    usual = rate.step(1, 100).usual
    for _ in range(600):
        verdict = rate.step(40, 100)
    assert verdict.score > 0.5 and verdict.usual == pytest.approx(usual, abs=0.01)


def test_chance_alone_warns_hardly_ever() -> None:
    chance, rate = random.Random(3), Rate(RateTuning(usual=0.05))
    told = sum(rate.step(sum(chance.random() < 0.05 for _ in range(40)), 40).score > 0.5 for _ in range(5000))
    assert told <= 2


def test_too_few_is_told_only_where_there_used_to_be_some() -> None:
    some = Rate(RateTuning(below=True, usual=0.2, sample=30))
    none = Rate(RateTuning(below=True, usual=0.001, sample=30))
    assert [rate.step(0, 100).score > 0.5 for rate in (some, none)] == [True, False]


def test_wilsons_interval() -> None:
    # Wilson 1927 for 8 of 10 at 95 %.
    assert wilson(8, 10, 1.96) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_the_calendar_multiplies_and_knows_shanghai() -> None:
    sale = Planned(name="sale", month_days=tuple(range(1, 32)), multiplier=4, band=0.3)
    payday = Planned(name="payday", weekdays=(1, 2, 3, 4, 5, 6, 7), multiplier=2, product="a")
    assert expected((sale, payday), None, SHANGHAI_NOON) == (4, 0.3)
    assert expected((sale, payday), "a", SHANGHAI_NOON) == (8, 0.3)
    assert expected((), "a", SHANGHAI_NOON) == (1.0, 0.0)
    assert minutes_to_midnight(SHANGHAI_NOON) == 720
    with pytest.raises(ValidationError, match="name days"):
        Planned(name="never", multiplier=2)
    with pytest.raises(ValidationError, match="no series"):
        WarningSettings(threshold={"volum": 0.5})


def test_a_threshold_of_its_own_silences_a_series() -> None:
    strict, usual = Watcher(limits={"failure_rate": 0.999999}), Watcher()
    bad = Reading(1, 120_000, {"x": 10}, gateways={"a": GatewayMinute(100, 50, 0, 50)})
    assert [sign.series for sign in usual.step(bad)] == ["failure_rate"]
    assert strict.step(bad) == []


def test_a_sign_stays_at_less_than_it_takes_to_come() -> None:
    def minute(number: int, failed: int) -> Reading:
        gateways = {"a": GatewayMinute(100, 100 - failed, 0, failed)}
        return Reading(number, number * 60_000, {"x": 10}, gateways=gateways)

    (first,) = Watcher(limits={"failure_rate": 0.01}).step(minute(1, 30))
    limit = first.score / 0.9
    there = Watcher(limits={"failure_rate": limit})
    assert there.step(minute(1, 30)) == []
    there._since["failure_rate", "a"] = 0
    there._rates.clear()
    assert [sign.series for sign in there.step(minute(1, 30))] == ["failure_rate"]


def test_what_needs_no_memory_is_told_at_once() -> None:
    reading = Reading(
        1,
        120_000,
        sla={"a": SlaNow(("outage", "page_1h", "ticket_3d"))},
        reserves={
            "a": ReserveNow(5, 10, 100.0),
            "b": ReserveNow(100, 10, None),
            "c": ReserveNow(90, 10, 3.0),
        },
        trips=("velocity",),
        windows={"w_1": ("gateway=a", 4.0, 12), "w_2": ("gateway=b", 4.0, 0)},
        store_seconds=3.0,
    )
    found = [(sign.series, sign.of) for sign in known(reading)]
    assert found == [
        ("outage", "a"),
        ("burn", "a"),
        ("runway", "a"),
        ("runway", "c"),
        ("trip", "velocity"),
        ("window_end", "w_1"),
        ("store", "database"),
    ]
    assert {series for series, _ in found} <= set(SERIES)


def test_every_detector_has_a_record_even_without_warnings() -> None:
    found = records([], {"volume": 0.7}, 0)
    assert [one.detector for one in found] == list(SERIES)
    assert found[0].threshold == 0.7 and found[0].precision is None and found[0].pages_per_shift == 0


def test_a_gateway_that_confirms_late_is_told_of_by_a_watch_that_just_began() -> None:
    watcher = Watcher()
    assert watcher.unsure({"bank"})
    watcher.believe({"bank": 3.8})
    assert not watcher.unsure({"bank"})
    usual, late = (
        Reading(n, SHANGHAI_NOON, gateways={"bank": GatewayMinute(50, 50, callbacks=9, p95=p95)})
        for n, p95 in enumerate((2.9, 46.0))
    )
    assert watcher.step(usual) == []
    (sign,) = watcher.step(late)
    assert (sign.series, sign.of) == ("confirm_p95", "bank")
    assert sign.expected == pytest.approx(3.8, abs=0.2)


def test_complaints_are_told_of_with_the_strategy_they_are_about() -> None:
    watcher = Watcher()
    quiet, loud = (
        Reading(n, SHANGHAI_NOON, {"cash_loan": 400}, complaints=complaints)
        for n, complaints in enumerate(({"": 1}, {"": 20, "velocity": 18}))
    )
    assert watcher.step(quiet) == []
    assert {(sign.series, sign.of) for sign in watcher.step(loud)} == {
        ("complaints", "all"),
        ("complaints", "velocity"),
    }


def test_callbacks_that_stay_away_while_orders_are_slow_are_told_of_at_once() -> None:
    """Alone, so few orders would not be enough to tell."""
    for p95, found in ((2.9, set()), (46.0, {"confirm_p95", "callbacks"})):
        watcher = Watcher()
        watcher.believe({"bank": 2.9})
        minute = GatewayMinute(40, 40, callbacks=0, p95=p95)
        signs = watcher.step(Reading(0, SHANGHAI_NOON, gateways={"bank": minute}))
        assert {sign.series for sign in signs} == found


def test_few_orders_a_minute_make_it_sure_over_more_minutes() -> None:
    watcher, found = Watcher(), []
    for number in range(90):
        lost = 3 if number >= 60 else 0
        minute = GatewayMinute(4, 4 - lost, lost, 0, lost, callbacks=2)
        signs = watcher.step(Reading(number, SHANGHAI_NOON + number * 60_000, gateways={"bank": minute}))
        found += [number for sign in signs if sign.series == "unknown_ratio"]
    assert 60 < found[0] <= 66 and found[-1] == 89


def test_a_rate_that_is_as_usual_again_is_no_sign_any_more_however_long_it_was_not() -> None:
    rate = Rate(RateTuning())
    for number in range(40):
        rate.step(30 if number >= 10 else 1, 100)
    assert rate.step(30, 100).score > 0.5
    assert rate.step(2, 100).score < 0.5


def test_few_repayments_that_stay_away_are_told_of_after_some_minutes() -> None:
    watcher, chance = Watcher(), random.Random(5)
    found = []
    for number in range(400):
        came = rhythm.arrivals(2.5 if number >= 370 else 9.0, chance)
        at = SHANGHAI_NOON + number * 60_000
        signs = watcher.step(Reading(number, at, {"cash_loan": came}))
        found += [number for sign in signs if (sign.series, sign.up) == ("volume", False)]
    assert found and 370 <= found[0] <= 395


def test_what_is_back_at_the_usual_is_no_sign_however_far_it_jumped_to_come_there() -> None:
    watcher = Watcher()
    watcher.believe({"bank": 3.0})
    told = []
    for number, p95 in enumerate((3.0, 3.1, 120.0, 120.0, 120.0, 3.0, 3.2, 2.9)):
        minute = GatewayMinute(50, 50, callbacks=9, p95=p95)
        signs = watcher.step(Reading(number, SHANGHAI_NOON, gateways={"bank": minute}))
        told.append([sign.series for sign in signs])
    assert told == [[], [], *[["confirm_p95"]] * 3, [], [], []]


def test_callbacks_that_are_made_up_for_do_not_become_the_usual() -> None:
    rate = Rate(RateTuning(sample=60, usual=0.2, below=True))
    for _ in range(40):
        rate.step(20, 100)
    for _ in range(10):
        rate.step(90, 100)
    assert rate.step(20, 100).usual == pytest.approx(0.2, abs=0.02)


def test_a_queue_that_catches_up_is_not_told_of() -> None:
    def signs(left: int) -> list[str]:
        watcher, found = Watcher(), []
        for number in range(30):
            stage = StageMinute(500, 120.0, 300, left) if number == 29 else StageMinute(2, 0.5, 300, 300)
            reading = Reading(number, SHANGHAI_NOON + number * 60_000, stages={"dispatch": stage})
            found = [sign.series for sign in watcher.step(reading)]
        return found

    assert signs(200) == ["oldest_age"]
    assert signs(400) == []


def test_a_budget_burns_no_more_once_the_newest_minute_is_good() -> None:
    def burns(minute: GatewayMinute) -> bool:
        sla = SlaNow(("page_1h",), 10_000, 500, 0.05, 0.02)
        signs = known(Reading(1, SHANGHAI_NOON, gateways={"bank": minute}, sla={"bank": sla}))
        return [sign.series for sign in signs] == ["burn"]

    assert burns(GatewayMinute(good=60, bad=40))
    assert not burns(GatewayMinute(good=99, bad=1))
    assert burns(GatewayMinute(good=2, bad=0)), "too few to tell: the rule is believed"
