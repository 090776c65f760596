"""Replays as text: the plan, how far it is, its items."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from console.cli.change_text import block
from console.cli.figures import age, moment, zone_of
from console.cli.output import UNKNOWN, Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.replay import OVER, ReplayOutcome, ReplayState
from console.contract.replay_words import Row, by_effect, counted, deed, money_rows, order_name
from console.contract.text import cell_width, fit, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.context import Context
    from console.contract.replay import Replay, ReplayItem

STATE_TONES = {
    ReplayState.RUNNING: Tone.GOOD,
    ReplayState.DONE: Tone.GOOD,
    ReplayState.PAUSED: Tone.WARN,
    ReplayState.STOPPED: Tone.BAD,
    ReplayState.CANCELLED: Tone.DIM,
}

OUTCOME_TONES = {
    ReplayOutcome.SETTLED: Tone.GOOD,
    ReplayOutcome.REFAILED: Tone.BAD,
    ReplayOutcome.UNKNOWN: Tone.WARN,
    ReplayOutcome.HELD: Tone.WARN,
    ReplayOutcome.LEFT: Tone.DIM,
}


def state_cell(one: Replay) -> Cell:
    """Return a replay's state, which is also its word for `--state`."""
    return Cell(one.state.value, STATE_TONES.get(one.state, Tone.PLAIN))


def talk_planning(one: Replay) -> None:
    """Tell on a terminal how many repayments have been classed, in place."""
    if not sys.stderr.isatty():
        return
    end = "" if one.state is ReplayState.PLANNING else "\n"
    said = t("planning: {planned:,} of {total:,} repayments", planned=one.planned, total=one.total)
    sys.stderr.write(f"\r{said}\x1b[K{end}")
    sys.stderr.flush()


def class_rows(one: Replay) -> list[Row]:
    """Return each class that runs, and each other that holds anything, with what happens to it."""
    lines = [
        (line.class_.value, f"{line.count:,}", yuan(line.sum_fen), deed(line.class_))
        for line in by_effect(one.classes)
    ]
    widths = [max((cell_width(line[at]) for line in lines), default=0) for at in range(3)]
    return [
        (
            t("what it does") if at == 0 else "",
            f"{fit(name, widths[0])}  {fit(count, widths[1], right=True)}"
            f"  {fit(money, widths[2], right=True)}  {does}",
        )
        for at, (name, count, money, does) in enumerate(lines)
    ]


def plan_rows(one: Replay) -> list[Row]:
    """Return what a replay would do, how fast, in which order, and whom it needs."""
    approval = t("none needed")
    if one.needs_approval is not None:
        approval = t("by another person: {why}", why=shown(one.needs_approval))
    return [
        (t("replay"), shown(one.id)),
        (t("filter"), shown(one.filter)),
        (t("went in"), counted(one.total, one.sum_fen)),
        *class_rows(one),
        (t("would run"), counted(one.to_run, one.to_run_fen)),
        (t("gateways"), ", ".join(shown(name) for name in one.gateways) or "-"),
        (t("pace"), pace(one)),
        (t("sequence"), order_name(one.order)),
        (t("estimate"), about(one.estimate_seconds)),
        (t("approval"), approval),
    ]


def about_rows(one: Replay) -> list[Row]:
    """Return what the preview of a start does not say by itself."""
    return [
        (t("filter"), shown(one.filter)),
        *class_rows(one),
        (t("sequence"), order_name(one.order)),
        (t("estimate"), about(one.estimate_seconds)),
    ]


def pace(one: Replay) -> str:
    """Return how fast it may go at each gateway."""
    return t(
        "up to {rate:,} orders a second and {most:,} at once, at each gateway",
        rate=one.rate,
        most=one.in_flight,
    )


def about(seconds: float | None) -> str:
    """Return a span that is only estimated."""
    return t("not known") if seconds is None else t("about {span}", span=age(seconds))


def print_plan(context: Context, one: Replay, held: str) -> None:
    """Print a plan, and what the profile's guard says against starting it."""
    refusal = [(t("starting it"), t("refused: {why}", why=held))] if held else []
    for line in block([*plan_rows(one), *refusal]):
        context.output.line(line)


def print_replays(context: Context, replays: Sequence[Replay]) -> None:
    """Print replays as a table."""
    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id")),
        Column(t("state")),
        Column(t("to run"), right=True),
        Column(t("finished"), right=True),
        Column(t("settled"), right=True),
        Column(t("failed again"), right=True),
        Column(t("in doubt"), right=True),
        Column(t("pace"), right=True),
        Column(t("left"), right=True),
        Column(t("who")),
        Column(t("created")),
        Column(t("filter")),
    ]
    rows = [
        (
            shown(one.id),
            state_cell(one),
            f"{one.to_run:,}",
            f"{one.reached:,}",
            f"{one.settled:,}",
            f"{one.refailed:,}",
            f"{one.unknown:,}",
            "-" if one.rate_now is None else f"{one.rate_now:,.1f}/s",
            "-" if one.eta_seconds is None else age(one.eta_seconds),
            shown(one.started_by or one.who),
            moment(one.created_at, zone),
            shown(one.filter),
        )
        for one in replays
    ]
    context.output.table(columns, rows)


def print_replay(context: Context, one: Replay) -> None:
    """Print one replay: state, plan, and how far it is."""
    output = context.output
    state = state_cell(one)
    output.line(f"{shown(one.id)}  {output.tinted(state.text, state.tone)}  {progress(one)}")
    for line in block([*plan_rows(one)[1:], *_people(context, one), *run_rows(one)]):
        output.line(line)


def _people(context: Context, one: Replay) -> list[Row]:
    zone = zone_of(context.profile.view.timezone)
    moments = [
        (t("planned"), one.created_at, one.who),
        (t("began"), one.started_at, one.started_by),
        (t("ended"), one.ended_at, None),
    ]
    told = [
        (label, f"{moment(when, zone)}  {'' if who is None else shown(who)}".rstrip())
        for label, when, who in moments
        if when is not None
    ]
    if one.reason is not None:
        told.append((t("reason"), shown(one.reason)))
    if one.change is not None:
        told.append((t("change"), shown(one.change)))
    return told


def run_rows(one: Replay) -> list[Row]:
    """Return what became of its items so far, and what keeps it."""
    outcomes = money_rows(t("outcomes"), [(line.outcome.value, line) for line in one.outcomes if line.count])
    return [
        *(outcomes if one.started_at is not None else []),
        *([(t("slowed by"), shown(one.slowed))] if one.slowed is not None else []),
        *([(t("why it stopped"), shown(one.why))] if one.why is not None else []),
    ]


def progress(one: Replay) -> str:
    """Return on one line how far it is."""
    if one.state is ReplayState.PLANNING:
        return t("planning: {planned:,} of {total:,} repayments", planned=one.planned, total=one.total)
    said = t(
        "{done:,} of {to_run:,} done: {settled:,} settled, {refailed:,} failed again, {unknown:,} in doubt",
        done=one.reached,
        to_run=one.to_run,
        settled=one.settled,
        refailed=one.refailed,
        unknown=one.unknown,
    )
    if one.state in OVER or one.state is ReplayState.PAUSED or one.started_at is None:
        return said
    now = UNKNOWN if one.rate_now is None else f"{one.rate_now:,.1f}"
    if one.eta_seconds is None:
        return t("{done}; {rate} a second", done=said, rate=now)
    return t("{done}; {rate} a second, about {span} left", done=said, rate=now, span=age(one.eta_seconds))


def print_items(context: Context, items: Sequence[ReplayItem]) -> None:
    """Print items as a table."""
    zone = zone_of(context.profile.view.timezone)
    names = (t("repayment"), t("class"), t("outcome"), t("stage"), t("amount"), t("gateway"), t("due"),
             t("error"), t("old order"), t("new order"), t("evidence"), t("at"))  # fmt: skip
    columns = [Column(name, right=at == 4) for at, name in enumerate(names)]
    rows = [
        (
            shown(one.repayment),
            one.class_.value,
            Cell(one.outcome.value, OUTCOME_TONES.get(one.outcome, Tone.PLAIN)),
            shown(one.stage),
            yuan(one.amount_fen),
            shown(one.gateway or "-"),
            shown(one.grace_until or one.due_on),
            shown(one.error_code or "-"),
            shown(one.old_order_no or "-"),
            shown(one.new_order_no or "-"),
            shown(one.verdict or "-"),
            moment(one.at, zone),
        )
        for one in items
    ]
    context.output.table(columns, rows)
