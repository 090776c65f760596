"""`repay playbook`: emergency plans as files; planning, applying, resuming and reverting them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.cli import listing, mutation
from console.cli.failures import Exit, UsageError
from console.contract.language import t

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.playbook import Run, RunPlan
    from console.profiles.playbook import Filled


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("playbook")
    verbs.add("list", list_playbooks)
    showing = verbs.add("show", show)
    showing.add_argument("name", metavar="NAME", help=t("a playbook's name, or a run's id"))
    planning = verbs.add("plan", plan)
    _add_playbook(planning)
    planning.add_argument("--as-of", metavar="DAY", help=t("rehearse it on a past day's traffic: 2026-11-11"))
    applying = verbs.add("apply", apply)
    _add_playbook(applying, optional=True)
    applying.add_argument("--run", dest="run_id", metavar="RUN", help=t("go on with a run that stopped"))
    applying.add_argument("--into", metavar="INCIDENT", help=t("write the run into this incident"))
    mutation.add_flags(applying, expires=False)
    reverting = verbs.add("revert", revert)
    reverting.add_argument("run_id", metavar="RUN", help=t("a run's id"))
    mutation.add_flags(reverting, expires=False)
    listing.add_flags(verbs.add("runs", list_runs))


def _add_playbook(parser: Parser, *, optional: bool = False) -> None:
    parser.add_argument("name", nargs="?" if optional else None, metavar="NAME", help=t("a playbook's name"))
    parser.add_argument(
        "--set", dest="values", action="append", default=[], metavar="KEY=VALUE",
        help=t("the value of a parameter, as gateway=alipay; may be repeated"),
    )  # fmt: skip


def filled(context: Context) -> Filled:
    """Return the playbook that was named, with its parameters. Raises ProfileError, UsageError."""
    from console.profiles.playbook import load_playbook

    given: dict[str, str] = {}
    for text in context.options.values:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(t("write --set KEY=VALUE"))
        given[name.strip()] = value
    return load_playbook(context.options.name).with_values(given)


def list_playbooks(context: Context) -> int:
    """Print every playbook."""
    from console.cli.playbook_text import print_playbooks
    from console.profiles.playbook import playbooks

    print_playbooks(context, playbooks())
    return Exit.DONE


def show(context: Context) -> int:
    """Print one playbook, or one run."""
    from console.cli.playbook_text import print_playbook, print_run
    from console.profiles.playbook import load_playbook

    if context.options.name.startswith("run_"):
        print_run(context, asyncio.run(_run(context, context.options.name)))
    else:
        print_playbook(context, load_playbook(context.options.name))
    return Exit.DONE


async def _run(context: Context, identity: str) -> Run:
    async with context.service() as service:
        return await service.playbooks.run(identity)


def plan(context: Context) -> int:
    """Print what a playbook would do now, or what it would have done on a past day."""
    from console.cli.playbook_text import print_plan

    playbook = filled(context)
    if context.options.as_of is not None:
        from console.cli.playbook_rehearsal import rehearse

        return rehearse(context, playbook, context.options.as_of)
    print_plan(context, playbook, asyncio.run(_planned(context, playbook)))
    return Exit.DONE


async def _planned(context: Context, playbook: Filled) -> RunPlan:
    from console.client.runs import steps_of

    async with context.service() as service:
        return await service.playbooks.plan(steps_of(playbook))


def list_runs(context: Context) -> int:
    """Print runs of playbooks, newest first."""
    from console.cli.playbook_text import print_runs

    items, following = asyncio.run(_runs(context))
    listing.print_list(context, items, following, print_runs)
    return Exit.DONE


async def _runs(context: Context) -> tuple[list[Run], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.playbooks.runs(limit=limit, after=after)
        )


def apply(context: Context) -> int:
    """Begin a run of a playbook, or go on with one."""
    from console.cli.playbook_run import begin, go_on

    if (context.options.run_id is None) == (context.options.name is None):
        raise UsageError(t("say which: a playbook, or a run that stopped with --run RUN"))
    if context.options.name is not None:
        return asyncio.run(begin(context, filled(context)))
    return asyncio.run(go_on(context, context.options.run_id))


def revert(context: Context) -> int:
    """Undo the steps of a run, the last one first."""
    from console.cli.playbook_revert import revert_run

    return asyncio.run(revert_run(context, context.options.run_id))
