"""What the output stage sends turns what the terminal shows into what is wanted."""

from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st

from console.tui.terminal import scrolling
from console.tui.terminal.cells import UNKNOWN, CellRow, split
from console.tui.terminal.encoding import Pen, encode, transition
from console.tui.terminal.sequences import filtered
from tests.tui.pictures import STYLES, Mirror, Picture, pictures

WIDTH, HEIGHT = 24, 12


def send(wanted: Picture, shown: Picture, *, scrolls: bool = True) -> str:
    """Do what the output stage does for one frame."""
    pen = Pen()
    lines = [line for line in range(len(wanted)) if wanted[line] != shown[line]]
    if scrolls and (scroll := scrolling.scroll_between(wanted, shown, lines)):
        scrolling.apply(scroll, shown, pen)
        lines = [line for line in range(len(wanted)) if wanted[line] != shown[line]]
    encode(wanted, shown, lines, pen)
    pen.plain()
    return pen.text()


def unknown() -> Picture:
    return [CellRow.filled(WIDTH, UNKNOWN) for _ in range(HEIGHT)]


def expected(picture: Picture) -> list[list[tuple[object, ...]]]:
    """What a terminal shows that shows the picture: each cell's character with its style's attributes."""
    return [
        [
            (character, *attributes_of(style))
            for character, style in zip(row.characters, row.styles, strict=True)
        ]
        for row in picture
    ]


@lru_cache
def attributes_of(style: str) -> tuple[object, ...]:
    """What pyte makes of a style."""
    mirror = Mirror(2, 1)
    mirror.feed(f"\x1b[0;{style}mx" if style else "x")
    return mirror.cells()[0][0][1:]


@settings(max_examples=80, deadline=None)
@given(st.lists(pictures(WIDTH, HEIGHT), min_size=1, max_size=4))
def test_a_sequence_of_random_pictures_is_shown_exactly(wanted: list[Picture]) -> None:
    mirror, shown = Mirror(WIDTH, HEIGHT), unknown()
    mirror.feed("left over from before" * 3)
    for picture in wanted:
        mirror.feed(send(picture, shown))
        assert mirror.texts() == [row.text() for row in picture]
        assert mirror.cells() == expected(picture)
        assert shown == picture


@settings(max_examples=80, deadline=None)
@given(
    pictures(WIDTH, HEIGHT + 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 3), st.integers(0, 3)
)
def test_a_scrolled_picture_is_shown_exactly(
    rows: Picture, old: int, new: int, top: int, bottom: int
) -> None:
    def window(at: int) -> Picture:
        frame = [CellRow.filled(WIDTH, str(edge)) for edge in range(top + bottom)]
        body = rows[at : at + HEIGHT - top - bottom]
        return [row.copy() for row in [*frame[:top], *body, *frame[top:]]]

    mirror, shown = Mirror(WIDTH, HEIGHT), unknown()
    for at in (old, new, old):
        picture = window(at)
        mirror.feed(send(picture, shown))
        assert mirror.cells() == expected(picture)


def numbered(first: int, width: int = 40) -> Picture:
    rows = []
    for number in range(first, first + 20):
        row = CellRow.filled(width)
        text = split(f"row {number} {'abcdefgh'[number % 8] * 25}"[:width])
        row.put(0, len(text), text, [""] * len(text))
        rows.append(row)
    return rows


def test_scrolling_is_left_to_the_terminal() -> None:
    shown = numbered(0)
    down = send(numbered(1), shown)
    assert "\x1b[1;20r" in down
    assert len(down) < 100
    up = send(numbered(0), shown)
    assert "\x1bM" in up
    assert len(up) < 100


def test_rows_that_merely_change_are_not_scrolled() -> None:
    shown = numbered(0)
    assert "r" not in send(numbered(100), shown).replace("row", "")


def test_only_changed_cells_are_sent() -> None:
    shown = numbered(0)
    wanted = [row.copy() for row in shown]
    wanted[3].put(4, 5, ["9"], [""])
    assert send(wanted, shown) == "\x1b[4;5H\x1b[m9"
    assert send(wanted, shown) == "\x1b[m"


@given(st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_a_change_of_style_ends_in_the_new_style(old: str, new: str) -> None:
    changed, direct = Mirror(4, 1), Mirror(4, 1)
    changed.feed(f"\x1b[0;{old}m" if old else "\x1b[m")
    changed.feed(transition(old, new) + "x")
    direct.feed((f"\x1b[0;{new}m" if new else "\x1b[m") + "x")
    assert changed.cells() == direct.cells()


@settings(deadline=None)
@given(pictures(WIDTH, HEIGHT))
def test_everything_encoded_passes_the_filter(picture: Picture) -> None:
    data = send(picture, unknown())
    assert filtered(data) == data
