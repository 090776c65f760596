"""`repay control`: the service in the foreground, and an example of its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.processes import become
from console.contract.language import t

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("control")
    serve_parser = verbs.add("serve", serve)
    serve_parser.add_argument(
        "--config", required=True, metavar="FILE", help=t("its configuration; see: repay control example")
    )
    verbs.add("example", example)


def serve(context: Context) -> int:
    """Become the service."""
    become("console.control", ("serve", f"--config={context.options.config}"))


def example(context: Context) -> int:
    """Print a configuration with every key explained."""
    become("console.control", ("example",))
