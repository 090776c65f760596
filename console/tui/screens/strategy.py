"""One strategy in full: what it looks for, how it is set, what it caught, and every version it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import SCENARIOS, interception, mode_style, mode_word, scenario_name
from console.tui.intents import switch_scenario, toggle_strategy
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.strategies import clean_share
from console.tui.strategy_intents import edit_strategy, set_in_scenario, try_strategy
from console.tui.widgets.fields import LABEL, field, heading
from console.tui.widgets.history import bars
from console.tui.widgets.lines import Line, fitted, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from console.contract.strategy import StrategyDetail, StrategyVersion
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class StrategyPane(ReadingPane["StrategyDetail"]):
    """A reader over one strategy."""

    VIEW: ClassVar[View] = View.STRATEGY
    AGAIN: ClassVar[float] = 5.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Strategy"))
        self._then = ""

    def open(self, key: str) -> None:
        """Show another strategy; `NAME edit` and `NAME try` open its form as soon as it is read."""
        name, _, self._then = key.partition(" ")
        super().open(name)

    async def read(self, desk: Desk, key: str) -> StrategyDetail:
        return await desk.strategy(key)

    async def fetch(self, desk: Desk) -> None:
        await super().fetch(desk)
        then, one = self._then, self.found
        if then and one is not None:
            self._then = ""
            self.change(try_strategy(one) if then == "try" else edit_strategy(one))

    def do_strategy_toggle(self, argument: str) -> None:
        """Ask to let it only count, or to let it enforce."""
        if self.found is not None:
            self.change(toggle_strategy(self.found.id, self.found.mode))

    def do_strategy_set(self, argument: str) -> None:
        """Edit mode and parameters."""
        if self.found is not None:
            self.change(edit_strategy(self.found))

    async def do_strategy_values(self, argument: str) -> None:
        """Choose a scenario, and edit the values of the parameters there."""
        from console.tui.screens.picker import Choice, Picker

        one = self.found
        if one is None or not one.parameters:
            return
        choices = []
        for name in SCENARIOS:
            values = one.scenarios.get(name, {})
            said = "  ".join(f"{shown(key)}={shown(str(value))}" for key, value in values.items())
            choices.append(Choice(name, scenario_name(name), said or t("as everywhere")))

        def chosen(name: str | None) -> None:
            if name is not None:
                self.change(set_in_scenario(one, name))

        await self.app.push_screen(Picker(t("Values in which scenario?"), choices), chosen)

    def do_strategy_preview(self, argument: str) -> None:
        """Try it on stored traffic."""
        if self.found is not None:
            self.change(try_strategy(self.found))

    def do_strategy_scenario(self, argument: str) -> None:
        """Put a scenario in force."""
        if self.found is not None:
            names = ("normal", *(name for name in self.found.scenarios if name != "normal"))
            self.change(switch_scenario(argument or names[-1], names))

    # --- text ---------------------------------------------------------------------------------------

    def lines(self, one: StrategyDetail, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        return [
            *self._set(one, width, zone),
            (),
            *_caught(one, width),
            (),
            *_parameters(one, width),
            *_times(one, width),
            (),
            *_versions(one.versions, width, zone),
        ]

    def _set(self, one: StrategyDetail, width: int, zone: str) -> list[Line]:
        lines = [
            *field(t("strategy"), shown(one.id), width, "strong"),
            *field("", shown(t(one.title)), width, "strong"),
            *field(t("mode"), mode_word(one.mode, one.percent), width, mode_style(one.mode)),
            *field(t("it does"), _does(one), width),
            *field(t("explanation"), shown(t(one.explanation)), width),
            *field(t("borrower reads"), shown(t(one.reason)), width),
            *field(t("expression"), shown(one.expression), width, "accent"),
            *field(t("scenario"), scenario_name(one.scenario), width),
            *field(t("version"), _version(one), width),
            *field(t("changed"), f"{figures.moment(one.changed_at, zone)}  {shown(one.changed_by)}", width),
        ]
        if one.expires_at is not None:
            lines += field(t("returns"), _returns(one.expires_at, self.knowledge.now, zone), width, "warn")
        return lines


def _returns(at: datetime, now: datetime, zone: str) -> str:
    left = figures.told_span(max(0.0, (at - now).total_seconds()))
    return t("{moment}, in {span}", moment=figures.moment(at, zone), span=left)


def _does(one: StrategyDetail) -> str:
    word = interception(one.action)
    if one.action == "delay":
        return t("{action} by {minutes} minutes", action=word, minutes=one.delay_minutes)
    return word


def _version(one: StrategyDetail) -> str:
    if one.version == one.approved_version:
        return str(one.version)
    return t("{version}; returns to {approved}", version=one.version, approved=one.approved_version)


def _caught(one: StrategyDetail, width: int) -> list[Line]:
    counts = one.hour
    hits = figures.share(counts.hits / counts.seen if counts.seen else None)
    clean = figures.share(clean_share(counts))
    answers = t(
        "{yes} verified, {no} not", yes=figures.count(counts.verified), no=figures.count(counts.unverified)
    )
    history = bars(one.history, 3)
    lines = [heading(t("The last hour"), width)]
    lines += field(t("seen"), figures.count(counts.seen), width)
    lines += field(t("hits"), f"{figures.count(counts.hits)}  {hits}", width)
    lines += field(t("intercepted"), f"{figures.count(counts.acted)}  {yuan(counts.acted_fen)}", width)
    lines += field(
        t("clean payers"),
        t(
            "{hits} of {seen} fit: {share}",
            hits=figures.count(counts.clean_hits),
            seen=figures.count(counts.clean_seen),
            share=clean,
        ),
        width,
    )
    lines += field(t("challenged"), answers, width)
    told = t(
        "{hour:,} in the last hour, {day:,} in the last day", hour=one.complaints_hour, day=one.complaints_day
    )
    lines += field(t("complaints"), told, width, "warn" if one.complaints_hour else "text")
    for index, line in enumerate(history):
        label = t("hits, 6 h") if not index else ""
        lines.append((*fitted(((f" {label}", "dim"),), LABEL, "dim"), (line, "history")))
    return lines


def _parameters(one: StrategyDetail, width: int) -> list[Line]:
    lines = [heading(t("Parameters: {count}", count=len(one.parameters)), width)]
    for parameter in one.parameters:
        bounds = "" if parameter.kind == "text" else f"  {parameter.low:,} .. {parameter.high:,}"
        now = shown(str(parameter.now))
        base = shown(str(parameter.base))
        value = now if now == base else t("{now} now, else {base}", now=now, base=base)
        lines += field(shown(parameter.name), f"{value}{bounds}", width, "figure")
        lines += field("", shown(t(parameter.meaning)), width, "dim")
    for scenario, values in one.scenarios.items():
        said = "  ".join(f"{shown(name)}={shown(str(value))}" for name, value in values.items())
        lines += field(t("in {scenario}", scenario=scenario_name(scenario)), said, width)
    return lines


def _times(one: StrategyDetail, width: int) -> list[Line]:
    lines = []
    for slot in one.schedule:
        said = "  ".join(f"{shown(name)}={shown(str(value))}" for name, value in slot.values.items())
        lines += field(f"{shown(slot.since)}-{shown(slot.until)}", said, width)
    return lines


def _versions(versions: Sequence[StrategyVersion], width: int, zone: str) -> list[Line]:
    lines = [heading(t("Versions: {count}", count=len(versions)), width)]
    for one in versions:
        kept = () if one.approved else ((f"  {t('for a time')}", "warn"),)
        lines.append(
            (
                (f" {one.version:>3}  ", "strong"),
                (f"{figures.moment(one.at, zone)}  ", "dim"),
                (f"{mode_word(one.mode, one.percent)}  ", mode_style(one.mode)),
                (f"{shown(one.who)}  {shown(one.why)}", "label"),
                *kept,
            )
        )
        for change in one.differences:
            said = f"{shown(change.name)}: {shown(change.old) or '-'} -> {shown(change.new) or '-'}"
            lines += [((f"      {line}", "accent"),) for line in wrapped(said, max(8, width - 7))]
    return lines
