"""`repay repayment`: list, show, take in. Files have modules of their own."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from console.cli.arguments import positive_number
from console.cli.failures import Exit, UsageError, filter_failure
from console.cli.output import Cell, Column
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.repayment import EvidenceLine, NewRepayment, Repayment, RepaymentRow
    from console.contract.selection import Selection

DEFAULT_LIMIT: Final = 50

VERDICTS: Final = ("pass", "reject")
"""How a review may end."""

ADD_FIELDS: Final = {
    "external_id": "the sender's own id; makes it safe to send again",
    "borrower": "the sender's id of the borrower",
    "name": "the borrower's name",
    "mobile": "the borrower's mobile number",
    "id_number": "the borrower's identity number",
    "card": "the card or account to debit",
    "amount_fen": "the amount in fen",
    "product": "the loan product",
    "instalment": "the instalment's number",
    "due_on": "the due day, as 2026-11-24",
    "gateway": "the gateway that is wanted; may be left out",
}
"""The fields of one repayment to take in, and their meaning."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    from console.cli import doubt, mutation, personal, repayment_export, repayment_import

    verbs = parser.verbs("repayment")
    listing = verbs.add("list", list_repayments)
    add_filter(listing)
    listing.add_argument(
        "--limit", type=positive_number, default=DEFAULT_LIMIT, metavar="N",
        help=t("how many to print, newest first; {count} without", count=DEFAULT_LIMIT),
    )  # fmt: skip
    one = verbs.add("show", show)
    one.add_argument("id", metavar="ID", help=t("a repayment's id"))
    personal.add_verbs(verbs)
    single = verbs.add("add", take_in_one)
    single.add_argument(
        "source", nargs="?", choices=("-",), metavar="-", help=t("read one JSON object from stdin")
    )
    for field, about in ADD_FIELDS.items():
        single.add_argument(f"--{field.replace('_', '-')}", dest=field, metavar="VALUE", help=t(about))
    single.add_argument("--key", metavar="KEY", help=t("idempotency key; made and printed when absent"))
    reviewing = verbs.add("review", review)
    reviewing.add_argument("ids", nargs="+", metavar="ID", help=t("ids of repayments in review"))
    reviewing.add_argument(
        "verdict", choices=VERDICTS, help=t("pass: they go on to dispatch; reject: they are final")
    )
    mutation.add_flags(reviewing, expires=False)
    doubt.add_verbs(verbs, add_filter)
    repayment_import.add_flags(verbs.add("import", repayment_import.run))
    repayment_export.add_flags(verbs.add("export", repayment_export.run))


def add_filter(parser: Parser) -> None:
    """Add the words of a filter."""
    parser.add_argument(
        "filter", nargs="*", metavar="FILTER", help=t("for example: state:failed gateway:alipay age<2h")
    )


def filter_text(words: Sequence[str]) -> str:
    """Return the filter that the words make together. Raises UsageError that points at the place."""
    from console.contract.filter import FilterError, parse_filter

    text = " ".join(word.strip() for word in words).strip()
    try:
        parse_filter(text)
    except FilterError as error:
        raise filter_failure(text, error.problem, error.column, error.hint) from error
    return text


async def freeze(service: Service, text: str) -> Selection:
    """Freeze what matches. Raises UsageError where the service does not read the filter as we do."""
    from console.client.errors import Invalid

    try:
        return await service.freeze(text)
    except Invalid as error:
        if error.column is None:
            raise
        raise filter_failure(text, error.problem.raw, error.column, error.hint.raw) from error


def list_repayments(context: Context) -> int:
    """Print the newest repayments that match."""
    text = filter_text(context.options.filter)
    selection, rows = asyncio.run(_list(context, text))
    if context.output.json:
        found = selection.model_dump(mode="json")
        items = [row.model_dump(mode="json") for row in rows]
        more = len(rows) if len(rows) < selection.count else None
        context.output.document({"selection": found, "items": items, "next": more})
    else:
        print_rows(context, rows)
    counts = {"shown": len(rows), "count": selection.count, "sum": yuan(selection.sum_fen)}
    context.output.talk(t("{shown:,} of {count:,} shown, {sum} in all", **counts))
    return Exit.DONE


async def _list(context: Context, text: str) -> tuple[Selection, list[RepaymentRow]]:
    from console.client.service import ROWS_AT_ONCE

    limit: int = context.options.limit
    async with context.service() as service:
        selection = await freeze(service, text)
        rows: list[RepaymentRow] = []
        while len(rows) < min(limit, selection.count):
            page = await service.rows(selection.id, len(rows), min(ROWS_AT_ONCE, limit - len(rows)))
            if not page:
                break
            rows.extend(page)
        return selection, rows


def print_rows(context: Context, rows: Sequence[RepaymentRow]) -> None:
    """Print repayments as a table."""
    from console.cli.figures import moment, stage_cell, zone_of

    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id")),
        Column(t("stage")),
        Column(t("amount"), right=True),
        Column(t("gateway")),
        Column(t("error")),
        Column(t("borrower")),
        Column(t("product")),
        Column(t("due")),
        Column(t("updated")),
    ]
    cells = [
        (
            shown(row.id),
            stage_cell(row.stage, row.replayed),
            yuan(row.amount_fen),
            shown(row.gateway or "-"),
            shown(row.error_code or "-"),
            shown(row.borrower.name),
            shown(row.product),
            row.due_on.isoformat(),
            moment(row.updated_at, zone),
        )
        for row in rows
    ]
    context.output.table(columns, cells)


def show(context: Context) -> int:
    """Print one repayment in full."""
    found = asyncio.run(_find(context, context.options.id))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        _print_repayment(context, found)
    return Exit.DONE


async def _find(context: Context, identity: str) -> Repayment:
    async with context.service() as service:
        return await service.repayment(identity)


def _print_repayment(context: Context, found: Repayment) -> None:
    from console.cli.figures import moment, stage_cell, zone_of

    output, zone = context.output, zone_of(context.profile.view.timezone)
    stage = stage_cell(found.stage)
    output.line(f"{shown(found.id)}  {output.tinted(stage.text, stage.tone)}  {yuan(found.amount_fen)}")
    rows: list[tuple[str, str]] = [
        (t("external id"), shown(found.external_id)),
        (t("borrower"), f"{shown(found.borrower.name)}  {shown(found.borrower.token)}"),
        (t("mobile"), shown(found.borrower.mobile)),
        (t("identity number"), shown(found.borrower.id_number)),
        (t("card"), shown(found.borrower.card)),
        (t("product"), shown(found.product)),
        (t("instalment"), shown(found.instalment)),
        (t("due"), found.due_on.isoformat()),
        (t("error"), shown(found.error_code or "-")),
        (t("replayed"), str(found.replayed)),
        (t("created"), moment(found.created_at, zone)),
        (t("updated"), moment(found.updated_at, zone)),
    ]
    output.table([Column(t("field")), Column(t("value"))], rows)
    evidence = [
        (
            shown(attempt.order_no) if first else "",
            shown(attempt.gateway) if first else "",
            attempt.state.value if first else "",
            moment(line.at, zone) if line else moment(attempt.sent_at, zone),
            line.source.value if line else "-",
            line.verdict.value if line else "-",
            shown(line.code or "-") if line else "-",
        )
        for attempt in found.attempts
        for first, line in _numbered(attempt.evidence)
    ]
    if evidence:
        output.line()
        headings = (t("order"), t("gateway"), t("state"), t("at"), t("evidence"), t("verdict"), t("code"))
        output.table([Column(heading) for heading in headings], evidence)
    output.line()
    steps: list[tuple[str | Cell, ...]] = [
        (moment(step.at, zone), shown(step.actor), shown(step.what), shown(step.detail))
        for step in found.timeline
    ]
    output.table([Column(heading) for heading in (t("at"), t("who"), t("what"), t("detail"))], steps)


def _numbered(lines: Sequence[EvidenceLine]) -> list[tuple[bool, EvidenceLine | None]]:
    return [(at == 0, line) for at, line in enumerate(lines)] or [(True, None)]


def review(context: Context) -> int:
    """End the review of repayments that strategies intercepted."""
    from console.cli import mutation

    ids, verdict = context.options.ids, context.options.verdict
    return mutation.change(context, "repayment.review", repayments=ids, verdict=verdict)


def take_in_one(context: Context) -> int:
    """Take in one repayment, from flags or from a JSON object on stdin."""
    from console.client.answers import new_key

    repayment = _new_repayment(context)
    key = context.options.key or new_key()
    if context.options.key is None:
        context.output.talk(t("idempotency key: {key}", key=key))
    row = asyncio.run(_take_in_one(context, repayment, key))
    if context.output.json:
        context.output.document(row.model_dump(mode="json"))
    else:
        print_rows(context, [row])
    return Exit.DONE


async def _take_in_one(context: Context, repayment: NewRepayment, key: str) -> RepaymentRow:
    async with context.service() as service:
        return await service.add(repayment, key)


def _new_repayment(context: Context) -> NewRepayment:
    from pydantic import ValidationError

    from console.cli.intake_file.rows import WrongRowError, amount_of, check
    from console.contract.repayment import NewRepayment

    values = _stdin_object() if context.options.source else {
        field: value for field in ADD_FIELDS if (value := getattr(context.options, field)) is not None
    }  # fmt: skip
    for field in values:
        if field not in ADD_FIELDS:
            near = nearest(str(field), ADD_FIELDS)
            hint = f"; {t('did you mean {near}?', near=near)}" if near else ""
            raise UsageError(t("unknown field {field}", field=shown(str(field))) + hint)
    missing = [field for field in ADD_FIELDS if field not in values and field != "gateway"]
    if missing:
        flags = ", ".join(f"--{field.replace('_', '-')}" for field in missing)
        raise UsageError(t("missing: {fields}", fields=flags))
    try:
        if isinstance(amount := values["amount_fen"], str):
            values["amount_fen"] = amount_of(amount)
        check(values)
        return NewRepayment.model_validate(values)
    except WrongRowError as wrong:
        raise UsageError(f"{wrong.field}: {wrong.problem}") from wrong
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{shown(field)}: {shown(first['msg'])}") from error


def _stdin_object() -> dict[str, object]:
    import json

    try:
        value = json.loads(sys.stdin.buffer.read(65_537)[:65_536])
    except (ValueError, RecursionError) as error:
        raise UsageError(t("stdin is not a JSON object")) from error
    if not isinstance(value, dict):
        raise UsageError(t("stdin is not a JSON object"))
    return value
