"""`repay worker`: a worker in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.processes import become
from console.contract.language import t

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context


def add(parser: Parser) -> None:
    """Add the flags."""
    parser.add_argument(
        "--config", required=True, metavar="FILE", help=t("its configuration; see: repay control example")
    )
    parser.set_defaults(run=work)


def work(context: Context) -> int:
    """Become a worker."""
    become("console.control.worker", (f"--config={context.options.config}",))
