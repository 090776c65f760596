"""`repay warning`: what the platform noticed by itself; being on it, judging it, doing what it prepared."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.cli import listing, mutation
from console.cli.arguments import unknown
from console.cli.failures import Exit, Failure, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.warning import Detectors, Warning, WarningSummary

STATES: Final = ("open", "acked", "ended")

LABELS: Final = ("true", "false")


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("warning")
    several = verbs.add("list", list_warnings)
    several.add_argument(
        "--state", metavar="STATE", help=t("only those in these states: {states}", states=", ".join(STATES))
    )
    several.add_argument("--all", action="store_true", help=t("also those that are over"))
    listing.add_flags(several)
    _add_id(verbs.add("show", show))
    applying = verbs.add("apply", apply)
    _add_id(applying)
    mutation.add_flags(applying)
    acking = verbs.add("ack", ack)
    _add_id(acking)
    mutation.add_flags(acking, expires=False)
    labelling = verbs.add("label", label)
    _add_id(labelling)
    labelling.add_argument("label", choices=LABELS, help=t("whether it warned of something real"))
    mutation.add_flags(labelling, expires=False)
    verbs.add("detectors", detectors)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a warning's id"))


def list_warnings(context: Context) -> int:
    """Print warnings, the soonest harm first."""
    from console.cli.warning_text import print_warnings

    options = context.options
    states = [word for word in (options.state or "").lower().split(",") if word]
    for word in states:
        if word not in STATES:
            raise UsageError(unknown(t("state"), word, STATES))
    if options.all and states:
        raise UsageError(t("give --state or --all, not both"))
    wanted = ",".join(STATES if options.all else states)
    items, following = asyncio.run(_list(context, wanted))
    listing.print_list(context, items, following, print_warnings)
    return Exit.DONE


async def _list(context: Context, state: str) -> tuple[list[WarningSummary], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.warnings.page(state=state, limit=limit, after=after)
        )


def show(context: Context) -> int:
    """Print one warning in full."""
    from console.cli.warning_text import print_warning

    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_warning(context, found)
    return Exit.DONE


async def _find(context: Context) -> Warning:
    async with context.service() as service:
        return await service.warnings.show(context.options.id)


def apply(context: Context) -> int:
    """Ask for the change that a warning has prepared."""
    return asyncio.run(_apply(context))


async def _apply(context: Context) -> int:
    async with context.service() as service:
        found = await service.warnings.show(context.options.id)
        if found.state == "ended":
            raise Failure(t("{id} is over", id=shown(found.id)), Exit.REFUSED, code="warning_ended")
        if found.prepared is None:
            raise Failure(
                t("{id} has prepared nothing: no change would surely help", id=shown(found.id)), Exit.REFUSED,
                code="nothing_prepared",
            )  # fmt: skip
        fields = dict(found.prepared.body)
        expires = fields.pop("expires", None)
        context.options.expires = context.options.expires or expires
        return await mutation.carry_out(
            context, service, mutation.changing(context, found.prepared.kind, fields)
        )


def ack(context: Context) -> int:
    """Say that somebody is on a warning: it pages no more."""
    return mutation.change(context, "warning.ack", warning=context.options.id)


def label(context: Context) -> int:
    """Judge a warning, for the detectors' precision."""
    true = context.options.label == "true"
    return mutation.change(context, "warning.label", warning=context.options.id, label=true)


def detectors(context: Context) -> int:
    """Print each detector's precision, lead time and pages per shift."""
    from console.cli.warning_text import print_detectors

    found = asyncio.run(_detectors(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_detectors(context, found)
    return Exit.DONE


async def _detectors(context: Context) -> Detectors:
    async with context.service() as service:
        return await service.warnings.detectors()
