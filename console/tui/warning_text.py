"""One warning as text: what, since when, the likely cause, who is harmed and when, what would help. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import cell_width, shown
from console.contract.warning_words import (
    cause_word,
    harm_words,
    indicator_words,
    soon,
    state_word,
    told,
)
from console.tui import figures
from console.tui.widgets.fields import field, heading, several
from console.tui.widgets.lines import Line, fitted, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from console.contract.change import Preview
    from console.contract.warning import Detectors, Harm, Prepared, Warning, WarningSummary

URGENT: Final = 60.0
"""Minutes to harm below which a warning is drawn as bad."""

MOST_HARMS: Final = 2
"""Harms that the few lines below the list have room for, the soonest first."""

_MOST_BAR: Final = 10

_WIDTHS: Final = (7, 6, 6, 10, 8, 9, 7, 9)
"""Cells of the figures of a detector."""


def urgency(one: WarningSummary) -> str:
    """Return the style of a warning: by its time to harm, dim once it is over."""
    if one.state == "ended":
        return "dim"
    urgent = one.harm_in_minutes is not None and one.harm_in_minutes < URGENT
    return "bad" if urgent else "warn"


def label_words(label: bool | None) -> str:
    """Return how a warning was judged; empty before."""
    return "" if label is None else t("it was true") if label else t("a false alarm")


def whom(harms: Sequence[Harm], zone: tzinfo) -> str:
    """Return who is harmed first; `?` where that is not known."""
    return harm_words(harms[0], zone) if harms else figures.UNKNOWN


def summary_lines(one: WarningSummary, width: int, zone_name: str) -> list[Line]:
    """Return the card in a few lines: what its row has no room for."""
    zone = figures.zone(zone_name)
    lines: list[Line] = [heading(told(one.said, one.title, zone), width)]
    lines += field(t("likely cause"), cause_word(one.cause), width, "strong")
    if one.state == "ended":
        return [*lines, *field(t("state"), _state(one, zone_name), width), *_label(one.label, width)]
    lines += [*_answers(one, width, zone_name), *_harms(one, one.harms[:MOST_HARMS], width, zone)]
    if one.prepared is not None:
        would = told(one.prepared.said, one.prepared.title, zone)
        lines += field(t("prepared"), t("{change}; p asks for it", change=would), width, "accent")
    elif not one.answers:
        lines += field(t("prepared"), t("nothing that would surely help"), width, "dim")
    return [*lines, *_look(one, width, zone)]


def warning_lines(one: Warning, preview: Preview | str | None, width: int, zone_name: str) -> list[Line]:
    """Return the whole card. `preview` is that of the prepared change, or why there is none."""
    zone = figures.zone(zone_name)
    ahead = (
        []
        if one.state == "ended"
        else [
            *_harms(one, one.harms, width, zone),
            (),
            *_help(one, preview, width, zone_name),
        ]
    )
    return [
        *_head(one, width, zone_name),
        *ahead,
        (),
        *_why(one, width, zone),
        (),
        *_figures(one, width, zone_name),
        (),
        *_timeline(one, width, zone_name),
        *_deliveries(one, width, zone_name),
    ]


def _head(one: Warning, width: int, zone_name: str) -> list[Line]:
    zone = figures.zone(zone_name)
    lines = [
        *field(t("warning"), told(one.said, one.title, zone), width, urgency(one)),
        *field(t("likely cause"), f"{cause_word(one.cause)}  ({shown(one.scope)})", width, "strong"),
        *field(t("since"), _since(one, zone_name), width),
        *field(t("state"), _state(one, zone_name), width),
    ]
    if one.silenced_by is not None:
        said = t("window {id} declares it; it pages nobody", id=shown(one.silenced_by))
        lines += field(t("silenced"), said, width, "dim")
    return [*lines, *_label(one.label, width)]


def _since(one: WarningSummary, zone_name: str) -> str:
    began = figures.moment(one.since, zone_name)
    if one.seen_at is None or one.state == "ended":
        return began
    return f"{began}  {t('its last sign {at}', at=figures.moment(one.seen_at, zone_name))}"


def _label(label: bool | None, width: int) -> list[Line]:
    return [] if label is None else field(t("label"), label_words(label), width)


def _state(one: WarningSummary, zone_name: str) -> str:
    text = state_word(one.state)
    if one.ended_at is not None:
        return f"{text}  {figures.moment(one.ended_at, zone_name)}"
    if one.acked_by is not None:
        return f"{text}  {shown(one.acked_by)}  {figures.moment(one.acked_at, zone_name)}"
    return text


def _harms(one: WarningSummary, harms: Sequence[Harm], width: int, zone: tzinfo) -> list[Line]:
    if not harms:
        return field(t("harm"), t("nobody yet, as far as is known"), width, "dim")
    lines: list[Line] = []
    for index, harm in enumerate(harms):
        words = harm_words(harm, zone)
        money = "" if harm.sum_fen is None else f"  {yuan(harm.sum_fen)}"
        style = urgency(one) if not index else "text"
        when = soon(harm.minutes)
        lines += field("" if index else t("harm in"), f"{when}  {words}{money}", width, style)
    return lines


def _answers(one: WarningSummary, width: int, zone_name: str) -> list[Line]:
    """Return what was done about it, and stands."""
    lines: list[Line] = []
    for each in one.answers:
        said = told(each.said, each.title, figures.zone(zone_name))
        values = {"change": said, "who": shown(each.who), "at": _clock(each.at, zone_name)}
        if each.state == "awaiting_approval":
            lines += field(t("waits for a yes"), t("{change} ({who}, {at})", **values), width, "warn")
        elif each.expires_at is None:
            lines += field(t("done about it"), t("{change} ({who}, {at})", **values), width, "good")
        else:
            end = _clock(each.expires_at, zone_name)
            done = t("{change} ({who}, {at}, until {end})", **values, end=end)
            lines += field(t("done about it"), done, width, "good")
    return lines


def _clock(at: datetime, zone_name: str) -> str:
    return figures.moment(at, zone_name)[:-3]


def _look(one: WarningSummary, width: int, zone: tzinfo) -> list[Line]:
    return [] if one.look is None else field(t("look at"), one.look.told(zone), width)


def _help(one: Warning, preview: Preview | str | None, width: int, zone_name: str) -> list[Line]:
    """Return what was done, what would help, and where to look."""
    zone = figures.zone(zone_name)
    lines = [heading(t("What would help"), width), *_answers(one, width, zone_name)]
    if any(each.revertible for each in one.answers):
        lines.append(((f" {t('u undoes it')}", "dim"),))
    if one.prepared is not None:
        lines += _prepared(one.prepared, preview, width, zone)
    elif not one.answers:
        lines.append(((f" {t('nothing is known that would surely help')}", "dim"),))
    return [*lines, *_look(one, width, zone)]


def _prepared(prepared: Prepared, preview: Preview | str | None, width: int, zone: tzinfo) -> list[Line]:
    lines: list[Line] = []
    lines += field(t("prepared"), told(prepared.said, prepared.title, zone), width, "accent")
    if preview is None:
        return [*lines, *field(t("preview"), t("loading"), width, "dim")]
    if isinstance(preview, str):
        return [*lines, *field(t("preview"), preview, width, "warn")]
    touched = t("{count} repayments, {sum}", count=figures.count(preview.count), sum=yuan(preview.sum_fen))
    if not preview.count:
        touched = t("no repayments")
    lines += field(t("touches"), touched, width)
    lines += several(t("effects"), preview.effects, width)
    lines += several(t("warnings"), preview.warnings, width, "warn")
    if preview.refusal is not None:
        lines += field(t("refused"), preview.refusal, width, "bad")
    return [*lines, ((f" {t('p asks for it, with its preview as it is then')}", "dim"),)]


def _why(one: Warning, width: int, zone: tzinfo) -> list[Line]:
    lines = [heading(t("Why this cause"), width)]
    if not one.why:
        return [*lines, ((f" {t('the service says nothing about it')}", "dim"),)]
    return [
        *lines,
        *(
            ((f" {'- ' if not index else '  '}{part}", "text"),)
            for sentence in one.why
            for index, part in enumerate(wrapped(sentence.told(zone), width - 4))
        ),
    ]


def _figures(one: Warning, width: int, zone_name: str) -> list[Line]:
    lines = [heading(t("The figures that spoke"), width)]
    for each in one.indicators:
        filled = round(max(0.0, min(1.0, each.score)) * _MOST_BAR)
        bar = "#" * filled + "." * (_MOST_BAR - filled)
        lines.append(
            fitted(
                (
                    (f" {bar} ", "bad" if each.score >= 0.99 else "warn"),
                    (indicator_words(each), "text"),
                    (f"  {t('since {at}', at=figures.moment(each.since, zone_name))}", "dim"),
                    (f"  {shown(each.detector)}", "dim"),
                ),
                width,
            )
        )
    return lines if one.indicators else [*lines, ((f" {t('none is told')}", "dim"),)]


def _timeline(one: Warning, width: int, zone_name: str) -> list[Line]:
    zone = figures.zone(zone_name)
    lines = [heading(t("What happened"), width)]
    for entry in one.timeline:
        at, said = figures.moment(entry.at, zone_name), told(entry.said, entry.title, zone)
        style = "text"
        if entry.who is not None:
            said, style = t("{who}: {change}", who=shown(entry.who), change=said), "accent"
            said += f"  {shown(entry.change or '')}"
        for index, part in enumerate(wrapped(said, max(8, width - 18))):
            lines.append(((f" {at}  " if not index else " " * 17, "dim"), (part, style)))
    return lines


def _deliveries(one: Warning, width: int, zone_name: str) -> list[Line]:
    if not one.deliveries:
        return []
    lines: list[Line] = [(), heading(t("Who was told"), width)]
    for each in one.deliveries:
        problem = "" if each.problem is None else f"  {shown(each.problem)}"
        lines.append(
            fitted(
                (
                    (f" {figures.moment(each.at, zone_name)}  ", "dim"),
                    (f"{shown(each.channel)}  {shown(each.event)}  {shown(each.state)}", "text"),
                    (f"  {t('{count} tries', count=each.tries)}", "dim"),
                    (problem, "warn"),
                ),
                width,
            )
        )
    return lines


def detectors_lines(found: Detectors, width: int) -> list[Line]:
    """Return how good each detector is, over 30 days."""
    names = (
        t("warned"),
        t("right"),
        t("wrong"),
        t("precision"),
        t("lead"),
        t("pages/8h"),
        t("limit"),
    )
    lines = [
        heading(t("Detectors over 30 days; t and n on a warning tell them what was true"), width),
        _row(t("detector"), (*names, t("proposes")), "column"),
    ]
    for one in found.items:
        lead = figures.UNKNOWN if one.lead_minutes is None else soon(one.lead_minutes)
        cells = (
            figures.count(one.warnings),
            figures.count(one.labelled_true),
            figures.count(one.labelled_false),
            figures.share(one.precision),
            lead,
            f"{one.pages_per_shift:.1f}",
            f"{one.threshold:g}",
            figures.NOTHING if one.proposed is None else f"{one.proposed:g}",
        )
        lines.append(fitted(_row(shown(one.detector), cells, "figure"), width))
    if not found.items:
        lines.append(((f" {t('no detector has warned yet')}", "dim"),))
    return lines


def _row(first: str, cells: Sequence[str], style: str) -> Line:
    line: Line = fitted(((f" {first}", "text" if style == "figure" else style),), 16)
    for cell, width in zip(cells, _WIDTHS, strict=True):
        line = (*line, (" " * max(1, width - cell_width(cell)) + cell, style))
    return line
