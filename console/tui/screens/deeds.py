"""What the actions that belong to no single view do."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.actions.registry import ACTIONS, BY_ID, Group, View
from console.contract.language import t
from console.contract.text import shown
from console.tui.alarm import is_card
from console.tui.keys import keys_label
from console.tui.screens.care_deeds import CareDeeds
from console.tui.screens.doubt_deeds import DoubtDeeds
from console.tui.screens.playbook_deeds import PlaybookDeeds
from console.tui.screens.profile_deeds import ProfileDeeds
from console.tui.screens.replay_deeds import ReplayDeeds
from console.tui.screens.selection_deeds import SelectionDeeds
from console.tui.screens.warning_deeds import WarningDeeds
from console.tui.situation import is_offered, why_not, why_not_by_name

if TYPE_CHECKING:
    from console.tui.commands import Known
    from console.tui.offers import Offer
    from console.tui.screens.main import MainScreen
    from console.tui.screens.repayment import RepaymentPane
    from console.tui.screens.repayments import RepaymentsPane

NEEDS_ID = (
    "console.palette",
    "repayment.show",
    "strategy.show",
    "gateway.show",
    "reconcile.show",
    "window.show",
    "replay.show",
    "warning.show",
    "change.show",
    "playbook.show",
    "incident.show",
    "case.show",
)
"""What the palette does not offer: itself, and what cannot be done without an id."""

_LISTS = frozenset({View.REPLAY, View.DOUBTS, View.CASES, View.CASE})
"""Other views whose rows lead to a repayment."""

_BACK = {
    View.STRATEGY: View.STRATEGIES,
    View.GATEWAY: View.GATEWAYS,
    View.SLA: View.GATEWAY,
    View.WINDOW: View.WINDOWS,
    View.REPLAY: View.REPLAYS,
    View.RUN: View.RUNS,
    View.PLAYBOOK: View.RUNS,
    View.INCIDENT: View.INCIDENTS,
    View.CASE: View.CASES,
    View.SUSPENSE: View.CASES,
    View.RECONCILIATION: View.RECONCILIATIONS,
    View.WARNING: View.WARNINGS,
    View.DETECTORS: View.WARNINGS,
    View.CHANGE: View.CHANGES,
    View.AUDIT: View.CHANGES,
}
"""Where going back leads; from elsewhere to the overview."""


class Deeds(SelectionDeeds, CareDeeds, ReplayDeeds, DoubtDeeds, WarningDeeds, PlaybookDeeds, ProfileDeeds):
    """Carries out actions on the main screen it was made for."""

    def __init__(self, main: MainScreen) -> None:
        super().__init__(main)
        self._list = View.REPAYMENTS

    async def _repayment(self) -> RepaymentPane:
        return cast("RepaymentPane", await self._main.pane_for(View.REPAYMENT))

    # --- views --------------------------------------------------------------------------------------

    async def do_view_overview(self, argument: str) -> None:
        """Show view 1."""
        await self._main.show_view(View.OVERVIEW)

    async def do_view_queues(self, argument: str) -> None:
        """Show view 2."""
        await self._main.show_view(View.QUEUES)

    async def do_view_repayments(self, argument: str) -> None:
        """Show view 3, with a filter when one was given."""
        await self._main.show_view(View.REPAYMENTS)
        if argument:
            (await self._repayments()).do_selection_filter(argument)

    async def do_view_reconciliations(self, argument: str) -> None:
        """Show what each gateway's day came to."""
        await self._main.show_view(View.RECONCILIATIONS)

    async def do_reconcile_show(self, argument: str) -> None:
        """Show the reconciliation of that id."""
        await self.open_view(View.RECONCILIATION, argument)

    async def open_repayment(self, repayment_id: str) -> None:
        """Show one repayment; going back leads to the list it was opened in."""
        self._list = self._main.view if self._main.view in _LISTS else View.REPAYMENTS
        (await self._repayment()).open(repayment_id)
        await self._main.show_view(View.REPAYMENT)

    async def do_repayment_show(self, argument: str) -> None:
        """Show the repayment of that id."""
        await self.open_repayment(argument)

    async def do_console_back(self, argument: str) -> None:
        """Go from one thing to its list, from elsewhere to the overview."""
        here = self._main.view
        if here is View.OVERVIEW:
            self._main.say(t("this is the first view; q quits"), "bar-dim")
        else:
            await self._main.show_view(
                self._list if here is View.REPAYMENT else _BACK.get(here, View.OVERVIEW)
            )

    async def do_row_next(self, argument: str) -> None:
        """Show the next repayment of the list."""
        await self._step(1)

    async def do_row_previous(self, argument: str) -> None:
        """Show the previous repayment of the list."""
        await self._step(-1)

    async def _step(self, step: int) -> None:
        table = (await self._repayments()).table
        pane = await self._repayment()
        if table.cursor is None or table.cursor_key != pane.repayment_id:
            self._main.say(t("it is not in the list; esc goes back to it"), "bar-dim")
            return
        before = table.cursor
        table.move_to(before + step)
        if table.cursor == before:
            self._main.say(t("no more in this direction"), "bar-dim")
        elif table.cursor_key is None:
            table.move_to(before)
            self._main.say(t("loading"), "bar-dim")
        else:
            pane.open(table.cursor_key)

    def do_row_copy(self, argument: str) -> None:
        """Copy the id under the cursor."""
        copied = getattr(self._main.pane, "copied", None)
        if copied is None:
            return
        from console.tui.terminal.clipboard import copy_to_clipboard

        copy_to_clipboard(self._app._driver, copied)
        self._main.say(t("copied {id}", id=shown(copied)))

    # --- the console ----------------------------------------------------------------------------------

    def do_console_command(self, argument: str) -> None:
        """Open the `:` line."""
        from console.tui.commands import complete_command

        self._main.command.ask(":", complete=lambda line: complete_command(line, self._known()))
        self._main.open_command()

    def _known(self) -> Known:
        from console.tui.commands import Known

        board = self._main.knowledge.board
        return Known(
            self._main.profile.filters,
            self._profile_names,
            self._values,
            lambda: () if board is None else tuple(line.id for line in board.strategies),
            lambda: () if board is None else tuple(line.id for line in board.gateways),
            lambda: () if board is None else tuple(line.id for line in board.windows),
            lambda: () if board is None else tuple(line.id for line in board.replays),
            lambda: () if board is None else tuple(line.id for line in board.warnings if is_card(line.id)),
        )

    def _values(self) -> dict[str, tuple[str, ...]]:
        pane = cast("RepaymentsPane | None", self._main.made(View.REPAYMENTS))
        return {} if pane is None else pane.known_values()

    def _profile_names(self) -> tuple[str, ...]:
        from console.profiles.profile import listing

        return tuple(listed.name for listed in listing() if not listed.hidden and listed.profile is not None)

    async def do_console_palette(self, argument: str) -> None:
        """Find an action by its words: what works here, and from anywhere what is about nothing at hand."""
        from console.tui.screens.picker import Choice, Picker

        situation = self._main.situation
        choices = [
            Choice(action.id, t(action.title), keys_label(action))
            for action in ACTIONS
            if is_offered(action) and action.group is not Group.MOVE and action.id not in NEEDS_ID
            and why_not_by_name(action, situation) is None
        ]  # fmt: skip
        named = [
            Choice(f"filter {name}", t("Filter {name}", name=shown(name)), shown(text))
            for name, text in self._main.profile.filters.items()
        ]
        offered = self._offers()
        changes = [Choice(f"offer {at}", one.title, one.note) for at, one in enumerate(offered)]

        async def chosen(key: str | None) -> None:
            if key is not None and key.startswith("offer "):
                await self.open_change(offered[int(key.removeprefix("offer "))].intent)
            elif key in BY_ID:
                await self._main.do_by_name(key)
            elif key is not None:
                await self.do_selection_named(key.removeprefix("filter "))

        await self._app.push_screen(
            Picker(t("What do you want to do?"), [*choices, *named, *changes]), chosen
        )

    def _offers(self) -> list[Offer]:
        """Return the changes that the palette offers to whoever may ask for them."""
        from console.tui.offers import offers

        if why_not(BY_ID["stop.things"], self._main.situation) is not None:
            return []
        knowledge = self._main.knowledge
        return [one for one in offers(knowledge.board) if not knowledge.read_only or one.stops]

    async def do_console_help(self, argument: str) -> None:
        """Show what works here."""
        from console.tui.screens.help import HelpScreen

        await self._app.push_screen(HelpScreen(self._main.situation))

    def do_console_reconnect(self, argument: str) -> None:
        """End the pause before the next try."""
        if self._main.knowledge.trouble is None:
            self._main.say(t("the connection stands"), "bar-dim")
        else:
            self._main.connection.retry_now()
            self._main.say(t("trying again now"), "bar-dim")

    async def do_console_quit(self, argument: str) -> None:
        """Quit at once."""
        await self._app.action_leave()
