"""How the views look, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import profile
from tests.tui.picture import console_at_night, fill

SnapCompare = Callable[..., bool]


def looks_the_same(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    *,
    language: Literal["en", "zh"] = "en",
    start: str = "overview",
    keys: tuple[str, ...] = (),
    until: str = "",
) -> bool:
    """Compare a view, after `keys` and once `until` is on the screen, with its picture."""
    app, link = console_at_night(profile(language=language, start=start))

    def text() -> str:
        return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

    async def before(pilot: Pilot[Any]) -> None:
        await fill(pilot, link)
        await pilot.press(*keys)
        for _ in range(1000):
            if until in text():
                break
            await pilot.pause(0.005)
        assert until in text()
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
def test_overview(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language)


def test_queues(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (80, 24), start="queues")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
def test_repayments(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language, start="repayments", until="rp_00000000")


def test_one_repayment(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("3", "j", "enter"), until="rp_00000001-1")


def test_a_wrong_filter(snap_compare: SnapCompare) -> None:
    keys = ("3", "slash", *"gatway", "colon", "x", "enter")
    assert looks_the_same(snap_compare, (80, 24), keys=keys, until="did you mean gateway?")


def test_the_palette(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (80, 24), keys=("ctrl+p",), until="What do you want to do?")


def test_the_help(snap_compare: SnapCompare) -> None:
    assert looks_the_same(
        snap_compare, (80, 24), keys=("question_mark",), until="Help: what works in Overview"
    )
