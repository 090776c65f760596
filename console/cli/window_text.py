"""Maintenance windows as text. Times are those of the window's own zone, with its offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.change_text import block
from console.cli.figures import age, moment, percent, zone_of
from console.cli.output import Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.contract.window import Window, WindowForecast, WindowSlot, WindowSummary

STATE_TONES = {
    "draining": Tone.WARN,
    "active": Tone.WARN,
    "recovering": Tone.WARN,
    "scheduled": Tone.GOOD,
    "ended": Tone.DIM,
    "cancelled": Tone.DIM,
}


def _state(window: WindowSummary) -> Cell:
    return Cell(shown(window.state), STATE_TONES.get(window.state, Tone.PLAIN))


def print_windows(context: Context, windows: Sequence[WindowSummary]) -> None:
    """Print windows as a table, each with the time that its state is about."""
    columns = [
        Column(t("id")),
        Column(t("state")),
        Column(t("scope")),
        Column(t("policy")),
        Column(t("starts")),
        Column(t("ends")),
        Column(t("repeats")),
        Column(t("waiting"), right=True),
        Column(t("money"), right=True),
    ]
    rows = [
        (
            shown(window.id),
            _state(window),
            shown(window.scope),
            shown(window.policy),
            _declared_start(window) if slot is None else shown(slot.starts_local),
            "-" if slot is None else shown(slot.ends_local),
            shown(window.rrule or "-"),
            f"{window.held:,}",
            yuan(window.held_fen),
        )
        for window, slot in ((window, window.at_hand) for window in windows)
    ]
    context.output.table(columns, rows)


def _declared_start(window: WindowSummary) -> str:
    return f"{shown(window.start).replace('T', ' ')} {shown(window.zone)}"


def print_window(context: Context, window: Window) -> None:
    """Print one window: what it is, when, what waits and for how long."""
    output = context.output
    state = _state(window)
    output.line(f"{shown(window.id)}  {output.tinted(state.text, state.tone)}  {shown(window.scope)}")
    for line in block([*_declared(context, window), *_times(window), *_backlog(window)]):
        output.line(line)


def _declared(context: Context, window: Window) -> list[Row]:
    zone = zone_of(context.profile.view.timezone)
    who = "-" if window.declared_by is None else shown(window.declared_by)
    return [
        (t("policy"), shown(window.policy)),
        *([(t("notice"), shown(window.notice))] if window.notice else []),
        (t("start"), _declared_start(window)),
        (t("lasts"), age(window.duration_seconds)),
        *([(t("repeats"), shown(window.rrule))] if window.rrule else []),
        (t("drain"), age(window.drain_seconds)),
        (t("ramp"), age(window.ramp_seconds)),
        (t("declared"), f"{moment(window.declared_at, zone)}  {who}"),
        *([(t("called off"), moment(window.cancelled_at, zone))] if window.cancelled_at else []),
        *([(t("change"), shown(window.change))] if window.change else []),
    ]


def _times(window: Window) -> list[Row]:
    upcoming = [(t("next") if at == 0 else "", _slot(slot)) for at, slot in enumerate(window.upcoming)]
    return [*([(t("last"), _slot(window.last))] if window.last else []), *upcoming]


def _slot(slot: WindowSlot) -> str:
    times = f"{shown(slot.starts_local)} - {shown(slot.ends_local)}"
    return t("{times}  {state}, {minutes:.0f} min declared", times=times, state=shown(slot.state),
             minutes=slot.declared_minutes)  # fmt: skip


def _backlog(window: Window) -> list[Row]:
    waiting = t("{count:,} repayments, {sum}", count=window.held, sum=yuan(window.held_fen))
    return [
        (t("waiting"), waiting),
        (t("lets through"), percent(window.share)),
        *([(t("forecast"), _forecast(window.forecast))] if window.forecast else []),
    ]


def _forecast(found: WindowForecast) -> str:
    rates = t(
        "{backlog:,} will wait at its end, {arriving:.0f}/min arrive, {sending:.0f}/min can be sent",
        backlog=found.backlog,
        arriving=found.arriving_per_minute,
        sending=found.sending_per_minute,
    )
    if found.minutes is None:
        return f"{rates}: {t('it does not drain')}"
    return f"{rates}: {t('drained after {minutes:.0f} min', minutes=found.minutes)}"
