"""The scores of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, and the benchmark's own scorer).

Within a window of a labelled anomaly the first detection counts, the earlier the better; a window without
one costs; every detection outside costs the more the farther behind the last window it is. One threshold
for all files, the best one for the profile; 0 is who never detects, 100 who detects each at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

PROBATION: Final = 0.15
"""Share of a file in which a detector only learns."""

PROBATION_ROWS: Final = 5000
"""Rows of a file that the probation is a share of, at most."""


@dataclass(frozen=True)
class Profile:
    """What a find, a miss and a false alarm are worth."""

    name: str
    found: float
    missed: float
    false: float


STANDARD: Final = Profile("standard", 1.0, 1.0, 0.11)
LOW_FALSE_ALARMS: Final = Profile("low FP", 1.0, 1.0, 0.22)
LOW_MISSES: Final = Profile("low FN", 1.0, 2.0, 0.11)
PROFILES: Final = (STANDARD, LOW_FALSE_ALARMS, LOW_MISSES)
"""The benchmark's three application profiles."""


class Window(NamedTuple):
    """First and last row of a labelled anomaly."""

    first: int
    last: int

    @property
    def width(self) -> int:
        """Rows in it."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Scored:
    """One file as a detector saw it: a score per row, and where the anomalies were."""

    name: str
    scores: Sequence[float]
    windows: Sequence[Window]


class Outcome(NamedTuple):
    """The threshold, the sum of points there, and both on the scale of 0…100."""

    threshold: float
    points: float
    normalised: float


class _Row(NamedTuple):
    score: float
    weight: float
    window: int


def probation(rows: int) -> int:
    """Return how many rows at the start of a file do not count."""
    return math.floor(PROBATION * min(rows, PROBATION_ROWS))


def best(files: Sequence[Scored], profile: Profile) -> Outcome:
    """Return the outcome at the threshold that is best for these files."""
    rows = sorted(_rows(files, profile), key=lambda row: -row.score)
    windows = _windows(files)
    points = -profile.missed * windows
    found: dict[int, float] = {}
    top, at = points, math.inf
    for index, row in enumerate(rows):
        points += _worth(row, found, profile)
        if (index + 1 == len(rows) or rows[index + 1].score != row.score) and points > top:
            top, at = points, row.score
    return Outcome(at, top, normalised(top, windows, profile))


def at_threshold(files: Sequence[Scored], profile: Profile, threshold: float) -> Outcome:
    """Return the outcome at a threshold that was chosen elsewhere."""
    found: dict[int, float] = {}
    windows = _windows(files)
    points = -profile.missed * windows
    for row in _rows(files, profile):
        if row.score >= threshold:
            points += _worth(row, found, profile)
    return Outcome(threshold, points, normalised(points, windows, profile))


def normalised(points: float, windows: int, profile: Profile) -> float:
    """Return points on the scale on which never detecting is 0 and detecting each at once is 100."""
    never = -profile.missed * windows
    return 100.0 * (points - never) / (profile.found * windows - never) if windows else 0.0


def across_halves(files: Sequence[Scored], profile: Profile) -> float:
    """Return the normalised score when each half is scored at the threshold of the other."""
    ordered = sorted(files, key=lambda file: file.name)
    halves = (ordered[::2], ordered[1::2])
    points = sum(
        at_threshold(mine, profile, best(other, profile).threshold).points
        for mine, other in (halves, halves[::-1])
    )
    return normalised(points, _windows(files), profile)


def sigmoid(position: float) -> float:
    """Return the benchmark's scaled sigmoid: near 1 at a window's left edge (-1), 0 at its right edge,
    -1 from three widths behind it on."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def _worth(row: _Row, found: dict[int, float], profile: Profile) -> float:
    """Return what one more detection adds, given those already made in its window."""
    if row.window < 0:
        return row.weight
    before = found.get(row.window)
    if before is None:
        found[row.window] = row.weight
        return profile.missed + row.weight
    found[row.window] = max(before, row.weight)
    return found[row.window] - before


def _rows(files: Iterable[Scored], profile: Profile) -> list[_Row]:
    rows: list[_Row] = []
    base = 0
    for file in files:
        rows.extend(_rows_of(file, profile, base))
        base += len(file.windows)
    return rows


def _rows_of(file: Scored, profile: Profile, base: int) -> Iterable[_Row]:
    windows = sorted(file.windows)
    behind = -1
    for index, score in enumerate(file.scores):
        while behind + 1 < len(windows) and windows[behind + 1].last < index:
            behind += 1
        if index < probation(len(file.scores)):
            continue
        if behind + 1 < len(windows) and windows[behind + 1].first <= index:
            window = windows[behind + 1]
            share = sigmoid(-(window.last - index + 1) / window.width) / sigmoid(-1.0)
            yield _Row(score, share * profile.found, base + behind + 1)
        elif behind < 0:
            yield _Row(score, -profile.false, -1)
        else:
            past = (index - windows[behind].last) / max(1, windows[behind].width - 1)
            yield _Row(score, sigmoid(past) * profile.false, -1)


def _windows(files: Iterable[Scored]) -> int:
    return sum(len(file.windows) for file in files)
