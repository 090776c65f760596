"""Run the simulator by hand: `python -m tests.simulator --seeds 1000`, `--seed 7 --trace` to see one run,
`--mutants` for the table of seeded bugs."""

import argparse
import sys
import time
from typing import Final

from tests.simulator.world import Mode, Outcome, simulate

MODES: Final[tuple[Mode, ...]] = ("safety", "liveness")


def command(outcome: Outcome, mode: Mode) -> str:
    """Return the command that runs a seed again."""
    return f"python -m tests.simulator --mode {mode} --seed {outcome.seed} --trace"


def table(seeds: int) -> int:
    """Print how each mutant is caught; 1 when one is not."""
    from tests.simulator.mutants import MUTANTS, caught

    missed = 0
    print(f"{'mutant':52} {'caught by':10} {'seed':>4} {'steps':>7}  finding")
    for mutant in MUTANTS:
        found = caught(mutant, seeds)
        if found is None:
            missed += 1
            print(f"{mutant.name:52} NOBODY")
            continue
        seed = "-" if found.seed is None else str(found.seed)
        print(f"{mutant.name:52} {found.by:10} {seed:>4} {found.steps:>7,}  {found.what[:100]}", flush=True)
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} caught")
    return 1 if missed else 0


def main() -> int:
    """Run what was asked for and print figures; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument("--mode", choices=MODES, default="liveness")
    parser.add_argument("--trace", action="store_true", help="print every step")
    parser.add_argument("--mutants", action="store_true", help="print by what each seeded bug is caught")
    asked = parser.parse_args()
    if asked.mutants:
        return table(asked.seeds)
    mode: Mode = asked.mode
    first, count = (asked.first, asked.seeds) if asked.seed is None else (asked.seed, 1)
    begun, steps, seconds, wrong = time.perf_counter(), 0, 0.0, 0
    for seed in range(first, first + count):
        outcome = simulate(seed, mode, print if asked.trace else None)
        steps += outcome.steps
        seconds += outcome.seconds
        if outcome.found:
            wrong += 1
            sys.stderr.write(f"seed {seed}: {'; '.join(outcome.found)}\n    {command(outcome, mode)}\n")
    took = time.perf_counter() - begun
    print(
        f"{count} seeds, {steps:,} steps, {seconds / 3600:,.1f} simulated hours in {took:.1f} s "
        f"({steps / took:,.0f} steps/s), {wrong} with a violation"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
