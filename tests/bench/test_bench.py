"""The benchmarks can be run: each is listed, and has the shape that the table needs."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import NAMES, main
from tests.bench.figure import Figure, percentile, table
from tests.bench.memory import peak_mib

NO_BENCHMARKS = {"__init__", "__main__", "figure", "memory", "test_bench"}


def test_every_benchmark_is_listed_with_what_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    here = {path.stem for path in Path(__file__).parent.glob("*.py")} - NO_BENCHMARKS
    assert here == set(NAMES)
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_measures_without_being_told_how(name: str) -> None:
    measure = importlib.import_module(f"tests.bench.{name}").measure
    required = [
        parameter
        for parameter in inspect.signature(measure).parameters.values()
        if parameter.default is parameter.empty
    ]
    assert required == []


def test_the_peak_of_a_process_is_its_own() -> None:
    held = b"1" * 200_000_000
    words = [sys.executable, "-c", "from tests.bench.memory import peak_mib; print(peak_mib())"]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert 1 < float(told.stdout) < 100
    assert peak_mib() > len(held) / 2**20


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nonsense"])
    assert ended.value.code == 2
    assert "unknown: nonsense; known: console, table" in capsys.readouterr().err


def test_one_that_fails_is_named_and_the_others_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.bench import intake, strategies

    def broken() -> list[Figure]:
        raise OSError("no room")

    monkeypatch.setattr(intake, "measure", broken)
    monkeypatch.setattr(strategies, "measure", lambda: [Figure("rules", 12.5, "1/s", 10, "higher")])
    assert main(["intake", "strategies"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["rules", "(1/s)", "12.5", "≥", "10"]
    assert "could not be measured: intake" in err


def test_a_figure_over_its_budget_is_marked() -> None:
    lines = table([Figure("a", 2, "ms", 1), Figure("b", 1, "ms", 1), Figure("c", 9, "ms")]).splitlines()
    assert [line.endswith("OVER") for line in lines] == [False, True, False, False]


def test_percentiles_lie_between_the_samples() -> None:
    samples = [float(number) for number in range(1, 102)]
    assert (percentile(samples, 50), percentile(samples, 99)) == (51, 100)
