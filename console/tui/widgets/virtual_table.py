"""The one table of the console: any number of rows, of which only those on the screen are drawn.

The cursor and the marks belong to keys, never to positions: when rows come, go or move, both stay with
what they meant. Rows come from a `RowSource`; text is drawn literally, through `shown`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from console.contract.language import t
from console.tui.widgets import table_lines
from console.tui.widgets.columns import arranged
from console.tui.widgets.rows import InMemoryRows
from console.tui.widgets.viewport import Viewport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip

    from console.tui.widgets.columns import Arrangement, Column
    from console.tui.widgets.rows import Row, RowSource

_WHEEL_ROWS: Final = 3
_DRAWN_KEPT: Final = 400


class VirtualTable(Widget, can_focus=True):
    """A table over a `RowSource`. `columns` belong to the cells of each row, in order.

    Bindings carry ids `table.*` so that a keymap can change them; an application with its own keys
    derives with `inherit_bindings=False` and calls the `action_` methods.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_up", show=False, id="table.up"),
        Binding("down,j", "cursor_down", show=False, id="table.down"),
        Binding("home,g", "first", show=False, id="table.first"),
        Binding("end,G", "last", show=False, id="table.last"),
        Binding("pageup", "page_up", show=False, id="table.page_up"),
        Binding("pagedown", "page_down", show=False, id="table.page_down"),
        Binding("space", "mark", show=False, id="table.mark"),
        Binding("enter", "select", show=False, id="table.select"),
    ]

    class OfRow(Message):
        """Something about one row."""

        def __init__(self, table: VirtualTable, key: str, index: int) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.index = index

        @property
        def control(self) -> VirtualTable:
            return self.table

    class RowHighlighted(OfRow):
        """The cursor is on another row than before."""

    class RowSelected(OfRow):
        """The row was chosen, by enter or a double click."""

    class MarksChanged(Message):
        """Other rows than before are marked."""

        def __init__(self, table: VirtualTable, marks: frozenset[str]) -> None:
            super().__init__()
            self.table = table
            self.marks = marks

        @property
        def control(self) -> VirtualTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource | None = None,
        *,
        empty: str = "",
        footer: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._source: RowSource = source if source is not None else InMemoryRows()
        self._empty = empty
        self._has_footer = footer
        self._view = Viewport()
        self._cursor_key: str | None = None
        self._sought: str | None = None
        self._marks: set[str] = set()
        self._drawn: dict[int, tuple[table_lines.RowState, Row | None, Strip]] = {}
        self._dragging = False

    # --- what it shows --------------------------------------------------------------------------

    @property
    def source(self) -> RowSource:
        """Where the rows come from."""
        return self._source

    @property
    def cursor(self) -> int | None:
        """Where the cursor is, or None without rows."""
        return self._view.cursor if self._view.count else None

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor; None without rows or while the row is not loaded."""
        return self._cursor_key

    @property
    def marks(self) -> frozenset[str]:
        """The keys that are marked."""
        return frozenset(self._marks)

    @property
    def visible_rows(self) -> range:
        """The positions on the screen."""
        return self._view.visible

    def show(self, source: RowSource, *, keep: bool = False) -> None:
        """Show another source. With `keep`, it is the same subject anew: cursor and marks stay.

        A cursor whose key the new source does not know stays at its position.
        """
        self._source.observe(None)
        self._source = source
        source.observe(self)
        self._drawn.clear()
        if keep:
            self._sought = self._cursor_key or self._sought
            self.rows_rearranged(frozenset())
            return
        self._sought = None
        self._view = Viewport()
        self._cursor_key = None
        self.clear_marks()
        self._settle()

    def set_empty(self, text: str) -> None:
        """Set what stands in place of rows when there are none."""
        if text != self._empty:
            self._empty = text
            if not self._view.count:
                self.refresh()

    def restyle(self) -> None:
        """Draw everything again, after the theme or the language changed."""
        self._drawn.clear()
        self.refresh()

    def move_to(self, index: int) -> None:
        """Put the cursor on a position, clamped to the rows there are, and bring it into view."""
        before = self._view.cursor, self._view.top
        self._view.move_to(index)
        self._moved(*before)

    def _moved(self, cursor: int, top: int) -> None:
        """Draw what differs after a move from these positions of cursor and window."""
        self._sought = None
        self._note_cursor()
        if self._view.top != top:
            self.refresh(Region(0, 1, self.size.width, self._view.body), *self._footer_region())
            self._want()
        elif self._view.cursor != cursor:
            self._refresh_rows((cursor, self._view.cursor))

    def scroll_rows(self, rows: int) -> None:
        """Move the window; the cursor is taken along at its edge, so that it is always in view."""
        before = self._view.cursor, self._view.top
        self._view.scroll(rows)
        self._moved(*before)

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark these keys and no others."""
        marks = set(keys)
        changed = marks ^ self._marks
        if not changed:
            return
        self._marks = marks
        self._refresh_rows(index for index in self.visible_rows if self._source.key(index) in changed)
        self.post_message(self.MarksChanged(self, self.marks))

    def clear_marks(self) -> None:
        """Mark nothing."""
        self.set_marks(())

    # --- what the source says -------------------------------------------------------------------

    def rows_changed(self, first: int, last: int) -> None:
        """Draw rows again that show something else, where they are on the screen."""
        if self._sought is not None and self._found():
            return
        if first <= self._view.cursor <= last:
            self._note_cursor()
        visible = self.visible_rows
        self._refresh_rows(range(max(first, visible.start), min(last + 1, visible.stop)))

    def rows_rearranged(self, removed: frozenset[str]) -> None:
        """Follow the cursor's key to where it is now, at the same height on the screen."""
        if self._marks & removed:
            self.set_marks(self._marks - removed)
        key = self._cursor_key
        index = self._source.index_of(key) if key is not None else None
        if index is not None:
            self._view.carry(index)
            self._sought = None
        self._settle()

    def _found(self) -> bool:
        """Put the cursor on the key it had in the source before, if it has been loaded by now."""
        index = self._source.index_of(self._sought) if self._sought is not None else None
        if index is None:
            if self._source.key(self._view.cursor) is not None:
                self._sought = None  # it is not where it was; what stands there now is taken instead
            return False
        self._view.carry(index)
        self._sought = None
        self._settle()
        return True

    def _settle(self) -> None:
        """Bring cursor and window inside the rows there are, and draw everything again."""
        self._view.fit(self._source.count, self.size.height - 1 - self._has_footer)
        self._note_cursor()
        self._want()
        self.refresh()

    def _note_cursor(self) -> None:
        key = self._source.key(self._view.cursor) if self._view.count else None
        if key != self._cursor_key:
            self._cursor_key = key
            if key is not None:
                self.post_message(self.RowHighlighted(self, key, self._view.cursor))

    def _want(self) -> None:
        visible = self.visible_rows
        if visible and self.is_attached:
            self._source.want(visible.start, visible.stop - 1)

    # --- drawing --------------------------------------------------------------------------------

    @property
    def _arrangement(self) -> Arrangement:
        return arranged(self._columns, max(0, self.size.width - table_lines.GUTTER - table_lines.SCROLLBAR))

    def _refresh_rows(self, indices: Iterable[int]) -> None:
        width, visible = self.size.width, self._view.visible
        regions = [Region(0, 1 + index - visible.start, width, 1) for index in indices if index in visible]
        if regions:
            self.refresh(*regions, *self._footer_region())

    def _footer_region(self) -> list[Region]:
        return [Region(0, self.size.height - 1, self.size.width, 1)] if self._has_footer else []

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region; borders and padding are never used here."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget: header, row or footer."""
        width = self.size.width
        if y == 0:
            return table_lines.header_line(self._columns, self._arrangement, width)
        if self._has_footer and y == self.size.height - 1:
            return self._draw_footer(width)
        index = self._view.top + y - 1
        if index in self._view.visible:
            return self._draw_row(index, width)
        return table_lines.text_line(self._empty if not self._view.count and y == 1 else "", width, "empty")

    def _draw_footer(self, width: int) -> Strip:
        count, row = self._view.count, self._view.cursor + 1
        parts = [t("row {row} / {count}", row=f"{row:,}", count=f"{count:,}") if count else ""]
        if self._marks:
            parts.append(t("{count} marked", count=f"{len(self._marks):,}"))
        if hidden := self._arrangement.hidden:
            parts.append(t("columns hidden: {count}; widen the window", count=hidden))
        return table_lines.text_line("   ".join(part for part in parts if part), width, "dim")

    def _draw_row(self, index: int, width: int) -> Strip:
        row = self._source.row(index)
        state = table_lines.RowState(
            cursor=index == self._view.cursor,
            active=self.has_focus,
            marked=self._source.key(index) in self._marks,
            thumb=self._view.has_thumb(index - self._view.top),
        )
        kept = self._drawn.get(index)
        if kept is not None and kept[0] == state and kept[1] == row:
            return kept[2]
        strip = table_lines.row_line(self._columns, self._arrangement, row, state, width)
        if len(self._drawn) > _DRAWN_KEPT:
            self._drawn.clear()
        self._drawn[index] = (state, row, strip)
        return strip

    # --- keys and mouse -------------------------------------------------------------------------

    def action_cursor_up(self) -> None:
        """Move up by a row."""
        self.move_to(self._view.cursor - 1)

    def action_cursor_down(self) -> None:
        """Move down by a row."""
        self.move_to(self._view.cursor + 1)

    def action_first(self) -> None:
        """Move to the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Move to the last row."""
        self.move_to(self._view.count - 1)

    def action_page_up(self) -> None:
        """Move up by a page."""
        self._move_pages(-1)

    def action_page_down(self) -> None:
        """Move down by a page."""
        self._move_pages(1)

    def _move_pages(self, pages: int) -> None:
        before = self._view.cursor, self._view.top
        self._view.move_pages(pages)
        self._moved(*before)

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        if self._cursor_key is not None:
            self.set_marks(self._marks ^ {self._cursor_key})

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self._cursor_key is not None:
            self.post_message(self.RowSelected(self, self._cursor_key, self._view.cursor))

    def on_mount(self) -> None:
        """Listen to the source."""
        self._source.observe(self)
        self._settle()

    def on_unmount(self) -> None:
        """Stop listening."""
        self._source.observe(None)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view."""
        self._drawn.clear()
        self._settle()

    def on_focus(self) -> None:
        """Show that keys act here."""
        self._refresh_rows((self._view.cursor,))

    def on_blur(self) -> None:
        """Show that keys act elsewhere."""
        self._refresh_rows((self._view.cursor,))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor on the row, or grasp the scroll bar."""
        if event.x >= self.size.width - table_lines.SCROLLBAR:
            self._dragging = True
            self.capture_mouse()
            self._drag(event.y)
        elif 1 <= event.y <= len(self.visible_rows):
            self.move_to(self._view.top + event.y - 1)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow a drag of the scroll bar."""
        if self._dragging:
            self._drag(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of the scroll bar."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag(self, y: int) -> None:
        self.scroll_rows(self._view.top_at(y - 1) - self._view.top)

    def on_click(self, event: events.Click) -> None:
        """Choose the row on a double click."""
        if event.chain == 2 and 1 <= event.y <= len(self.visible_rows):
            self.action_select()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window down."""
        event.stop()
        self.scroll_rows(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window up."""
        event.stop()
        self.scroll_rows(-_WHEEL_ROWS)
