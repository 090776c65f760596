"""Score the detector on a folder of the benchmark: `python -m tests.bench.nab FOLDER`.

FOLDER is a copy of the public benchmark, with `data/**/*.csv` and `labels/combined_windows.json`. Prints
the three scores with the threshold chosen on all files, and across halves: chosen on one, scored on the
other. The data is not part of this project.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from console.warnings.detector import Detector, Tuning
from tests.bench.nab.scoring import PROFILES, Scored, Window, across_halves, best

DAY = 86_400


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; 2 when the folder is not the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.nab", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(words).folder
    labels = folder / "labels" / "combined_windows.json"
    if not labels.is_file():
        print(
            f"{folder} holds no labels/combined_windows.json: name a copy of the benchmark", file=sys.stderr
        )
        return 2
    windows = json.loads(labels.read_text(encoding="utf-8"))
    started = time.perf_counter()
    files = [scored(folder / "data" / name, name, spans) for name, spans in sorted(windows.items())]
    points = sum(len(file.scores) for file in files)
    spent = time.perf_counter() - started
    print(f"{len(files)} files, {points:,} points, {spent / max(1, points) * 1e6:.1f} µs a point")
    print(f"{'profile':<10} {'all files':>10} {'threshold':>10} {'across halves':>14}")
    for profile in PROFILES:
        outcome = best(files, profile)
        halves = across_halves(files, profile)
        print(f"{profile.name:<10} {outcome.normalised:>10.1f} {outcome.threshold:>10.4f} {halves:>14.1f}")
    return 0


def scored(path: Path, name: str, spans: Sequence[Sequence[str]]) -> Scored:
    """Return a file as the detector sees it: one point after the other, nothing of what follows."""
    times, values = read(path)
    step = max(1, round((times[-1] - times[0]) / max(1, len(times) - 1)))
    slots = max(1, DAY // step)
    detector = Detector(Tuning(memory=max(2.0, slots), slots=slots))
    scores = [
        detector.step(value, int(at % DAY) // step).score for at, value in zip(times, values, strict=True)
    ]
    found = [_window(times, _seconds(first), _seconds(last)) for first, last in spans]
    return Scored(name, scores, found)


def read(path: Path) -> tuple[list[float], list[float]]:
    """Return the times (seconds) and values of a file."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(_seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(lines)]
    if len(rows) < 2:
        raise ValueError(f"{path} holds fewer than two rows")
    return [at for at, _ in rows], [value for _, value in rows]


def _window(times: Sequence[float], first: float, last: float) -> Window:
    inside = [index for index, at in enumerate(times) if first <= at <= last]
    if not inside:
        raise ValueError("a labelled window holds no row of its file")
    return Window(inside[0], inside[-1])


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


if __name__ == "__main__":
    sys.exit(main())
