"""Strategies as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.change_text import block
from console.cli.figures import moment, number, percent, zone_of
from console.cli.output import UNKNOWN, Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.contract.strategy import StrategyCounts, StrategyDetail, StrategyRow, StrategyVersion
    from console.contract.strategy_preview import Flips, Group, Side

MODE_TONES = {"enforce": Tone.GOOD, "canary": Tone.WARN, "shadow": Tone.DIM, "off": Tone.DIM}


def _mode(row: StrategyRow) -> Cell:
    text = shown(row.mode) if row.percent is None else f"{shown(row.mode)} {row.percent}%"
    return Cell(text, MODE_TONES.get(row.mode, Tone.PLAIN))


def share(part: int, whole: int) -> str:
    """Return a share in percent; `?` when nothing was seen."""
    return UNKNOWN if not whole else percent(part / whole)


def print_rows(context: Context, rows: Sequence[StrategyRow]) -> None:
    """Print strategies as a table; what they did is of the last hour."""
    zone = zone_of(context.profile.view.timezone)
    columns = [
        Column(t("id")),
        Column(t("mode")),
        Column(t("action")),
        Column(t("seen/h"), right=True),
        Column(t("hits/h"), right=True),
        Column(t("intercepted"), right=True),
        Column(t("clean payers hit"), right=True),
        Column(t("returns")),
        Column(t("title")),
    ]
    cells = [
        (
            shown(row.id),
            _mode(row),
            shown(row.action),
            number(row.hour.seen),
            number(row.hour.hits),
            share(row.hour.acted, row.hour.seen),
            share(row.hour.clean_hits, row.hour.clean_seen),
            moment(row.expires_at, zone),
            shown(t(row.title)),
        )
        for row in rows
    ]
    context.output.table(columns, cells)


def print_strategy(context: Context, found: StrategyDetail) -> None:
    """Print one strategy in full."""
    output, zone = context.output, zone_of(context.profile.view.timezone)
    mode = _mode(found)
    output.line(f"{shown(found.id)}  {output.tinted(mode.text, mode.tone)}  {shown(t(found.title))}")
    for line in block(
        [
            (t("explanation"), shown(t(found.explanation))),
            (t("the borrower is told"), shown(t(found.reason))),
            (t("expression"), shown(found.expression)),
            (t("action"), _action(found)),
            *_scenarios(found.scenarios),
            *_schedule(found),
            (t("version"), _version(found)),
            (t("changed"), f"{moment(found.changed_at, zone)}  {shown(found.changed_by)}"),
            *([] if found.expires_at is None else [(t("returns"), moment(found.expires_at, zone))]),
            (t("last hour"), counted(found.hour)),
            (t("complaints"), complained(found.complaints_hour, found.complaints_day)),
        ]
    ):
        output.line(line)
    if found.parameters:
        output.line()
        _print_parameters(context, found)


def complained(hour: int, day: int) -> str:
    """Return how many complaints came."""
    return t("{hour:,} in the last hour, {day:,} in the last day", hour=hour, day=day)


def _action(found: StrategyDetail) -> str:
    if found.action == "delay":
        return t("{action} for {minutes} minutes", action=found.action, minutes=found.delay_minutes)
    return shown(found.action)


def _version(found: StrategyDetail) -> str:
    if found.version == found.approved_version:
        return str(found.version)
    return t("{version}; it returns to {approved}", version=found.version, approved=found.approved_version)


def _scenarios(scenarios: Mapping[str, Mapping[str, int | str]]) -> list[Row]:
    return [(t("in {scenario}", scenario=shown(name)), pairs(values)) for name, values in scenarios.items()]


def _schedule(found: StrategyDetail) -> list[Row]:
    return [(f"{shown(slot.since)}-{shown(slot.until)}", pairs(slot.values)) for slot in found.schedule]


def pairs(values: Mapping[str, int | str]) -> str:
    """Return values as `name=value`, safe to show."""
    return "  ".join(f"{shown(name)}={shown(str(value))}" for name, value in values.items())


def counted(counts: StrategyCounts) -> str:
    """Return what a strategy did, in words."""
    return t(
        "{seen:,} seen, {hits:,} hit, {acted:,} intercepted ({money}),"
        " {clean:,} of {clean_seen:,} clean payers hit, {verified:,} verified, {unverified:,} not",
        seen=counts.seen,
        hits=counts.hits,
        acted=counts.acted,
        money=yuan(counts.acted_fen),
        clean=counts.clean_hits,
        clean_seen=counts.clean_seen,
        verified=counts.verified,
        unverified=counts.unverified,
    )


def _print_parameters(context: Context, found: StrategyDetail) -> None:
    columns = [
        Column(t("parameter")),
        Column(t("at present"), right=True),
        Column(t("default"), right=True),
        Column(t("from"), right=True),
        Column(t("to"), right=True),
        Column(t("meaning")),
    ]
    rows = [
        (
            shown(parameter.name),
            shown(str(parameter.now)),
            shown(str(parameter.default)),
            "" if parameter.kind != "int" else str(parameter.low),
            "" if parameter.kind != "int" else str(parameter.high),
            shown(t(parameter.meaning)),
        )
        for parameter in found.parameters
    ]
    context.output.table(columns, rows)


def print_versions(context: Context, versions: Sequence[StrategyVersion]) -> None:
    """Print versions, each with what it changed."""
    zone = zone_of(context.profile.view.timezone)
    names = (t("version"), t("approved"), t("at"), t("who"), t("change"), t("differences"))
    rows = [
        (
            str(version.version),
            t("yes") if version.approved else t("for a time"),
            moment(version.at, zone),
            shown(version.who),
            shown(version.change_id or "-"),
            "  ".join(
                f"{shown(one.name)}: {shown(one.old) or '-'} → {shown(one.new) or '-'}"
                for one in version.differences
            )
            or shown(version.why),
        )
        for version in versions
    ]
    context.output.table([Column(name) for name in names], rows)


def print_flips(context: Context, flips: Flips) -> None:
    """Print which stored repayments would flip."""
    output = context.output
    output.line(t("of {count:,} repayments screened then:", count=flips.seen))
    intercepted = _side(t("newly intercepted"), flips.newly_intercepted)
    for line in block([*intercepted, *_side(t("newly passed"), flips.newly_passed)]):
        output.line(line)


def _side(label: str, side: Side) -> list[Row]:
    whole = t("{count:,} repayments, {sum}", count=side.count, sum=yuan(side.sum_fen))
    if not side.count:
        return [(label, whole)]
    clean = t("{count:,} repayments, {sum}", count=side.clean_count, sum=yuan(side.clean_sum_fen))
    return [
        (label, whole),
        (f"  {t('of clean payers')}", clean),
        (f"  {t('by gateway')}", _groups(side.by_gateway)),
        (f"  {t('by product')}", _groups(side.by_product)),
        (f"  {t('for example')}", " ".join(shown(identity) for identity in side.samples)),
    ]


def _groups(groups: Sequence[Group]) -> str:
    return "  ".join(f"{shown(group.name) or '-'} {group.count:,} {yuan(group.sum_fen)}" for group in groups)
