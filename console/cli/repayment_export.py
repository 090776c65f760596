"""`repay repayment export`: a selection into a file, row by row, put in place whole or not at all.

Cells are made safe twice: nothing in them acts on a terminal, and no spreadsheet takes one for a formula.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.cli.failures import Exit, Failure
from console.cli.output import json_text
from console.cli.placed_file import add_target, format_of, placed
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import BinaryIO

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.selection import Selection

COLUMNS: Final = (
    "id", "external_id", "stage", "state", "amount_fen", "currency", "gateway", "product", "borrower_token",
    "borrower_name", "borrower_mobile", "borrower_id_number", "borrower_card", "instalment", "due_on",
    "grace_until", "error_code", "created_at", "updated_at",
)  # fmt: skip
"""The columns of an exported CSV file."""

_FORMULA_STARTS: Final = frozenset("=+-@\t\r")


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

    as_line = csv_line if format_of(context) == "csv" else json_line
    async with context.service() as service:
        selection = await freeze(service, text)
        if as_line is csv_line:
            file.write(_csv(COLUMNS))
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
        async for line in lines:
            try:
                row = json.loads(line)
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


def csv_line(row: dict[str, Any]) -> bytes:
    """Return a row as one line of CSV."""
    borrower = row.get("borrower")
    flat = row | {f"borrower_{key}": value for key, value in (borrower or {}).items()}
    return _csv(tuple(cell(flat.get(column)) for column in COLUMNS))


def cell(value: object) -> str:
    """Return a cell's text: nothing acts on a terminal, nothing is a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    quote = "'" if value[:1] in _FORMULA_STARTS else ""
    return quote + shown(value)


def _csv(cells: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()
