"""`repay window`: maintenance windows; declaring, extending and ending them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from console.cli import listing, mutation
from console.cli.arguments import span_or_zero_text, span_text, unknown
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.window import Window, WindowSummary

STATES: Final = ("scheduled", "draining", "active", "recovering", "ended", "cancelled")

POLICIES: Final = ("hold", "reroute", "reject_with_notice")


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("window")
    several = verbs.add("list", list_windows)
    several.add_argument(
        "--state", metavar="STATE", help=t("only those in these states, e.g. scheduled,active")
    )
    listing.add_flags(several)
    _add_id(verbs.add("show", show))
    opening = verbs.add("open", open_window)
    _add_window(opening)
    mutation.add_flags(opening, expires=False, stops=True)
    _add_window(verbs.add("preview", preview))
    extending = verbs.add("extend", extend)
    _add_id(extending)
    extending.add_argument("span", type=span_text, metavar="SPAN", help=t("for how much longer: 30m, 1h"))
    mutation.add_flags(extending, expires=False)
    ending = verbs.add("end", end)
    _add_id(ending)
    ending.add_argument("--series", action="store_true", help=t("and never again, where it repeats"))
    mutation.add_flags(ending, expires=False)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a window's id"))


def _add_window(parser: Parser) -> None:
    flag = parser.add_argument
    flag(
        "--scope", required=True, action="append", metavar="SCOPE",
        help=t("what it covers: gateway=alipay,wechat, stage=dispatch, product=cash_loan; repeated: both"),
    )  # fmt: skip
    flag("--at", default="now", metavar="TIME", help=t('when it starts, as "2026-11-24 02:00"; without: now'))
    flag("--zone", metavar="ZONE", help=t("whose clock that is, as Asia/Shanghai; without: the profile's"))
    flag("--for", required=True, dest="duration", type=span_text, metavar="SPAN", help=t("how long: 90m, 2h"))
    flag(
        "--policy",
        choices=POLICIES,
        default="hold",
        help=t("{policies}; without: hold", policies=", ".join(POLICIES)),
    )
    flag("--rrule", metavar="RULE", help=t("how it repeats (RFC 5545), as FREQ=WEEKLY;BYDAY=TU"))
    flag(
        "--drain", type=span_or_zero_text, metavar="SPAN",
        help=t("how long before its start nothing new is sent; without: 1m; 0s: not at all"),
    )  # fmt: skip
    flag(
        "--ramp", type=span_or_zero_text, metavar="SPAN",
        help=t("over how long traffic comes back after its end; without: 3m; 0s: at once"),
    )  # fmt: skip
    flag("--notice", metavar="TEXT", help=t("what borrowers are told, with reject_with_notice"))
    flag("--force", action="store_true", help=t("even the last gateway that takes traffic"))


def list_windows(context: Context) -> int:
    """Print maintenance windows, newest first."""
    from console.cli.window_text import print_windows

    states = [word for word in (context.options.state or "").lower().split(",") if word]
    for word in states:
        if word not in STATES:
            raise UsageError(unknown(t("state"), word, STATES))
    items, following = asyncio.run(_list(context, ",".join(states)))
    listing.print_list(context, items, following, print_windows)
    return Exit.DONE


async def _list(context: Context, state: str) -> tuple[list[WindowSummary], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.changes.windows(state=state, limit=limit, after=after)
        )


def show(context: Context) -> int:
    """Print one window in full."""
    from console.cli.window_text import print_window

    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_window(context, found)
    return Exit.DONE


async def _find(context: Context) -> Window:
    async with context.service() as service:
        return await service.changes.window(context.options.id)


def _intent(context: Context) -> mutation.Intent:
    options = context.options
    fields: dict[str, Any] = {
        "scope": " ".join(options.scope),
        "at": options.at,
        "zone": options.zone or context.profile.view.timezone,
        "duration": options.duration,
        "policy": options.policy,
        "rrule": options.rrule,
        "drain": options.drain,
        "ramp": options.ramp,
        "notice": options.notice,
        "force": options.force or None,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return mutation.changing(context, "window.open", given)


def open_window(context: Context) -> int:
    """Declare a maintenance window."""
    return asyncio.run(_open(context))


async def _open(context: Context) -> int:
    from console.cli.change_text import print_change

    async with context.service() as service:
        done = await mutation.obtain(context, service, _intent(context), service.changes.send)
        if done is None:
            return Exit.DONE
        newest = await service.changes.windows()
    print_change(context, done)
    for window in newest.items:
        if window.change == done.id:
            context.output.talk(t("window {id}: repay window show {id}", id=shown(window.id)))
    return mutation.ended(context, done)


def preview(context: Context) -> int:
    """Print what a window would hold up, and declare nothing."""
    return mutation.show(context, _intent(context))


def extend(context: Context) -> int:
    """Let a window last longer."""
    fields = {"window": context.options.id, "by": context.options.span}
    return asyncio.run(_change(context, "window.extend", fields))


def end(context: Context) -> int:
    """End a window now, or call it off."""
    fields = {"window": context.options.id} | ({"series": True} if context.options.series else {})
    return asyncio.run(_change(context, "window.end", fields))


async def _change(context: Context, kind: str, fields: dict[str, Any]) -> int:
    async with context.service() as service:
        await service.changes.window(context.options.id)
        return await mutation.carry_out(context, service, mutation.changing(context, kind, fields))
