"""The window over a list and the cursor in it, whatever happens to either."""

from hypothesis import given
from hypothesis import strategies as st

from console.tui.widgets.viewport import Viewport

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["move_to", "move_pages", "scroll", "carry", "count", "body"]), st.integers(-60, 200)
    ),
    max_size=30,
)


@given(OPERATIONS)
def test_the_cursor_is_always_in_the_list_and_in_the_window(operations: list[tuple[str, int]]) -> None:
    view = Viewport()
    view.fit(100, 10)
    for name, number in operations:
        match name:
            case "count":
                view.fit(max(0, number), view.body)
            case "body":
                view.fit(view.count, number % 30)
            case "carry":
                view.carry(min(max(number, 0), max(0, view.count - 1)))
                view.fit(view.count, view.body)
            case "move_pages":
                view.move_pages(1 if number > 50 else -1)
            case _:
                getattr(view, name)(number)
        if view.count:
            assert view.cursor in view.visible
            assert 0 <= view.top <= view.last_top
        else:
            assert (view.cursor, view.top, len(view.visible)) == (0, 0, 0)


@given(st.integers(1, 5_000), st.integers(1, 60), st.integers(0, 5_000))
def test_the_thumb_shows_where_the_window_stands(count: int, body: int, top: int) -> None:
    view = Viewport(count, body, min(top, max(0, count - body)))
    thumb = [line for line in range(body) if view.has_thumb(line)]
    if count <= body:
        assert not thumb
        return
    assert thumb == list(range(thumb[0], thumb[-1] + 1))
    if view.top == 0:
        assert thumb[0] == 0
    if view.top == view.last_top:
        assert thumb[-1] == body - 1
    if body > 1:
        assert view.top_at(0) == 0
        assert view.top_at(body - 1) == view.last_top


def test_a_carried_row_keeps_its_height_in_the_window() -> None:
    view = Viewport(100, 10, top=20, cursor=25)
    view.carry(60)
    view.fit(100, 10)
    assert (view.top, view.cursor) == (55, 60)
