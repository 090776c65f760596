"""A table of things that the service is asked for, again and again while it is in sight."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from console.contract.language import t
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.table_pane import TablePane
from console.tui.widgets.acting_table import ActingTable
from console.tui.widgets.rows import InMemoryRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.columns import Column
    from console.tui.widgets.rows import Row
    from console.tui.widgets.virtual_table import VirtualTable


class Listed(Protocol):
    """What has a row of its own."""

    @property
    def id(self) -> object:
        """What tells it from all others; its row's key."""


Item = TypeVar("Item", bound=Listed)


class ListPane(TablePane, LoadingPane, Generic[Item]):
    """One table of `items`; `fetch` sets these, and `more` when the service has others beyond them."""

    def __init__(
        self,
        profile: Profile,
        knowledge: Knowledge,
        connection: Connection,
        title: str,
        columns: Sequence[Column],
        *,
        table: type[VirtualTable] = ActingTable,
    ) -> None:
        super().__init__(profile, knowledge, connection, title)
        self.items: tuple[Item, ...] = ()
        self.more = False
        self._rows = InMemoryRows()
        self.table = table(columns, self._rows, empty=t("loading"))

    @abstractmethod
    def row(self, one: Item) -> Row:
        """Return the cells of one thing."""

    @abstractmethod
    def nothing(self) -> str:
        """Return what an empty table says."""

    @property
    def at_hand(self) -> Item | None:
        """The thing that the keys act on."""
        return next((one for one in self.items if str(one.id) == self.table.cursor_key), None)

    def rows(self) -> Iterable[tuple[str, Row]]:
        """Return all rows, each with its key."""
        return ((str(one.id), self.row(one)) for one in self.items)

    def show(self) -> None:
        self.table.set_empty(self.problem or (self.nothing() if self.known else t("loading")))
        if self.known:
            self._rows.replace(self.rows())

    def forget(self) -> None:
        super().forget()
        self.items, self.more = (), False
        self._rows.replace(())
