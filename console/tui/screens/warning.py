"""One warning in full: the card, with the preview of what it has prepared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.warnings import WarningPanes
from console.tui.warning_text import warning_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.change import Preview
    from console.contract.warning import Prepared, Warning
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line

_PREVIEW_AGAIN: Final = 15.0
"""Seconds after which what is prepared is previewed anew; the dialog makes its own."""


class WarningPane(ReadingPane["Warning"], WarningPanes):
    """A reader over one warning."""

    VIEW: ClassVar[View] = View.WARNING

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Warning"))
        self._preview: Preview | str | None = None
        self._previewed: tuple[str, dict[str, Any]] | None = None
        self._previewed_at = float("-inf")

    async def read(self, desk: Desk, key: str) -> Warning:
        """Ask for the card, and for what its prepared change would do."""
        service = self.connection.service
        assert service is not None  # noqa: S101 - whoever calls this has its desk
        found = await service.warnings.show(key)
        if found.prepared is None or found.state == "ended":
            self._preview = self._previewed = None
        elif self._moved(found.prepared):
            await self._look_ahead(desk, found.prepared)
        return found

    def _moved(self, prepared: Prepared) -> bool:
        again = time.monotonic() - self._previewed_at >= _PREVIEW_AGAIN
        return again or self._previewed != (prepared.kind, prepared.body)

    async def _look_ahead(self, desk: Desk, prepared: Prepared) -> None:
        from console.client.errors import ClientError

        self._previewed, self._previewed_at = (prepared.kind, prepared.body), time.monotonic()
        try:
            self._preview = await desk.preview({**prepared.body, "kind": prepared.kind})
        except ClientError as error:
            self._preview = str(error)

    def lines(self, one: Warning, width: int) -> Sequence[Line]:
        return warning_lines(one, self._preview, width, self.profile.view.timezone)
