"""How view 7 looks, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from textual.pilot import Pilot

from tests.tui.fake_replays import replay
from tests.tui.fakes import profile
from tests.tui.picture import console_at_night, fill

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
    """Compare view 7 with its picture: one replay runs, one is planned, one stopped itself."""
    app, link = console_at_night(profile(language=language))
    link.service.replays.known = [
        replay("rpl_000003", "planned", filter="stage:failed"),
        replay("rpl_000002", "running", slowed="live traffic needs the quota", rate_allowed=12.0),
        replay("rpl_000001", "stopped"),
    ]

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


@LANGUAGES
@SIZES
def test_replays(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("7",), "37.6%")


@LANGUAGES
@SIZES
def test_a_plan(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("7", "j", "enter"), "1,180")


@LANGUAGES
@SIZES
def test_a_running_replay(
    snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]
) -> None:
    assert looks_the_same(snap_compare, size, language, ("7", "enter"), "446 / 1,187")


def test_a_receipt(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), "en", ("7", "j", "j", "enter"), "balances")
