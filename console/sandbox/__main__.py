"""`python -m console.sandbox run`: the simulated third parties, as a process of their own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.contract.places import CONTROL_SOCKET, InUseError, PlaceError, runtime_dir, state_dir
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.sandbox.process import Settings

DEFAULT_LINGER = 15.0
"""Seconds the sandbox of an embedded service outlives it."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m console.sandbox", allow_abbrev=False)
    run = top.add_subparsers(dest="verb", required=True).add_parser(
        "run", help="run gateways and borrowers until stopped", allow_abbrev=False
    )
    run.add_argument("--runtime-dir", type=Path, help="directory of sockets (private)")
    run.add_argument("--state-dir", type=Path, help="directory of ledgers (private)")
    run.add_argument("--rate", type=_positive, default=20.0, help="repayments a second, mean of the day")
    run.add_argument("--seed", type=int, default=1, help="seed of the population and of the past")
    run.add_argument("--instant", action="store_true", help="every order succeeds at once; no borrowers")
    run.add_argument("--no-borrowers", action="store_true", help="nobody sends repayments")
    run.add_argument("--port", type=_port, help="loopback port of the gateways (default: the last one)")
    run.add_argument("--control-url", help="URL of the service, in place of its Unix socket")
    run.add_argument("--token-env", metavar="VARIABLE", help="variable that holds the token for the service")
    run.add_argument(
        "--linger",
        type=_positive,
        help="end after this many seconds without a service (0: never; default 15, or 0 with --control-url)",
    )
    return top


def settings(words: Sequence[str] | None) -> Settings:
    """Return what the command line asks for."""
    from console.sandbox.door import Address
    from console.sandbox.process import Settings

    top = parser()
    chosen = top.parse_args(words)
    runtime: Path = chosen.runtime_dir or runtime_dir()
    token = os.environ.get(chosen.token_env, "") if chosen.token_env else None
    if token == "":
        top.error(f"the variable {chosen.token_env} holds no token")
    address = (
        Address(None, chosen.control_url, token)
        if chosen.control_url
        else Address(runtime / CONTROL_SOCKET, token=token)
    )
    linger = chosen.linger
    if linger is None:
        linger = 0.0 if chosen.control_url else DEFAULT_LINGER
    return Settings(
        runtime_dir=runtime.absolute(),
        state_dir=(chosen.state_dir or state_dir()).absolute(),
        rate=chosen.rate,
        seed=chosen.seed,
        instant=chosen.instant,
        borrowers=not (chosen.no_borrowers or chosen.instant),
        port=chosen.port,
        control=address,
        linger=linger,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run the sandbox; return the exit code."""
    chosen = settings(words)
    from console.sandbox import process
    from console.sandbox.book import BookError
    from console.sandbox.ledger import LedgerError

    try:
        process.run(chosen)
    except InUseError as error:
        return _say(f"another sandbox is running: {error}", 5)
    except PlaceError as error:
        return _say(str(error), 2)
    except (BookError, LedgerError, OSError) as error:
        return _say(str(error), 1)
    return 0


def _say(message: str, code: int) -> int:
    print(f"sandbox: {shown(message)}", file=sys.stderr)
    return code


def _positive(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise ValueError(text)
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 < value < 65536:
        raise ValueError(text)
    return value


if __name__ == "__main__":
    sys.exit(main())
