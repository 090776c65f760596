"""`repay strategy`: the rules that intercept risky repayments; looking at them, setting them, previewing."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

from console.cli import listing, mutation
from console.cli.arguments import positive_number, unknown
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.strategy_values import read_pair, read_slot, read_values
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.change import Preview
    from console.contract.strategy import Strategies, StrategyDetail, StrategyHistory
    from console.contract.strategy_preview import Flips

T = TypeVar("T")

MODES: Final = ("off", "shadow", "canary", "enforce")

NONE: Final = "none"
"""As `--when none`: no time of the day has values of its own."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("strategy")
    listing.add_flags(verbs.add("list", list_strategies))
    _add_id(verbs.add("show", show))
    setting = verbs.add("set", set_strategy)
    _add_id(setting)
    _add_settings(setting)
    mutation.add_flags(setting)
    trying = verbs.add("preview", preview)
    _add_id(trying)
    _add_settings(trying)
    period = trying.add_mutually_exclusive_group()
    period.add_argument(
        "--hours", type=positive_number, metavar="N", help=t("over the traffic of the last so many hours")
    )
    period.add_argument("--day", metavar="DAY", help=t("over the traffic of one day, as 2026-11-11"))
    past = verbs.add("history", history)
    _add_id(past)
    listing.add_flags(past)
    situation = verbs.add("scenario", scenario)
    situation.add_argument("name", metavar="NAME", help=t("for example: promotion"))
    mutation.add_flags(situation)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a strategy's id"))


def _add_settings(parser: Parser) -> None:
    flag = parser.add_argument
    flag("--mode", choices=MODES, help=t("how far it acts: {modes}", modes=", ".join(MODES)))
    flag("--percent", type=_percent, metavar="N", help=t("with --mode canary: on how many of 100"))
    flag(
        "--param", action="append", type=_pair, metavar="NAME=VALUE",
        help=t("a value; may be repeated; NAME= takes away the one that is set"),
    )  # fmt: skip
    flag("--scenario", metavar="NAME", help=t("--param holds in this scenario only"))
    flag(
        "--when", action="append", metavar="SCHEDULE",
        help=t("other values at a time of the day, e.g. {example}; may be repeated; none ends them",
               example='"22:00-06:00 limit=5"'),
    )  # fmt: skip
    flag("--restore", metavar="VERSION", help=t("take back a version by its number, or: approved"))


def _percent(text: str) -> int:
    value = positive_number(text)
    if value > 100:
        raise argparse.ArgumentTypeError(t("{text} is not from 1 to 100", text=shown(text)))
    return value


def _pair(text: str) -> tuple[str, str]:
    try:
        return read_pair(text, may_be_empty=True)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def list_strategies(context: Context) -> int:
    """Print every strategy with what it did in the last hour."""
    from console.cli.strategy_text import print_rows

    found = asyncio.run(_list(context))
    items, following = listing.cut(context, found.items)
    more = {"scenario": found.scenario, "scenarios": list(found.scenarios)}
    listing.print_list(context, items, following, print_rows, **more)
    context.output.talk(t("scenario in force: {scenario}", scenario=shown(found.scenario)))
    return Exit.DONE


async def _list(context: Context) -> Strategies:
    async with context.service() as service:
        return await service.changes.strategies()


def show(context: Context) -> int:
    """Print one strategy in full."""
    from console.cli.strategy_text import print_strategy

    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_strategy(context, found)
    return Exit.DONE


async def _find(context: Context) -> StrategyDetail:
    async with context.service() as service:
        return await service.changes.strategy(context.options.id)


def history(context: Context) -> int:
    """Print the versions of a strategy, newest first."""
    from console.cli.strategy_text import print_versions

    found = asyncio.run(_history(context))
    items, following = listing.cut(context, found.items)
    listing.print_list(context, items, following, print_versions)
    return Exit.DONE


async def _history(context: Context) -> StrategyHistory:
    async with context.service() as service:
        return await service.changes.strategy_history(context.options.id)


def set_strategy(context: Context) -> int:
    """Set a strategy."""
    return asyncio.run(_set(context))


async def _set(context: Context) -> int:
    async with context.service() as service:
        fields = _fields(context, await service.changes.strategy(context.options.id))
        return await mutation.carry_out(context, service, mutation.changing(context, "strategy.set", fields))


def _fields(context: Context, found: StrategyDetail) -> dict[str, Any]:
    """Return what is to be set. Raises UsageError when that is nothing, or names what is not there."""
    options = context.options
    fields: dict[str, Any] = {"id": found.id}
    for name in ("mode", "percent", "scenario"):
        if (value := getattr(options, name)) is not None:
            fields[name] = value
    if options.param:
        fields["params"] = _read("--param", lambda: read_values(options.param, found.parameters))
    if options.when:
        slots = [] if options.when == [NONE] else options.when
        fields["schedule"] = _read(
            "--when", lambda: [read_slot(one.strip(), found.parameters) for one in slots]
        )
    if options.restore is not None:
        fields["restore"] = _version(options.restore)
    if len(fields) == 1:
        raise UsageError(t("say what to set: {flags}", flags="--mode, --percent, --param, --when, --restore"))
    return fields


def _read(flag: str, read: Callable[[], T]) -> T:
    """Return what was typed for a flag. Raises UsageError."""
    try:
        return read()
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def _version(text: str) -> str | int:
    if text == "approved":
        return text
    try:
        return positive_number(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--restore: {error}") from error


def preview(context: Context) -> int:
    """Print what setting a strategy would do, and which stored repayments would flip."""
    return asyncio.run(_preview(context))


async def _preview(context: Context) -> int:
    from console.cli.change_text import print_preview
    from console.cli.strategy_text import print_flips
    from console.contract.strategy_preview import NewStrategyPreview

    options = context.options
    async with context.service() as service:
        fields = _fields(context, await service.changes.strategy(options.id))
        intent = mutation.changing(context, "strategy.set", fields)
        found = await intent.preview(service.changes)
        asked = NewStrategyPreview(changes=(fields,), hours=options.hours, day=_day(options.day))
        flips = await service.changes.flips(asked, _progress(context))
        if context.output.json:
            context.output.document(_both(found, flips))
            return Exit.DONE
        print_preview(context, await service.hello(), intent, found)
    context.output.line()
    print_flips(context, flips)
    return Exit.DONE


def _both(found: Preview, flips: Flips) -> dict[str, Any]:
    return {"preview": found.model_dump(mode="json"), "flips": flips.model_dump(mode="json")}


def _day(text: str | None) -> str | None:
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(t("{text} is not a day; write 2026-11-24", text=shown(text))) from None


def _progress(context: Context) -> Any:
    """Return what tells, on a terminal, how far a preview is."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        sys.stderr.write("\r" + t("{done:,} of {total:,} decisions", done=done, total=total) + end)
        sys.stderr.flush()

    return tell


def scenario(context: Context) -> int:
    """Put another scenario in force."""
    return asyncio.run(_scenario(context))


async def _scenario(context: Context) -> int:
    wanted: str = context.options.name
    async with context.service() as service:
        known = await _scenarios(service)
        if wanted not in known:
            raise UsageError(unknown(t("scenario"), wanted, known))
        intent = mutation.changing(context, "strategy.scenario", {"scenario": wanted})
        return await mutation.carry_out(context, service, intent)


async def _scenarios(service: Service) -> list[str]:
    return [shown(name) for name in (await service.changes.strategies()).scenarios]
