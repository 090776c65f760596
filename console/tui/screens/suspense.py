"""Money in suspense, by gateway and day: what gateways hold beyond what our books count."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.list_pane import ListPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from console.contract.case import SuspenseLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class SuspensePane(ListPane["SuspenseLine"]):
    """One table, the newest day first."""

    VIEW: ClassVar[View] = View.SUSPENSE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Money in suspense"), _columns())

    async def fetch(self, desk: Desk) -> None:
        self.items = (await desk.suspense()).items

    def note(self) -> str:
        total = sum(one.suspense_fen for one in self.items)
        return t("{sum} in suspense; enter shows the cases", sum=yuan(total))

    def nothing(self) -> str:
        return t("no money is in suspense")

    def row(self, one: SuspenseLine) -> Row:
        style = "old" if self.is_old else "text"
        figure = "old" if self.is_old else "figure"
        return (
            Cell(one.day.isoformat(), style),
            Cell(shown(one.gateway), style),
            Cell(figures.count(one.cases), figure),
            Cell(yuan(one.suspense_fen), figure),
        )

    def opening(self, key: str) -> OpenView:
        """The cases that the money is in."""
        return OpenView(View.CASES)


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("day"), 10),
        Column(t("gateway"), 12, share=1),
        Column(t("cases"), 8, right=True),
        Column(t("in suspense"), 14, right=True),
    )
