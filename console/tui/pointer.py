"""Following `repay profile use` while the console runs: notices that another profile has been chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.profiles.places import pointer_path
from console.profiles.profile import load

if TYPE_CHECKING:
    from console.profiles.profile import Profile


class PointerWatch:
    """Looks at the pointer when asked; a look at an unchanged one costs one `stat`."""

    def __init__(self, profile: Profile) -> None:
        self._follows = profile.chosen in ("pointer", "default")
        self._seen = _mark()

    def look(self) -> Profile | None:
        """Return the profile that has been chosen since the last look, or None.

        Raises ProfileError, once, when that profile cannot be used.
        """
        if not self._follows:
            return None
        mark = _mark()
        if mark == self._seen:
            return None
        self._seen = mark
        return load(None)

    def keep(self) -> None:
        """Stop following: the engineer chose a profile in the console itself."""
        self._follows = False


def _mark() -> tuple[int, int] | None:
    try:
        found = pointer_path().stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
