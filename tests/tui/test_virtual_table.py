"""The virtual table: the cursor and the marks stay with keys, and only what changed is drawn again."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Self

import pytest
from textual.app import App
from textual.geometry import Region

from console.contract.language import use_language
from console.contract.text import Untrusted
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, InMemoryRows, Row, RowObserver
from console.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import ComposeResult
    from textual.message import Message

COLUMNS = (Column("id", 10), Column("name", 8, share=1), Column("amount", 9, right=True, priority=1))
SIZE = (60, 14)
BODY = 12  # a header and a footer


def row_of(number: int) -> Row:
    return (Cell(f"rp_{number}"), Cell(Untrusted(f"王{number}"), "dim"), Cell(f"{number}.00", "figure"))


def rows_of(numbers: Iterable[int]) -> list[tuple[str, Row]]:
    return [(f"rp_{number}", row_of(number)) for number in numbers]


class Million:
    """A million rows that exist only when looked at."""

    def __init__(self, count: int = 1_000_000) -> None:
        self.count = count
        self.looked_at = 0

    def row(self, index: int) -> Row | None:
        self.looked_at += 1
        return row_of(index)

    def key(self, index: int) -> str | None:
        return f"rp_{index}"

    def index_of(self, key: str) -> int | None:
        return int(key[3:])

    def want(self, first: int, last: int) -> None:
        pass

    def observe(self, observer: RowObserver | None) -> None:
        pass


class TableApp(App[None]):
    """A table and the messages it sent."""

    def __init__(self, table: VirtualTable) -> None:
        super().__init__()
        self.table = table
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_virtual_table_row_highlighted(self, message: VirtualTable.RowHighlighted) -> None:
        self.heard.append(message)

    def on_virtual_table_row_selected(self, message: VirtualTable.RowSelected) -> None:
        self.heard.append(message)

    def on_virtual_table_marks_changed(self, message: VirtualTable.MarksChanged) -> None:
        self.heard.append(message)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language("en")


def lines(table: VirtualTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_a_million_rows_open_by_looking_at_a_screenful() -> None:
    source = Million()
    async with TableApp(VirtualTable(COLUMNS, source)).run_test(size=SIZE) as pilot:
        table = pilot.app.query_one(VirtualTable)
        assert source.looked_at < 200
        await pilot.press("G")
        assert table.cursor == 999_999
        assert table.cursor_key == "rp_999999"
        assert re.match(r">\s+rp_999999\s+王999999\s+999999\.00", lines(table)[BODY])
        assert "row 1,000,000 / 1,000,000" in lines(table)[-1]
        assert source.looked_at < 400


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (["j", "down", "j"], 3),
        (["j", "j", "k", "up", "k"], 0),
        (["pagedown"], BODY),
        (["pagedown", "pagedown", "pageup"], BODY),
        (["end"], 999_999),
        (["G", "g"], 0),
        (["end", "home"], 0),
        (["G", "j"], 999_999),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], cursor: int) -> None:
    async with TableApp(VirtualTable(COLUMNS, Million())).run_test(size=SIZE) as pilot:
        table = pilot.app.query_one(VirtualTable)
        await pilot.press(*keys)
        assert table.cursor == cursor
        assert table.cursor_key == f"rp_{cursor}"
        assert cursor in table.visible_rows
        assert sum(line.startswith(">") for line in lines(table)) == 1


async def test_the_cursor_stays_with_its_row_when_rows_come_go_and_move() -> None:
    source = InMemoryRows(rows_of(range(100)))
    async with TableApp(VirtualTable(COLUMNS, source)).run_test(size=SIZE) as pilot:
        table = pilot.app.query_one(VirtualTable)
        await pilot.press(*["j"] * 25, *["k"] * 5)
        height = 20 - table.visible_rows.start
        assert 0 < height < BODY - 1
        source.replace(rows_of(range(-50, 100)))
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (70, "rp_20")
        assert table.visible_rows.start == 70 - height, "the row has not moved on the screen"
        source.replace(rows_of(reversed(range(30))))
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (9, "rp_20")
        source.replace(rows_of(number for number in reversed(range(30)) if number != 20))
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (9, "rp_19"), "its row is gone, its neighbour is next"
        source.replace([])
        await pilot.pause()
        assert (table.cursor, table.cursor_key) == (None, None)


async def test_marks_stay_with_keys_and_end_with_them() -> None:
    source = InMemoryRows(rows_of(range(30)))
    app = TableApp(VirtualTable(COLUMNS, source))
    async with app.run_test(size=SIZE) as pilot:
        table = app.table
        await pilot.press("space", "j", "j", "space")
        assert table.marks == {"rp_0", "rp_2"}
        source.replace(rows_of(range(-2, 30)))
        await pilot.pause()
        marked = [line for line in lines(table) if line[1:2] == "*"]
        assert [line.split()[-2] for line in marked] == ["王0", "王2"]
        assert "2 marked" in lines(table)[-1]
        source.replace(rows_of(range(1, 30)))
        await pilot.pause()
        assert table.marks == {"rp_2"}
        await pilot.press("space")
        assert table.marks == frozenset()
        told = [message.marks for message in app.heard if isinstance(message, VirtualTable.MarksChanged)]
        assert told == [{"rp_0"}, {"rp_0", "rp_2"}, {"rp_2"}, frozenset()]


async def test_messages_tell_what_the_cursor_is_on_and_what_was_chosen() -> None:
    app = TableApp(VirtualTable(COLUMNS, InMemoryRows(rows_of(range(5)))))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "enter")
        told = [(type(message).__name__, message.key, message.index) for message in app.heard
                if isinstance(message, VirtualTable.OfRow)]  # fmt: skip
        assert told == [
            ("RowHighlighted", "rp_0", 0),
            ("RowHighlighted", "rp_1", 1),
            ("RowSelected", "rp_1", 1),
        ]


async def test_the_mouse_moves_the_cursor_chooses_and_scrolls() -> None:
    app = TableApp(VirtualTable(COLUMNS, Million()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(VirtualTable, offset=(5, 4))
        assert app.table.cursor == 3
        await pilot.click(VirtualTable, offset=(5, 6), times=2)
        assert [m.key for m in app.heard if isinstance(m, VirtualTable.RowSelected)] == ["rp_5"]
        app.table.scroll_rows(300)
        assert app.table.cursor == app.table.visible_rows.start == 300, "the cursor is always in view"
        await pilot.mouse_down(VirtualTable, offset=(SIZE[0] - 1, BODY))
        await pilot.mouse_up(VirtualTable, offset=(SIZE[0] - 1, BODY))
        assert app.table.visible_rows.stop == 1_000_000, (
            "a click at the end of the scroll bar goes to the end"
        )


class WatchedTable(VirtualTable):
    """Notes what it is asked to draw again."""

    def __init__(self, source: InMemoryRows) -> None:
        self.regions: list[Region] = []
        super().__init__(COLUMNS, source, footer=False)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        self.regions.extend(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_a_changed_row_is_drawn_again_and_no_other() -> None:
    source = InMemoryRows(rows_of(range(30)))
    table = WatchedTable(source)
    async with TableApp(table).run_test(size=SIZE):
        table.regions.clear()
        source.update([("rp_4", row_of(4)), ("rp_6", row_of(66)), ("rp_29", row_of(99))])
        assert table.regions == [Region(0, 7, SIZE[0], 1)], "equal rows and rows out of view cost nothing"


async def test_text_from_outside_is_drawn_literally() -> None:
    hostile = "\x1b]0;x\x07[bold]x[/bold][@click=app.quit]x\u202e"
    source = InMemoryRows([("a", (Cell(Untrusted(hostile)), Cell(hostile), Cell("[/x]")))])
    table = VirtualTable((Column("a", 80), Column("b", 80), Column("c", 9)), source)
    async with TableApp(table).run_test(size=(200, 5)):
        text = lines(table)[1]
        assert text.count("\\x1b]0;x\\x07[bold]x[/bold][@click=app.quit]x\\u202e") == 2
        assert "[/x]" in text
        assert text.isprintable()


async def test_every_line_is_as_wide_as_the_table_whatever_the_text() -> None:
    rows = [(str(n), (Cell("还款" * n), Cell("a" * n), Cell("é…" * n))) for n in range(12)]
    for width in (80, 41, 20, 7, 3):
        table = VirtualTable(COLUMNS, InMemoryRows(rows), empty="x" * 200)
        async with TableApp(table).run_test(size=(width, 14)):
            for y in range(14):
                strip = table.render_line(y)
                assert sum(segment.cell_length for segment in strip) == strip.cell_length == width


async def test_a_narrow_window_drops_columns_and_says_so() -> None:
    table = VirtualTable(COLUMNS, InMemoryRows(rows_of(range(3))))
    async with TableApp(table).run_test(size=(31, 8)) as pilot:
        assert "amount" not in lines(table)[0]
        assert "columns hidden:" in lines(table)[-1]
        await pilot.resize_terminal(60, 8)
        async with asyncio.timeout(5):
            while "amount" not in lines(table)[0]:
                await pilot.pause()
        assert "hidden" not in lines(table)[-1]


async def test_without_rows_it_says_so() -> None:
    table = VirtualTable(COLUMNS, empty="no repayment matches")
    async with TableApp(table).run_test(size=SIZE) as pilot:
        assert lines(table)[1] == "  no repayment matches"
        await pilot.press("j", "G", "space", "enter", "pagedown")
        assert table.cursor is None


async def test_the_footer_speaks_chinese() -> None:
    use_language("zh")
    table = VirtualTable(COLUMNS, Million())
    async with TableApp(table).run_test(size=SIZE) as pilot:
        await pilot.press("space")
        assert "第 1 行，共 1,000,000 行" in lines(table)[-1]
        assert "已标记 1" in lines(table)[-1]
