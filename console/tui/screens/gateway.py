"""One gateway in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.tui.gateway_text import gateway_lines
from console.tui.screens.gateways import GatewayDeeds
from console.tui.screens.reading_pane import ReadingPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.gateway import GatewayDetail
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line


CHARTS: Final = ("hour", "day", "week")
"""Over how long the confirmation time may be charted."""


class GatewayPane(GatewayDeeds, ReadingPane["GatewayDetail"]):
    """A reader over one gateway."""

    VIEW: ClassVar[View] = View.GATEWAY

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Gateway"))
        self._chart = CHARTS[0]

    @property
    def gateway(self) -> str:
        return self.key

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """What was never configured can be neither topped up nor held to."""
        one = self.found
        if one is None:
            return ()
        found = []
        if one.reserve is None:
            found.append(("gateway.reserve", t("no reserve is kept there")))
        if one.objective is None:
            found.append(("gateway.sla", t("nothing was promised for this gateway")))
        return tuple(found)

    async def read(self, desk: Desk, key: str) -> GatewayDetail:
        return await desk.gateway(key, chart=self._chart)

    def do_gateway_chart(self, argument: str) -> None:
        """Chart the next longer time, after the longest the shortest."""
        self._chart = CHARTS[(CHARTS.index(self._chart) + 1) % len(CHARTS)]
        self.load()

    def lines(self, one: GatewayDetail, width: int) -> Sequence[Line]:
        return gateway_lines(one, width, self.profile.view.timezone)
