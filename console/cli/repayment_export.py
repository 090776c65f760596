"""`repay repayment export`: a selection into a file, row by row, put in place whole or not at all."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.failures import Exit, Failure
from console.cli.output import json_text
from console.cli.placed_file import add_target, format_of, placed
from console.contract.csv_text import REPAYMENT_COLUMNS, record, repayment_record
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import BinaryIO

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.selection import Selection


def add_flags(parser: Parser) -> None:
    """Add filter and target."""
    from console.cli.repayment import add_filter

    add_filter(parser)
    add_target(parser)


def run(context: Context) -> int:
    """Export what matches."""
    from console.cli.repayment import filter_text

    text = filter_text(context.options.filter)
    if context.options.to == "-":
        selection = asyncio.run(_export(context, text, sys.stdout.buffer))
    else:
        target = Path(context.options.to)
        with placed(target, replace=context.options.force) as file:
            selection = asyncio.run(_export(context, text, file))
    if context.output.json and context.options.to != "-":
        context.output.document({"file": context.options.to, "selection": selection.model_dump(mode="json")})
    context.output.talk(
        t("{count:,} repayments written to {file}", count=selection.count, file=shown(context.options.to))
    )
    return Exit.DONE


async def _export(context: Context, text: str, file: BinaryIO) -> Selection:
    from console.cli.repayment import freeze

    as_line = repayment_record if format_of(context) == "csv" else json_line
    async with context.service() as service:
        selection = await freeze(service, text)
        if as_line is repayment_record:
            file.write(record(REPAYMENT_COLUMNS))
        written = await _write(service.export(selection.id), as_line, file)
    file.flush()
    if written != selection.count:
        raise Failure(
            t("only {written:,} of {count:,} repayments came; nothing was written", written=written,
              count=selection.count),
            Exit.UNREACHABLE,
        )  # fmt: skip
    return selection


async def _write(
    rows: AsyncGenerator[bytes, None], as_line: Callable[[dict[str, Any]], bytes], file: BinaryIO
) -> int:
    written = 0
    async with aclosing(rows) as lines:
        async for found in lines:
            try:
                row = json.loads(found)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise Failure(t("what the service exports is no list"), Exit.UNEXPECTED)
            file.write(as_line(row))
            written += 1
    return written


def json_line(row: dict[str, Any]) -> bytes:
    """Return a row as one line of JSON in which nothing acts on a terminal."""
    return json_text(row).encode() + b"\n"
