"""How view 8, a card and the banner look, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from tests.tui.fake_warnings import board_line, tight_strategy, warning
from tests.tui.fakes import board, profile
from tests.tui.picture import NIGHT, console_at_night
from tests.tui.snapshots import LANGUAGES, SIZES, Shows, SnapCompare, compared


def looks_the_same(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    language: Literal["en", "zh"],
    keys: tuple[str, ...],
    until: str,
) -> bool:
    """Compare the console with its picture, once a warning has come and `keys` were pressed."""
    night = console_at_night(profile(language=language))
    lines = (board_line(warning()), board_line(tight_strategy()))

    async def warn(shows: Shows) -> None:
        last = board(95, as_of=NIGHT + timedelta(milliseconds=100))
        night[1].send(last.model_copy(update={"warnings": lines}))
        await shows("wechat answers nothing")

    return compared(snap_compare, night, size, keys, until, first=warn)


@LANGUAGES
def test_the_banner(snap_compare: SnapCompare, language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, (80, 24), language, (), "wechat answers nothing")


@SIZES
@LANGUAGES
def test_the_list(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("8",), "velocity_hour stops")


@SIZES
@LANGUAGES
def test_a_card(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("8", "enter"), "no order is sent")
