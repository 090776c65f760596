"""Histories: a single spike does not flatten the rest, and is marked where it is cut."""

from __future__ import annotations

from console.tui.widgets.history import SPIKE, bars, points_for, scale_of


def heights(line: str) -> int:
    """Return how many different cells a line has: one when it is flat."""
    return len(set(line) - {SPIKE, " "})


def test_a_loading_spike_is_cut_and_marked_and_the_rest_is_seen() -> None:
    waves = [4.0, 8.0, 12.0, 16.0] * 8
    (spiked,) = bars([49_000.0, *waves[1:]], 1)
    assert spiked[0] == SPIKE and spiked.count(SPIKE) == 1
    assert heights(spiked) > 1


def test_of_several_rows_only_the_uppermost_is_marked() -> None:
    lines = bars([900.0, *([4.0, 8.0] * 12)], 3)
    assert lines[0][0] == SPIKE and SPIKE not in lines[1] + lines[2]


def test_a_rise_is_no_spike() -> None:
    rising = [float(n) for n in range(1, 41)]
    assert scale_of(rising) == 40.0
    assert SPIKE not in bars(rising, 1)[0]


def test_few_points_and_a_given_top_are_left_alone() -> None:
    assert scale_of([1.0, 900.0]) == 900.0
    assert SPIKE not in bars([1.0] * 20, 1, top=1.0)[0]
    assert scale_of([None] * 9) == 0.0
    assert scale_of([0.0] * 30 + [5.0]) == 5.0


def test_the_width_stays() -> None:
    assert len(bars([900.0, *([4.0] * 31)], 1)[0]) == 16 == points_for(16) // 2
