"""Rows for the virtual table: what a row is, where rows come from, and the source for live boards.

A source knows rows by position and by key. It tells its one observer, the table, what has changed;
it never draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.contract.text import Untrusted


class Cell(NamedTuple):
    """One cell: a text and the name of its style. Never markup; the table applies `shown`."""

    text: str | Untrusted
    style: str = "text"


Row = tuple[Cell, ...]
"""Cells in the order of the table's columns."""


class RowObserver(Protocol):
    """Who wants to know that rows have changed."""

    def rows_changed(self, first: int, last: int) -> None:
        """Rows `first` to `last` show something else now; none has moved."""

    def rows_rearranged(self, removed: frozenset[str]) -> None:
        """Rows have come, gone or moved; the keys in `removed` no longer exist."""


class RowSource(Protocol):
    """Rows by position, of which some may not be loaded yet."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def row(self, index: int) -> Row | None:
        """Return a row, or None while it is not loaded."""

    def key(self, index: int) -> str | None:
        """Return the key of a row, or None while it is not loaded."""

    def index_of(self, key: str) -> int | None:
        """Return where a key is, or None when it is unknown or not loaded."""

    def want(self, first: int, last: int) -> None:
        """Ask for rows `first` to `last` to be loaded; the observer hears when they are."""

    def observe(self, observer: RowObserver | None) -> None:
        """Set who hears of changes; None for nobody."""


class InMemoryRows:
    """Rows held whole, for live boards: each update tells the table only the rows that differ."""

    def __init__(self, rows: Iterable[tuple[str, Row]] = ()) -> None:
        self._observer: RowObserver | None = None
        self._keys: list[str] = []
        self._rows: dict[str, Row] = {}
        self._places: dict[str, int] = {}
        self.replace(rows)

    @property
    def count(self) -> int:
        return len(self._keys)

    def row(self, index: int) -> Row | None:
        return self._rows[self._keys[index]]

    def key(self, index: int) -> str | None:
        return self._keys[index]

    def index_of(self, key: str) -> int | None:
        return self._places.get(key)

    def want(self, first: int, last: int) -> None:
        """Nothing to do: every row is here."""

    def observe(self, observer: RowObserver | None) -> None:
        self._observer = observer

    def replace(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Set all rows, in this order. Raises ValueError when a key is given twice."""
        pairs = list(rows)
        keys = [key for key, _ in pairs]
        if keys == self._keys:
            self.update(pairs)
            return
        held = dict(pairs)
        if len(held) != len(pairs):
            raise ValueError("two rows have the same key")
        removed = frozenset(self._places.keys() - held.keys())
        self._keys = keys
        self._places = {key: index for index, key in enumerate(keys)}
        self._rows = {key: _same(self._rows.get(key), row) for key, row in pairs}
        if self._observer is not None:
            self._observer.rows_rearranged(removed)

    def update(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Set the rows of keys that exist. Raises KeyError for one that does not."""
        for key, row in rows:
            index = self._places[key]
            if self._rows[key] != row:
                self._rows[key] = row
                if self._observer is not None:
                    self._observer.rows_changed(index, index)


def _same(old: Row | None, new: Row) -> Row:
    """Return the old row where it is equal, so that the table's drawn rows stay valid."""
    return old if old is not None and old == new else new
