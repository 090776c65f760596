"""One thing in full, as text to read: what the details of changes, windows and strategies have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from console.contract.language import t
from console.contract.text import shown
from console.tui.screens.loading_pane import LoadingPane
from console.tui.widgets.lines import Line, wrapped
from console.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

Found = TypeVar("Found")


class ReadingPane(LoadingPane, Generic[Found]):
    """A reader over the thing whose key was opened; `found` is None until it was read."""

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection, title: str) -> None:
        super().__init__(profile, knowledge, connection, title)
        self.key = ""
        self.found: Found | None = None
        self.reader = Reader(self._content)

    @abstractmethod
    async def read(self, desk: Desk, key: str) -> Found:
        """Ask the service for the thing. Raises ClientError."""

    @abstractmethod
    def lines(self, one: Found, width: int) -> Sequence[Line]:
        """Return the thing as text."""

    def compose(self) -> ComposeResult:
        """Heading and text."""
        yield self.heading
        yield self.reader

    @property
    def at_hand(self) -> Found | None:
        """What the keys act on."""
        return self.found

    @property
    def has_row(self) -> bool:
        return self.found is not None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return None if self.found is None else self.key

    def first_focus(self) -> Widget | None:
        return self.reader

    def open(self, key: str) -> None:
        """Show another one."""
        if key != self.key:
            self.key, self.found = key, None
            self.forget()
            self.reader.top = 0
        self.load()

    async def fetch(self, desk: Desk) -> None:
        wanted = self.key
        found = await self.read(desk, wanted)
        if wanted == self.key:
            self.found = found

    def show(self) -> None:
        self.reader.redraw()

    def _content(self, width: int) -> Sequence[Line]:
        if self.found is not None:
            return self.lines(self.found, width)
        said = self.problem or t("loading {id}", id=shown(self.key))
        return [((f" {line}", "bad" if self.problem else "dim"),) for line in wrapped(said, width - 1)]
