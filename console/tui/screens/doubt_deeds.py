"""Going to the in-doubt desk and to the exception cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.registry import View
from console.tui.screens.main_deeds import MainDeeds

if TYPE_CHECKING:
    from console.tui.screens.doubts import DoubtsPane


class DoubtDeeds(MainDeeds):
    """Showing what is not known, and what contradicts."""

    async def do_view_doubts(self, argument: str) -> None:
        """Show what is in doubt, of one stage when one is named."""
        pane: DoubtsPane = await self._main.pane_for(View.DOUBTS)  # type: ignore[assignment] # of that view
        pane.open(argument)
        await self._main.show_view(View.DOUBTS)

    async def do_view_suspense(self, argument: str) -> None:
        """Show the money in suspense by gateway and day."""
        await self._main.show_view(View.SUSPENSE)

    async def do_case_show(self, argument: str) -> None:
        """Show the case of that number."""
        await self.open_view(View.CASE, argument)

    async def do_view_cases(self, argument: str) -> None:
        """Show the exception cases."""
        await self._main.show_view(View.CASES)
