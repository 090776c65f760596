"""Runs of playbooks in the console: the list, one run step by step, and its next step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from console.actions.registry import View
from console.contract.playbook import Run, Runs
from console.tui.run_intents import next_step
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import console
from tests.tui.fake_playbooks import run, step
from tests.tui.fakes import profile

if TYPE_CHECKING:
    from tests.tui.consoles import Console


def holding(one: Console, *found: Run) -> None:
    """Have the service hold these runs."""

    async def runs() -> Runs:
        return Runs(items=found, next=None)

    async def show(identity: str) -> Run:
        return next(run for run in found if run.id == identity)

    cast("Any", one.link.service).playbooks = SimpleNamespace(runs=runs, run=show)


async def test_the_list_leads_to_a_run_and_back_and_shows_what_is_hostile_safely() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, run(step(1, "applied"), step(2, None)))
        one.press(":playbooks", "enter")
        await one.shows("in part", "1/2", "Double Eleven")
        one.press("enter")
        await one.shows("chg_1", "not begun", "\\x1b[2J[/x]", "weight=12")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.RUNS, "the list")


async def test_the_next_step_is_asked_for_as_any_other_change() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, run(step(1, "applied"), step(2, None)))
        one.press(":playbooks", "enter")
        await one.shows("Double Eleven")
        one.press("enter")
        await one.shows("chg_1")
        one.press("s")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")


def test_a_step_names_the_run_it_belongs_to_and_lasts_as_recorded() -> None:
    body = next_step(run(), step(2, None)).body
    assert body == {
        "kind": "gateway.weight",
        "gateway": "alipay",
        "weight": 12,
        "run": "run_0000000000000001/2",
        "expires": "2h",
    }


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_it_speaks_chinese(size: tuple[int, int]) -> None:
    async with console(size=size, on=profile(language="zh")) as one:
        holding(one, run(step(1, "applied")))
        one.press(":playbooks", "enter")
        await one.shows("预案", "部分")
