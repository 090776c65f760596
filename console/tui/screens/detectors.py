"""How good each detector is: precision, lead time, pages per shift, and the threshold its labels propose."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.tui.screens.reading_pane import ReadingPane
from console.tui.warning_text import detectors_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.warning import Detectors
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line


class DetectorsPane(ReadingPane["Detectors"]):
    """A reader over all detectors."""

    VIEW: ClassVar[View] = View.DETECTORS
    AGAIN: ClassVar[float] = 15.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Detectors"))

    @property
    def has_row(self) -> bool:
        """Nothing is done with detectors."""
        return False

    async def read(self, desk: Desk, key: str) -> Detectors:
        service = self.connection.service
        assert service is not None  # noqa: S101 - whoever calls this has its desk
        return await service.warnings.detectors()

    def lines(self, one: Detectors, width: int) -> Sequence[Line]:
        return detectors_lines(one, width)
