"""One gateway as text: what it does, what it promised, what that cost, and what stands behind it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.gateway_words import (
    breach_words,
    breaker_words,
    counted_words,
    indicator_sources,
    open_orders,
    source_words,
    word,
)
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import policy_name, window_state, window_style
from console.tui.widgets.fields import field, heading
from console.tui.widgets.history import bars, points_for
from console.tui.widgets.lines import Line, fitted, wrapped
from console.tui.words import light, sla_light

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from console.contract.gateway import (
        BackingPart,
        Breach,
        Budget,
        Burn,
        ErrorCount,
        GatewayDetail,
        LatencyPoint,
        ReserveState,
        WeightSuggestion,
    )

BAR: Final = 20
"""Cells of the budget's bar."""

CHART_ROWS: Final = 3
_CHART_MOST: Final = 100
_FULL: Final = "#"
_EMPTY: Final = "."


def gateway_lines(one: GatewayDetail, width: int, zone: str) -> list[Line]:
    """Return the whole detail."""
    return [
        *_head(one, width),
        (),
        *_slis(one, width),
        (),
        *_promise(one.budget, one.burns, width),
        (),
        *_latency(one.latency, width, zone),
        (),
        *_errors(one.errors, width),
        (),
        *_reserve(one.reserve, width),
        *_windows(one, width, zone),
        (),
        *_parts(one.parts, width),
        (),
        *_weights(one.weights, width),
    ]


def bar(share: float | None, cells: int) -> str:
    """Return a share of 0…1 as a bar, `?` where it is not known; below zero it is empty."""
    if share is None:
        return figures.UNKNOWN.ljust(cells)
    full = round(max(0.0, min(1.0, share)) * cells)
    return _FULL * full + _EMPTY * (cells - full)


def budget_style(left: float | None) -> str:
    """Return how what is left of a budget is drawn."""
    if left is None:
        return "old"
    return "bad" if left <= 0 else "warn" if left < 0.25 else "good"


def signed_share(ratio: float | None) -> str:
    """Return a share that may be overspent."""
    if ratio is None or ratio >= 0:
        return figures.share(ratio)
    if ratio > -0.9995:
        return f"-{figures.share(-ratio)}"
    return f"{ratio * 100:.0f}%" if ratio > -9.995 else "<-999%"


def runway(hours: float | None) -> str:
    """Return how long a reserve lasts."""
    return figures.UNKNOWN if hours is None else figures.span(hours * 3600)


def _head(one: GatewayDetail, width: int) -> list[Line]:
    line = one.line
    letter, kept, style = sla_light(one.light)
    sign, state, state_style = light(line.state)
    breaker = breaker_words(one.breaker)
    if one.breaker.share is not None and 0 < one.breaker.share < 1:
        breaker = t("{state}, {share} of its weight explores", state=breaker,
                    share=figures.share(one.breaker.share))  # fmt: skip
    weight = str(line.weight)
    if line.weight != one.configured_weight:
        weight = t("{weight} (configured {configured})", weight=weight, configured=one.configured_weight)
    flight = t("{now} of {most} in flight, at most {rate} a second", now=figures.count(line.in_flight),
               most=one.max_in_flight, rate=f"{one.rate_per_second:g}")  # fmt: skip
    counted = counted_words(one.source)
    return [
        *field(t("gateway"), shown(line.id), width, "strong"),
        *field(t("SLA"), f"{letter} {kept}  ({counted})", width, style),
        *(line for each in one.breaches for line in field("", _breach(each), width, style)),
        *field(t("state"), f"{sign} {state}", width, state_style),
        *field(t("breaker"), breaker, width, "text" if one.breaker.state == "closed" else "warn"),
        *field(t("weight"), weight, width),
        *field(t("load"), flight, width),
    ]


def _breach(one: Breach) -> str:
    return t("not kept: {clause}", clause=breach_words(one, figures.span))


def _slis(found: GatewayDetail, width: int) -> list[Line]:
    names = (t("over"), t("sent"), t("success"), t("in doubt"), "p50", "p95", "p99", t("inquiry"))
    lines = [heading(t("Indicators"), width), _row(names, "column")]
    for one in found.slis:
        cells = (
            word(one.span),
            figures.short_count(one.sent),
            figures.share(one.success_rate),
            figures.share(one.in_doubt_ratio),
            figures.span(one.confirm_p50_seconds),
            figures.span(one.confirm_p95_seconds),
            figures.span(one.confirm_p99_seconds),
            figures.share(one.inquiry_availability),
        )
        lines.append(_row(cells, "figure"))
    if found.source is not None:
        lines.append(_row((t("counted by"), *indicator_sources(found.source)), "dim"))
        for said in source_words(found.source, found.as_of, figures.span):
            lines += [fitted(((f" {piece}", "dim"),), width) for piece in wrapped(said, width - 1)]
    still = open_orders(found)
    if still:
        said = t("{count} orders are open; their age counts as their time so far", count=figures.count(still))
        lines.append(((f" {said}", "dim"),))
    return lines


def _row(cells: Sequence[str], style: str) -> Line:
    """Return the first cell at the left, the others in columns of eight."""
    line: Line = fitted(((f" {cells[0]}", "label" if style == "figure" else style),), 14)
    for cell in cells[1:]:
        line = (*line, (f" {_right(cell, 8)}", style))
    return line


def _right(text: str, cells: int) -> str:
    from console.contract.text import cell_width

    return " " * max(0, cells - cell_width(text)) + text


def _promise(budget: Budget | None, burns: Sequence[Burn], width: int) -> list[Line]:
    lines = [heading(t("Error budget"), width)]
    if budget is None:
        return [*lines, ((f" {t('nothing was promised for this gateway, or nothing counted yet')}", "dim"),)]
    objective = t("{objective} over {days} days", objective=f"{budget.objective * 100:g}%", days=budget.days)
    spent = t("{bad} of {allowed} failures", bad=figures.count(budget.bad),
              allowed=figures.count(round(budget.allowed)))  # fmt: skip
    left = f"{bar(budget.left, BAR)} {signed_share(budget.left)}"
    lines += [
        *field(t("objective"), objective, width),
        *field(t("left"), left, width, budget_style(budget.left)),
        *field(t("spent"), spent, width),
    ]
    for one in burns:
        fires = f"  {t('FIRES')}" if one.firing else ""
        said = t("{long} and {short}, fires from {limit}", long=_rate(one.long_rate, one.rule),
                 short=_rate(one.short_rate, one.rule), limit=_rate(one.threshold, one.rule))  # fmt: skip
        if one.rule == "outage":
            said = t("{share} bad, fires from {limit}", share=_rate(one.long_rate, one.rule),
                     limit=_rate(one.threshold, one.rule))  # fmt: skip
        lines += field(word(one.rule), said + fires, width, "bad" if one.firing else "text")
    return lines


def _rate(value: float | None, rule: str) -> str:
    if value is None:
        return figures.UNKNOWN
    return figures.share(value) if rule == "outage" else f"{value:.1f}x"


def _latency(points: Sequence[LatencyPoint], width: int, zone: str) -> list[Line]:
    title = t("Confirmation time")
    room = min(_CHART_MOST, width - 10)
    seen = points[-points_for(room) :]
    known = [one.p99_seconds for one in seen if one.p99_seconds is not None]
    if not known:
        return [heading(title, width), ((f" {t('no order was decided in this time')}", "dim"),)]
    since = t("{start} .. {end}", start=_clock(seen[0].at, zone), end=_clock(seen[-1].at, zone))
    lines = [heading(f"{title}  {since}", width)]
    for name, values in (
        ("p99", [one.p99_seconds for one in seen]),
        ("p95", [one.p95_seconds for one in seen]),
        ("p50", [one.p50_seconds for one in seen]),
    ):
        top = max((value for value in values if value is not None), default=0.0)
        for index, drawn in enumerate(bars(values, CHART_ROWS, top)):
            label = f" {name} " if index == CHART_ROWS - 1 else "     "
            scale = figures.span(top) if index == 0 else ""
            lines.append(((label, "dim"), (drawn, "history"), (f" {scale}", "dim")))
    return lines


def _clock(at: datetime, zone: str) -> str:
    return figures.moment(at, zone)[:11]


def _errors(errors: Sequence[ErrorCount], width: int) -> list[Line]:
    lines = [heading(t("What failed in the last hour, and whose fault that is"), width)]
    if not errors:
        return [*lines, ((f" {t('nothing failed')}", "good"),)]
    for one in errors:
        said: Line = (
            (f" {_right(figures.short_count(one.count), 7)} ", "figure"),
            *fitted(((shown(one.code), "strong"),), 24),
            *fitted(((f" {word(one.outcome)}", "warn" if one.outcome == "in_doubt" else "text"),), 10),
            (f" {word(one.blame)}", "bad" if one.blame in ("gateway", "bank") else "label"),
            (f"  {shown(one.rule)}", "dim"),
        )
        lines.append(fitted(said, width))
    return lines


def _reserve(reserve: ReserveState | None, width: int) -> list[Line]:
    lines = [heading(t("Reserve"), width)]
    if reserve is None:
        return [*lines, ((f" {t('no reserve is kept there')}", "dim"),)]
    low, draw = reserve.balance_fen < reserve.floor_fen, reserve.draw_fen_per_hour
    return [
        *lines,
        *field(t("balance"), yuan(reserve.balance_fen), width, "bad" if low else "strong"),
        *field(t("floor"), yuan(reserve.floor_fen), width),
        *field(t("draw"), figures.UNKNOWN if draw is None else t("{sum} an hour", sum=yuan(draw)), width),
        *field(t("lasts"), runway(reserve.runway_hours), width, _runway_style(reserve.runway_hours)),
        *field(t("topped up"), yuan(reserve.topped_up_fen), width),
    ]


def _runway_style(hours: float | None) -> str:
    return "text" if hours is None or hours >= 24 else "bad" if hours < 4 else "warn"


def _windows(one: GatewayDetail, width: int, zone: str) -> list[Line]:
    lines = [(), heading(t("Its maintenance windows"), width)]
    if not one.windows:
        return [*lines, ((f" {t('none is declared')}", "dim"),)]
    for window in one.windows:
        times = f"{figures.moment(window.starts_at, zone)} .. {figures.moment(window.ends_at, zone)}"
        lines.append(
            fitted(
                (
                    (f" {times}  ", "text"),
                    (f"{policy_name(window.policy)}  ", "label"),
                    (f"{window_state(window.state)}  ", window_style(window.state)),
                    (shown(window.id), "dim"),
                ),
                width,
            )
        )
    return lines


def _parts(parts: Sequence[BackingPart], width: int) -> list[Line]:
    lines = [heading(t("What stands behind it"), width)]
    for part in parts:
        letter, state, style = light(part.state)
        lines += field(word(part.name), f"{letter} {state}  {_part(part)}", width, style)
    return lines


def _part(part: BackingPart) -> str:
    match part.name:
        case "callbacks":
            last = t("none in the last hour") if part.seconds is None else t(
                "the latest {age} ago", age=figures.span(part.seconds))  # fmt: skip
            return t("{count} in 5 minutes, {last}", count=figures.count(part.count), last=last)
        case "inquiry":
            return t("{count} in an hour, {ratio} answered", count=figures.count(part.count),
                     ratio=figures.share(part.ratio))  # fmt: skip
        case "queue":
            if part.count == 0:
                return t("none waits")
            age = figures.NOTHING if part.seconds is None else figures.span(part.seconds)
            return t("{count} wait, the oldest for {age}", count=figures.count(part.count), age=age)
        case "database":
            took = figures.UNKNOWN if part.seconds is None else f"{part.seconds * 1000:.0f} ms"
            return t("these figures took {time}", time=took)


def _weights(weights: Sequence[WeightSuggestion], width: int) -> list[Line]:
    lines = [heading(t("Weights by success rate of the last hour"), width)]
    for one in weights:
        other = one.suggested != one.weight
        if one.success_lower is None:
            why = t("too few orders to say: {count}", count=figures.count(one.samples))
        else:
            why = t("succeeds for at least {share} of {count}", share=figures.share(one.success_lower),
                    count=figures.count(one.samples))  # fmt: skip
        weight = (
            t("{now} -> {suggested}", now=one.weight, suggested=one.suggested) if other else str(one.weight)
        )
        lines += field(shown(one.gateway), f"{weight}  {why}", width, "warn" if other else "text")
    return lines
