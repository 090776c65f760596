"""The console's application: wires profile, connection and screens together, and nothing else."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from console.actions.keyboard import Unbound
from console.contract.clock import SystemClock
from console.contract.language import current_language, t, use_language
from console.contract.places import state_dir
from console.tui.connection import Connection, open_link
from console.tui.keys import key_label, keyboard, use_keys
from console.tui.knowledge import Knowledge
from console.tui.ordered_keys import OrderedKeys
from console.tui.pointer import PointerWatch
from console.tui.screens.main import KEPT_BY_WIDGETS, MainScreen
from console.tui.terminal.application import run_in_terminal
from console.tui.theme.sheet import SHEET
from console.tui.theme.styles import use_theme
from console.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.contract.clock import Clock
    from console.profiles.profile import Profile
    from console.tui.connection import Link


class ConsoleApp(OrderedKeys[int], inherit_bindings=False):
    """One engineer's console on one profile at a time."""

    TITLE = "repay"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    CSS = SHEET
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave", show=False, priority=True)]

    def __init__(
        self,
        profile: Profile,
        *,
        opener: Callable[[Profile], Link] = open_link,
        language: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(crash_log=state_dir() / "console.log")
        self.profile = profile
        self.pointer = PointerWatch(profile)
        self._opener = opener
        self._language = language
        self._clock = clock or SystemClock()
        self._following: asyncio.Task[None] | None = None
        self._adopt(profile)

    def _adopt(self, profile: Profile) -> None:
        """Make the profile ours: language, theme, and nothing known yet."""
        self.profile = profile
        use_language("zh" if (self._language or profile.view.language) == "zh" else "en")
        use_keys(profile.keys)
        use_theme("mono" if os.environ.get("NO_COLOR") else profile.view.theme)
        self.knowledge = Knowledge(read_only=profile.guard.read_only, clock=self._clock)
        self.connection = Connection(profile, self.knowledge, self._changed, self._opener)

    def get_default_screen(self) -> MainScreen:
        """Return the first screen."""
        return MainScreen(self.profile, self.knowledge, self.connection)

    def on_mount(self) -> None:
        """Connect after the first paint, and never before."""
        self.start_typing()
        self.call_after_refresh(self._connect)

    def on_unmount(self) -> None:
        """Deal with no more keys."""
        self.stop_typing()

    def _connect(self) -> None:
        self._following = asyncio.create_task(self._follow(self.connection), name="link")

    async def _follow(self, connection: Connection) -> None:
        try:
            await connection.run()
        except Exception as error:  # a bug in the link must end the console visibly, not silently
            self._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        """End over the error itself, not over the worker that carried it."""
        cause = getattr(error, "error", None)
        if isinstance(cause, ImportError):  # work beside the screen wanted a module that is gone
            self.main.say_replaced()
            return
        super()._handle_exception(cause if isinstance(cause, Exception) else error)

    def _changed(self) -> None:
        """Tell the main screen that something new is known."""
        self.main.knowledge_changed()

    @property
    def main(self) -> MainScreen:
        """The main screen, under whatever dialogs are open."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)  # noqa: S101 - get_default_screen sees to it
        return screen

    async def switch_to(self, profile: Profile, why: str = "") -> None:
        """Close everything that is open, forget what is known, and connect with another profile.

        Its name is told, and `why` it is entered where that was not chosen here.
        """
        await self._disconnect()
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        self._adopt(profile)
        await self.main.adopt(self.profile, self.knowledge, self.connection)
        told = t("profile {name}: {title}", name=profile.name, title=profile.title)
        self.main.say(f"{why}; {told}" if why else told)
        self.call_after_refresh(self._connect)

    async def meant(self, event: events.Key) -> events.Key | None:
        """Return the key that the widgets know for one that the profile binds anew, outside of dialogs
        and lines being typed."""
        if self.screen is not self.main or isinstance(self.focused, Prompt):
            return event
        meaning = keyboard().meaning(self.main.view, event.key)
        if meaning is None:
            return event
        if isinstance(meaning, Unbound):
            self.main.say(t("{key} is bound to nothing here", key=key_label(event.key)), "bar-warn")
            return None
        if meaning.id in KEPT_BY_WIDGETS:
            return events.Key(meaning.keys[0], None)
        await self.main.do(meaning.id)
        return None

    async def _disconnect(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            await asyncio.wait([following], timeout=1)

    async def action_leave(self) -> None:
        """Quit at once."""
        await self._disconnect()
        self.exit(0)


def run(profile: Profile) -> int:
    """Open the console on the terminal; return the exit code.

    A language in use that is not the profile's was asked for, and is kept when the profile is switched.
    """
    asked = current_language()
    return run_in_terminal(ConsoleApp(profile, language=None if asked == profile.view.language else asked))
