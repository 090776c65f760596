"""The simulator finds every seeded bug; run with -s to see by what, at which seed and in how many steps."""

import pytest

from tests.simulator.mutants import MUTANTS, Catch, Mutant, caught
from tests.simulator.world import simulate

SEEDS = 12
"""Seeds within which a bug has to be found."""

CONTROLS = 40
"""Seeds without a bug, each under the faults that a mutant wants."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_seeded_bug_is_caught(mutant: Mutant) -> None:
    found = caught(mutant, SEEDS)
    assert found is not None, f"nobody noticed in {SEEDS} seeds that {mutant.name}"
    print("\n" + told(mutant, found))


@pytest.mark.campaign
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_without_its_bug_nothing_is_found(mutant: Mutant) -> None:
    """The faults alone are no finding: what catches a mutant is the bug."""
    for seed in range(CONTROLS):
        outcome = simulate(seed, mutant.mode, focus=mutant.focus)
        assert not outcome.found, f"seed {seed}: {outcome.found}"


def told(mutant: Mutant, found: Catch) -> str:
    """Return a line of the table: mutant, caught by, seed, steps, finding."""
    seed = "-" if found.seed is None else str(found.seed)
    return f"{mutant.name:52} {found.by:10} {seed:>4} {found.steps:>7,}  {found.what[:100]}"
