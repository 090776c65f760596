"""Whatever goes wrong in simulated runs, nobody is debited twice and nothing is lost.

A failing seed prints the command that runs it again, step by step.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.__main__ import MODES, command
from tests.simulator.decisions import wrong_decisions
from tests.simulator.world import Mode, simulate

SEEDS = 8
"""Seeds of each mode that always run."""

CAMPAIGN = 2_000

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mode", MODES)
def test_no_seed_finds_a_second_debit_or_a_lost_repayment(mode: Mode) -> None:
    _run(mode, range(SEEDS))


@pytest.mark.campaign
@pytest.mark.parametrize("mode", MODES)
def test_no_seed_of_very_many_finds_anything(mode: Mode) -> None:
    _run(mode, range(SEEDS, SEEDS + CAMPAIGN))


def test_a_seed_replays_exactly_whatever_ran_before_and_however_hashes_fall() -> None:
    first, other = simulate(3), simulate(4)
    assert first.digest != other.digest
    assert simulate(3) == first
    told = subprocess.run(
        [sys.executable, "-c", "from tests.simulator.world import simulate; print(simulate(3).digest)"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == first.digest


def test_every_decision_keeps_the_rules() -> None:
    assert wrong_decisions() == []


def _run(mode: Mode, seeds: range) -> None:
    found = []
    for seed in seeds:
        outcome = simulate(seed, mode)
        if outcome.found:
            found.append(f"{'; '.join(outcome.found)}\n    {command(outcome, mode)}")
    assert not found, "\n".join(found)
