"""View 5: the gateways against what they promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.filters import term
from console.tui.gateway_intents import toggle_gateway, top_up
from console.tui.gateway_text import bar, budget_style, runway, signed_share
from console.tui.intents import Here, open_window, weigh_gateway
from console.tui.knowledge import Freshness
from console.tui.screens.pane import Heading, OpenChange, OpenFilter, OpenView
from console.tui.screens.table_pane import TablePane
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.words import light, sla_light

if TYPE_CHECKING:
    from console.contract.board import GatewayLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.knowledge import Knowledge

BAR: Final = 4
"""Cells of a budget's bar in the list."""

LOW_RUNWAY: Final = 24.0
"""Hours below which a reserve is marked."""


class GatewayDeeds:
    """What the list and the detail of gateways can do with the one at hand."""

    knowledge: Knowledge
    profile: Profile
    post_message: Any

    @property
    def gateway(self) -> str:
        """The gateway at hand; empty without one."""
        raise NotImplementedError

    @property
    def line(self) -> GatewayLine | None:
        """What the board tells of it."""
        return next((line for line in self.knowledge.gateways() if line.id == self.gateway), None)

    @property
    def has_row(self) -> bool:
        return bool(self.gateway)

    @property
    def here(self) -> Here:
        return Here(gateway=self.gateway)

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.gateway or None

    def do_gateway_toggle(self, argument: str) -> None:
        """Ask to stop it, or to start a stopped one."""
        if self.line is not None:
            self.post_message(OpenChange(toggle_gateway(self.line)))

    def do_gateway_weight(self, argument: str) -> None:
        """Ask for another weight."""
        if self.line is not None:
            self.post_message(OpenChange(weigh_gateway(self.line.id, self.line.weight)))

    def do_gateway_reserve(self, argument: str) -> None:
        """Ask how much was placed with it."""
        self.post_message(OpenChange(top_up(self.gateway)))

    def do_gateway_window(self, argument: str) -> None:
        """Declare a window over it, from now on."""
        scope = f"gateway={self.gateway}"
        self.post_message(OpenChange(open_window(scope, "now", self.profile.view.timezone, lasts="30m")))

    def do_gateway_sla(self, argument: str) -> None:
        """Show its SLA ledger."""
        self.post_message(OpenView(View.SLA, self.gateway))

    def do_gateway_repayments(self, argument: str) -> None:
        """List what failed there or is in doubt."""
        self.post_message(OpenFilter(f"state:failed,in_doubt {term('gateway', self.gateway)}"))


class GatewaysPane(GatewayDeeds, TablePane):
    """One table, as live as the board."""

    VIEW: ClassVar[View] = View.GATEWAYS
    OPENS: ClassVar[View | None] = View.GATEWAY

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection)
        self.heading = Heading(t("Gateways"), t("enter shows SLA, budget, latency, errors and reserve"))
        self._rows = InMemoryRows()
        self.table = ActingTable(_columns(), self._rows, empty=t("loading"), id="gateway-list")

    @property
    def gateway(self) -> str:
        return self.table.cursor_key or ""

    def entered(self) -> None:
        self.knowledge_changed()

    def tick(self) -> None:
        self.knowledge_changed()

    def knowledge_changed(self) -> None:
        old = self.knowledge.freshness is Freshness.OLD
        self._rows.replace((line.id, _row(line, old)) for line in self.knowledge.gateways())


def _row(line: GatewayLine, old: bool) -> Row:
    letter, word, style = light(line.state)
    sign, kept, kept_style = sla_light(line.light)

    def drawn(text: str, style: str = "figure") -> Cell:
        return Cell(text, "old" if old else style)

    burns = line.burn_1h is not None and line.burn_1h >= 1
    short = line.runway_hours is not None and line.runway_hours < LOW_RUNWAY
    left = "" if line.budget_left is None else bar(line.budget_left, BAR)
    reserve = figures.NOTHING if line.reserve_fen is None else yuan(line.reserve_fen)
    return (
        drawn(shown(line.id), "text"),
        drawn(f"{letter} {word}", style),
        drawn(sign if line.light == "unknown" else f"{sign} {kept}", kept_style),
        drawn(figures.share(line.success_rate)),
        drawn(figures.share(line.unknown_ratio)),
        drawn(figures.span(line.confirm_p95_seconds)),
        drawn(f"{left} {signed_share(line.budget_left)}", budget_style(line.budget_left)),
        drawn(
            figures.UNKNOWN if line.burn_1h is None else f"{line.burn_1h:.1f}x", "bad" if burns else "figure"
        ),
        drawn(
            runway(line.runway_hours) if line.reserve_fen is not None else figures.NOTHING,
            "bad" if short else "figure",
        ),
        drawn(figures.count(line.weight), "dim"),
        drawn(figures.count(line.in_flight)),
        drawn(reserve),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("gateway"), 9, share=1),
        Column(t("state"), 10),
        Column(t("SLA"), 7),
        Column(t("success"), 7, right=True),
        Column(t("in doubt"), 8, right=True),
        Column("p95", 6, right=True),
        Column(t("budget left"), BAR + 7),
        Column(t("burn"), 5, right=True),
        Column(t("lasts"), 6, right=True),
        Column(t("weight"), 6, right=True, priority=2),
        Column(t("in flight"), 9, right=True, priority=1),
        Column(t("reserve"), 18, right=True, priority=3),
    )
