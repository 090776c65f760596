"""Previews that were given out lately, by digest: so that a refusal can say what moved since."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from console.store.kinds import Impact

KEPT: Final = 1000


class Seen:
    """The last previews of this process. Not for several threads."""

    def __init__(self) -> None:
        self._impacts: OrderedDict[str, Impact] = OrderedDict()

    def note(self, digest: str, impact: Impact) -> None:
        """Remember a preview."""
        self._impacts[digest] = impact
        self._impacts.move_to_end(digest)
        if len(self._impacts) > KEPT:
            self._impacts.popitem(last=False)

    def find(self, digest: str | None) -> Impact | None:
        """Return the preview of a digest, None when it is not remembered."""
        return None if digest is None else self._impacts.get(digest)
