"""View 6: maintenance windows; two weeks at a glance, opened by a form with a live preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.actions.registry import View
from console.tui.change_request import Step
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.widgets.calendar_strip import strip_lines
from console.tui.widgets.lines import width_of
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, slot, window

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""Noon of a Tuesday in Shanghai."""


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


def texts(width: int, *windows: object, now: datetime = NOW, zone: str = "Asia/Shanghai") -> list[str]:
    lines = strip_lines(windows, now, zone, width)  # type: ignore[arg-type]
    return ["".join(str(text) for text, _ in line) for line in lines]


async def dialog(one: Console) -> ChangeDialog:
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, ChangeDialog)
    return found


@pytest.mark.parametrize("width", [78, 118, 158, 198])
def test_two_weeks_fit_every_width_and_no_line_is_cut(width: int) -> None:
    lines = strip_lines([window(rrule="FREQ=DAILY")], NOW, "Asia/Shanghai", width)
    assert all(width_of(line) <= width for line in lines)
    days = "".join(str(text) for text, _ in lines[0])
    assert "24" in days and "07" in days


def test_a_window_stands_at_its_hours_in_the_zone_of_the_profile() -> None:
    starts = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # the 26th, 02:00 in Shanghai
    days, line = texts(78, window(slots=(slot(starts, 90),)))
    assert line.index("H") == days.index(" 26") + 1


def test_policy_drain_and_ramp_have_their_signs() -> None:
    starts = NOW + timedelta(days=1)
    one = window(policy="reroute", slots=(slot(starts, 600),)).model_copy(
        update={"drain_seconds": 36_000, "ramp_seconds": 36_000}
    )
    early = one.slots[0].model_copy(update={"closes_at": starts - timedelta(hours=10)})
    line = texts(198, one.model_copy(update={"slots": (early,)}))[1]
    assert line.index("-") < line.index("R") < line.index("~")


def test_now_is_marked_and_days_of_other_lengths_keep_their_cells() -> None:
    assert texts(78, window())[1].count("|") == 1
    clocks_back = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
    starts = datetime(2026, 10, 26, 0, 30, tzinfo=UTC)  # the day after the change in Berlin, 01:30
    days, line = texts(78, window(slots=(slot(starts, 60),)), now=clocks_back, zone="Europe/Berlin")
    assert line.index("H") == days.index(" 26") + 1


def test_scopes_beyond_the_room_are_counted() -> None:
    many = [window(f"w_{index}", f"gateway=g{index}") for index in range(9)]
    assert texts(78, *many)[-1].strip() == "+3"


async def test_the_list_tells_state_countdown_and_what_is_held() -> None:
    async with console(size=(120, 30)) as one:
        now = one.app.knowledge.now
        desk(one).declared = [
            window("w_2", "product=car_loan", slots=(slot(now + timedelta(hours=2), 30),)),
            window("w_1", state="active", slots=(slot(now - timedelta(minutes=10), 60, "active"),)),
        ]
        one.press("6")
        await one.shows(
            "gateway=alipay", "active", "ends in", "49m", "318", "product=car_loan", "begins in", "1h59m"
        )
        await one.shows("H hold, R reroute")


async def test_the_list_tells_when_a_recovering_window_began_and_for_how_long_it_is_over() -> None:
    async with console(size=(120, 24)) as one:
        desk(one).declared = [window(state="recovering", slots=())]
        one.press("6")
        await one.shows("recovering", "11-17 03:00", "over for")


async def test_the_detail_tells_backlog_forecast_and_next_times() -> None:
    async with console(size=(100, 40)) as one:
        desk(one).declared = [window(state="active")]
        one.press("6")
        await one.shows("gateway=alipay")
        one.press("enter")
        await one.shows("318 repayments", "1,810", "3m48s after traffic comes back", "Next times: 1", "last:")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.WINDOWS, "the list")


async def test_a_window_is_opened_by_a_form_with_a_live_preview() -> None:
    async with console(size=(100, 40)) as one:
        one.press("6", "o")
        found = await dialog(one)
        await one.shows("scope is needed")
        one.press("gateway=alipay")
        await one.until(lambda: {"gateway=alipay"} <= {each["scope"] for each in desk(one).asked}, "it")
        asked = desk(one).asked[-1]
        assert asked["scope"] == "gateway=alipay" and asked["policy"] == "hold" and asked["duration"] == "90m"
        assert asked["zone"] == "Asia/Shanghai" and "rrule" not in asked
        one.press("tab", "right")
        await one.until(lambda: desk(one).asked[-1]["policy"] == "reroute", "previewed anew")
        await one.until(lambda: found.request.step is Step.ASKING, "shown")
        one.press("enter", "the bank works on it", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        assert desk(one).sent[0][0].body["policy"] == "reroute"


async def test_a_window_neither_drains_nor_comes_back_slowly_where_its_form_says_so() -> None:
    async with console(size=(100, 40)) as one:
        one.press("6", "o")
        found = await dialog(one)
        one.press("gateway=alipay", "tab", "tab", "tab", "tab", "tab", "ctrl+u", "soon")
        await one.shows("drain: write a span of time")
        one.press("tab", "tab", "tab", "tab", "the bank works on it")
        await one.shows("the bank works on it", "drain: write a span of time")
        one.press("enter")
        await one.until(lambda: found.form.at == "drain", "back at what is wrong")
        one.press("ctrl+u", "0s", "tab", "ctrl+u", "0")
        await one.until(lambda: desk(one).asked[-1:] != [] and desk(one).asked[-1]["ramp"] == "0", "read")
        assert desk(one).asked[-1]["drain"] == "0s"


async def test_a_window_is_extended_and_ended() -> None:
    async with console() as one:
        desk(one).declared = [window(state="active", rrule="FREQ=DAILY")]
        one.press("6")
        await one.shows("gateway=alipay")
        one.press("+")
        await dialog(one)
        await one.until(lambda: bool(desk(one).asked), "previewed")
        assert desk(one).asked[-1] == {"kind": "window.extend", "window": "w_0001", "by": "30m"}
        one.press("escape", "e")
        await dialog(one)
        await one.until(lambda: desk(one).asked[-1]["kind"] == "window.end", "previewed")
        one.press("right")
        await one.until(lambda: desk(one).asked[-1].get("series") is True, "all to come")


async def test_a_window_that_is_over_is_neither_extended_nor_ended() -> None:
    async with console() as one:
        desk(one).declared = [window(state="ended", slots=())]
        one.press("6")
        await one.shows("gateway=alipay")
        one.press("e")
        await one.shows("e does nothing here: it is over")
