"""`repay replay receipt`: who replayed what and why, and what became of everything that went in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.failures import Exit
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.replay import Receipt


def add_flags(parser: Parser) -> None:
    """Add where it goes."""
    parser.add_argument("--to", metavar="FILE", help=t("the file to write; as JSON where its name says so"))
    parser.add_argument("--force", action="store_true", help=t("replace the file if it is there"))


def receipt(context: Context) -> int:
    """Print the receipt, or write it to a file."""
    from console.cli.output import json_text
    from console.cli.placed_file import placed

    found = asyncio.run(_find(context))
    target = context.options.to
    if target is None:
        if context.output.json:
            context.output.document(found.model_dump(mode="json"))
        else:
            context.output.line(_text(context, found))
    else:
        as_json = context.output.json or Path(target).suffix == ".json"
        text = json_text(found.model_dump(mode="json"), indent=2) if as_json else _text(context, found)
        with placed(Path(target), replace=context.options.force) as file:
            file.write(text.encode() + b"\n")
        context.output.talk(t("the receipt is in {file}", file=shown(target)))
    return Exit.DONE if found.conservation.balanced else Exit.UNEXPECTED


async def _find(context: Context) -> Receipt:
    async with context.service() as service:
        return await service.replays.receipt(context.options.id)


def _text(context: Context, found: Receipt) -> str:
    from console.cli.change_text import block
    from console.cli.figures import moment, zone_of
    from console.contract.replay_words import receipt_rows

    zone = zone_of(context.profile.view.timezone)
    return "\n".join(block(receipt_rows(found, lambda at: moment(at, zone))))
