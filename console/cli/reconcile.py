"""`repay reconcile`: a gateway's settlement file of a day against our books.

Without words it lists what was done; with an id it shows one; with a gateway and a day it does one.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from console.cli import listing, mutation
from console.cli.failures import Exit, Failure, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.change import Change
    from console.contract.reconciliation import OrderFinding, Reconciliation

_ID: Final = re.compile(r"rec_[0-9a-f]+\Z")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

FOLLOW_SECONDS: Final = 600.0
"""How long a reconciliation is followed without `--timeout`; it goes on by itself in any case."""

_LOOK_SECONDS: Final = 0.3
_READ_BYTES: Final = 1 << 20


def add(parser: Parser) -> None:
    """Add words and flags."""
    parser.add_argument(
        "what", nargs="?", metavar="GATEWAY|ID", help=t("a gateway, or a reconciliation's id")
    )
    parser.add_argument("day", nargs="?", metavar="DATE", help=t("the day: 2026-11-23, or yesterday"))
    parser.add_argument("--file", metavar="FILE", help=t("a settlement file in place of the gateway's own"))
    parser.add_argument("--to", metavar="FILE", help=t("write what was found to a file: .csv or .jsonl"))
    parser.add_argument("--force", action="store_true", help=t("replace the file if it is there"))
    listing.add_flags(parser)
    mutation.add_flags(parser, expires=False)
    parser.set_defaults(run=reconcile, format=None)


def reconcile(context: Context) -> int:
    """List, show or do."""
    options = context.options
    if options.what is None:
        return _list(context)
    if options.day is None:
        if not _ID.match(options.what):
            raise UsageError(
                t("which day? write: repay reconcile {gateway} yesterday", gateway=shown(options.what))
            )
        return asyncio.run(_show(context))
    return asyncio.run(_run(context, _day(options.day)))


def _day(text: str) -> str:
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from console.contract.clock import BUSINESS_ZONE

    if text == "yesterday":
        return f"{datetime.now(UTC).astimezone(ZoneInfo(BUSINESS_ZONE)) - timedelta(days=1):%Y-%m-%d}"
    if not _DAY.match(text):
        raise UsageError(t("{text} is not a day: write 2026-11-23, or yesterday", text=shown(text)))
    return text


# Looking.


def _list(context: Context) -> int:
    from console.cli.reconcile_text import print_runs

    items, following = asyncio.run(_gather(context))
    listing.print_list(context, items, following, print_runs)
    return Exit.DONE


async def _gather(context: Context) -> tuple[list[Reconciliation], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.reconciliations.page(limit=limit, after=after)
        )


async def _show(context: Context) -> int:
    async with context.service() as service:
        return await _report(context, service, await service.reconciliations.show(context.options.what))


async def _report(context: Context, service: Service, run: Reconciliation) -> int:
    """Print a reconciliation and the first of what was found; write all of it where asked to."""
    from console.cli.reconcile_text import print_findings, print_run

    options = context.options
    written = await _write(context, service, run) if options.to and run.report is not None else None
    items: list[OrderFinding] = []
    following: str | None = None
    if run.report is not None and options.to != "-":
        items, following = await listing.gather(
            context, lambda limit, after: service.reconciliations.findings(run.id, limit=limit, after=after)
        )
    if context.output.json and options.to != "-":
        found = [item.model_dump(mode="json") for item in items]
        context.output.document(run.model_dump(mode="json") | {"items": found, "next": following})
    elif options.to != "-":
        print_run(context, run)
        if items:
            context.output.line()
            print_findings(context, items)
        if following is not None:
            context.output.talk(t("{count:,} shown, there are more: --limit N", count=len(items)))
    if written is not None:
        context.output.talk(t("{count:,} orders written to {file}", count=written, file=shown(options.to)))
    return Exit.DONE if run.state in ("complete", "running") else Exit.PARTLY


async def _write(context: Context, service: Service, run: Reconciliation) -> int:
    import sys

    from console.cli.placed_file import placed

    if context.options.to == "-":
        return await _export(context, service, run, sys.stdout.buffer)
    with placed(Path(context.options.to), replace=context.options.force) as file:
        return await _export(context, service, run, file)


async def _export(context: Context, service: Service, run: Reconciliation, file: BinaryIO) -> int:
    from console.cli.placed_file import format_of
    from console.cli.reconcile_text import csv_heading, csv_line
    from console.cli.repayment_export import json_line

    as_csv = format_of(context) == "csv"
    if as_csv:
        file.write(csv_heading())
    written, after = 0, None
    while True:
        page = await service.reconciliations.findings(run.id, after=after)
        for one in page.items:
            row = one.model_dump(mode="json")
            file.write(csv_line(row) if as_csv else json_line(row))
        written += len(page.items)
        after = page.next
        if after is None:
            file.flush()
            return written


# Doing.


async def _run(context: Context, day: str) -> int:
    from console.cli.change_text import print_change
    from console.contract.change import ChangeState

    fields: dict[str, Any] = {"gateway": context.options.what, "day": day}
    async with context.service() as service:
        if context.options.file is not None:
            fields |= await _bring(context, service, context.options.file)
        intent = mutation.changing(context, "reconcile.run", fields)
        done = await mutation.obtain(context, service, intent, service.changes.send)
        if done is None:
            return Exit.DONE
        if done.state is not ChangeState.APPLIED:
            print_change(context, done)
            return mutation.ended(context, done)
        return await _report(context, service, await _followed(context, service, done))


async def _bring(context: Context, service: Service, name: str) -> dict[str, Any]:
    """Bring a file to the service, which alone changes nothing; return the fields that name it."""
    from console.cli.intake_file.report import Progress

    with ExitStack() as stack:
        file = stack.enter_context(_opened(name))
        digest, size = sha256(), 0
        while block := file.read(_READ_BYTES):
            digest.update(block)
            size += len(block)
        if not size:
            raise UsageError(t("{file} is empty", file=shown(name)))
        file.seek(0)
        progress = Progress(size)
        stack.callback(progress.clear)
        pieces = await service.reconciliations.bring(
            file, digest.hexdigest(), lambda brought: progress.show(brought, 0)
        )
    return {"file": digest.hexdigest(), "pieces": pieces}


def _opened(name: str) -> BinaryIO:
    path = Path(name)
    if path.exists() and not path.is_file():
        raise UsageError(t("{file} is no plain file", file=shown(name)))
    try:
        return path.open("rb")
    except OSError as error:
        kind = Exit.NOT_FOUND if isinstance(error, FileNotFoundError) else Exit.USAGE
        raise Failure(
            t("cannot read {file}: {problem}", file=shown(name), problem=error.strerror), kind
        ) from error


async def _followed(context: Context, service: Service, done: Change) -> Reconciliation:
    """Return the reconciliation that a change asked for, once it has ended or has to wait."""
    from console.contract.reconciliation_words import problem_words

    until = time.monotonic() + (context.options.timeout or FOLLOW_SECONDS)
    run = await _asked_by(service, done)
    told = ""
    while run.state == "running" or (run.state == "waiting" and not (run.tries and run.problem)):
        if time.monotonic() >= until:
            context.output.talk(t("it goes on by itself: repay reconcile {id}", id=shown(run.id)))
            break
        if run.problem not in ("", told):
            told = run.problem
            context.output.talk(problem_words(told))
        await asyncio.sleep(_LOOK_SECONDS)
        run = await service.reconciliations.show(run.id)
    return run


async def _asked_by(service: Service, done: Change) -> Reconciliation:
    page = await service.reconciliations.page()
    for run in page.items:
        if run.change == done.id:
            return run
    raise Failure(t("the service does not know of it; see: repay reconcile"), Exit.UNEXPECTED)
