"""What the actions that belong to no single view do."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.actions.registry import ACTIONS, BY_ID, Group, View
from console.contract.language import t
from console.contract.text import shown
from console.contract.vocabulary import Environment
from console.tui import figures
from console.tui.alarm import is_card
from console.tui.keys import keys_label
from console.tui.screens.care_deeds import CareDeeds
from console.tui.screens.change_deeds import ChangeDeeds
from console.tui.screens.doubt_deeds import DoubtDeeds
from console.tui.screens.pane import in_background
from console.tui.screens.playbook_deeds import PlaybookDeeds
from console.tui.screens.replay_deeds import ReplayDeeds
from console.tui.screens.warning_deeds import WarningDeeds
from console.tui.situation import is_offered, why_not, why_not_by_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from console.contract.selection import Selection
    from console.profiles.profile import Profile
    from console.tui.commands import Known
    from console.tui.offers import Offer
    from console.tui.screens.main import MainScreen
    from console.tui.screens.repayment import RepaymentPane
    from console.tui.screens.repayments import RepaymentsPane

_LONGEST_EXPORT_FILTER = 2000

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


class Deeds(ChangeDeeds, CareDeeds, ReplayDeeds, DoubtDeeds, WarningDeeds, PlaybookDeeds):
    """Carries out actions on the main screen it was made for."""

    def __init__(self, main: MainScreen) -> None:
        super().__init__(main)
        self._question: Callable[[str], Awaitable[None]] | None = None
        self._list = View.REPAYMENTS

    async def _repayments(self) -> RepaymentsPane:
        return cast("RepaymentsPane", await self._main.pane_for(View.REPAYMENTS))

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

    async def open_filter(self, filter_text: str) -> None:
        """Show the repayments that match a filter the console wrote."""
        pane = await self._repayments()
        pane.open_filter(filter_text)
        await self._main.show_view(View.REPAYMENTS)

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
        match self._main.view:
            case View.REPAYMENT:
                await self._main.show_view(self._list)
            case View.STRATEGY:
                await self._main.show_view(View.STRATEGIES)
            case View.GATEWAY:
                await self._main.show_view(View.GATEWAYS)
            case View.SLA:
                await self._main.show_view(View.GATEWAY)
            case View.WINDOW:
                await self._main.show_view(View.WINDOWS)
            case View.REPLAY:
                await self._main.show_view(View.REPLAYS)
            case View.RUN | View.PLAYBOOK:
                await self._main.show_view(View.RUNS)
            case View.INCIDENT:
                await self._main.show_view(View.INCIDENTS)
            case View.CASE | View.SUSPENSE:
                await self._main.show_view(View.CASES)
            case View.RECONCILIATION:
                await self._main.show_view(View.RECONCILIATIONS)
            case View.WARNING | View.DETECTORS:
                await self._main.show_view(View.WARNINGS)
            case View.CHANGE | View.AUDIT:
                await self._main.show_view(View.CHANGES)
            case View.OVERVIEW:
                self._main.say(t("this is the first view; q quits"), "bar-dim")
            case _:
                await self._main.show_view(View.OVERVIEW)

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

    # --- selections -----------------------------------------------------------------------------------

    async def do_selection_filter(self, argument: str) -> None:
        """Go to the repayments and filter there."""
        await self._main.show_view(View.REPAYMENTS)
        (await self._repayments()).do_selection_filter(argument)

    async def do_selection_named(self, argument: str) -> None:
        """Apply a named filter of the profile, chosen from a list when none is named."""
        named = self._main.profile.filters
        if argument in named:
            await self.open_filter(named[argument])
            return
        if argument:
            self._main.say(t("the profile has no filter {name}", name=shown(argument)), "bar-warn")
            return
        if not named:
            self._main.say(t("the profile has no filters; write them under [filters]"), "bar-warn")
            return
        from console.tui.screens.picker import Choice, Picker

        choices = [Choice(name, shown(name), shown(text)) for name, text in named.items()]
        await self._app.push_screen(Picker(t("Filters of the profile"), choices), self._named_chosen)

    async def _named_chosen(self, name: str | None) -> None:
        if name is not None:
            await self.open_filter(self._main.profile.filters[name])

    def do_row_copy(self, argument: str) -> None:
        """Copy the id under the cursor."""
        copied = getattr(self._main.pane, "copied", None)
        if copied is None:
            return
        from console.tui.terminal.clipboard import copy_to_clipboard

        copy_to_clipboard(self._app._driver, copied)
        self._main.say(t("copied {id}", id=shown(copied)))

    async def do_selection_export(self, argument: str) -> None:
        """Export what is marked, else the whole selection; asks for the file when none is named."""
        marked = (await self._repayments()).export_filter
        if marked is not None and len(marked) > _LONGEST_EXPORT_FILTER:
            self._main.say(t("too many marks to export; use a filter instead"), "bar-warn")
            return
        if argument:
            await self._export(argument)
            return
        from console.tui.export import default_name

        zone = figures.zone(self._main.profile.view.timezone)
        stamp = f"{self._main.knowledge.now.astimezone(zone):%Y%m%d-%H%M%S}"
        self._ask(t("export to (.csv or .jsonl): "), default_name(stamp), self._export)

    async def _export(self, name: str) -> None:
        pane = await self._repayments()
        selection, marked = pane.selection, pane.export_filter
        if selection is not None:
            in_background(self._main, "export", self._write_export, name, selection, marked)

    async def _write_export(self, name: str, selection: Selection, marked: str | None) -> None:
        from console.client.errors import ClientError
        from console.tui.export import ExportError, export

        service = self._main.connection.service
        if service is None:
            return
        try:
            if marked is not None:
                selection = await service.freeze(marked)
            total = figures.count(selection.count)
            path = await export(
                service.export(selection.id),
                selection.count,
                name,
                lambda written: self._main.say(
                    t("exporting {count} of {total}", count=figures.count(written), total=total), "bar"
                ),
            )
        except (ExportError, ClientError) as error:
            self._main.say(str(error), "bar-bad")
            return
        self._main.say(t("{count} repayments written to {path}", count=total, path=shown(str(path))))

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

    def do_borrower_find(self, argument: str) -> None:
        """Ask for a value, and filter by whose it is; the value is shown nowhere."""
        question = t("id, mobile, identity number or card: ")
        self._ask(question, "", self._find_borrower, hidden=True)

    async def _find_borrower(self, value: str) -> None:
        in_background(self._main, "find", self._filter_by_borrower, value)

    async def _filter_by_borrower(self, value: str) -> None:
        from console.client.errors import ClientError

        service = self._main.connection.service
        try:
            found = None if service is None else await service.find_borrower(value[:128])
        except ClientError as error:
            self._main.say(str(error), "bar-bad")
            return
        if found is None or not found.tokens:
            self._main.say(t("no borrower is known by this value"), "bar-warn")
            return
        await self.open_filter(found.filter)

    def _ask(
        self,
        question: str,
        proposal: str,
        answer: Callable[[str], Awaitable[None]],
        *,
        hidden: bool = False,
    ) -> None:
        """Ask for a line in the footer's place; a `hidden` answer is not shown as it is typed."""
        self._question = answer
        self._main.command.ask(f" {question}", complete=None, hidden=hidden)
        self._main.open_command()
        self._main.command.begin(proposal)

    async def answered(self, text: str) -> bool:
        """Give a line to whoever asked for it; return False when nobody did."""
        question, self._question = self._question, None
        if question is None:
            return False
        self._main.close_command()
        self._main.command.forget()
        if text.strip():
            await question(text.strip())
        return True

    def forget_question(self) -> None:
        """Nobody wants the answer any more."""
        self._question = None
        self._main.command.forget()

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

    # --- profiles ---------------------------------------------------------------------------------------

    async def do_console_profile(self, argument: str) -> None:
        """Switch to the named profile, or to one chosen from a list."""
        from console.profiles.profile import listing

        listed = {entry.name: entry for entry in listing() if not entry.hidden}
        if argument:
            entry = listed.get(argument)
            if entry is None or entry.profile is None:
                problem = (
                    t("no profile is called {name}", name=shown(argument)) if entry is None else entry.problem
                )
                self._main.say(problem, "bar-bad")
            else:
                await self._enter(entry.profile)
            return
        from console.tui.screens.profiles import ProfilePicker

        async def chosen(name: str | None) -> None:
            if name is not None:
                await self.do_console_profile(name)

        await self._app.push_screen(ProfilePicker(list(listed.values()), self._main.profile.name), chosen)

    async def follow_pointer(self) -> None:
        """Follow `repay profile use` of another shell, unless a profile was chosen here.

        A change that is on its way is waited for, so that its end is seen.
        """
        from console.profiles.document import ProfileError

        if self.is_sending:
            return
        try:
            profile = self._app.pointer.look()
        except ProfileError as error:
            self._main.say(str(error), "bar-bad")
            return
        if profile is not None and profile.name != self._main.profile.name:
            self._main.say(t("another shell chose the profile {name}", name=profile.name))
            await self._enter(profile, chosen_here=False)

    async def _enter(self, profile: Profile, *, chosen_here: bool = True) -> None:
        """Switch; ask before production."""
        from console.actions.key_flaws import check_keys
        from console.profiles.document import ProfileError

        def go(yes: bool | None) -> None:
            if yes:
                if chosen_here:
                    self._app.pointer.keep()
                in_background(self._app, "switch", self._app.switch_to, profile)
            else:
                self._main.say(t("still on {name}", name=self._main.profile.name), "bar-dim")

        try:
            check_keys(profile)
        except ProfileError as error:
            self._main.say(str(error), "bar-bad")
            return
        if profile.environment is not Environment.PRODUCTION:
            go(True)
            return
        from console.tui.screens.confirm import Confirm, short_code

        lines = (
            t("Profile {name}: {title}", name=profile.name, title=shown(profile.title)),
            t("Environment: PRODUCTION, at {service}", service=profile.service),
            t("Marks and open dialogs are cleared."),
        )
        code = short_code() if profile.guard.confirm == "type" else None
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()
        await self._app.push_screen(Confirm(t("Enter production?"), lines, t("Enter"), code=code), go)
