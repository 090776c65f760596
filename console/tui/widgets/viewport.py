"""Where the window over a long list stands, and where the cursor is in it. Pure arithmetic.

Positions count from zero. The cursor is always inside the list and, after every move, inside the window.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Viewport:
    """A window of `body` rows over `count` rows."""

    count: int = 0
    body: int = 1
    top: int = 0
    cursor: int = 0

    @property
    def last_top(self) -> int:
        """The window's position at the end of the list."""
        return max(0, self.count - self.body)

    @property
    def visible(self) -> range:
        """The positions in the window."""
        return range(self.top, min(self.top + self.body, self.count))

    def fit(self, count: int, body: int) -> None:
        """Take another number of rows or another height, and bring the cursor into the window."""
        self.count, self.body = count, max(1, body)
        self.cursor = min(max(self.cursor, 0), max(0, count - 1))
        self.top = min(max(self.top, 0), self.last_top)
        self._follow_cursor()

    def move_to(self, position: int) -> None:
        """Put the cursor on a position, clamped to the list; the window follows as little as it can."""
        self.cursor = min(max(position, 0), max(0, self.count - 1))
        self._follow_cursor()

    def move_pages(self, pages: int) -> None:
        """Move window and cursor together by whole windows."""
        self.top = min(max(self.top + pages * self.body, 0), self.last_top)
        self.move_to(self.cursor + pages * self.body)

    def scroll(self, rows: int) -> None:
        """Move the window; the cursor is taken along at its edge."""
        self.top = min(max(self.top + rows, 0), self.last_top)
        self.cursor = min(max(self.cursor, self.top), max(self.top, self.visible.stop - 1))

    def carry(self, position: int) -> None:
        """Put the cursor on the position its row has now, at the same height of the window."""
        self.top += position - self.cursor
        self.cursor = position

    def has_thumb(self, line: int) -> bool:
        """Tell whether the scroll bar's thumb is beside a line of the window."""
        if not self.last_top:
            return False
        height = max(1, self.body * self.body // self.count)
        first = round(self.top / self.last_top * (self.body - height))
        return first <= line < first + height

    def top_at(self, line: int) -> int:
        """Return where the window stands when the scroll bar is grasped at a line of it."""
        share = min(max(line / max(1, self.body - 1), 0), 1)
        return round(share * self.last_top)

    def _follow_cursor(self) -> None:
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.body:
            self.top = self.cursor - self.body + 1
