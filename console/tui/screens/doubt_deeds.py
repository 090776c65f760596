"""Going to the in-doubt desk and to the exception cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.registry import View

if TYPE_CHECKING:
    from console.tui.screens.doubts import DoubtsPane
    from console.tui.screens.main import MainScreen


class DoubtDeeds:
    """Carries out actions on the main screen."""

    _main: MainScreen

    async def do_view_doubts(self, argument: str) -> None:
        """Show what is in doubt, of one stage when one is named."""
        pane: DoubtsPane = await self._main.pane_for(View.DOUBTS)  # type: ignore[assignment] # of that view
        pane.open(argument)
        await self._main.show_view(View.DOUBTS)

    async def do_view_cases(self, argument: str) -> None:
        """Show the exception cases."""
        await self._main.show_view(View.CASES)
