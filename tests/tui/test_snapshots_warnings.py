"""How view 8, a card and the banner look, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from textual.pilot import Pilot

from tests.tui.fake_warnings import board_line, tight_strategy, warning
from tests.tui.fakes import board, profile
from tests.tui.picture import NIGHT, console_at_night, fill

SnapCompare = Callable[..., bool]

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def looks_the_same(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    language: Literal["en", "zh"],
    keys: tuple[str, ...],
    until: str,
) -> bool:
    """Compare the console with its picture, once a warning has come and `keys` were pressed."""
    app, link = console_at_night(profile(language=language))
    lines = (board_line(warning()), board_line(tight_strategy()))

    def text() -> str:
        return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

    async def shows(pilot: Pilot[Any], wanted: str) -> None:
        for _ in range(1000):
            if wanted in text():
                break
            await pilot.pause(0.005)
        assert wanted in text()

    async def before(pilot: Pilot[Any]) -> None:
        await fill(pilot, link)
        last = board(95, as_of=NIGHT + timedelta(milliseconds=100))
        link.send(last.model_copy(update={"warnings": lines}))
        await shows(pilot, "wechat answers nothing")
        await pilot.press(*keys)
        await shows(pilot, until)
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=before)


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
