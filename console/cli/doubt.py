"""`repay repayment doubts|inquire|close|resolve|release`: working on orders whose outcome is not known.

Each takes a repayment's id, or a filter that is frozen first, so that what is confirmed is what is done.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

from console.cli import listing, mutation
from console.cli.arguments import positive_number
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.cli.arguments import Parser, Verbs
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.doubt import DoubtLine

RESULTS: Final = ("succeeded", "failed", "closed", "reversed")

STAGES: Final = ("in_doubt", "manual")

_ID: Final = re.compile(r"rp_[A-Za-z0-9]+\Z")


def add_verbs(verbs: Verbs, add_filter: Callable[[Parser], None]) -> None:
    """Add the verbs to those of a repayment."""
    several = verbs.add("doubts", list_doubts)
    several.add_argument("--stage", choices=STAGES, help=t("only those of this stage"))
    listing.add_flags(several)
    for verb, run in (("inquire", inquire), ("close", close), ("release", release)):
        one = verbs.add(verb, run)
        add_filter(one)
        mutation.add_flags(one, expires=False)
    hand = verbs.add("resolve", resolve)
    add_filter(hand)
    flag = hand.add_argument
    flag("--result", required=True, choices=RESULTS, help=t("how it ended"))
    flag("--reference", required=True, metavar="TEXT", help=t("what shows it: a line of a file, a ticket"))
    flag("--seen", required=True, metavar="TEXT", help=t("where that was seen"))
    flag(
        "--amount-fen", required=True, type=positive_number, metavar="N",
        help=t("the amount that it names, of all orders together"),
    )  # fmt: skip
    mutation.add_flags(hand, expires=False)


def list_doubts(context: Context) -> int:
    """Print the orders that people work on, the most urgent first."""
    items, following = asyncio.run(_list(context))
    listing.print_list(context, items, following, print_doubts)
    return Exit.DONE


async def _list(context: Context) -> tuple[list[DoubtLine], str | None]:
    stage = context.options.stage or ""
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.changes.doubts(stage=stage, limit=limit, after=after)
        )


def print_doubts(context: Context, items: Any) -> None:
    """Print orders as a table."""
    from datetime import UTC, datetime

    from console.cli.figures import age, moment, zone_of
    from console.cli.output import Cell, Column, Tone
    from console.contract.doubt_words import answers_text
    from console.contract.money import yuan

    zone, now = zone_of(context.profile.view.timezone), datetime.now(UTC)
    titles = (t("deadline"), t("id"), t("stage"), t("age"), t("amount"), t("gateway"), t("order"))
    columns = [Column(title, right=title in (t("age"), t("amount"))) for title in titles]
    columns += [Column(t("answers")), Column(t("next inquiry"))]
    rows = [
        (
            Cell(moment(one.deadline, zone), Tone.BAD if one.deadline <= now else Tone.PLAIN),
            shown(one.id),
            one.stage.value,
            age((now - one.since).total_seconds()),
            yuan(one.amount_fen),
            shown(one.gateway),
            _state(one),
            answers_text(one.answers),
            moment(one.next_inquiry_at, zone),
        )
        for one in items
    ]
    context.output.table(columns, rows)


def _state(one: DoubtLine) -> str:
    from console.contract.doubt import is_unknown_there

    state = t("closing") if one.closing else one.state.value
    return f"{state}: {t('the gateway does not know this order')}" if is_unknown_there(one) else state


def inquire(context: Context) -> int:
    """Have the gateway asked now what became of an order."""
    return asyncio.run(_change(context, "attempt.inquire"))


def close(context: Context) -> int:
    """Have the gateway close an order; it is asked about once more first."""
    return asyncio.run(_change(context, "attempt.close"))


def release(context: Context) -> int:
    """Give up an order that was never sent, so that its repayment can be sent elsewhere."""
    return asyncio.run(_change(context, "attempt.release"))


def resolve(context: Context) -> int:
    """End by hand, with a second person, what inquiry could not."""
    options = context.options
    fields = {"result": options.result, "reference": options.reference, "seen": options.seen}
    return asyncio.run(_change(context, "attempt.resolve", **fields, amount_fen=options.amount_fen))


async def _change(context: Context, kind: str, **fields: Any) -> int:
    async with context.service() as service:
        target = await _target(context, service)
        return await mutation.carry_out(
            context, service, mutation.changing(context, kind, {**target, **fields})
        )


async def _target(context: Context, service: Service) -> dict[str, str]:
    """Return the repayment that was named, or the selection of what matches. Raises UsageError."""
    from console.cli.repayment import filter_text, freeze

    words = context.options.filter
    if not words:
        raise UsageError(t("name a repayment's id, or a filter"))
    if len(words) == 1 and _ID.match(words[0]):
        return {"repayment": words[0]}
    selection = await freeze(service, filter_text(words))
    context.output.talk(t("selection {id}: {count:,} repayments", id=selection.id, count=selection.count))
    return {"selection": selection.id}
