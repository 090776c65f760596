"""A replay as lines of the console: its plan by class, its progress, its receipt. Pure: values to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.money import yuan
from console.contract.replay import OVER, ReplayOutcome, ReplayState
from console.contract.replay_words import (
    by_effect,
    class_name,
    conservation_rows,
    counted,
    deed,
    order_name,
    outcome_name,
    state_name,
)
from console.contract.text import cell_width, shown
from console.tui import figures
from console.tui.widgets.fields import field, heading
from console.tui.widgets.lines import Line, fitted, wrapped

if TYPE_CHECKING:
    from datetime import datetime

    from console.contract.replay import ClassLine, OutcomeLine, Receipt, Replay

STATE_STYLES: Final[dict[ReplayState, str]] = {
    ReplayState.PLANNING: "accent",
    ReplayState.PLANNED: "accent",
    ReplayState.RUNNING: "good",
    ReplayState.PAUSED: "warn",
    ReplayState.DONE: "good",
    ReplayState.CANCELLED: "dim",
    ReplayState.STOPPED: "bad",
}

OUTCOME_STYLES: Final[dict[ReplayOutcome, str]] = {
    ReplayOutcome.SETTLED: "good",
    ReplayOutcome.REFAILED: "bad",
    ReplayOutcome.UNKNOWN: "warn",
    ReplayOutcome.HELD: "warn",
    ReplayOutcome.LEFT: "dim",
    ReplayOutcome.WAITING: "dim",
}

_LEFT_BEHIND: Final = frozenset({ReplayOutcome.REFAILED, ReplayOutcome.LEFT})
"""Outcomes of repayments that may be failed still."""

_FULL: Final = "#"
_EMPTY: Final = "."
_BAR: Final = 40
_CLASS: Final = 21
"""Cells of a bar, and of the name of a class."""
_COUNT: Final = 8
_MONEY: Final = 16
"""Cells of a count and of money."""


def bar(done: int, total: int, cells: int) -> str:
    """Return how much is done as a bar; it is full only when all is done."""
    filled = 0 if not total else min(cells, done * cells // total)
    return f"[{_FULL * filled}{_EMPTY * (cells - filled)}]"


def part_of(done: int, total: int) -> float | None:
    """Return the part that is done; None where there is nothing to do."""
    return done / total if total else None


def replay_lines(
    one: Replay, receipt: Receipt | None, width: int, zone: str, now: datetime, held: str = ""
) -> list[Line]:
    """Return one replay: what it is, then its plan, its progress or its receipt, whatever it is at. `held` is
    what the profile's guard says against starting it."""
    lines = _head(one, width, zone, now)
    match one.state:
        case ReplayState.PLANNING:
            lines += _planning(one, width)
        case ReplayState.PLANNED:
            lines += plan_lines(one, width, held)
        case _:
            lines += _progress(one, width)
            lines += [] if receipt is None else _check(receipt, width)
    return lines


def _head(one: Replay, width: int, zone: str, now: datetime) -> list[Line]:
    said = state_name(one.state)
    if one.started_at is not None and one.state is not ReplayState.PAUSED:
        end = one.ended_at or now
        said = f"{said}  {figures.whole_span((end - one.started_at).total_seconds())}"
    who = shown(one.started_by if one.started_by is not None else one.who)
    at = figures.moment(one.started_at or one.created_at, zone)
    lines = [
        *field(t("replay"), f"{shown(one.id)}  {shown(one.filter)}", width, "strong"),
        *field(t("state"), f"{said}   {who}  {at}", width, STATE_STYLES[one.state]),
    ]
    if one.why is not None:
        lines += field(t("why it stopped"), one.why, width, "bad")
    if one.reason is not None:
        lines += field(t("reason"), one.reason, width)
    return lines


def _planning(one: Replay, width: int) -> list[Line]:
    cells = min(_BAR, max(10, width - 45))
    done = f"{figures.count(one.planned)} / {figures.count(one.total)}"
    return field(t("planning"), f"{bar(one.planned, one.total, cells)} {done}", width)


def plan_lines(one: Replay, width: int, held: str = "") -> list[Line]:
    """Return what a replay would do: each class with count, money and deed; pace, time, whom it needs."""
    total = t(
        "{run}, of {count} taken in",
        run=counted(one.to_run, one.to_run_fen),
        count=figures.count(one.total),
    )
    span = figures.UNKNOWN if one.estimate_seconds is None else figures.whole_span(one.estimate_seconds)
    pace = t(
        "{rate} a second at each of: {gateways}",
        rate=figures.count(one.rate),
        gateways=", ".join(shown(name) for name in one.gateways) or figures.NOTHING,
    )
    approval, style = t("none needed"), "text"
    if one.needs_approval is not None:
        approval = t("another person must approve: {why}", why=shown(one.needs_approval))
        style = "warn"
    lines = [
        *field(t("would run"), total, width, "strong" if one.to_run else "warn"),
        *field(t("takes"), t("about {span}, {pace}", span=span, pace=pace), width),
        *field(t("approval"), approval, width, style),
        *(field(t("starting it"), held, width, "bad") if held else ()),
        heading(t("What it would do"), width),
    ]
    for line in by_effect(one.classes):
        lines += _class(line, width, "text" if line.runs and line.count else "dim")
    return [*lines, *field(t("sequence"), order_name(one.order), width, "dim")]


def _class(one: ClassLine, width: int, style: str) -> list[Line]:
    """Return a class on one line, what it does wrapped beside its figures."""
    figures_of = f"{figures.count(one.count):>{_COUNT}}{yuan(one.sum_fen):>{_MONEY}}  "
    room = max(12, width - _CLASS - cell_width(figures_of))
    lines: list[Line] = []
    for at, part in enumerate(wrapped(deed(one.class_), room)):
        name = "" if at else f" {class_name(one.class_)}"
        left = fitted(((name, style),), _CLASS, "text")
        middle = figures_of if not at else " " * cell_width(figures_of)
        lines.append((*left, (middle, "figure" if style == "text" else style), (part, style)))
    return lines


def _progress(one: Replay, width: int) -> list[Line]:
    cells = min(_BAR, max(10, width - 45))
    done = f"{figures.count(one.reached)} / {figures.count(one.to_run)}"
    share = figures.share(part_of(one.reached, one.to_run))
    lines = field(t("progress"), f"{bar(one.reached, one.to_run, cells)} {share}  {done}", width, "strong")
    if one.state is ReplayState.PAUSED:
        lines += field(t("pace"), t("nothing is sent until it is resumed"), width, "warn")
    elif one.state not in OVER:
        lines += field(t("pace"), _pace(one), width)
        if one.slowed is not None:
            lines += field(t("slowed by"), one.slowed, width, "warn")
    lines += [_outcome(line, one, width) for line in one.outcomes if line.count]
    if may_go_once_more(one):
        lines += field(t("once more"), t("z plans a replay of those that are failed now"), width, "accent")
    return lines


def may_go_once_more(one: Replay) -> bool:
    """Tell whether a replay that is over left anything that another one could take up."""
    some = any(line.count for line in one.outcomes if line.outcome in _LEFT_BEHIND)
    return one.state in OVER and some


def _pace(one: Replay) -> str:
    now = figures.UNKNOWN if one.rate_now is None else f"{one.rate_now:,.1f}"
    allowed = figures.UNKNOWN if one.rate_allowed is None else f"{one.rate_allowed:,.0f}"
    left = figures.UNKNOWN if one.eta_seconds is None else figures.whole_span(one.eta_seconds)
    return t("{now} a second, {allowed} allowed now; about {left} left", now=now, allowed=allowed, left=left)


def _outcome(line: OutcomeLine, one: Replay, width: int) -> Line:
    style = OUTCOME_STYLES.get(line.outcome, "text")
    share = figures.share(part_of(line.count, one.total))
    told = f"{figures.count(line.count):>{_COUNT}}{yuan(line.sum_fen):>{_MONEY}}{share:>8}"
    name = f" {outcome_name(line.outcome)}"
    return fitted((*fitted(((name, style),), 16, "text"), (told, style)), width)


def _check(receipt: Receipt, width: int) -> list[Line]:
    balanced = receipt.conservation.balanced
    lines: list[Line] = [heading(t("Check: what went in came out"), width)]
    *parts, verdict = [text for _, text in conservation_rows(receipt)]
    lines.append(((f" {verdict}", "good" if balanced else "bad"),))
    return [*lines, *(((f" {text}", "figure"),) for text in parts)]
