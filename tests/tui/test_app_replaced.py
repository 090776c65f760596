"""An upgrade under a running console: what is wanted for the first time is gone, and the console says so."""

import sys

import pytest

from console.actions.registry import View
from tests.tui.consoles import console


async def test_a_view_that_an_upgrade_took_away_is_told_and_the_console_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console() as one:
        monkeypatch.setitem(sys.modules, "console.tui.screens.windows", None)
        one.press("6")
        await one.shows("the program was replaced; restart repay")
        one.press("2")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the queues")
