"""What was sent under which idempotency key, kept so that an interrupted command can be repeated safely.

One private file per key and profile, written before the first byte is sent: it holds path and body, so
that a repetition sends the very same. It is removed when the service said no, and else kept as long as
the service remembers the key.
"""

from __future__ import annotations

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from console.client.changes import Call
from console.contract.places import private_directory, read_private, state_dir, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from console.profiles.profile import Profile

KEEP_SECONDS: Final = 30 * 86_400
"""How long a call is kept; the service keeps keys as long."""


class Journal:
    """The calls sent with one profile."""

    def __init__(self, profile: Profile) -> None:
        """Raises PlaceError when the state directory cannot be used."""
        self._folder = private_directory(private_directory(state_dir()) / "mutations")
        self._profile = f"{profile.name} {profile.control.url or 'embedded'}"
        _forget_old(self._folder)

    def write(self, key: str, call: Call) -> None:
        """Keep a call. Raises OSError."""
        entry = {"key": key, "path": call.path, "body": call.body}
        write_private(self._path(key), json.dumps(entry).encode() + b"\n")

    def find(self, key: str) -> Call | None:
        """Return what was sent under a key, None when nobody knows."""
        found = read_private(self._path(key))
        if found is None:
            return None
        try:
            entry = json.loads(found)
            return Call(str(entry["path"]), dict(entry["body"]))
        except (ValueError, KeyError, TypeError):
            return None

    def forget(self, key: str) -> None:
        """Let go of a call that had no effect."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{sha256(f'{self._profile} {key}'.encode()).hexdigest()[:32]}.json"


def _forget_old(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix == ".json" and path.stat().st_mtime < time.time() - KEEP_SECONDS:
            path.unlink(missing_ok=True)
