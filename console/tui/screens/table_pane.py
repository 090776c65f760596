"""A view that is a table: the keys act on the row under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.tui.screens.pane import Heading, OpenView, Pane, SituationChanged
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.message import Message
    from textual.widget import Widget

    from console.actions.registry import View


class TablePane(Pane):
    """Heading and table, which whoever inherits this makes."""

    OPENS: ClassVar[View | None] = None
    """The view that shows a row in full."""

    heading: Heading
    table: VirtualTable

    def compose(self) -> ComposeResult:
        """Heading and table."""
        yield self.heading
        yield self.table

    @property
    def has_row(self) -> bool:
        return self.table.cursor_key is not None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.table.cursor_key

    def first_focus(self) -> Widget | None:
        return self.table

    def opening(self, key: str) -> Message | None:
        """Return what asks for a row to be shown in full; None where there is no more to show."""
        return None if self.OPENS is None else OpenView(self.OPENS, key)

    def at_another_row(self) -> None:
        """The cursor is on another row, with which other things may be done."""
        self.post_message(SituationChanged())

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        """Show the row in full."""
        event.stop()
        opening = self.opening(event.key)
        if opening is not None:
            self.post_message(opening)

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        """Tell that the cursor moved."""
        event.stop()
        self.at_another_row()

    def do_row_open(self, argument: str) -> None:
        """Show the row under the cursor in full."""
        self.table.action_select()
