"""What is printed is aligned, acts on nothing, and is coloured only where that is wanted."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from console.cli.output import Cell, Column, Output, Tone, json_text
from console.contract.text import cell_width, shown


def printed(rows: list[tuple[str, ...]], *columns: Column) -> list[str]:
    stream = io.StringIO()
    Output(json=False, colour=True, stdout=stream).table(columns, rows)
    return stream.getvalue().splitlines()


def test_columns_line_up_by_cells_not_by_characters() -> None:
    lines = printed([("王小明", "1"), ("Li", "1,000")], Column("name"), Column("amount", right=True))
    assert len({cell_width(line) for line in lines}) == 1
    assert lines[1] == "王小明       1"


def test_nothing_is_cut() -> None:
    long = "x" * 500
    assert long in printed([(long, "y")], Column("a"), Column("b"))[1]


def test_a_stream_that_is_no_terminal_gets_no_colour() -> None:
    stream = io.StringIO()
    Output(json=False, colour=True, stdout=stream).table([Column("a")], [(Cell("x", Tone.BAD),)])
    assert "\x1b" not in stream.getvalue()


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_reads_back_the_same_and_acts_on_no_terminal(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert all(shown(character) == character for character in text)


def test_readable_text_stays_readable_in_json() -> None:
    assert json_text({"name": "王**"}) == '{"name":"王**"}'
