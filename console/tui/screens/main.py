"""The main screen: header, the view in sight, the `:` line and the footer; and where actions are carried out.

An action of the registry becomes a method `do_…` of the view in sight, else of `Deeds` below.
"""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Concatenate, Final, ParamSpec

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen

from console.actions.registry import ACTIONS, BY_ID, View
from console.contract.language import t
from console.tui.keys import first_key
from console.tui.screens.deeds import Deeds
from console.tui.screens.pane import (
    OpenChange,
    OpenFilter,
    OpenRepayment,
    OpenView,
    Pane,
    Say,
    SituationChanged,
)
from console.tui.situation import Situation, home, why_not, why_not_by_name
from console.tui.widgets.footer import Footer
from console.tui.widgets.header import Header, Notice
from console.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from textual.app import ComposeResult

    from console.actions.registry import Action
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.knowledge import Knowledge

P = ParamSpec("P")

KEPT_BY_WIDGETS: Final = frozenset(
    {
        "move.down", "move.up", "move.top", "move.bottom", "move.page_down", "move.page_up",
        "row.open", "selection.mark", "console.quit",
    }
)  # fmt: skip
"""Actions whose keys the widget under the cursor, or the application, answers itself."""


def _bindings() -> list[BindingType]:
    bindings: list[BindingType] = [
        Binding(",".join(action.keys), f"do('{action.id}')", show=False, id=action.id)
        for action in ACTIONS
        if action.keys and action.id not in KEPT_BY_WIDGETS
    ]
    return [*bindings, Binding("q", "do('console.quit')", show=False, id="console.quit")]


def pane_of(view: View) -> type[Pane]:
    """Return the pane of a view: `<View>Pane` of the module with its name, imported when first wanted."""
    module = import_module(f"console.tui.screens.{view}")
    pane: type[Pane] = getattr(module, f"{view.capitalize()}Pane")
    return pane


def in_view(action: Action, view: View) -> Action:
    """Return the action, or, where it does not work in the view, another one with its key that does."""
    if not action.views or view in action.views:
        return action
    sharing = (other for other in ACTIONS if view in other.views and set(other.keys) & set(action.keys))
    return next(sharing, action)


def unless_replaced(
    step: Callable[Concatenate[MainScreen, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[MainScreen, P], Coroutine[Any, Any, None]]:
    """Say what to do where a module that is first wanted now is gone: an upgrade took its place."""

    @wraps(step)
    async def guarded(screen: MainScreen, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await step(screen, *args, **kwargs)
        except ImportError:
            screen.say_replaced()

    return guarded


class MainScreen(Screen[None], inherit_bindings=False):
    """Everything but dialogs."""

    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = _bindings()

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__()
        self._take(profile, knowledge, connection)

    def _take(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        self.profile = profile
        self.knowledge = knowledge
        self.connection = connection
        self.view = View(profile.view.start)
        self.header = Header(profile, knowledge)
        self.notice = Notice(profile, knowledge)
        self.footer = Footer()
        self.command = Prompt(":", id="command")
        self.body = Container(id="body")
        self.deeds = Deeds(self)
        self._panes: dict[View, Pane] = {}

    async def adopt(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        """Begin anew with another profile: everything shown, marked or typed is gone."""
        self._take(profile, knowledge, connection)
        await self.recompose()
        await self.show_view(self.view)

    def compose(self) -> ComposeResult:
        """Only the first view; the others come when they are wanted."""
        yield self.header
        yield self.notice
        with self.body:
            yield self._make(self.view)
        yield self.command
        yield self.footer

    async def on_mount(self) -> None:
        """Show the first view, and let time pass."""
        await self.show_view(self.view)
        self.set_interval(1.0, self._tick)

    # --- views --------------------------------------------------------------------------------------

    def _make(self, view: View) -> Pane:
        pane = self._panes[view] = pane_of(view)(self.profile, self.knowledge, self.connection)
        return pane

    @property
    def pane(self) -> Pane:
        """The view in sight."""
        return self._panes[self.view]

    async def pane_for(self, view: View) -> Pane:
        """Return the pane of a view, made and mounted when it is not there yet."""
        pane = self._panes.get(view)
        if pane is None:
            pane = self._make(view)
            await self.body.mount(pane)
        return pane

    def made(self, view: View) -> Pane | None:
        """Return the pane of a view if it has been wanted before."""
        return self._panes.get(view)

    async def show_view(self, view: View) -> None:
        """Bring a view into sight and give it the keys."""
        pane = await self.pane_for(view)
        self.view = view
        for other in self._panes.values():
            other.set_class(other is pane, "-here")
        pane.entered()
        self._hear_alarm()
        self.focus_view()
        self.describe()

    def focus_view(self) -> None:
        """Give the keys to the view in sight."""
        self.set_focus(self.pane.first_focus(), scroll_visible=False)

    @unless_replaced
    async def on_open_filter(self, event: OpenFilter) -> None:
        """Show the repayments that match."""
        event.stop()
        await self.deeds.open_filter(event.filter_text)

    @unless_replaced
    async def on_open_view(self, event: OpenView) -> None:
        """Show a view, and there what was asked for."""
        event.stop()
        await self.deeds.open_view(event.view, event.key)

    @unless_replaced
    async def on_open_change(self, event: OpenChange) -> None:
        """Open the dialog for a change."""
        event.stop()
        await self.deeds.open_change(event.intent)

    @unless_replaced
    async def on_open_repayment(self, event: OpenRepayment) -> None:
        """Show one repayment."""
        event.stop()
        await self.deeds.open_repayment(event.repayment_id)

    # --- what is known --------------------------------------------------------------------------------

    def knowledge_changed(self) -> None:
        """Draw what is new: header at once, and the view in sight."""
        if not self.is_mounted:
            return
        self.header.redraw()
        self._hear_alarm()
        self.pane.knowledge_changed()
        self.describe()

    def _hear_alarm(self) -> None:
        """Ring for a new warning, once; its banner stays until the warnings are in sight."""
        alarm = self.knowledge.alarm
        if alarm.take_ring() and self.profile.view.bell:
            from console.tui.terminal.bell import ring

            ring(self.app._driver)
        if self.view in (View.WARNINGS, View.WARNING):
            alarm.looked()
        self._update_notice()

    def _update_notice(self) -> None:
        self.notice.update_height()
        self.notice.redraw()

    async def _tick(self) -> None:
        self.header.redraw()
        self._update_notice()
        if self.view not in self._panes:  # another profile is being entered
            return
        self.pane.tick()
        self.describe()
        self.deeds.watch_changes()
        await self.deeds.follow_pointer()

    @property
    def situation(self) -> Situation:
        """Where the engineer is, and what is at hand."""
        hello = self.knowledge.hello
        return Situation(
            view=self.view,
            connected=self.knowledge.in_touch,
            roles=() if hello is None else hello.roles,
            read_only=self.knowledge.read_only,
            has_row=self.pane.has_row,
            has_selection=self.pane.has_selection,
            held=self.knowledge.held,
            refusals=self.pane.refusals(),
        )

    def describe(self) -> None:
        """Tell the footer where we are."""
        self.footer.describe(self.situation)

    def say(self, text: str, style: str = "bar-key") -> None:
        """Tell the engineer something for a moment; it must be safe to show."""
        self.footer.say(text, style)

    def say_replaced(self) -> None:
        """Tell that this console cannot go on as it is."""
        self.say(t("the program was replaced; restart repay"), "bar-warn")

    def on_say(self, event: Say) -> None:
        """Tell what a view has to tell."""
        event.stop()
        self.say(event.text, event.style)

    def on_situation_changed(self, event: SituationChanged) -> None:
        """Something is at hand, or is no more."""
        event.stop()
        self.describe()

    # --- actions --------------------------------------------------------------------------------------

    async def action_do(self, action_id: str) -> None:
        """Carry out the action of a key, or the one that shares the key and works in this view."""
        await self.do(in_view(BY_ID[action_id], self.view).id)

    @unless_replaced
    async def do(self, action_id: str, argument: str = "") -> None:
        """Carry out an action, or say why it does not work here."""
        action = BY_ID[action_id]
        reason = why_not(action, self.situation)
        if reason is not None:
            self._say_why_not(action, reason)
            return
        method = "do_" + action_id.replace(".", "_")
        deed = getattr(self.pane, method, None) or getattr(self.deeds, method)
        done = deed(argument)
        if done is not None:
            await done

    @unless_replaced
    async def do_by_name(self, action_id: str, argument: str = "") -> None:
        """Carry out an action that was asked for by its name: in the view it belongs to, where need be."""
        action = BY_ID[action_id]
        reason = why_not_by_name(action, self.situation)
        if reason is not None:
            self._say_why_not(action, reason)
            return
        view = home(action, self.view)
        if view is not self.view:
            await self.show_view(view)
        await self.do(action_id, argument)

    def _say_why_not(self, action: Action, reason: str) -> None:
        self.say(t("{key} does nothing here: {reason}", key=first_key(action), reason=reason), "bar-warn")

    # --- the `:` line -----------------------------------------------------------------------------------

    def open_command(self) -> None:
        """Take the footer's place and the keys."""
        self.footer.display = False
        self.command.display = True
        self.command.begin()

    def close_command(self) -> None:
        """Give footer and keys back."""
        self.command.display = False
        self.footer.display = True
        self.focus_view()

    @unless_replaced
    async def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Carry out the line, or point at what is wrong with it."""
        event.stop()
        if await self.deeds.answered(event.text):
            return
        from console.tui.commands import CommandError, parse_command

        try:
            command = parse_command(event.text)
        except CommandError as error:
            self.command.refuse(error.problem, error.column, error.hint)
            return
        self.close_command()
        if command is not None:
            await self.do_by_name(command.action, command.argument)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Do nothing."""
        event.stop()
        self.deeds.forget_question()
        self.close_command()
