"""`repay audit`: who did what, whether the record holds, and the record as a file."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli import listing
from console.cli.failures import Exit
from console.cli.placed_file import add_target, format_of, placed
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.change import AuditRow, AuditVerdict


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("audit")
    several = verbs.add("list", list_audit)
    _add_filter(several)
    listing.add_flags(several)
    verbs.add("verify", verify)
    taken_out = verbs.add("export", export)
    _add_filter(taken_out)
    add_target(taken_out)


def _add_filter(parser: Parser) -> None:
    parser.add_argument("--who", metavar="PERSON", help=t("only what this person did"))
    parser.add_argument("--action", metavar="ACTION", help=t("only this action, e.g. queue.pause"))
    parser.add_argument("--change", metavar="ID", help=t("only what belongs to this change"))
    parser.add_argument("--since", type=_since, metavar="SPAN", help=t("only the last so long: 90s, 2h, 7d"))


def _filter(context: Context) -> dict[str, str | None]:
    return {name: getattr(context.options, name) for name in ("who", "action", "change", "since")}


def _since(text: str) -> str:
    """Return the moment so long ago."""
    from datetime import UTC, datetime, timedelta

    from console.cli.arguments import span_text
    from console.contract.span import parse_span

    ago = timedelta(seconds=parse_span(span_text(text)))
    return (datetime.now(UTC) - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def list_audit(context: Context) -> int:
    """Print the audit, newest first."""
    items, following = asyncio.run(_list(context))
    listing.print_list(context, items, following, _print)
    return Exit.DONE


async def _list(context: Context) -> tuple[list[AuditRow], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.changes.audit(**_filter(context), limit=limit, after=after)
        )


def _print(context: Context, rows: Sequence[AuditRow]) -> None:
    from console.cli.figures import moment, zone_of
    from console.cli.output import Column

    zone = zone_of(context.profile.view.timezone)
    names = (
        t("number"), t("at"), t("who"), t("signed in by"), t("action"), t("subject"), t("outcome"),
        t("change"), t("approved"), t("reason"),
    )  # fmt: skip
    cells = [
        (
            str(row.seq),
            moment(row.at, zone),
            shown(row.who),
            shown(row.via),
            shown(row.action),
            shown(row.subject),
            shown(row.outcome),
            shown(row.change or "-"),
            ", ".join(shown(person) for person in row.approvals) or "-",
            shown(row.reason),
        )
        for row in rows
    ]
    context.output.table([Column(name) for name in names], cells)


def verify(context: Context) -> int:
    """Check the whole chain; exit 1 when a row is not as it was written."""
    verdict = asyncio.run(_verdict(context))
    if context.output.json:
        context.output.document(verdict.model_dump(mode="json"))
    else:
        context.output.line(_told(verdict))
    return Exit.DONE if verdict.sound else Exit.UNEXPECTED


async def _verdict(context: Context) -> AuditVerdict:
    async with context.service() as service:
        return await service.changes.verify_audit()


def _told(verdict: AuditVerdict) -> str:
    if verdict.sound:
        return t(
            "sound: {rows:,} rows, compared with {anchors:,} anchors; head {head}",
            rows=verdict.rows,
            anchors=verdict.anchors,
            head=shown(verdict.head),
        )
    problem = "" if verdict.problem is None else shown(verdict.problem)
    row = "?" if verdict.first_bad is None else str(verdict.first_bad)
    return t("NOT SOUND: row {row} is the first that does not hold: {problem}", row=row, problem=problem)


def export(context: Context) -> int:
    """Write the audit to a file, or to stdout; all of it where nothing narrows it."""
    target: str = context.options.to
    if target == "-":
        asyncio.run(_export(context, sys.stdout.buffer))
        return Exit.DONE
    with placed(Path(target), replace=context.options.force) as file:
        asyncio.run(_export(context, file))
        size = file.tell()
    if context.output.json:
        context.output.document({"file": target, "bytes": size})
    context.output.talk(t("the audit is in {file}: {count:,} bytes", file=shown(target), count=size))
    return Exit.DONE


async def _export(context: Context, file: BinaryIO) -> None:
    form, only = format_of(context), _filter(context)
    async with context.service() as service, aclosing(service.changes.export_audit(form, **only)) as coming:
        async for piece in coming:
            file.write(piece)
    file.flush()
