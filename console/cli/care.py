"""`repay care`: what was granted to borrowers; granting it, taking it back, and complaints."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from console.cli import listing, mutation
from console.cli.arguments import positive_number, span_text
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.care import CareGrant, Complaint, Complaints


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("care")
    listing.add_flags(verbs.add("list", list_care))
    granting = verbs.add("grant", grant)
    granting.add_argument("filter", nargs="+", metavar="FILTER", help=t("whose: state:in_doubt due<=today"))
    flag = granting.add_argument
    flag("--grace", type=span_text, metavar="SPAN", help=t("days to pay in time: 3d"))
    flag("--coupon", type=positive_number, metavar="FEN", help=t("an interest-free coupon, in fen"))
    flag("--coupon-for", type=span_text, metavar="SPAN", help=t("how long it is valid: 30d"))
    flag("--notice", metavar="TEXT", help=t("what borrowers are told: delay, grace, coupon, or a text"))
    flag("--credit-hold", action="store_true", help=t("neither overdue nor reported until released"))
    mutation.add_flags(granting, expires=False)
    releasing = verbs.add("release", release)
    releasing.add_argument("id", metavar="ID", help=t("a grant's id"))
    mutation.add_flags(releasing, expires=False)
    listing.add_flags(verbs.add("complaints", list_complaints))


def list_care(context: Context) -> int:
    """Print what was granted, newest first."""

    async def gather() -> tuple[list[CareGrant], str | None]:
        async with context.service() as service:
            return await listing.gather(
                context, lambda limit, after: service.care.page(limit=limit, after=after)
            )

    items, following = asyncio.run(gather())
    listing.print_list(context, items, following, print_grants)
    return Exit.DONE


def list_complaints(context: Context) -> int:
    """Print complaints, newest first."""

    from console.cli.strategy_text import complained

    counts = {"hour": 0, "day": 0}

    async def gather() -> tuple[list[Complaint], str | None]:
        async with context.service() as service:

            async def fetch(limit: int, after: str | None) -> Complaints:
                page = await service.care.complaints(limit=limit, after=after)
                counts.update(hour=page.hour, day=page.day)
                return page

            return await listing.gather(context, fetch)

    items, following = asyncio.run(gather())
    listing.print_list(context, items, following, print_complaints, **counts)
    if not context.output.json:
        context.output.talk(complained(counts["hour"], counts["day"]))
    return Exit.DONE


def grant(context: Context) -> int:
    """Grant care to whoever a filter matches now."""
    return asyncio.run(_grant(context))


async def _grant(context: Context) -> int:
    from console.cli.repayment import filter_text, freeze

    options = context.options
    asked: dict[str, Any] = {
        "grace": options.grace,
        "coupon_fen": options.coupon,
        "coupon_for": options.coupon_for,
        "notice": options.notice,
        "credit_hold": options.credit_hold or None,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    if not given:
        raise UsageError(t("say what is granted: --grace, --coupon, --notice or --credit-hold"))
    async with context.service() as service:
        selection = await freeze(service, filter_text(options.filter))
        told = t("selection {id}: {count:,} repayments", id=selection.id, count=selection.count)
        context.output.talk(told)
        fields = {"selection": selection.id, **given}
        return await mutation.carry_out(context, service, mutation.changing(context, "care.grant", fields))


def release(context: Context) -> int:
    """Take a grant back."""
    return asyncio.run(_release(context))


async def _release(context: Context) -> int:
    async with context.service() as service:
        await service.care.show(context.options.id)
        fields = {"grant": context.options.id}
        return await mutation.carry_out(context, service, mutation.changing(context, "care.release", fields))


def print_grants(context: Context, items: Sequence[CareGrant]) -> None:
    """Print grants as a table."""
    from console.cli.figures import moment, zone_of
    from console.cli.output import Cell, Column, Tone
    from console.contract.care_words import given
    from console.contract.money import yuan

    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id")),
        Column(t("granted")),
        Column(t("who")),
        Column(t("repayments"), right=True),
        Column(t("still"), right=True),
        Column(t("money"), right=True),
        Column(t("coupons"), right=True),
        Column(t("told"), right=True),
        Column(t("what")),
    ]
    rows = [
        (
            Cell(shown(one.id), Tone.DIM if one.open == 0 else Tone.PLAIN),
            moment(one.created_at, zone),
            t("by itself") if one.origin == "service" else shown(one.who),
            f"{one.count:,}",
            f"{one.open:,}",
            yuan(one.sum_fen),
            t("{sum}, {count:,} used", sum=yuan(one.coupons_fen), count=one.coupons_used)
            if one.coupons
            else "-",
            f"{one.notices_sent:,}/{one.notices:,}" if one.notices else "-",
            given(one),
        )
        for one in items
    ]
    context.output.table(columns, rows)


def print_complaints(context: Context, items: Sequence[Complaint]) -> None:
    """Print complaints as a table."""
    from console.cli.figures import moment, zone_of
    from console.cli.output import Column

    zone = zone_of(context.profile.view.timezone)
    titles = (t("id"), t("time"), t("repayment"), t("channel"), t("strategies"), t("text"))
    rows = [
        (
            shown(one.id),
            moment(one.at, zone),
            shown(one.repayment or "-"),
            shown(one.channel) or "-",
            shown(", ".join(one.strategies)) or "-",
            shown(one.text),
        )
        for one in items
    ]
    context.output.table([Column(title) for title in titles], rows)
