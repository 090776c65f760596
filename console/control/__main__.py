"""`python -m console.control embedded | serve --config FILE | example`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from console.contract.misadventure import dump_no_core
from console.contract.places import runtime_dir, state_dir
from console.control.exits import complaint


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen service in the foreground; return its exit code."""
    dump_no_core()
    chosen = _parser().parse_args(arguments)
    with complaint() as outcome:
        outcome.code = _run(chosen)
    return outcome.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m console.control", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True)
    embedded = verbs.add_parser("embedded", help="the service behind a profile with embedded = true")
    embedded.add_argument("--runtime-dir", type=Path, default=None)
    embedded.add_argument("--state-dir", type=Path, default=None)
    embedded.add_argument(
        "--linger",
        type=float,
        default=float(os.environ.get("REPAY_LINGER", "20")),
        help="seconds to stay after the last console left ($REPAY_LINGER)",
    )
    embedded.add_argument(
        "--past",
        type=int,
        default=int(os.environ.get("REPAY_PAST", "50000")),
        help="past repayments of a fresh database ($REPAY_PAST)",
    )
    embedded.add_argument(
        "--sandbox-options",
        type=shlex.split,
        default=shlex.split(os.environ.get("REPAY_SANDBOX_OPTIONS", "")),
        help="further words for the sandbox ($REPAY_SANDBOX_OPTIONS)",
    )
    serve = verbs.add_parser("serve", help="the service of a configuration file")
    serve.add_argument("--config", type=Path, required=True)
    verbs.add_parser("example", help="print a configuration with every key explained")
    return parser


def _run(chosen: argparse.Namespace) -> int:
    match chosen.verb:
        case "embedded":
            from console.control import embedded

            return embedded.main(
                chosen.runtime_dir or runtime_dir(),
                chosen.state_dir or state_dir(),
                embedded.Manner(chosen.linger, chosen.past, tuple(chosen.sandbox_options)),
            )
        case "serve":
            from console.control import serve

            return serve.main(chosen.config)
        case _:
            from console.control.example import EXAMPLE

            sys.stdout.write(EXAMPLE)
            return 0


if __name__ == "__main__":
    sys.exit(main())
