"""The dialog to switch profiles: each with environment, host, and whether one is let in there.

Every service is asked at once, in the background; choosing waits for none of them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import shown
from console.tui.screens.pane import in_background
from console.tui.screens.picker import Choice, Picker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.profiles.profile import Listed, Profile


class ProfilePicker(Picker):
    """The profiles, `here` the one in use."""

    def __init__(self, listed: Sequence[Listed], here: str) -> None:
        self._profiles = [entry.profile for entry in listed if entry.profile is not None]
        super().__init__(t("Switch the profile"), [_choice(entry, here) for entry in listed])

    def on_mount(self) -> None:
        """Show what is known, and ask for the rest."""
        super().on_mount()
        in_background(self, "probes", self._probe)

    async def _probe(self) -> None:
        await asyncio.gather(*(self._probe_one(profile) for profile in self._profiles))

    async def _probe_one(self, profile: Profile) -> None:
        from console.client.probe import probe

        found = await probe(profile)
        self.note(profile.name, _note(profile, found.words))


def _choice(entry: Listed, here: str) -> Choice:
    if entry.profile is None:
        return Choice(entry.name, shown(entry.name), entry.problem)
    mark = " *" if entry.name == here else ""
    title = f"{shown(entry.name)}{mark}  {shown(entry.profile.title)}"
    return Choice(entry.name, title, _note(entry.profile, t("asking")))


def _note(profile: Profile, words: str) -> str:
    return f"{t(str(profile.environment).upper())}  {words}  {profile.service}"
