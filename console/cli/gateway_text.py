"""One gateway in full, and its SLA ledger, as text and as an evidence pack."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, Final

from console.cli.board_text import LIGHTS, print_gateways
from console.cli.figures import age, moment, number, percent, span_seconds, state_cell, zone_of
from console.cli.output import UNKNOWN, Cell, Column, Tone
from console.contract.gateway_words import (
    breach_words,
    breaker_words,
    by_words,
    counted_words,
    indicator_sources,
    open_orders,
    source_words,
    unknown_words,
    word,
)
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import Untrusted, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.context import Context
    from console.contract.gateway import BackingPart, GatewayDetail, ReserveState
    from console.contract.sla import LedgerLine, LedgerSpan, SlaLedger

MOST_UNKNOWN: Final = 5
"""Spans of unknown minutes that are printed."""

RATIOS = frozenset({"success_rate", "in_doubt_ratio", "inquiry_availability"})


def print_gateway(context: Context, found: GatewayDetail) -> None:
    """Print one gateway in full."""
    output = context.output
    print_gateways(output, [found.line])
    output.line()
    light = output.tinted(word(found.light), LIGHTS[found.light])
    breaker = breaker_words(found.breaker)
    share = "" if found.breaker.share in (None, 0.0, 1.0) else f" ({percent(found.breaker.share)})"
    counted = counted_words(found.source)
    output.line(t("light {light}, breaker {breaker}; {counted}", light=light, breaker=breaker + share,
                  counted=counted))  # fmt: skip
    for one in found.breaches:
        output.line(t("not kept: {clause}", clause=breach_words(one, span_seconds)))
    _print_slis(context, found)
    _print_budget(context, found)
    if found.errors:
        output.line()
        columns = [Column(t("error, last hour")), Column(t("outcome")), Column(t("fault of")),
                   Column(t("rule")), Column(t("count"), right=True)]  # fmt: skip
        rows = [
            (shown(one.code), word(one.outcome), word(one.blame), shown(one.rule), number(one.count))
            for one in found.errors
        ]
        output.table(columns, rows)
    _print_parts(context, found.parts)
    if found.reserve is not None:
        output.line()
        print_reserve(context, found.reserve)
    _print_weights(context, found)


def _print_slis(context: Context, found: GatewayDetail) -> None:
    output = context.output
    output.line()
    names = (t("over"), t("sent"), t("success"), t("in doubt"), "p50", "p95", "p99", t("inquiry"))
    rows: list[tuple[str, ...]] = [
        (
            word(one.span),
            number(one.sent),
            percent(one.success_rate),
            percent(one.in_doubt_ratio),
            span_seconds(one.confirm_p50_seconds),
            span_seconds(one.confirm_p95_seconds),
            span_seconds(one.confirm_p99_seconds),
            percent(one.inquiry_availability),
        )
        for one in found.slis
    ]
    if found.source is not None:
        rows.append((t("counted by"), *indicator_sources(found.source)))
    output.table([Column(names[0]), *(Column(name, right=True) for name in names[1:])], rows)
    if found.source is not None:
        for line in source_words(found.source, found.as_of, span_seconds):
            output.line(line)
    still_open = open_orders(found)
    if still_open:
        output.line(t("{count:,} orders are open; their age counts as their time so far", count=still_open))


def _print_budget(context: Context, found: GatewayDetail) -> None:
    output, budget = context.output, found.budget
    output.line()
    if budget is None:
        output.line(t("no objective, or nothing counted: no error budget"))
    else:
        output.line(
            t(
                "objective {objective} over {days} days: {bad:,} of {allowed:,} failures spent, {left} left",
                objective=f"{budget.objective * 100:g}%",
                days=budget.days,
                bad=budget.bad,
                allowed=round(budget.allowed),
                left=UNKNOWN if budget.left is None else f"{budget.left * 100:.1f}%",
            )
        )
    if found.burns:
        columns = [Column(t("burn rule")), Column(t("long"), right=True), Column(t("short"), right=True),
                   Column(t("limit"), right=True), Column("")]  # fmt: skip
        rows = [
            (
                word(one.rule),
                _rate(one.long_rate, one.rule),
                _rate(one.short_rate, one.rule),
                _rate(one.threshold, one.rule),
                Cell(t("fires"), Tone.BAD) if one.firing else "",
            )
            for one in found.burns
        ]
        output.table(columns, rows)


def _rate(value: float | None, rule: str) -> str:
    if value is None:
        return UNKNOWN
    return percent(value) if rule == "outage" else f"{value:.1f}x"


def _print_parts(context: Context, parts: Sequence[BackingPart]) -> None:
    output = context.output
    output.line()
    rows = [(word(part.name), state_cell(part.state), _part(part)) for part in parts]
    output.table([Column(t("behind it")), Column(t("state")), Column(t("detail"))], rows)


def _part(part: BackingPart) -> str:
    match part.name:
        case "callbacks":
            last = t("none in the last hour") if part.seconds is None else t(
                "the latest {age} ago", age=age(part.seconds))  # fmt: skip
            return t("{count} in 5 minutes, {last}", count=number(part.count), last=last)
        case "inquiry":
            return t(
                "{count} in an hour, {ratio} answered", count=number(part.count), ratio=percent(part.ratio)
            )
        case "queue":
            if part.count == 0:
                return t("none waits")
            return t("{count} wait, the oldest for {age}", count=number(part.count), age=age(part.seconds))
        case "database":
            took = UNKNOWN if part.seconds is None else f"{part.seconds * 1000:.0f} ms"
            return t("these figures took {time}", time=took)


def print_reserve(context: Context, reserve: ReserveState) -> None:
    """Print what lies with a gateway and how long it lasts."""
    low = reserve.balance_fen < reserve.floor_fen
    balance = context.output.tinted(yuan(reserve.balance_fen), Tone.BAD if low else Tone.PLAIN)
    hours, draw = reserve.runway_hours, reserve.draw_fen_per_hour
    context.output.line(
        t(
            "reserve {balance} (floor {floor}), draw {draw} an hour, lasts {runway}",
            balance=balance,
            floor=yuan(reserve.floor_fen),
            draw=UNKNOWN if draw is None else yuan(draw),
            runway="-" if hours is None else f"{hours:.1f} h",
        )
    )


def _print_weights(context: Context, found: GatewayDetail) -> None:
    output = context.output
    output.line()
    columns = [Column(t("gateway")), Column(t("weight"), right=True), Column(t("suggested"), right=True),
               Column(t("success at least"), right=True), Column(t("sample"), right=True)]  # fmt: skip
    rows = [
        (
            shown(one.gateway),
            number(one.weight),
            number(one.suggested) if one.suggested == one.weight else Cell(number(one.suggested), Tone.WARN),
            percent(one.success_lower),
            number(one.samples),
        )
        for one in found.weights
    ]
    output.table(columns, rows)


def print_ledger(context: Context, found: SlaLedger) -> None:
    """Print the ledger."""
    output, zone = context.output, zone_of(context.profile.view.timezone)
    output.line(
        t(
            "{gateway} from {start} to {end}: settled {settled}, fees {fees}",
            gateway=shown(found.gateway),
            start=moment(found.from_at, zone),
            end=moment(found.to_at, zone),
            settled=yuan(found.settled_fen),
            fees=yuan(found.fees_fen),
        )
    )
    output.line()
    names = (t("promised"), t("measured"), t("samples"), t("excluded min"), t("disputed min"))
    told = (t("unknown min"), t("counted by")) if found.source is not None else ()
    columns = [
        Column(t("clause")),
        Column(t("metric")),
        *(Column(name, right=True) for name in (*names, *told)),
        Column(t("kept")),
        Column(t("tier"), right=True),
        Column(t("credit"), right=True),
        Column(t("claim by")),
    ]
    output.table(columns, [_ledger_row(line, context, found.source is not None) for line in found.lines])
    if found.source is not None:
        output.line(t("Prom. is {address}", address=shown(found.source.prometheus)))
        for line in unknown_words(found.source, lambda at: moment(at, zone), MOST_UNKNOWN):
            output.line(line)
    for heading, spans in ((t("excluded"), found.excluded), (t("disputed"), found.disputed)):
        _print_spans(context, heading, spans)
    output.line()
    output.line(t("credit due {credit}", credit=yuan(found.credit_fen)))
    output.line(t("digest {digest}", digest=shown(found.digest)))


def _ledger_row(line: LedgerLine, context: Context, sourced: bool) -> tuple[str | Cell, ...]:
    if line.kept is None:
        kept = Cell(UNKNOWN)
    else:
        kept = Cell(t("yes"), Tone.GOOD) if line.kept else Cell(t("no"), Tone.BAD)
    zone = zone_of(context.profile.view.timezone)
    return (
        shown(line.clause),
        word(line.metric),
        _measure(line.threshold, line.metric),
        _measure(line.measured, line.metric),
        number(line.samples),
        number(line.excluded_minutes),
        number(line.disputed_minutes),
        *((number(line.unknown_minutes), by_words(line.counted_by)) if sourced else ()),
        kept,
        "-" if line.tier is None else f"{line.tier} ({line.credit_percent:g}%)",
        yuan(line.credit_fen),
        moment(line.claim_by, zone),
    )


def _measure(value: float | None, metric: str) -> str:
    if value is None:
        return UNKNOWN
    return f"{value * 100:.3f}%" if metric in RATIOS else f"{value:.2f}s"


def _print_spans(context: Context, heading: str, spans: Sequence[LedgerSpan]) -> None:
    if not spans:
        return
    output, zone = context.output, zone_of(context.profile.view.timezone)
    output.line()
    columns = [Column(heading), Column(t("declared")), Column(t("starts")), Column(t("ends")),
               Column(t("minutes"), right=True), Column(t("orders"), right=True),
               Column(t("bad"), right=True)]  # fmt: skip
    rows = [
        (
            shown(one.window),
            moment(one.declared_at, zone),
            moment(one.starts_at, zone),
            moment(one.ends_at, zone),
            number(one.minutes),
            number(one.samples),
            number(one.bad),
        )
        for one in spans
    ]
    output.table(columns, rows)


def evidence_pack(found: SlaLedger) -> bytes:
    """Return the ledger as CSV, with what was excluded and disputed and why.

    The last line is the SHA-256 of all lines before it. Names are those of the contract, times UTC, and what
    a spreadsheet would compute is quoted.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("record", "name", "field", "value"))

    def write(record: str, name: str, fields: dict[str, object]) -> None:
        for field, value in fields.items():
            cell = "" if value is None else str(value)
            rows.writerow((record, _cell(name), field, _cell(cell)))

    whole = found.model_dump(mode="json", exclude={"lines", "excluded", "disputed", "source"})
    write("ledger", found.gateway, whole)
    if found.source is not None:
        write("source", found.source.prometheus, dict(found.source.queries))
        for unknown in found.source.unknown:
            write("unknown", unknown.indicator, unknown.model_dump(mode="json"))
    for line in found.lines:
        write("clause", line.clause, line.model_dump(mode="json"))
    for record, spans in (("excluded", found.excluded), ("disputed", found.disputed)):
        for span in spans:
            write(record, span.window, span.model_dump(mode="json"))
    body = text.getvalue().encode()
    return body + f"#sha256,{hashlib.sha256(body).hexdigest()}\n".encode()


def _cell(text: str) -> str:
    safe = shown(Untrusted(text))
    return f"'{safe}" if safe[:1] in ("=", "+", "-", "@") else safe
