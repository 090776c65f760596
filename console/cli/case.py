"""`repay case`: what contradicts our books, the money in suspense, and its way out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.cli import listing, mutation
from console.cli.arguments import positive_number
from console.cli.failures import Exit
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.case import CaseLine, Suspense

WAYS: Final = ("reverse", "apply_next", "refund", "nothing")


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("case")
    several = verbs.add("list", list_cases)
    several.add_argument("--all", action="store_true", dest="every", help=t("those that are over, too"))
    listing.add_flags(several)
    _add_id(verbs.add("show", show))
    verbs.add("suspense", suspense)
    resolving = verbs.add("resolve", resolve)
    _add_id(resolving)
    flag = resolving.add_argument
    flag("--way", required=True, choices=WAYS, help=t("how the money leaves suspense"))
    flag("--reference", required=True, metavar="TEXT", help=t("what shows it: a line of a file, a ticket"))
    mutation.add_flags(resolving, expires=False)
    credit = verbs.add("credit", use_credit)
    _add_id(credit)
    credit.add_argument("repayment", metavar="REPAYMENT", help=t("the repayment that it pays"))
    mutation.add_flags(credit, expires=False)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", type=positive_number, metavar="ID", help=t("a case's number"))


def list_cases(context: Context) -> int:
    """Print the cases that are not over, newest first."""
    items, following = asyncio.run(_list(context))
    listing.print_list(context, items, following, print_cases)
    return Exit.DONE


async def _list(context: Context) -> tuple[list[CaseLine], str | None]:
    every = context.options.every
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.changes.cases(every=every, limit=limit, after=after)
        )


def print_cases(context: Context, cases: Sequence[CaseLine]) -> None:
    """Print cases as a table."""
    from console.cli.figures import moment, zone_of
    from console.cli.output import Column
    from console.contract.doubt_words import case_state_name, kind_name
    from console.contract.money import yuan

    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id"), right=True),
        Column(t("state")),
        Column(t("case")),
        Column(t("in suspense"), right=True),
        Column(t("gateway")),
        Column(t("repayment")),
        Column(t("order")),
        Column(t("opened")),
    ]
    rows = [
        (
            str(one.id),
            case_state_name(one.state),
            kind_name(one.kind),
            yuan(one.suspense_fen),
            shown(one.gateway),
            shown(one.repayment),
            shown(one.order_no),
            moment(one.opened_at, zone),
        )
        for one in cases
    ]
    context.output.table(columns, rows)


def show(context: Context) -> int:
    """Print one case with its evidence and the ways out."""
    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        _print_case(context, found)
    return Exit.DONE


async def _find(context: Context) -> CaseLine:
    async with context.service() as service:
        return await service.changes.case(str(context.options.id))


def _print_case(context: Context, one: CaseLine) -> None:
    from console.cli.change_text import block
    from console.cli.figures import moment, zone_of
    from console.contract.doubt_words import case_state_name, kind_name, way_name
    from console.contract.money import yuan

    zone = zone_of(context.profile.view.timezone)
    context.output.line(f"{one.id}  {case_state_name(one.state)}  {kind_name(one.kind)}")
    rows = [
        (t("repayment"), f"{shown(one.repayment)}  {one.stage.value}"),
        (t("order"), f"{shown(one.order_no)}  {one.attempt_state.value}  {yuan(one.amount_fen)}"),
        (t("evidence"), f"{one.source.value}: {one.verdict.value}  {moment(one.evidence_at, zone)}"),
        (t("names"), "-" if one.named_fen is None else yuan(one.named_fen)),
        (t("in suspense"), yuan(one.suspense_fen)),
        *([(t("also debited"), t("another order of this repayment"))] if one.duplicate else []),
        *((t("way out") if at == 0 else "", way_name(way)) for at, way in enumerate(one.ways)),
        *([(t("chosen"), f"{way_name(one.way)}  {shown(one.change or '-')}")] if one.way else []),
        *([(t("reference"), shown(one.reference))] if one.reference else []),
        *([(t("credit left"), yuan(one.credit_fen))] if one.credit_fen is not None else []),
        *([(t("resolved"), moment(one.resolved_at, zone))] if one.resolved_at else []),
    ]
    for line in block(rows):
        context.output.line(line)


def suspense(context: Context) -> int:
    """Print the money in suspense per gateway and day."""
    from console.cli.output import Column
    from console.contract.money import yuan

    found = asyncio.run(_suspense(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
        return Exit.DONE
    columns = [Column(t("gateway")), Column(t("day")), Column(t("cases"), right=True)]
    rows = [
        (shown(one.gateway), one.day.isoformat(), f"{one.cases:,}", yuan(one.suspense_fen))
        for one in found.items
    ]
    context.output.table([*columns, Column(t("in suspense"), right=True)], rows)
    return Exit.DONE


async def _suspense(context: Context) -> Suspense:
    async with context.service() as service:
        return await service.changes.suspense()


def resolve(context: Context) -> int:
    """Choose how a case ends; a second person agrees."""
    options = context.options
    return mutation.change(
        context, "case.resolve", case=options.id, way=options.way, reference=options.reference
    )


def use_credit(context: Context) -> int:
    """Pay a repayment of the same borrower with the credit that a case left."""
    return mutation.change(
        context, "case.use_credit", case=context.options.id, repayment=context.options.repayment
    )
