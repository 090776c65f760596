"""Palette, help, the `:` line, profiles, and the question before production."""

import asyncio
from pathlib import Path

import pytest

from console.actions.registry import ACTIONS, Group, View
from console.profiles.places import write_pointer
from console.tui.screens.confirm import Confirm
from console.tui.screens.deeds import NEEDS_ID
from console.tui.screens.help import HelpScreen, help_lines
from console.tui.screens.picker import Choice, Picker, matching
from console.tui.situation import Situation, is_offered
from console.tui.widgets.lines import width_of
from tests.tui.consoles import Console, console
from tests.tui.fakes import profile

STAGING = """
title = "Staging"
environment = "staging"
[control]
url = "https://staging.example"
[view]
language = "en"
"""
PRODUCTION = """
title = "Production [/x] East"
environment = "production"
[control]
url = "https://production.example"
[view]
language = "zh"
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "stage.toml").write_text(STAGING)
    (folder / "prod.toml").write_text(PRODUCTION)
    (folder / "broken.toml").write_text("title = 1\n")
    monkeypatch.chdir(tmp_path)
    return folder


async def test_the_palette_offers_what_works_here_and_does_it() -> None:
    async with console() as one:
        one.press("ctrl+p")
        await one.shows("What do you want to do?", "Queues: every stage")
        assert "Export repayments" not in one.text()
        one.press("queue", "enter")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the queues")


async def palette_titles(one: Console) -> set[str]:
    """Return what the palette offers in the view in sight."""
    one.press("ctrl+p")
    await one.until(lambda: isinstance(one.app.screen, Picker), "the palette")
    found = one.app.screen
    assert isinstance(found, Picker)
    titles = {choice.title for choice in found._choices}
    one.press("escape")
    await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
    return titles


async def test_the_palette_offers_from_any_view_what_is_about_nothing_at_hand() -> None:
    async with console() as one:
        for key in ("1", "4", "6", "9"):
            one.press(key)
            offered = await palette_titles(one)
            for action in ACTIONS:
                named = is_offered(action) and action.group is not Group.MOVE and action.id not in NEEDS_ID
                if named and action.stands_alone:
                    assert action.title in offered, (key, action.id)
                elif action.views and one.app.main.view not in action.views:
                    assert action.title not in offered, (key, action.id)


async def test_an_action_named_in_the_palette_is_carried_out_in_its_own_view() -> None:
    async with console() as one:
        one.press("ctrl+p", "make a token", "enter")
        await one.until(lambda: one.app.main.view is View.TOKENS, "the tokens")
        await one.shows("person is needed")
        one.press("escape", "1", ":scenario degraded", "enter")
        await one.until(lambda: one.app.main.view is View.STRATEGIES, "the strategies")
        await one.shows("Put a scenario in force")
        one.press("escape", "1", "S")
        await one.shows("S does nothing here: works in: Strategies, Strategy")


async def test_the_palette_finds_named_filters() -> None:
    async with console() as one:
        one.press("ctrl+p", "filter stuck", "enter")
        await one.until(lambda: one.link.service.frozen == ["state:in_doubt age>10m"], "the named filter")


async def test_the_palette_moves_by_arrows_and_leaves_by_escape() -> None:
    async with console() as one:
        one.press("ctrl+p", "down", "enter")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the second entry")
        one.press("ctrl+p", "escape")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")


def test_matching_takes_words_in_any_order() -> None:
    choices = [
        Choice("a", "Freeze the selection again"),
        Choice("b", "Filter repayments"),
        Choice("c", "Again"),
    ]
    assert [choice.key for choice in matching(choices, "again")] == ["c", "a"]
    assert [choice.key for choice in matching(choices, "selection freeze")] == ["a"]
    assert matching(choices, "nothing") == []


async def test_an_open_dialog_blocks_all_other_keys() -> None:
    async with console() as one:
        one.press("?")
        await one.shows("Help: what works in Overview")
        one.press("2", "3", "P", ":", "/", "x")
        await asyncio.sleep(0)
        await one.until(lambda: isinstance(one.app.screen, HelpScreen), "still the help")
        assert one.app.main.view is View.OVERVIEW
        one.press("escape")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")


async def test_help_says_why_the_rest_does_not_work() -> None:
    async with console(size=(120, 190)) as one:
        one.press("?")
        await one.shows(
            "Break the selection down by stage, gateway or error  (works in: Repayments)",
            "Filter language",
            "Signs",
        )


@pytest.mark.parametrize("width", [78, 158])
def test_no_line_of_the_help_is_cut(width: int) -> None:
    for view in View:
        for line in help_lines(Situation(view, connected=False), width):
            assert width_of(line) <= width, line


async def test_the_command_line_carries_out_and_points_at_errors() -> None:
    async with console() as one:
        one.press(":", "qeues", "enter")
        await one.shows("^ unknown command qeues; did you mean queues?")
        one.press("ctrl+u", "queues", "enter")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the queues")
        one.press(":", "filter state:failed", "enter")
        await one.until(lambda: one.link.service.frozen[-1:] == ["state:failed"], "the filter")


async def test_the_command_line_shows_completions_and_tab_takes_them() -> None:
    async with console() as one:
        one.press(":", "que")
        await one.shows(":que", "queues")
        one.press("tab", "enter")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the queues")


async def test_backspace_on_an_empty_command_line_leaves_it() -> None:
    async with console() as one:
        one.press(":", "backspace")
        await one.until(lambda: not one.app.main.command.display, "closed")
        one.press("2")
        await one.until(lambda: one.app.main.view is View.QUEUES, "keys work again")


async def test_switching_the_profile_forgets_everything_and_connects_anew(profiles: Path) -> None:
    async with console() as one:
        one.press("3")
        await one.shows("rp_00000000")
        one.press("space", "P")
        await one.shows("Switch the profile", "STAGING", "https://staging.example", "PRODUCTION")
        assert "broken" in one.text()
        await one.shows("not reached")
        one.press("stage", "enter")
        await one.until(lambda: one.app.profile.name == "stage", "the other profile")
        await one.shows("CONNECTING", "profile stage: Staging")
        assert one.link.service.closed


async def test_production_is_entered_only_with_the_code_and_never_by_a_paste(profiles: Path) -> None:
    async with console() as one:
        one.press(":profile prod", "enter")
        await one.shows(
            "Enter production?", "Production [/x] East", "https://production.example", "to confirm"
        )
        dialog = one.app.screen
        assert isinstance(dialog, Confirm) and dialog._code is not None
        one.paste(dialog._code + "\n")
        one.press("enter")
        await one.shows("that is not the code")
        assert one.app.profile.name == "sandbox"
        one.press("escape")
        await one.shows("still on sandbox")
        one.press(":profile prod", "enter")
        await one.until(lambda: isinstance(one.app.screen, Confirm), "the question again")
        dialog = one.app.screen
        assert isinstance(dialog, Confirm) and dialog._code is not None
        one.press(dialog._code, "enter")
        await one.until(lambda: one.app.profile.name == "prod", "production")
        await one.shows("连接中")


async def test_focus_starts_on_cancel() -> None:
    async with console() as one:
        answers: list[bool | None] = []
        await one.app.push_screen(Confirm("Really?", ("All of it",), "Do it"), answers.append)
        await one.shows("> Cancel <", "Do it")
        one.press("enter")
        await one.until(lambda: answers == [False], "no")
        await one.app.push_screen(Confirm("Really?", ("All of it",), "Do it"), answers.append)
        one.press("tab", "enter")
        await one.until(lambda: answers == [False, True], "yes")


async def test_an_unknown_profile_is_said(profiles: Path) -> None:
    async with console() as one:
        one.press(":profile nowhere", "enter")
        await one.shows("no profile is called nowhere")
        one.press(":profile broken", "enter")
        await one.shows("title must be text")


async def follow(one: Console) -> None:
    """Let a second pass, as far as the console is concerned."""
    await one.app.main.deeds.follow_pointer()


async def test_a_console_without_profile_flag_follows_the_pointer(profiles: Path) -> None:
    async with console(on=profile(chosen="default")) as one:
        one.press("?")
        await one.shows("Help")
        write_pointer("stage", profiles / "stage.toml")
        await follow(one)
        await one.until(lambda: one.app.profile.name == "stage", "the other profile")
        await one.shows("CONNECTING", "profile stage: Staging")
        assert len(one.app.screen_stack) == 1


async def test_following_into_production_asks_first(profiles: Path) -> None:
    async with console(on=profile(chosen="pointer")) as one:
        one.press("ctrl+p")
        await one.until(lambda: isinstance(one.app.screen, Picker), "a dialog")
        write_pointer("prod", profiles / "prod.toml")
        await follow(one)
        await one.shows("Enter production?")
        one.press("escape")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
        assert one.app.profile.name == "sandbox"


async def test_a_console_with_a_profile_flag_stays(profiles: Path) -> None:
    async with console(on=profile(chosen="flag")) as one:
        write_pointer("stage", profiles / "stage.toml")
        await follow(one)
        assert one.app.profile.name == "sandbox"


async def test_a_broken_choice_of_another_shell_is_said_once(profiles: Path) -> None:
    async with console(on=profile(chosen="default")) as one:
        write_pointer("broken", profiles / "broken.toml")
        await follow(one)
        await one.shows("title must be text")
        assert one.app.profile.name == "sandbox"


async def test_a_long_note_leaves_its_title_in_sight() -> None:
    found = [
        Choice("one", "staging  Staging", f"STAGING  {'why ' * 40}"),
        Choice("two", "sandbox", "SANDBOX"),
    ]
    async with console() as one:
        await one.app.push_screen(Picker("Choose", found))
        await one.shows("staging  Staging", "STAGING  why why", "sandbox")
