"""`repay gateway sla` and `repay gateway reserve`: what a gateway owes, and what lies with it."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli import mutation
from console.cli.failures import Exit, UsageError
from console.cli.placed_file import placed
from console.contract.language import t
from console.contract.money import parse_yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.gateway import GatewayDetail
    from console.contract.sla import SlaLedger


def add_ledger(parser: Parser) -> None:
    """Add what `sla` takes beside the gateway."""
    parser.add_argument("--from", dest="start", metavar="DAY", help=t("the first day; without: 30 days back"))
    parser.add_argument("--to", dest="end", metavar="DAY|FILE.csv",
                        help=t("the last day; or the file to write the evidence pack to, - for stdout"),
                        action="append", default=[])  # fmt: skip
    parser.add_argument("--force", action="store_true", help=t("replace the file if it is there"))


def add_reserve(parser: Parser) -> None:
    """Add what `reserve` takes beside the gateway."""
    parser.add_argument(
        "--top-up", dest="top_up", type=_fen, metavar="YUAN", help=t("note so much money placed there")
    )
    mutation.add_flags(parser, expires=False)


def _fen(text: str) -> int:
    try:
        return parse_yuan(text)
    except ValueError:
        raise argparse.ArgumentTypeError(t("{text} is no amount in yuan", text=shown(text))) from None


def ledger(context: Context) -> int:
    """Print the SLA ledger of a gateway, or write it as an evidence pack."""
    end, file = _ends(context.options.end)
    found = asyncio.run(_ledger(context, end))
    if file is not None:
        return _write(context, found, file)
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
        return Exit.DONE
    from console.cli.gateway_text import print_ledger

    print_ledger(context, found)
    return Exit.DONE


def _ends(given: list[str]) -> tuple[str | None, str | None]:
    """Return the last day and the file: `--to` may be given for each."""
    days = [text for text in given if re.match(r"\d{4}-\d\d-\d\d", text)]
    files = [text for text in given if text not in days]
    if len(days) > 1 or len(files) > 1:
        raise UsageError(t("--to takes one day and one file"))
    return (days[0] if days else None), (files[0] if files else None)


async def _ledger(context: Context, end: str | None) -> SlaLedger:
    async with context.service() as service:
        return await service.changes.gateway_sla(context.options.id, start=context.options.start, end=end)


def _write(context: Context, found: SlaLedger, file: str) -> int:
    from console.cli.gateway_text import evidence_pack

    pack = evidence_pack(found)
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(pack)
        sys.stdout.buffer.flush()
        return Exit.DONE
    with placed(Path(file), replace=context.options.force) as target:
        target.write(pack)
    context.output.talk(t("evidence pack written to {path}", path=shown(file)))
    return Exit.DONE


def reserve(context: Context) -> int:
    """Print a gateway's reserve, or note a top-up of it."""
    if context.options.top_up is not None:
        fields = {"gateway": context.options.id, "top_up_fen": context.options.top_up}
        return mutation.run(context, mutation.changing(context, "gateway.reserve", fields))
    found = asyncio.run(_detail(context))
    if context.output.json:
        document = None if found.reserve is None else found.reserve.model_dump(mode="json")
        context.output.document({"gateway": found.line.id, "reserve": document})
    elif found.reserve is None:
        context.output.line(t("no reserve is kept there"))
    else:
        from console.cli.gateway_text import print_reserve

        print_reserve(context, found.reserve)
    return Exit.DONE


async def _detail(context: Context) -> GatewayDetail:
    async with context.service() as service:
        return await service.changes.gateway(context.options.id)
