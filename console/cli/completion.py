"""`repay completion`: the script that makes a shell complete commands and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.cli.failures import Exit

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context

SHELLS: Final = ("bash", "zsh", "tcsh")


def add(parser: Parser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.set_defaults(run=completion)


def completion(context: Context) -> int:
    """Print the script."""
    import shtab

    from console.cli.main import build_parser

    context.output.line(shtab.complete(build_parser(None, whole=True), context.options.shell))
    return Exit.DONE
