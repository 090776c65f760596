"""View 4: the risk strategies, how far each acts, what it catches, and what returns by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import SCENARIOS, interception, mode_style, mode_word, scenario_name
from console.tui.intents import switch_scenario, toggle_strategy
from console.tui.screens.list_pane import ListPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.columns import Column
from console.tui.widgets.history import bars, points_for
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from console.contract.strategy import Strategies, StrategyCounts, StrategyRow
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

HISTORY: Final = 17
"""Cells of a strategy's history: nearly six hours, two spans of ten minutes each."""

MANY_CLEAN: Final = 0.02
"""The share of clean payers hit from which a strategy is marked."""


class StrategiesPane(ListPane["StrategyRow"]):
    """One table; space toggles, `e` edits."""

    VIEW: ClassVar[View] = View.STRATEGIES
    OPENS: ClassVar[View | None] = View.STRATEGY

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Strategies"), _columns())
        self.found: Strategies | None = None

    async def fetch(self, desk: Desk) -> None:
        self.found = await desk.strategies()
        self.items = self.found.items

    def note(self) -> str:
        if self.found is None:
            return ""
        return t("scenario {name}; figures of the last hour", name=scenario_name(self.found.scenario))

    def nothing(self) -> str:
        return t("there is no strategy")

    def row(self, one: StrategyRow) -> Row:
        old = self.is_old
        figure = "old" if old else "figure"
        clean = clean_share(one.hour)
        hard = clean is not None and clean > MANY_CLEAN
        return (
            Cell(shown(one.id), "old" if old else "text"),
            Cell(mode_word(one.mode, one.percent), "old" if old else mode_style(one.mode)),
            Cell(self._returns(one), "old" if old else "warn"),
            Cell(figures.short_count(one.hour.hits), figure),
            Cell(figures.share(one.hour.hits / one.hour.seen if one.hour.seen else None), figure),
            Cell(f"!{figures.share(clean)}" if hard else figures.share(clean), "bad" if hard else figure),
            Cell(bars(one.history[-points_for(HISTORY) :], 1)[0], "old" if old else "history"),
            Cell(interception(one.action), "label"),
            Cell(shown(t(one.title)), "label"),
        )

    def _returns(self, one: StrategyRow) -> str:
        if one.expires_at is None:
            return ""
        return figures.whole_span(max(0.0, (one.expires_at - self.knowledge.now).total_seconds()))

    def do_strategy_toggle(self, argument: str) -> None:
        """Ask to let it only count, or to let it enforce."""
        one = self.at_hand
        if one is not None:
            self.change(toggle_strategy(one.id, one.mode))

    def do_strategy_set(self, argument: str) -> None:
        """Show it in full, and edit it there."""
        if self.table.cursor_key is not None:
            self.post_message(OpenView(View.STRATEGY, f"{self.table.cursor_key} edit"))

    def do_strategy_preview(self, argument: str) -> None:
        """Show it in full, and try it there."""
        if self.table.cursor_key is not None:
            self.post_message(OpenView(View.STRATEGY, f"{self.table.cursor_key} try"))

    def do_strategy_scenario(self, argument: str) -> None:
        """Put a scenario in force: the one that was named, else the next one."""
        found = self.found
        names = tuple(SCENARIOS) if found is None else found.scenarios
        at = names.index(found.scenario) if found is not None and found.scenario in names else 0
        following = names[(at + 1) % len(names)]
        self.change(switch_scenario(argument or following, names))


def clean_share(counts: StrategyCounts) -> float | None:
    """Return the share of clean payers that a strategy fits, None when none was seen."""
    return counts.clean_hits / counts.clean_seen if counts.clean_seen else None


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("strategy"), 19),
        Column(t("mode"), 10),
        Column(t("until"), 6, right=True),
        Column(t("hits"), 6, right=True),
        Column(t("rate"), 6, right=True),
        Column(t("clean"), 6, right=True),
        Column(t("history, 6 h"), HISTORY, priority=1),
        Column(t("action"), 9, priority=2),
        Column(t("title"), 24, share=1, priority=3),
    )
