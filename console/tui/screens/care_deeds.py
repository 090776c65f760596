"""What the actions about care do that belong to no single view: granting it from wherever one is."""

from __future__ import annotations

from typing import Any

from console.actions.registry import View
from console.contract.language import t
from console.tui.screens.main_deeds import MainDeeds
from console.tui.screens.pane import OpenChange

LONGEST_FILTER = 2000


class CareDeeds(MainDeeds):
    """Granting care."""

    async def do_view_care(self, argument: str) -> None:
        """Show what was granted."""
        await self._main.show_view(View.CARE)

    def do_care_grant(self, argument: str) -> None:
        """Ask what to give to what is marked, or to all that is shown."""
        from console.tui.care_intents import grant_care

        pane: Any = self._main.pane
        repayment = getattr(pane, "repayment_id", None)
        proposed = f"id:{repayment}" if repayment else getattr(pane, "replay_filter", None)
        text = argument or proposed or ""
        if len(text) > LONGEST_FILTER:
            self._main.say(t("too many marks for a grant; use a filter instead"), "bar-warn")
            return
        self._main.post_message(OpenChange(grant_care(text)))
