"""`repay change`: what was changed, agreeing to it, undoing it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.cli import listing, mutation
from console.cli.arguments import span_text, unknown
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.changes import Changes
    from console.contract.change import Change, Preview


VERDICTS: Final = ("right", "wrong")
"""What a review may find."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("change")
    several = verbs.add("list", list_changes)
    several.add_argument("--state", metavar="STATE", help=t("only those in this state, e.g. applied"))
    several.add_argument(
        "--unreviewed", action="store_true", help=t("only those by break-glass that nobody reviewed yet")
    )
    listing.add_flags(several)
    _add_id(verbs.add("show", show))
    approving = verbs.add("approve", approve)
    _add_id(approving)
    mutation.add_flags(approving, expires=False)
    rejecting = verbs.add("reject", reject)
    _add_id(rejecting)
    mutation.add_flags(rejecting, expires=False)
    reverting = verbs.add("revert", revert)
    _add_id(reverting)
    mutation.add_flags(reverting, expires=False)
    extending = verbs.add("extend", extend)
    _add_id(extending)
    extending.add_argument("span", type=span_text, metavar="SPAN", help=t("for how much longer: 30m, 1h"))
    mutation.add_flags(extending, expires=False)
    reviewing = verbs.add("review", review)
    _add_id(reviewing)
    reviewing.add_argument(
        "--verdict", choices=VERDICTS, default=VERDICTS[0], help=t("whether it was right to do it")
    )
    mutation.add_flags(reviewing, expires=False)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a change's id"))


def list_changes(context: Context) -> int:
    """Print changes, newest first."""
    from console.cli.change_text import print_changes
    from console.contract.change import ChangeState

    state: str | None = context.options.state
    if state is not None:
        state = state.lower().replace("-", "_")
        if state not in ChangeState.__members__.values():
            raise UsageError(unknown(t("state"), context.options.state, [one.value for one in ChangeState]))
    items, following = asyncio.run(_list(context, state))
    listing.print_list(context, items, following, print_changes)
    return Exit.DONE


async def _list(context: Context, state: str | None) -> tuple[list[Change], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context,
            lambda limit, after: service.changes.page(
                state=state, unreviewed=context.options.unreviewed, limit=limit, after=after
            ),
        )


def show(context: Context) -> int:
    """Print one change in full."""
    from console.cli.change_text import print_whole_change

    found = asyncio.run(_find(context, context.options.id))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_whole_change(context, found)
    return Exit.DONE


async def _find(context: Context, identity: str) -> Change:
    async with context.service() as service:
        return await service.changes.show(identity)


def approve(context: Context) -> int:
    """Agree to a change that waits; it is done at once."""
    return _decide(context, "approve")


def reject(context: Context) -> int:
    """Say no to a change that waits."""
    return _decide(context, "reject")


def _decide(context: Context, verb: str) -> int:
    """Show what was asked for, by whom and why, and decide about it."""
    from console.cli.figures import age

    found = asyncio.run(_find(context, context.options.id))

    async def preview(changes: Changes) -> Preview:
        return found.preview

    about = (
        (t("change"), shown(found.id)),
        (t("who"), shown(found.who)),
        (t("reason"), shown(found.reason) or "-"),
    )
    return mutation.run(
        context,
        mutation.Intent(
            path=f"/v1/changes/{_part(found.id)}/{verb}",
            body={},
            preview=preview,
            binds="digest",
            about=about,
            needs_reason=False,
            lasts="" if found.lasts_seconds is None else age(found.lasts_seconds),
        ),
    )


def _part(identity: str) -> str:
    from console.client.answers import part

    return part(identity)


def revert(context: Context) -> int:
    """Undo a change by a change of its own."""
    identity = context.options.id
    return mutation.run(
        context,
        mutation.Intent(
            path=f"/v1/changes/{_part(identity)}/revert",
            body={},
            preview=lambda changes: changes.preview_revert(identity),
            about=((t("undoes"), shown(identity)),),
        ),
    )


def extend(context: Context) -> int:
    """Let a change stay for longer before it returns by itself."""
    found = asyncio.run(_find(context, context.options.id))
    return mutation.change(context, "change.extend", change=found.id, by=context.options.span)


def review(context: Context) -> int:
    """Note that a change made by break-glass was looked at."""
    found = asyncio.run(_find(context, context.options.id))
    return mutation.change(context, "change.review", change=found.id, verdict=context.options.verdict)
