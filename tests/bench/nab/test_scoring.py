"""The benchmark's rules, on cases small enough to be reckoned by hand."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.bench.nab.__main__ import main
from tests.bench.nab.scoring import (
    LOW_FALSE_ALARMS,
    LOW_MISSES,
    PROFILES,
    STANDARD,
    Profile,
    Scored,
    Window,
    across_halves,
    at_threshold,
    best,
    probation,
    sigmoid,
)

WINDOW = Window(50, 59)


def _file(
    *detected: int, windows: tuple[Window, ...] = (WINDOW,), rows: int = 100, name: str = "f"
) -> Scored:
    return Scored(name, [1.0 if index in detected else 0.0 for index in range(rows)], windows)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
def test_who_never_detects_has_0_and_who_detects_at_once_100(profile: Profile) -> None:
    assert at_threshold([_file()], profile, 0.5).normalised == 0.0
    assert best([_file(50)], profile).normalised == pytest.approx(100.0)


def test_the_earlier_the_better_and_only_the_first_counts() -> None:
    early = at_threshold([_file(51)], STANDARD, 0.5).points
    late = at_threshold([_file(58)], STANDARD, 0.5).points
    both = at_threshold([_file(51, 58)], STANDARD, 0.5).points
    assert early > late > 0
    assert both == early
    assert late == pytest.approx(sigmoid(-0.2) / sigmoid(-1.0))


def test_a_false_alarm_before_any_window_costs_its_full_weight() -> None:
    assert at_threshold([_file(20)], STANDARD, 0.5).points == pytest.approx(-1 - 0.11)
    assert at_threshold([_file(20)], LOW_FALSE_ALARMS, 0.5).points == pytest.approx(-1 - 0.22)


def test_a_false_alarm_costs_the_more_the_farther_behind_the_window() -> None:
    near = at_threshold([_file(50, 60)], STANDARD, 0.5).points
    far = at_threshold([_file(50, 95)], STANDARD, 0.5).points
    assert near == pytest.approx(1 + 0.11 * sigmoid(1 / 9))
    assert far == pytest.approx(1 - 0.11)
    assert near > far


def test_a_miss_costs_double_for_who_wants_none() -> None:
    assert at_threshold([_file()], LOW_MISSES, 0.5).points == -2.0


def test_nothing_counts_while_a_detector_only_learns() -> None:
    assert probation(100) == 15
    assert probation(100_000) == 750
    assert at_threshold([_file(3, 14)], STANDARD, 0.5).points == -1.0
    assert at_threshold([_file(15)], STANDARD, 0.5).points == pytest.approx(-1.11)


def test_the_best_threshold_takes_equal_scores_together() -> None:
    file = Scored("f", [0.0] * 20 + [0.7] + [0.0] * 29 + [0.7] + [0.0] * 49, (WINDOW,))
    outcome = best([file], STANDARD)
    assert outcome.threshold == 0.7
    assert outcome.points == pytest.approx(1 - 0.11)


def test_no_half_is_scored_at_a_threshold_of_its_own() -> None:
    quiet = Scored("a", [0.0] * 50 + [0.4] + [0.0] * 49, (WINDOW,))
    loud = Scored("b", [0.0] * 20 + [0.5] * 20 + [0.0] * 10 + [0.9] + [0.0] * 49, (WINDOW,))
    assert best([quiet, loud], STANDARD).normalised == pytest.approx(50.0)
    expected = (
        at_threshold([quiet], STANDARD, 0.9).points + at_threshold([loud], STANDARD, 0.4).points + 2
    ) / 4
    assert across_halves([quiet, loud], STANDARD) == pytest.approx(100 * expected)


def test_the_command_reads_a_folder_and_prints_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = datetime(2026, 3, 1)
    windows: dict[str, list[list[str]]] = {}
    for name in ("real/a.csv", "real/b.csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        times = [start + timedelta(minutes=5 * index) for index in range(2000)]
        values = [500.0 if 1500 <= index < 1520 else 100.0 + index % 7 for index in range(2000)]
        rows = "\n".join(f"{at},{value}" for at, value in zip(times, values, strict=True))
        path.write_text(f"timestamp,value\n{rows}\n")
        windows[name] = [[f"{times[1500]}.000000", f"{times[1530]}.000000"]]
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "combined_windows.json").write_text(json.dumps(windows))
    assert main([str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 files, 4,000 points")
    assert lines[2].split()[:2] == ["standard", "100.0"]
    assert [line[:8].strip() for line in lines[2:]] == ["standard", "low FP", "low FN"]


def test_another_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "combined_windows" in capsys.readouterr().err
