"""The one registry: every action can be carried out, has one name, and is in two languages."""

import subprocess
import sys

import pytest

from console.actions.registry import ACTIONS, BY_ID, Action, View
from console.tui.screens.deeds import Deeds
from console.tui.screens.main import KEPT_BY_WIDGETS, MainScreen, pane_of
from console.tui.situation import Situation, is_offered, why_not

OFFERED = [action for action in ACTIONS if is_offered(action)]
FORBIDDEN = {f"ctrl+{letter}" for letter in "abjqsz"}


def test_ids_commands_and_verbs_are_unique() -> None:
    for names in (
        [action.id for action in ACTIONS],
        [action.command for action in ACTIONS if action.command],
        [action.verb for action in ACTIONS if action.verb],
    ):
        assert len(names) == len(set(names))


def test_no_key_means_two_things_in_one_view() -> None:
    for view in View:
        keys = [key for action in ACTIONS if not action.views or view in action.views for key in action.keys]
        assert len(keys) == len(set(keys)), view


def test_no_key_is_one_that_terminals_and_tmux_take() -> None:
    assert not {key for action in ACTIONS for key in action.keys} & FORBIDDEN


@pytest.mark.parametrize("action", OFFERED, ids=lambda action: action.id)
def test_every_offered_action_can_be_carried_out_in_each_of_its_views(action: Action) -> None:
    if action.id.startswith("move.") and action.id in KEPT_BY_WIDGETS:
        return  # the table, the cards and the reader answer these keys themselves
    method = "do_" + action.id.replace(".", "_")
    for view in action.views or tuple(View):
        assert hasattr(pane_of(view), method) or hasattr(Deeds, method), (action.id, view)


@pytest.mark.parametrize("view", View)
def test_every_view_has_its_pane(view: View) -> None:
    assert pane_of(view).VIEW is view


def test_every_key_of_the_registry_is_bound() -> None:
    bound = {key for binding in MainScreen.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    wanted = {key for action in OFFERED if action.id not in KEPT_BY_WIDGETS for key in action.keys}
    assert wanted <= bound
    assert bound - wanted == {"q"}


def test_reading_the_registry_imports_no_third_party() -> None:
    program = (
        "import sys, console.actions.registry;"
        "print([m for m in ('textual', 'pydantic', 'httpx', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_why_not_names_the_views_an_action_works_in() -> None:
    reason = why_not(BY_ID["selection.export"], Situation(View.OVERVIEW, connected=True, has_row=True))
    assert reason == "works in: Repayments"


def test_why_not_says_that_the_service_is_needed() -> None:
    reason = why_not(
        BY_ID["selection.refresh"], Situation(View.REPAYMENTS, connected=False, has_selection=True)
    )
    assert reason is not None and "service" in reason


def test_why_not_is_silent_when_the_action_works() -> None:
    here = Situation(View.REPAYMENTS, connected=True, has_row=True, has_selection=True)
    assert why_not(BY_ID["selection.export"], here) is None
    assert why_not(BY_ID["selection.mark"], here) is None


def test_roles_are_explained() -> None:
    action = BY_ID["repayment.add"]
    assert (
        why_not(action, Situation(View.OVERVIEW, connected=True, roles=("viewer",)))
        == "needs the role operator"
    )
    assert why_not(action, Situation(View.OVERVIEW, connected=True, roles=("admin",))) is None
    assert "read-only" in str(why_not(action, Situation(View.OVERVIEW, connected=True, read_only=True)))
