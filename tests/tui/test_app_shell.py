"""The shell: first paint, header, footer, modes, quitting."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot

from console.actions.registry import View
from console.contract.vocabulary import Environment, Mode
from tests.tui.consoles import console
from tests.tui.fakes import board, profile


async def test_the_frame_stands_before_anything_is_known() -> None:
    async with console(connected=False) as one:
        await one.shows("CONNECTING", "age ?", "Flow", "intake", "Gateways", "not known yet", "? help")
        assert "SANDBOX" not in one.text()


async def test_the_banner_says_what_the_service_says_not_what_the_profile_claims() -> None:
    async with console(connected=False) as one:
        one.link.connect(Environment.STAGING)
        await one.shows("STAGING")
        assert "SANDBOX" not in one.text()


async def test_header_shows_mode_age_profile_person_role_and_clock() -> None:
    async with console() as one:
        await one.shows("SANDBOX", "LIVE", "age now", "sandbox", "lin@admin", "+08")


@pytest.mark.parametrize("mode", [Mode.DEGRADED, Mode.LIVE])
async def test_the_mode_of_the_board_is_named(mode: Mode) -> None:
    async with console() as one:
        one.link.send(board(2, mode=mode))
        await one.shows(mode.value)


async def test_a_read_only_profile_is_named() -> None:
    async with console(on=profile(read_only=True)) as one:
        await one.shows("READ-ONLY")


async def test_an_old_board_is_shown_as_old() -> None:
    async with console() as one:
        one.link.send(board(2, as_of=datetime.now(UTC) - timedelta(seconds=130)))
        await one.shows("age 2m", "OFFLINE", "the service sends nothing new")


async def test_a_lost_link_is_named_with_reason_and_age_and_the_figures_stay() -> None:
    async with console() as one:
        await one.shows("49,21")
        one.link.lose("connection refused")
        await one.shows("OFFLINE", "connection refused", "R tries now")
        assert "49,21" in one.text()
        one.press("R")
        await one.until(lambda: one.link.retried == 1, "a try at once")
        one.link.connect()
        one.link.send(board(3))
        await one.shows("LIVE")
        await one.shows_not("connection refused")


async def test_a_hostile_reason_is_shown_literally() -> None:
    async with console() as one:
        one.link.lose("\x1b]0;owned\x07[/x][@click=app.bell]now")
        await one.shows("OFFLINE", "\\x1b]0;owned\\x07[/x]")


@pytest.mark.parametrize("keys", ["q", "ctrl+c"])
async def test_quitting_is_immediate_and_closes_the_connection(keys: str) -> None:
    async with console() as one:
        one.press(keys)
        await one.until(lambda: not one.app.is_running or one.app._exit, "the end")
        assert one.app.return_code == 0
        assert one.link.service.closed


async def test_ctrl_c_quits_from_a_dialog_too() -> None:
    async with console() as one:
        one.press("?")
        await one.shows("Help")
        one.press("ctrl+c")
        await one.until(lambda: one.app._exit, "the end")


async def test_digits_and_escape_move_between_views() -> None:
    async with console() as one:
        for key, view in (
            ("2", View.QUEUES),
            ("3", View.REPAYMENTS),
            ("1", View.OVERVIEW),
            ("2", View.QUEUES),
        ):
            one.press(key)
            await one.until(lambda view=view: one.app.main.view is view, view)  # type: ignore[misc]
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.OVERVIEW, "back")
        one.press("escape")
        await one.shows("q quits")


async def test_a_key_that_does_nothing_here_says_why() -> None:
    async with console() as one:
        one.press("x")
        await one.shows("x does nothing here: works in: Repayments")


async def test_keys_typed_ahead_reach_what_the_keys_before_them_opened() -> None:
    async with console() as one:
        one.press("3/state:failed", "enter")
        await one.until(lambda: "state:failed" in one.link.service.frozen, "the filter that was typed ahead")
        one.press("escape", "2jjj", "enter")
        await one.until(lambda: "stage:confirming" in one.link.service.frozen, "the fourth queue")


async def test_nothing_is_repainted_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with console() as one:
        moment = datetime.now(UTC)
        one.link.send(board(5, as_of=moment))
        await one.until(lambda: one.app.knowledge.board is not None and one.app.knowledge.board.sequence == 5)
        await one.shows("49,217")
        await Pilot(one.app).pause()  # the panels have found their heights
        painted: list[object] = []
        pane = one.app.main.pane
        for widget in pane.walk_children():
            monkeypatch.setattr(widget, "refresh", lambda *regions, **_: painted.append(regions))
        one.link.send(board(5, as_of=moment))
        seen = one.app.knowledge.board
        await one.until(lambda: one.app.knowledge.board is not seen, "the same board again")
        await asyncio.sleep(0)
        assert painted == []


async def test_every_size_from_80x24_up_shows_what_matters() -> None:
    for size in ((80, 24), (100, 30), (120, 40), (200, 60)):
        async with console(size=size) as one:
            await one.shows(
                "SANDBOX", "intake", "settled", "manual", "alipay", "x down", "bank is down", "? help"
            )
            assert len(one.lines()) == size[1]


def test_importing_the_console_loads_neither_client_nor_models() -> None:
    program = (
        "import sys, console.tui.app;"
        "print([m for m in ('httpx', 'pydantic', 'ssl', 'aiohttp', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [name for name in eval(done.stdout) if name != "ssl"] == []  # asyncio itself loads ssl
