"""What the actions about early warning do that belong to no single view."""

from __future__ import annotations

from console.actions.registry import View
from console.tui.screens.main_deeds import MainDeeds


class WarningDeeds(MainDeeds):
    """Showing warnings."""

    async def do_view_warnings(self, argument: str) -> None:
        """Show view 8."""
        await self._main.show_view(View.WARNINGS)

    async def do_view_detectors(self, argument: str) -> None:
        """Show how good the detectors are."""
        await self._main.show_view(View.DETECTORS)

    async def do_warning_show(self, argument: str) -> None:
        """Show the warning of that id."""
        await self.open_view(View.WARNING, argument)
