"""Rows that are fetched: shown as not loaded, asked for around the view, and never in a queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual.app import App

from console.tui.widgets.columns import Arrangement, Column, arranged
from console.tui.widgets.paged_rows import PagedRows
from console.tui.widgets.rows import Cell, InMemoryRows, Row
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.pilot import Pilot

COLUMNS = (Column("id", 12), Column("note", 8))
COUNT = 1_000_000


class Service:
    """Answers when it is told to, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.shift = 0
        self.failing = False

    async def fetch(self, at: int, count: int) -> list[tuple[str, Row]]:
        self.asked.append(at)
        await self.gate.wait()
        if self.failing:
            raise ConnectionError("away")
        numbers = range(at + self.shift, at + count + self.shift)
        return [(f"rp_{n}", (Cell(f"rp_{n}"), Cell("ok"))) for n in numbers]


class TableApp(App[None]):
    def __init__(self, table: VirtualTable) -> None:
        super().__init__()
        self.table = table
        self.highlighted: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_virtual_table_row_highlighted(self, message: VirtualTable.RowHighlighted) -> None:
        self.highlighted.append(message.key)


async def until(pilot: Pilot[None], reached: Callable[[], object]) -> None:
    """Let the application work until a state is reached."""
    async with asyncio.timeout(5):
        while not reached():
            await pilot.pause()


def body(table: VirtualTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(1, table.size.height - 1)]


async def test_rows_not_loaded_are_shown_as_such_and_drawn_when_they_come() -> None:
    service = Service()
    service.gate.clear()
    app = TableApp(VirtualTable(COLUMNS, PagedRows(service.fetch, COUNT)))
    async with app.run_test(size=(40, 12)) as pilot:
        assert body(app.table)[0].split() == [">", "·", "·"]
        assert app.table.cursor_key is None
        await pilot.press("enter", "space")
        assert app.table.marks == frozenset(), "what is not known cannot be marked"
        service.gate.set()
        await until(pilot, lambda: app.table.cursor_key == "rp_0")
        assert body(app.table)[0].split() == [">", "rp_0", "ok"]
        await until(pilot, lambda: app.highlighted == ["rp_0"])


async def test_holding_page_down_asks_only_for_where_it_ends() -> None:
    service = Service()
    app = TableApp(VirtualTable(COLUMNS, PagedRows(service.fetch, COUNT, page_size=10)))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.table.cursor_key == "rp_0" and len(service.asked) == 2)
        service.gate.clear()
        await pilot.press(*["pagedown"] * 60)
        assert len(service.asked) <= 4, "no more than two requests are under way"
        service.gate.set()
        await until(pilot, lambda: app.table.cursor_key == "rp_600")
        assert len(service.asked) <= 8


async def test_the_next_page_is_loaded_before_it_is_needed_in_the_direction_of_travel() -> None:
    service = Service()
    rows = PagedRows(service.fetch, COUNT, page_size=10)
    arrivals = Arrivals()
    rows.observe(arrivals)
    rows.want(500, 509)
    assert await arrivals.next(2) == [(500, 509), (510, 519)]
    rows.want(495, 504)
    assert await arrivals.next(2) == [(480, 489), (490, 499)]
    rows.close()


class Arrivals:
    """An observer that can be waited for."""

    def __init__(self) -> None:
        self._ranges: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    def rows_changed(self, first: int, last: int) -> None:
        self._ranges.put_nowait((first, last))

    def rows_rearranged(self, removed: frozenset[str]) -> None:
        raise AssertionError("pages come; rows do not move")

    async def next(self, count: int = 1) -> list[tuple[int, int]]:
        async with asyncio.timeout(5):
            return sorted([await self._ranges.get() for _ in range(count)])


async def test_few_pages_are_kept() -> None:
    service = Service()
    rows = PagedRows(service.fetch, COUNT, page_size=10, pages_kept=4)
    arrivals = Arrivals()
    rows.observe(arrivals)
    rows.want(0, 9)
    await arrivals.next(2)
    for page in range(1, 20):
        rows.want(page * 10, page * 10 + 9)
        await arrivals.next()
    assert rows.row(0) is None
    assert rows.index_of("rp_0") is None
    assert rows.index_of("rp_195") == 195
    rows.close()


async def test_a_failed_fetch_is_told_and_tried_again() -> None:
    service = Service()
    service.failing = True
    told: list[Exception | None] = []
    rows = PagedRows(service.fetch, COUNT, on_failure=told.append)
    app = TableApp(VirtualTable(COLUMNS, rows))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: told)
        assert isinstance(told[0], ConnectionError)
        assert rows.row(0) is None
        service.failing = False
        await until(pilot, lambda: app.table.cursor_key == "rp_0")
        assert told[-1] is None
        rows.close()


async def test_the_cursor_finds_its_row_again_in_a_fresh_selection() -> None:
    service = Service()
    app = TableApp(VirtualTable(COLUMNS, PagedRows(service.fetch, COUNT)))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.table.cursor_key == "rp_0")
        await pilot.press(*["j"] * 20, "space")
        fresh = Service()
        fresh.shift = -3
        app.table.show(PagedRows(fresh.fetch, COUNT), keep=True)
        await until(pilot, lambda: app.table.cursor_key == "rp_20")
        assert app.table.cursor == 23
        assert app.table.marks == {"rp_20"}
        app.table.show(InMemoryRows())
        assert app.table.marks == frozenset()


@pytest.mark.parametrize(
    ("width", "shown", "hidden"),
    [
        (60, ((0, 10), (1, 39), (2, 9)), 0),
        (29, ((0, 10), (1, 8), (2, 9)), 0),
        (28, ((0, 10), (1, 17)), 1),
        (19, ((0, 10), (1, 8)), 1),
        (15, ((0, 10), (1, 4)), 1),
        (6, ((0, 5),), 2),
        (0, (), 3),
    ],
)
def test_columns_share_what_is_left_and_give_way_by_priority(
    width: int, shown: tuple[tuple[int, int], ...], hidden: int
) -> None:
    columns = (Column("id", 10), Column("name", 8, share=1), Column("amount", 9, priority=1))
    assert arranged(columns, width) == Arrangement(shown, hidden)


def test_a_narrow_column_is_shown_where_a_more_important_wide_one_has_no_room() -> None:
    columns = (Column("id", 10), Column("wide", 30, priority=1), Column("narrow", 5, priority=2))
    assert arranged(columns, 30) == Arrangement(((0, 10), (2, 5)), 1)
