"""What the actions of the change desk do that belong to no single view: opening its views and dialogs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, cast

from console.actions.registry import View
from console.contract.language import t
from console.tui import figures
from console.tui.screens.main_deeds import MainDeeds
from console.tui.screens.pane import in_background

if TYPE_CHECKING:
    from console.contract.change import Change
    from console.tui.intents import Intent
    from console.tui.screens.change_dialog import ChangeDialog
    from console.tui.screens.main import MainScreen

_WATCH_EVERY: Final = 15.0
"""Seconds between two looks at the changes that return by themselves."""


class ChangeDeeds(MainDeeds):
    """Opening the dialogs of changes, and watching those that are to return."""

    def __init__(self, main: MainScreen) -> None:
        super().__init__(main)
        self._watched = float("-inf")

    async def do_view_strategies(self, argument: str) -> None:
        """Show view 4."""
        await self._main.show_view(View.STRATEGIES)

    async def do_view_gateways(self, argument: str) -> None:
        """Show view 5."""
        await self._main.show_view(View.GATEWAYS)

    async def do_view_windows(self, argument: str) -> None:
        """Show view 6."""
        await self._main.show_view(View.WINDOWS)

    async def do_view_changes(self, argument: str) -> None:
        """Show view 9."""
        await self._main.show_view(View.CHANGES)

    async def do_view_audit(self, argument: str) -> None:
        """Show the audit, filtered when a filter was given."""
        await self._main.show_view(View.AUDIT)
        if argument:
            cast("Any", self._main.pane).do_selection_filter(argument)

    def do_audit_export(self, argument: str) -> None:
        """Write what the audit shows to a file; asks for it when none is named."""
        pane = cast("Any", self._main.pane)

        async def write(name: str) -> None:
            pane.write_audit(name)

        if argument:
            pane.write_audit(argument)
            return
        question = t("write what is shown of the audit to (.csv or .jsonl): ")
        if not pane.filter_text:
            question = t("write the whole audit to (.csv or .jsonl): ")
        zone = figures.zone(self._main.profile.view.timezone)
        stamp = f"{self._main.knowledge.now.astimezone(zone):%Y%m%d-%H%M%S}"
        self._ask(question, f"~/audit-{stamp}.csv", write)

    async def do_strategy_show(self, argument: str) -> None:
        """Show the strategy of that id."""
        await self.open_view(View.STRATEGY, argument)

    async def do_gateway_show(self, argument: str) -> None:
        """Show the gateway of that id."""
        await self.open_view(View.GATEWAY, argument)

    async def do_window_show(self, argument: str) -> None:
        """Show the window of that id."""
        await self.open_view(View.WINDOW, argument)

    async def do_token_list(self, argument: str) -> None:
        """Show the tokens."""
        await self._main.show_view(View.TOKENS)

    async def do_change_show(self, argument: str) -> None:
        """Show the change of that id."""
        await self.open_view(View.CHANGE, argument)

    # --- changing -------------------------------------------------------------------------------------

    async def do_stop_things(self, argument: str) -> None:
        """Choose what is stopped; what the cursor is on comes first."""
        from console.tui.screens.stop import StopScreen, stoppings

        here = self._main.pane.here
        gateways = [line.id for line in self._main.knowledge.gateways()]
        zone = self._main.profile.view.timezone
        board = self._main.knowledge.board
        lines = () if board is None else board.replays
        running = [line.id for line in lines if line.state == "running"]

        async def chosen(intent: Intent | None) -> None:
            if intent is not None:
                await self.open_change(intent)

        await self._app.push_screen(StopScreen(stoppings(here, gateways, zone, running)), chosen)

    async def do_reveal_stop(self, argument: str) -> None:
        """Let nobody see personal data in full."""
        from console.tui.privacy_intents import stop_reveals

        await self.open_change(stop_reveals())

    async def do_reveal_allow(self, argument: str) -> None:
        """Let those who have the role see personal data in full again."""
        from console.tui.privacy_intents import allow_reveals

        await self.open_change(allow_reveals())

    async def open_change(self, intent: Intent) -> None:
        """Open the dialog for a change; its targets do not move from now on."""
        main = self._main
        dialog = _dialog_for(intent)(intent, main.profile, main.knowledge, main.connection)

        async def ended(change: Change | None) -> None:
            if dialog.request.told:
                main.say(dialog.request.told)
            if change is not None:
                self._watched = float("-inf")
                self.watch_changes()
            if dialog.leads_to is not None:
                await self.open_view(*dialog.leads_to)
            elif dialog.request.told:
                getattr(main.pane, "load", lambda: None)()

        await self._app.push_screen(dialog, ended)

    @property
    def is_sending(self) -> bool:
        """Whether a change is on its way and nobody knows yet what becomes of it."""
        request = getattr(self._app.screen, "request", None)
        return request is not None and request.is_open_ended

    # --- what returns by itself -------------------------------------------------------------------------

    def watch_changes(self) -> None:
        """Look now and then which changes return by themselves, so that the header can count down."""
        if self._main.knowledge.in_touch and time.monotonic() - self._watched >= _WATCH_EVERY:
            self._watched = time.monotonic()
            in_background(self._main, "returning", self._look)

    async def _look(self) -> None:
        from console.client.errors import ClientError

        service = self._main.connection.service
        if service is None:
            return
        try:
            page = await service.changes.page(state="applied")
        except ClientError:
            return  # the views that need it say so; the header only shows what is known
        returning = [one for one in page.items if one.expires_at is not None]
        self._main.knowledge.returning = tuple(
            sorted(returning, key=lambda one: one.expires_at or one.created_at)
        )
        self._main.header.redraw()


def _dialog_for(intent: Intent) -> type[ChangeDialog]:
    from console.tui.intents import CHANGES
    from console.tui.run_intents import RunIntent
    from console.tui.screens.change_dialog import ChangeDialog

    if intent.tries and isinstance(intent, RunIntent):
        from console.tui.screens.rehearsal_dialog import RehearsalDialog

        return RehearsalDialog
    if intent.tries:
        from console.tui.screens.trial_dialog import TrialDialog

        return TrialDialog
    if isinstance(intent, RunIntent):
        from console.tui.screens.run_dialog import RunDialog

        return RunDialog
    if intent.path.startswith(CHANGES):
        return ChangeDialog
    from console.tui.screens.token_dialog import TokenDialog

    return TokenDialog
