"""Warnings and their detectors as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.change_text import block
from console.cli.figures import moment, number, percent, zone_of
from console.cli.output import Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.contract.warning_words import cause_word, harm_words, indicator_words, soon, told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.contract.text import Untrusted
    from console.contract.warning import Answer, Detectors, TimelineEntry, Warning, WarningSummary

STATE_TONES = {"open": Tone.BAD, "acked": Tone.WARN, "ended": Tone.DIM}


def _state(one: WarningSummary) -> Cell:
    return Cell(one.state.value, STATE_TONES.get(one.state.value, Tone.PLAIN))


def _harm(one: WarningSummary) -> str:
    return "-" if one.state == "ended" else soon(one.harm_in_minutes)


def _label(label: bool | None) -> str:
    return "-" if label is None else "true" if label else "false"


def print_warnings(context: Context, warnings: Sequence[WarningSummary]) -> None:
    """Print warnings as a table, the soonest harm first."""
    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id")),
        Column(t("state")),
        Column(t("harm in"), right=True),
        Column(t("cause")),
        Column(t("since")),
        Column(t("what")),
        Column(t("whom")),
        Column(t("prepared")),
        Column(t("label")),
    ]
    rows = [
        (
            shown(one.id),
            _state(one),
            _harm(one),
            cause_word(one.cause),
            moment(one.since, zone),
            told(one.said, one.title, zone),
            harm_words(one.harms[0], zone) if one.harms else "?",
            "-" if one.prepared is None else told(one.prepared.said, one.prepared.title, zone),
            _label(one.label),
        )
        for one in warnings
    ]
    context.output.table(columns, rows)


def print_warning(context: Context, one: Warning) -> None:
    """Print the whole card."""
    output = context.output
    zone = zone_of(context.profile.view.timezone)
    state = _state(one)
    title = told(one.said, one.title, zone)
    output.line(f"{shown(one.id)}  {output.tinted(state.text, state.tone)}  {title}")
    rows: list[Row] = [
        (t("likely cause"), f"{cause_word(one.cause)} ({shown(one.scope)})"),
        (t("since"), moment(one.since, zone)),
    ]
    if one.seen_at is not None and one.ended_at is None:
        rows.append((t("last sign"), moment(one.seen_at, zone)))
    if one.ended_at is not None:
        rows.append((t("ended"), moment(one.ended_at, zone)))
    if one.acked_by is not None:
        rows.append((t("acknowledged"), f"{shown(one.acked_by)}, {moment(one.acked_at, zone)}"))
    if one.silenced_by is not None:
        rows.append((t("silenced"), t("window {id} declares it; it pages nobody", id=shown(one.silenced_by))))
    if one.label is not None:
        rows.append((t("label"), _label(one.label)))
    for harm in one.harms:
        money = "" if harm.sum_fen is None else f", {yuan(harm.sum_fen)}"
        rows.append((t("harm in"), f"{soon(harm.minutes)}: {harm_words(harm, zone)}{money}"))
    rows += [(t("because"), sentence.told(zone)) for sentence in one.why]
    rows += [(t("figure"), f"{indicator_words(each)} ({shown(each.detector)})") for each in one.indicators]
    rows += [
        (t("told"), f"{shown(each.channel)} {shown(each.event)}: {shown(each.state)}{_problem(each.problem)}")
        for each in one.deliveries
    ]
    rows += [_answer(each, zone) for each in one.answers]
    if one.prepared is not None:
        rows.append((t("prepared"), told(one.prepared.said, one.prepared.title, zone)))
    if one.look is not None:
        rows.append((t("look at"), one.look.told(zone)))
    for line in block(rows):
        output.line(line)
    for entry in one.timeline:
        output.line(f"{moment(entry.at, zone)}  {_entry(entry, zone)}")
    for each in one.answers:
        if each.revertible:
            output.talk(t("what undoes it: repay change revert {id}", id=shown(each.change)))
    if one.prepared is not None and one.state != "ended":
        output.talk(t("what it would do: repay warning apply {id} --dry-run", id=shown(one.id)))


def _answer(one: Answer, zone: tzinfo) -> Row:
    """Return what was done about it, and stands."""
    said = told(one.said, one.title, zone)
    values = {"change": said, "who": shown(one.who), "at": moment(one.at, zone)}
    if one.state == "awaiting_approval":
        return t("waits for a yes"), t("{change} ({who}, {at})", **values)
    if one.expires_at is None:
        return t("done about it"), t("{change} ({who}, {at})", **values)
    end = moment(one.expires_at, zone)
    return t("done about it"), t("{change} ({who}, {at}, until {end})", **values, end=end)


def _entry(entry: TimelineEntry, zone: tzinfo) -> str:
    said = told(entry.said, entry.title, zone)
    if entry.who is None:
        return said
    return t("{who}: {change}", who=shown(entry.who), change=said) + f" ({shown(entry.change or '')})"


def _problem(problem: Untrusted | None) -> str:
    return "" if problem is None else f" ({shown(problem)})"


def print_detectors(context: Context, found: Detectors) -> None:
    """Print how good each detector is."""
    names = (
        t("warned"), t("right"), t("wrong"), t("precision"), t("lead"), t("pages/8h"),
        t("limit"), t("proposes"),
    )  # fmt: skip
    rows = [
        (
            shown(one.detector),
            number(one.warnings),
            number(one.labelled_true),
            number(one.labelled_false),
            percent(one.precision),
            soon(one.lead_minutes),
            f"{one.pages_per_shift:.1f}",
            f"{one.threshold:g}",
            "-" if one.proposed is None else f"{one.proposed:g}",
        )
        for one in found.items
    ]
    context.output.table([Column(t("detector")), *(Column(name, right=True) for name in names)], rows)
