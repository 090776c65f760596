"""What is wrong with the keys a profile binds: that takes the registry, which profiles do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.keyboard import Keyboard
from console.contract.language import t
from console.contract.text import shown
from console.profiles.document import BrokenProfileError, Flaw

if TYPE_CHECKING:
    from console.profiles.profile import Profile


def flaws_of_keys(profile: Profile) -> tuple[Flaw, ...]:
    """Return every flaw of `[keys]`, with file and line."""
    flaws = []
    for trouble in Keyboard(profile.keys).troubles():
        file, _, line = profile.sources[f"keys.{trouble.action}"].rpartition(":")
        what = t("{key} {problem}", key=f"keys.{shown(trouble.action)}:", problem=trouble.problem)
        flaws.append(Flaw(file, int(line) if line.isdigit() else None, what))
    return tuple(flaws)


def check_keys(profile: Profile) -> None:
    """Raise BrokenProfileError when keys are bound that cannot be."""
    if flaws := flaws_of_keys(profile):
        raise BrokenProfileError(flaws)
