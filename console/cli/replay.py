"""`repay replay`: bringing failed and in-doubt repayments to an outcome; plan, start, watch, receipt.

Planning changes nothing. Starting, pausing and ending one go through the one way of changing things.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from console.cli import listing, mutation
from console.cli.arguments import positive_number, unknown
from console.cli.failures import Exit, Failure, UsageError
from console.cli.repayment import add_filter, filter_text
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.replay import Replay, ReplayItem

STATES: Final = ("planning", "planned", "running", "paused", "done", "cancelled", "stopped")

OUTCOMES: Final = (
    "waiting", "asking", "submitted", "settled", "refailed", "unknown", "held", "reversed", "left",
)  # fmt: skip

CLASSES: Final = (
    "resubmit", "inquire_first", "already_settled", "key_expired", "held_by_window", "blocked_by_risk",
    "duplicate_instalment", "final",
)  # fmt: skip


def add(parser: Parser) -> None:
    """Add the verbs."""
    from console.cli import replay_receipt, replay_watch

    verbs = parser.verbs("replay")
    planning = verbs.add("plan", plan)
    add_filter(planning)
    _add_pace(planning)
    starting = verbs.add("start", start)
    add_filter(starting)
    starting.add_argument(
        "--plan", metavar="ID", help=t("start what was planned before, instead of a filter")
    )
    _add_pace(starting)
    mutation.add_flags(starting, expires=False)
    several = verbs.add("list", list_replays)
    several.add_argument(
        "--state", metavar="STATE", help=t("only those in these states, e.g. running,paused")
    )
    listing.add_flags(several)
    _add_id(verbs.add("show", show))
    for verb, run, stops in (("pause", pause, True), ("resume", resume, False), ("cancel", cancel, False)):
        one = verbs.add(verb, run)
        _add_id(one)
        mutation.add_flags(one, expires=False, stops=stops)
    pace = verbs.add("rate", rate)
    _add_id(pace)
    pace.add_argument("rate", type=positive_number, metavar="N", help=t("orders a second at each gateway"))
    _add_in_flight(pace)
    mutation.add_flags(pace, expires=False)
    items = verbs.add("items", list_items)
    _add_id(items)
    items.add_argument("--outcome", metavar="OUTCOME", help=t("only those with these, e.g. refailed,unknown"))
    items.add_argument("--class", dest="class_", metavar="CLASS", help=t("only those of these classes"))
    listing.add_flags(items)
    watching = verbs.add("watch", replay_watch.watch)
    _add_id(watching)
    receipt = verbs.add("receipt", replay_receipt.receipt)
    _add_id(receipt)
    replay_receipt.add_flags(receipt)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a replay's id"))


def _add_pace(parser: Parser) -> None:
    parser.add_argument(
        "--rate", type=positive_number, metavar="N",
        help=t("orders a second at each gateway; without: as configured"),
    )  # fmt: skip
    _add_in_flight(parser)


def _add_in_flight(parser: Parser) -> None:
    parser.add_argument(
        "--in-flight", type=positive_number, metavar="N", help=t("orders under way at once at each gateway")
    )


def words_of(text: str | None, what: str, known: tuple[str, ...]) -> str:
    """Return words separated by commas as they are sent. Raises UsageError with the nearest known one."""
    words = [word for word in (text or "").lower().split(",") if word]
    for word in words:
        if word not in known:
            raise UsageError(unknown(what, word, known))
    return ",".join(words)


# --- planning and starting ---------------------------------------------------------------------------------


def plan(context: Context) -> int:
    """Plan a replay, and print what it would do."""
    from console.cli.replay_text import print_plan

    found = asyncio.run(_planned_alone(context))
    held = mutation.held_back(context, found.to_run)
    if context.output.json:
        refusal = None if held is None else held.message
        context.output.document({**found.model_dump(mode="json"), "refusal": refusal})
    else:
        print_plan(context, found, "" if held is None else held.message)
    if held is not None:
        return Exit.DONE
    identity = shown(found.id)
    context.output.talk(t('start it with: repay replay start --plan {id} --reason "why"', id=identity))
    return Exit.DONE


async def _planned_alone(context: Context) -> Replay:
    text = _filter(context)
    async with context.service() as service:
        return await _planned(context, service, text)


def _filter(context: Context) -> str:
    """Return the filter. Raises UsageError for an empty one, which would be everything."""
    text = filter_text(context.options.filter)
    if not text:
        raise UsageError(
            t("a replay of everything is refused; say which repayments, for example: state:failed,in_doubt")
        )
    return text


async def _planned(context: Context, service: Service, text: str) -> Replay:
    """Plan, telling on a terminal how far it is. Raises UsageError that points into the filter."""
    from console.cli.failures import filter_failure
    from console.cli.replay_text import talk_planning
    from console.client.errors import Invalid
    from console.client.replays import POLL_SECONDS
    from console.contract.replay import NewPlan, ReplayState

    options = context.options
    try:
        found = await service.replays.plan(
            NewPlan(filter=text, rate=options.rate, in_flight=options.in_flight)
        )
    except Invalid as error:
        if error.column is None:
            raise
        raise filter_failure(text, error.problem.raw, error.column, error.hint.raw) from error
    while found.state is ReplayState.PLANNING:
        talk_planning(found)
        await asyncio.sleep(POLL_SECONDS)
        found = await service.replays.show(found.id)
    talk_planning(found)
    return found


def start(context: Context) -> int:
    """Start what was planned, or plan and start what matches a filter."""
    if (context.options.plan is None) == (not context.options.filter):
        raise UsageError(t("say which: a filter, or a plan made before with --plan ID"))
    return asyncio.run(_start(context))


async def _start(context: Context) -> int:
    from console.cli.change_text import print_change

    async with context.service() as service:
        found = await _to_start(context, service)
        intent = _starting(context, found)
        if not context.options.dry_run:
            await _refuse_second(service, found)
        done = await mutation.obtain(context, service, intent, service.changes.send)
    if done is None:
        return Exit.DONE
    print_change(context, done)
    context.output.talk(t("follow it with: repay replay watch {id}", id=shown(found.id)))
    return mutation.ended(context, done)


async def _to_start(context: Context, service: Service) -> Replay:
    """Return the plan to start: the one named, the one that was sent before with this key, or a new one."""
    if context.options.plan is not None:
        return await service.replays.show(context.options.plan)
    text = _filter(context)
    sent = mutation.sent_before(context)
    if sent is not None and sent.body.get("kind") == "replay.start":
        before = await service.replays.show(str(sent.body["replay"]))
        if before.filter != text:
            raise UsageError(t("this key was used for something else; leave --key out for a new one"))
        return before
    return await _planned(context, service, text)


def _starting(context: Context, found: Replay) -> mutation.Intent:
    from dataclasses import replace

    from console.cli.replay_text import about_rows

    intent = mutation.changing(context, "replay.start", {"replay": found.id})
    return replace(intent, about=tuple(about_rows(found)))


async def _refuse_second(service: Service, found: Replay) -> None:
    """Raise Failure where a replay runs already at one of its gateways."""
    running = await service.replays.page(state="running,paused")
    for other in running.items:
        shared = sorted(set(other.gateways) & set(found.gateways))
        if shared and other.id != found.id:
            raise Failure(
                t(
                    "{id} is under way at {gateways}; follow it: repay replay watch {id}",
                    id=shown(other.id),
                    gateways=", ".join(shown(name) for name in shared),
                ),
                Exit.CONFLICT,
                code="already_running",
            )


# --- looking -----------------------------------------------------------------------------------------------


def list_replays(context: Context) -> int:
    """Print replays, newest first."""
    from console.cli.replay_text import print_replays

    state = words_of(context.options.state, t("state"), STATES)
    items, following = asyncio.run(_list(context, state))
    listing.print_list(context, items, following, print_replays)
    return Exit.DONE


async def _list(context: Context, state: str) -> tuple[list[Replay], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.replays.page(state=state, limit=limit, after=after)
        )


def show(context: Context) -> int:
    """Print one replay: its plan, and how far it is."""
    from console.cli.replay_text import print_replay

    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_replay(context, found)
    return Exit.DONE


async def _find(context: Context) -> Replay:
    async with context.service() as service:
        return await service.replays.show(context.options.id)


def list_items(context: Context) -> int:
    """Print the repayments of a replay, in the order in which they run."""
    from console.cli.replay_text import print_items

    outcome = words_of(context.options.outcome, t("outcome"), OUTCOMES)
    class_ = words_of(context.options.class_, t("class"), CLASSES)
    items, following = asyncio.run(_items(context, outcome, class_))
    listing.print_list(context, items, following, print_items)
    return Exit.DONE


async def _items(context: Context, outcome: str, class_: str) -> tuple[list[ReplayItem], str | None]:
    identity: str = context.options.id
    async with context.service() as service:
        return await listing.gather(
            context,
            lambda limit, after: service.replays.items(
                identity, outcome=outcome, class_=class_, limit=limit, after=after
            ),
        )


# --- changing ----------------------------------------------------------------------------------------------


def pause(context: Context) -> int:
    """Pause a replay."""
    return _change(context, "replay.pause")


def resume(context: Context) -> int:
    """Let a paused replay go on."""
    return _change(context, "replay.resume")


def cancel(context: Context) -> int:
    """End a replay for good."""
    return _change(context, "replay.cancel")


def rate(context: Context) -> int:
    """Let a replay go faster or slower."""
    in_flight = context.options.in_flight
    more = {} if in_flight is None else {"in_flight": in_flight}
    return _change(context, "replay.rate", rate=context.options.rate, **more)


def _change(context: Context, kind: str, **fields: Any) -> int:
    return mutation.change(context, kind, replay=context.options.id, **fields)
