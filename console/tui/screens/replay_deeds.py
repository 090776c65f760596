"""What the actions about replays do that belong to no single view: planning one from wherever one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui.filters import REPLAYABLE
from console.tui.screens.main_deeds import MainDeeds
from console.tui.screens.pane import in_background

if TYPE_CHECKING:
    from console.contract.replay import NewPlan

_LONGEST_FILTER: Final = 2000


class ReplayDeeds(MainDeeds):
    """Planning replays, and writing their receipts."""

    async def do_view_replays(self, argument: str) -> None:
        """Show view 7."""
        await self._main.show_view(View.REPLAYS)

    async def do_replay_show(self, argument: str) -> None:
        """Show the replay of that id."""
        await self.open_view(View.REPLAY, argument)

    async def do_replay_plan(self, argument: str) -> None:
        """Plan over the filter that was given, else over what is at hand, else over one that is asked for."""
        from console.contract.replay import NewPlan

        pane: Any = self._main.pane
        selection: str | None = None if argument else getattr(pane, "replay_selection", None)
        text: str | None = argument or getattr(pane, "replay_filter", None)
        if selection is not None:
            self._plan(NewPlan(selection=selection))
        elif text is None:
            self._ask_for(REPLAYABLE)
        elif len(text) > _LONGEST_FILTER:
            self._main.say(t("too many marks for a replay; use a filter instead"), "bar-warn")
        else:
            await self._plan_over(text)

    def _ask_for(self, proposal: str) -> None:
        self._ask(t("replay which repayments? "), proposal, self._plan_over)

    async def _plan_over(self, text: str) -> None:
        """Plan over a filter; point at what is wrong with it, and let it be corrected."""
        from console.contract.filter import FilterError, parse_filter
        from console.contract.replay import NewPlan

        try:
            parse_filter(text)
        except FilterError as error:
            self._ask_for(text)
            self._main.command.refuse(error.problem, error.column, error.hint)
            return
        self._plan(NewPlan(filter=text))

    def _plan(self, asked: NewPlan) -> None:
        self._main.say(t("planning what a replay would do; nothing runs yet"))
        in_background(self._main, "plan", self._planned, asked)

    async def _planned(self, asked: NewPlan) -> None:
        from console.client.errors import ClientError

        service = self._main.connection.service
        if service is None:
            self._main.say(t("not connected"), "bar-warn")
            return
        try:
            found = await service.replays.plan(asked)
        except ClientError as error:
            self._main.say(str(error), "bar-bad")
            return
        await self.open_view(View.REPLAY, found.id)

    def do_replay_receipt(self, argument: str) -> None:
        """Write the receipt of the replay in sight to a file that is asked for."""
        pane = cast("Any", self._main.pane)

        async def write(name: str) -> None:
            pane.write_receipt(name)

        self._ask(t("write the receipt to (.txt or .json): "), f"~/receipt-{shown(pane.key)}.txt", write)
