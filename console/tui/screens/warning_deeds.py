"""What the actions about early warning do that belong to no single view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.registry import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from console.tui.screens.main import MainScreen


class WarningDeeds:
    """Carries out actions on the main screen it was made for."""

    _main: MainScreen
    open_view: Callable[[View, str], Awaitable[None]]

    async def do_view_warnings(self, argument: str) -> None:
        """Show view 8."""
        await self._main.show_view(View.WARNINGS)

    async def do_view_detectors(self, argument: str) -> None:
        """Show how good the detectors are."""
        await self._main.show_view(View.DETECTORS)

    async def do_warning_show(self, argument: str) -> None:
        """Show the warning of that id."""
        await self.open_view(View.WARNING, argument)
