"""A table whose rows are acted on one at a time: it marks none, and leaves the space key to the view."""

from __future__ import annotations

from textual.actions import SkipAction

from console.tui.widgets.virtual_table import VirtualTable


class ActingTable(VirtualTable):
    """The virtual table without marks."""

    def action_mark(self) -> None:
        """Leave the key to whoever is around."""
        raise SkipAction
