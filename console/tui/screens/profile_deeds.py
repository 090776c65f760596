"""What the actions about profiles do: entering another one, and following the pointer of another shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import shown
from console.contract.vocabulary import Environment
from console.tui.screens.change_deeds import ChangeDeeds
from console.tui.screens.pane import in_background

if TYPE_CHECKING:
    from console.profiles.profile import Profile


class ProfileDeeds(ChangeDeeds):
    """Switching profiles, where no change is on its way."""

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
            why = t("another shell chose the profile {name}", name=profile.name)
            self._main.say(why)
            await self._enter(profile, why)

    async def _enter(self, profile: Profile, why: str = "") -> None:
        """Switch; ask before production. `why` tells that it was not chosen here."""
        from console.actions.key_flaws import check_keys
        from console.profiles.document import ProfileError

        def go(yes: bool | None) -> None:
            if yes:
                if not why:
                    self._app.pointer.keep()
                in_background(self._app, "switch", self._app.switch_to, profile, why)
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
