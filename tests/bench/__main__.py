"""Every measured figure beside its budget: `python -m tests.bench [NAME…] [--list] [--full]`.

Without names everything is measured, which takes some ten minutes and about 2 GB of disk. Exits with 1
only when something could not be measured; budgets are judged by the reader, on a machine at rest.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final

from tests.bench.figure import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.figure import Figure

NAMES: Final = (
    "console",
    "table",
    "intake",
    "dispatch",
    "replay",
    "store_pages",
    "strategies",
    "preview",
    "reconcile",
)
"""Modules of this package; each has `measure() -> list[Figure]` and a docstring that says of what."""

FULL_COUNTS: Final = {"store_pages": 10_000_000, "reconcile": 1_000_000}
"""Rows for `--full`."""


def measure(name: str, *, full: bool) -> list[Figure]:
    """Return the figures of one module."""
    module = importlib.import_module(f"tests.bench.{name}")
    sized = full and name in FULL_COUNTS
    figures: list[Figure] = module.measure(FULL_COUNTS[name]) if sized else module.measure()
    return figures


def main(words: Sequence[str] | None = None) -> int:
    """Measure what was named and print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; everything without")
    parser.add_argument("--list", action="store_true", help="say what can be measured")
    parser.add_argument("--full", action="store_true", help="far more rows: a million and more")
    chosen = parser.parse_args(words)
    if unknown := [name for name in chosen.names if name not in NAMES]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    if chosen.list:
        for name in NAMES:
            told = importlib.import_module(f"tests.bench.{name}").__doc__ or ""
            print(f"{name:<12} {told.splitlines()[0]}")
        return 0
    return _run(chosen.names or NAMES, full=chosen.full)


def _run(names: Sequence[str], *, full: bool) -> int:
    figures: list[Figure] = []
    failed: list[str] = []
    for name in names:
        begun = time.monotonic()
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            figures += measure(name, full=full)
        except Exception:
            failed.append(name)
            traceback.print_exc()
        print(f"measured {name} in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    if failed:
        print(f"could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
