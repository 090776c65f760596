"""Reconciliations: what each day came to, one in full, and asking for another."""

from __future__ import annotations

import pytest

from console.actions.registry import View
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import console
from tests.tui.fakes import profile


async def test_the_list_says_what_each_day_came_to_and_what_is_in_the_way() -> None:
    async with console(size=(140, 40)) as one:
        one.press("M")
        await one.shows("complete", "not yet", "¥100.00", "the gateway has no file for that")


async def test_one_in_full_says_whether_the_money_adds_up_and_which_orders_to_look_at() -> None:
    async with console(size=(100, 40)) as one:
        one.press("M")
        await one.shows("complete")
        one.press("j", "enter")
        await one.shows("it adds up", "¥300.00", "missing_here", "rp_stranger-1", ".csv")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.RECONCILIATIONS, "the list")


async def test_what_a_gateway_calls_its_orders_cannot_act_on_the_terminal() -> None:
    async with console(size=(100, 40)) as one:
        one.link.service.reconciliations.order = "\x1b[2J[/x]"
        one.press(":reconciliation rec_000001", "enter")
        await one.shows("\\x1b[2J[/x]")


async def test_yesterday_is_proposed_to_be_reconciled() -> None:
    async with console(size=(100, 40)) as one:
        one.press("M")
        await one.shows("complete")
        one.press("o")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("Reconcile a gateway's day", "alipay", "a day that has ended")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_it_speaks_chinese(size: tuple[int, int]) -> None:
    async with console(size=size, on=profile(language="zh")) as one:
        one.press("M")
        await one.shows("对账", "等待中", "挂账")
