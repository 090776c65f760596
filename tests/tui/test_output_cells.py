"""Cells hold printable characters only, and keep the widths that the layout counted on."""

import pytest
from hypothesis import given
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.tui.terminal.cells import CellRow, cells_of, sgr_of, split
from tests.tui.pictures import hostile_texts


def test_text_becomes_one_cell_for_each_column() -> None:
    assert split("a中b") == ["a", "中", "", "b"]
    assert split("e\u0301x") == ["e\u0301", "x"]


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b",
        "\x07",
        "\x7f",
        "\x9b",
        "\x9d",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\U000e0041",
        "\n",
        "\t",
    ],
)
def test_a_character_that_acts_or_hides_is_replaced(hostile: str) -> None:
    assert split(f"a{hostile}b") == ["a", "?", "b"]


def test_a_third_combining_mark_is_dropped() -> None:
    assert split("a" + "\u0301" * 5) == ["a" + "\u0301" * 2]


@given(hostile_texts())
def test_no_text_puts_anything_unprintable_into_a_cell(text: str) -> None:
    characters, styles = cells_of(Strip([Segment(text, Style(bold=True))]), ColorSystem.TRUECOLOR)
    assert len(characters) == len(styles)
    for character in characters:
        assert all(part.isprintable() for part in character)


def test_a_segment_that_is_a_control_code_is_left_out() -> None:
    from rich.control import Control

    characters, _ = cells_of([Control.title("x").segment, Segment("a")], ColorSystem.TRUECOLOR)
    assert characters == ["a"]


def test_a_link_in_a_style_never_becomes_a_sequence() -> None:
    style = Style(bold=True, link="https://example.org/\x1b\\")
    assert sgr_of(style, ColorSystem.TRUECOLOR) == "1"


def test_colours_follow_the_terminal() -> None:
    style = Style.parse("bold #ff0000 on #000000")
    assert sgr_of(style, ColorSystem.TRUECOLOR) == "1;38;2;255;0;0;48;2;0;0;0"
    assert sgr_of(style, ColorSystem.EIGHT_BIT) == "1;38;5;196;48;5;16"


def test_without_colour_a_light_background_is_shown_reversed() -> None:
    assert sgr_of(Style.parse("bold #101010 on #e0e0e0"), None) == "1;7"
    assert sgr_of(Style.parse("bold #e0e0e0 on #101010"), None) == "1"


def test_cells_are_filled_and_cut_to_their_place() -> None:
    row = CellRow.filled(6, ".")
    row.put(1, 4, ["a"], ["1"])
    assert row.text() == ".a  .."
    row.put(2, 4, list("wxyz"), ["1"] * 4)
    assert row.text() == ".awx.."
    row.put(4, 9, list("12345"), [""] * 5)
    assert row.text() == ".awx12"


def test_a_wide_character_that_loses_a_half_becomes_a_space() -> None:
    row = CellRow.filled(6, ".")
    row.put(2, 4, ["中", ""], ["", ""])
    row.put(3, 4, ["x"], [""])
    assert row.characters == [".", ".", " ", "x", ".", "."]
    row.put(2, 4, ["中", ""], ["", ""])
    row.put(2, 3, ["x"], [""])
    assert row.characters == [".", ".", "x", " ", ".", "."]
    row.put(4, 6, ["a", "中", ""], ["", "", ""])
    assert row.characters == [".", ".", "x", " ", "a", " "]
