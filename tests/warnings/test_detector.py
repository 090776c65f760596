"""What the detector promises about one series."""

import math
import random

import pytest

from console.warnings.detector import Detector, Tuning, Verdict

DAY = 288


def _day(index: int, chance: random.Random) -> float:
    return 100 + 40 * math.sin(2 * math.pi * (index % DAY) / DAY) + chance.gauss(0, 4)


def _run(values: list[float], tuning: Tuning) -> list[Verdict]:
    detector = Detector(tuning)
    return [detector.step(value, index % DAY) for index, value in enumerate(values)]


def _alarms(verdicts: list[Verdict]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.score > 0.5]


SEASONAL = Tuning(memory=DAY, slots=DAY)


@pytest.mark.parametrize("factor", [1.8, 0.3], ids=["a surge", "a shortfall"])
def test_a_change_of_level_is_told_at_once_and_once(factor: float) -> None:
    chance = random.Random(4)
    values = [_day(index, chance) for index in range(20 * DAY)]
    start = 15 * DAY + 100
    for index in range(start, start + 40):
        values[index] *= factor
    told = _alarms(_run(values, SEASONAL))
    assert told, "the change was not told"
    assert told[0] == start
    assert len(told) <= 3


def test_a_usual_week_pages_nobody() -> None:
    for seed in range(5):
        chance = random.Random(seed)
        verdicts = _run([_day(index, chance) for index in range(14 * DAY)], SEASONAL)
        assert _alarms(verdicts[2 * DAY :]) == []


def test_the_usual_peak_of_the_day_is_no_surge_but_the_same_value_at_night_is() -> None:
    chance = random.Random(7)
    values = [_day(index, chance) for index in range(12 * DAY)]
    peak, trough = 10 * DAY + DAY // 4, 11 * DAY + 3 * DAY // 4
    values[trough] = values[peak]
    verdicts = _run(values, SEASONAL)
    assert verdicts[peak].raw < 0.5
    assert verdicts[trough].raw > 0.9


def test_what_comes_later_changes_no_verdict() -> None:
    chance = random.Random(9)
    values = [_day(index, chance) for index in range(6 * DAY)]
    whole = _run(values, SEASONAL)
    half = _run(values[: 3 * DAY], SEASONAL)
    assert half == whole[: 3 * DAY]


def test_a_series_that_never_moved_does_not_cry_at_its_first_flutter() -> None:
    tuning = Tuning(relative_floor=0.05)
    assert _alarms(_run([100.0] * 200 + [103.0] + [100.0] * 20, tuning)) == []
    assert _alarms(_run([100.0] * 200 + [160.0], tuning)) == [200]


def test_an_incident_does_not_become_the_normal_within_minutes() -> None:
    detector = Detector(Tuning(memory=60))
    for _ in range(120):
        detector.step(100.0 + random.Random(1).gauss(0, 1))
    for _ in range(5):
        verdict = detector.step(1000.0)
    assert verdict.expected < 150


def test_after_the_cooldown_it_is_told_again() -> None:
    tuning = Tuning(memory=500, cooldown=30)
    values = [100.0 + (index % 3) for index in range(200)]
    for index in (200, 210, 250):
        values += [100.0] * (index - len(values)) + [400.0]
    assert _alarms(_run(values, tuning))[0] == 200
    assert 210 not in _alarms(_run(values, tuning))
    assert 250 in _alarms(_run(values, tuning))


def test_a_gap_is_no_jump() -> None:
    detector = Detector(Tuning(warm_up=5))
    for _ in range(50):
        detector.step(10.0)
    detector.forget_before()
    assert detector.step(30.0).by_difference == 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Detector().step(value)


def test_tuning_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Tuning(memory=0)
