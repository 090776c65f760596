"""Comparing a console with its picture, once what is waited for is on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.tui.picture import fill

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from console.tui.app import ConsoleApp
    from tests.tui.fakes import FakeLink

SnapCompare = Callable[..., bool]
Shows = Callable[[str], Awaitable[None]]

SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def compared(
    snap_compare: SnapCompare,
    night: tuple[ConsoleApp, FakeLink],
    size: tuple[int, int],
    keys: tuple[str, ...],
    until: str,
    *,
    first: Callable[[Shows], Awaitable[None]] | None = None,
) -> bool:
    """Compare after `first`, after `keys`, and once `until` is on the screen."""
    app, link = night

    def text() -> str:
        return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

    async def before(pilot: Pilot[Any]) -> None:
        async def shows(wanted: str) -> None:
            for _ in range(1000):
                if wanted in text():
                    break
                await pilot.pause(0.005)
            assert wanted in text()

        app.main.deeds._watched = float("inf")  # what returns by itself is read by a clock of its own
        await fill(pilot, link)
        if first is not None:
            await first(shows)
        await pilot.press(*keys)
        await shows(until)
        await pilot.pause()

    return snap_compare(app, terminal_size=size, run_before=before)
