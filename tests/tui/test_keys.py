"""Keys bound anew by the profile: what they mean, what is refused, and where the new ones are told."""

from dataclasses import replace

import pytest
from textual import events

from console.actions.keyboard import Keyboard, Unbound
from console.actions.registry import ACTIONS, BY_ID, View
from console.tui.keys import use_keys
from console.tui.widgets.prompt import Prompt
from tests.tui.consoles import console
from tests.tui.fakes import profile

ANEW = {"view.queues": ("f2",), "selection.filter": ("F", "slash"), "move.down": ("N",)}


@pytest.fixture(autouse=True)
def _keys_as_they_come() -> object:
    yield
    use_keys({})


def _meant(view: View, key: str) -> str:
    found = Keyboard(ANEW).meaning(view, key)
    return "nothing" if isinstance(found, Unbound) else "as it comes" if found is None else found.id


@pytest.mark.parametrize(
    ("view", "key", "meant"),
    [
        (View.OVERVIEW, "f2", "view.queues"),
        (View.OVERVIEW, "2", "nothing"),
        (View.REPAYMENTS, "F", "selection.filter"),
        (View.REPAYMENTS, "slash", "as it comes"),
        (View.REPAYMENTS, "N", "move.down"),
        (View.REPAYMENTS, "j", "nothing"),
        (View.REPAYMENTS, "k", "as it comes"),
        (View.OVERVIEW, "z", "as it comes"),
    ],
)
def test_a_key_means_the_action_that_claims_it_in_the_view(view: View, key: str, meant: str) -> None:
    assert _meant(view, key) == meant


@pytest.mark.parametrize(
    ("action", "key", "says"),
    [
        ("view.queus", "f2", "did you mean view.queues?"),
        ("no", "f2", "no such action"),
        ("view.queues", "ctrl+s", "cannot be bound"),
        ("view.queues", "escape", "cannot be bound"),
        ("view.queues", "enter", "cannot be bound"),
        ("view.queues", "ctrl+c", "cannot be bound"),
        ("view.queues", "?", "also the key of console.help"),
        ("view.queues", "1", "also the key of view.overview"),
        ("selection.mark", "r", "also the key of selection.refresh"),
        ("view.queues", "two words", "is not the name of a key"),
        ("view.queues", "\x1b[31m", "is not the name of a key"),
        ("view.queues", "f13", "is not the name of a key"),
    ],
)
def test_a_binding_that_would_surprise_is_refused(action: str, key: str, says: str) -> None:
    (trouble,) = Keyboard({action: (key,)}).troubles()
    assert trouble.action == action
    assert says in trouble.problem
    assert "\x1b" not in trouble.problem


def test_two_actions_may_change_places() -> None:
    assert list(Keyboard({"view.overview": ("2",), "view.queues": ("1",)}).troubles()) == []


def test_the_keys_that_come_with_the_console_are_no_trouble() -> None:
    assert list(Keyboard({action.id: action.keys for action in ACTIONS}).troubles()) == []


async def test_the_new_key_works_the_old_one_says_why_not_and_help_and_footer_tell_it() -> None:
    async with console(on=replace(profile(), keys=ANEW)) as one:
        await one.until(lambda: "f2" in one.lines()[-1])
        one.press("2")
        await one.until(lambda: "2 is bound to nothing here" in one.text())
        assert one.app.main.view is View.OVERVIEW
        one.app.post_message(events.Key("f2", None))
        await one.until(lambda: one.app.main.view is View.QUEUES)
        one.press("?")
        await one.until(lambda: "f2        :queues" in one.text())


async def test_the_key_of_a_table_can_be_another_one() -> None:
    async with console(on=replace(profile(start="queues"), keys={"move.down": ("N",)})) as one:
        await one.until(lambda: one.app.main.pane.has_row)
        before = one.text()
        one.press("N")
        await one.until(lambda: one.text() != before)


async def test_a_line_being_typed_takes_every_letter_as_it_is() -> None:
    async with console(on=replace(profile(), keys=ANEW)) as one:
        one.press("F")
        await one.until(lambda: isinstance(one.app.focused, Prompt))
        one.press("FN2")
        await one.until(lambda: "FN2" in one.text())


def test_every_action_that_has_keys_can_be_found_by_its_id() -> None:
    assert all(BY_ID[action.id] is action for action in ACTIONS if action.keys)
