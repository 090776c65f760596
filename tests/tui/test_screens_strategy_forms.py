"""A strategy's forms: times of the day, values of one scenario, and trying it on stored traffic."""

from __future__ import annotations

import pytest

from console.client.errors import Invalid
from console.contract.text import Untrusted
from console.tui.change_request import Step
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.screens.trial_dialog import TrialDialog
from console.tui.strategy_intents import period, read_schedule, schedule_line
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, detail, preview, row

PARAMETERS = detail(row()).parameters


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


async def dialog(one: Console, *keys: str) -> ChangeDialog:
    one.press("4")
    await one.shows("velocity_hour")
    one.press(*keys)
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, ChangeDialog)
    await one.until(lambda: found.request.step is not Step.READING, "read")
    return found


def test_times_of_the_day_are_read_as_they_are_written() -> None:
    line = "22:00-06:00 limit=5; 12:00-13:30 limit=9"
    slots = read_schedule(line, PARAMETERS)
    assert slots == [
        {"since": "22:00", "until": "06:00", "values": {"limit": 5}},
        {"since": "12:00", "until": "13:30", "values": {"limit": 9}},
    ]
    assert read_schedule(schedule_line(detail(row()).schedule), PARAMETERS) == [slots[0]]
    assert read_schedule("", PARAMETERS) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at night limit=5", "no time of the day"),
        ("22:00-06:00", "no time of the day"),
        ("22:00-06:00 limit", "not NAME=VALUE"),
        ("22:00-06:00 limt=5", "did you mean limit?"),
        ("22:00-06:00 limit=many", "whole number"),
    ],
)
def test_what_is_no_time_of_the_day_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_schedule(text, PARAMETERS)


def test_a_period_is_hours_or_a_day() -> None:
    assert (period("24h"), period("6"), period("2026-11-11")) == (
        {"hours": 24}, {"hours": 6}, {"day": "2026-11-11"}
    )  # fmt: skip
    for wrong in ("", "0h", "721h", "2026-02-30", "yesterday", "1d"):
        with pytest.raises(ValueError):
            period(wrong)


async def test_times_of_the_day_are_edited_and_a_wrong_one_is_pointed_at() -> None:
    async with console(size=(110, 40)) as one:
        found = await dialog(one, "e")
        await one.shows("times of the day", "22:00-06:00 limit=5")
        one.press("tab", "tab", "tab", "ctrl+u", "23:00-05:00 limt=4")
        await one.shows("!times of the day", "did you mean limit?")
        one.press("ctrl+u", "23:00-05:00 limit=4")
        wanted = [{"since": "23:00", "until": "05:00", "values": {"limit": 4}}]
        await one.until(lambda: desk(one).asked[-1].get("schedule") == wanted, "previewed")
        await one.until(lambda: found.request.step is Step.ASKING, "shown")
        assert "!times" not in one.text() and "params" not in desk(one).asked[-1]


async def test_what_the_service_refuses_is_pointed_at() -> None:
    async with console(size=(110, 40)) as one:
        desk(one).previews = [
            Invalid(
                Untrusted("params: limit must be from 1 to 1000"), code="invalid", detail=Untrusted("params")
            )
        ]
        await dialog(one, "e")
        await one.shows("!limit", "limit must be from 1 to 1000")


async def test_values_of_one_scenario_are_set_there_only() -> None:
    async with console(size=(110, 40)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("enter")
        await one.shows("payments_last_hour >= limit")
        one.press("E")
        await one.shows("Values in which scenario?", "limit=40", "as everywhere")
        one.press("down", "enter")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("scenario", "limit")
        one.press("ctrl+u", "60")
        wanted = {
            "kind": "strategy.set",
            "id": "velocity_hour",
            "scenario": "promotion",
            "params": {"limit": 60},
        }
        await one.until(lambda: desk(one).asked[-1] == wanted, "previewed")


async def test_a_value_of_a_scenario_that_is_emptied_is_taken_away() -> None:
    async with console(size=(110, 40)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("enter")
        await one.shows("payments_last_hour >= limit")
        one.press("E", "promotion", "enter")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        one.press("ctrl+u")
        await one.until(
            lambda: [each.get("params") for each in desk(one).asked][-1:] == [{"limit": None}], "previewed"
        )


async def test_a_strategy_is_tried_on_a_past_day_with_progress_and_nothing_is_sent() -> None:
    async with console(size=(110, 44)) as one:
        found = await dialog(one, "t")
        assert isinstance(found, TrialDialog)
        desk(one).gate.clear()
        one.press("ctrl+u", "2026-11-11", "tab", "tab", "tab", "ctrl+u", "15")
        await one.until(lambda: desk(one).asked[-1].get("params") == {"limit": 15}, "read")
        await one.until(lambda: found.request.step is Step.ASKING, "shown")
        one.press("enter", "enter")
        await one.shows("250,000 of 1,000,000 decisions")
        (asked,) = desk(one).flipped
        assert (asked.day, asked.hours) == ("2026-11-11", None)
        assert asked.changes == ({"id": "velocity_hour", "params": {"limit": 15}},)
        desk(one).gate.set()
        await one.shows("2026-11-11", "newly passed: 12", "3 of clean payers", "by gateway", "by product")
        one.press("escape")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
        assert desk(one).sent == []


async def test_trying_a_strategy_as_it_is_set_says_what_to_do() -> None:
    async with console(size=(110, 44)) as one:
        same = Untrusted("velocity_hour is set like this already")
        desk(one).previews = [preview("strategy.set").model_copy(update={"refusal": same})]
        await dialog(one, "t")
        await one.shows("none: set something otherwise below, then try it", "Try")
        one.press("enter", "enter")
        await one.shows("set something otherwise first")
        assert desk(one).flipped == []


async def test_a_trial_that_was_edited_meanwhile_is_dropped() -> None:
    async with console(size=(110, 44)) as one:
        found = await dialog(one, "t")
        assert isinstance(found, TrialDialog)
        desk(one).gate.clear()
        one.press("enter", "enter")
        await one.shows("250,000 of 1,000,000 decisions")
        one.press("tab", "tab", "ctrl+u", "2h")
        await one.until(lambda: found.request.progress is None, "dropped")
        desk(one).gate.set()
        await one.until(lambda: found.request.step is Step.ASKING, "read again")
        assert found.request.flips is None
