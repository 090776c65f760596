"""What is new among the warnings: told once, until the engineer has looked. Pure state; makes no sound.

What was there when the first board came is no news: it stands on the Overview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from console.contract.board import Board, WarningLine

CARD: Final = "warn_"
"""How the id of a warning with a card begins; other lines of the board's warnings have none."""


def is_card(identity: str) -> bool:
    """Tell whether a line of the board's warnings has a card."""
    return identity.startswith(CARD)


class Alarm:
    """Which warnings this console has seen, and which of them nobody has looked at."""

    def __init__(self) -> None:
        self._known: set[str] | None = None
        self._news: tuple[WarningLine, ...] = ()
        self._rings = False

    def arrived(self, board: Board) -> None:
        """Take note of a board's warnings."""
        cards = [line for line in board.warnings if is_card(line.id) and line.state == "open"]
        first = self._known is None
        known = self._known or set()
        fresh = set() if first else {line.id for line in cards} - known
        self._known = known | {line.id for line in cards}
        kept = {line.id for line in self._news} | fresh
        self._news = tuple(line for line in cards if line.id in kept)
        self._rings = self._rings or bool(fresh)

    @property
    def news(self) -> tuple[WarningLine, ...]:
        """What is new, open, and was not looked at, the soonest harm first."""
        return self._news

    def looked(self) -> None:
        """The engineer has the warnings in sight."""
        self._news = ()

    def take_ring(self) -> bool:
        """Tell whether the bell is due; it is due once."""
        due, self._rings = self._rings, False
        return due
