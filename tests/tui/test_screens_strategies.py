"""View 4: strategies with what they catch; toggled and edited through the one dialog."""

from __future__ import annotations

from datetime import timedelta

from console.actions.registry import View
from console.client.errors import Unreachable
from console.tui.change_request import Step
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, row


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


async def dialog(one: Console) -> ChangeDialog:
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, ChangeDialog)
    await one.until(lambda: found.request.step in (Step.ASKING, Step.NOT_READ), "the preview")
    return found


async def test_the_list_shows_mode_share_history_and_clean_payers() -> None:
    async with console() as one:
        one.press("4")
        await one.shows(
            "velocity_hour", "enforce", "shadow", "canary 20%", "history, 6 h", "clean", "scenario normal"
        )
        assert any("\u2800" < character < "\u2900" for character in one.text())


async def test_what_returns_by_itself_counts_down() -> None:
    async with console() as one:
        desk(one).rows = [row(expires=one.app.knowledge.now + timedelta(minutes=30))]
        one.press("4")
        await one.shows("29m5")


async def test_space_toggles_through_the_dialog() -> None:
    async with console() as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("space")
        await dialog(one)
        await one.shows("Set a strategy: velocity_hour", "enforce -> shadow")
        assert desk(one).asked == [{"kind": "strategy.set", "id": "velocity_hour", "mode": "shadow"}]
        assert desk(one).sent == []
        one.press("escape", "j", "space")
        await one.until(lambda: len(desk(one).asked) == 2, "the next")
        assert desk(one).asked[-1] == {"kind": "strategy.set", "id": "mis_taps", "mode": "enforce"}


async def test_the_dialog_tells_which_stored_repayments_would_flip() -> None:
    async with console(size=(100, 40)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("space")
        await one.shows("of 40,120 screened, 6 h", "newly passed: 12, ¥12,000.00, 3 of clean payers")
        await one.shows("by gateway: alipay 7  wechat 5", "by product: cash_loan 12")
        (asked,) = desk(one).flipped
        assert asked.changes == ({"id": "velocity_hour", "mode": "shadow"},) and asked.hours == 6


async def test_the_dialog_keeps_its_target_when_the_rows_move() -> None:
    async with console() as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("space")
        await dialog(one)
        desk(one).rows = [row("another"), *desk(one).rows[1:]]
        one.app.main.pane.entered()
        one.press("tab", "why", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        assert desk(one).sent[0][0].body["id"] == "velocity_hour"


async def test_the_detail_explains_it_whole() -> None:
    async with console(size=(100, 60)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("enter")
        await one.shows(
            "payments_last_hour >= limit", "One payer pays unusually often", "40 now, else 12", "22:00-06:00",
            "in promotion", "Versions: 3", "limit: 20 -> 12", "please confirm",
        )  # fmt: skip
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.STRATEGIES, "the list")


async def test_editing_previews_what_is_typed_and_sends_what_differs() -> None:
    async with console(size=(100, 40)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("e")
        found = await dialog(one)
        await one.shows("mode", "limit", "percent")
        one.press("tab", "tab", "ctrl+u", "15")
        await one.until(lambda: desk(one).asked[-1].get("params") == {"limit": 15}, "previewed")
        await one.until(lambda: found.request.step is Step.ASKING, "shown")
        one.press("enter", "fewer false hits", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        body = desk(one).sent[0][0].body
        assert body["params"] == {"limit": 15} and "mode" not in body and "percent" not in body


async def test_what_is_no_number_is_told_at_once() -> None:
    async with console(size=(100, 40)) as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("e")
        found = await dialog(one)
        one.press("tab", "tab", "ctrl+u", "many")
        await one.shows("limit: write a whole number")
        await one.until(lambda: found.request.step is Step.NOT_READ, "not previewed")
        assert desk(one).sent == []


async def test_the_scenario_is_switched_from_a_choice() -> None:
    async with console() as one:
        one.press("4")
        await one.shows("velocity_hour")
        one.press("S")
        await dialog(one)
        assert desk(one).asked[-1] == {"kind": "strategy.scenario", "scenario": "promotion"}
        one.press("right")
        await one.until(lambda: desk(one).asked[-1]["scenario"] == "degraded", "the next")


async def test_a_service_that_is_not_reached_is_said_and_read_again() -> None:
    class Broken(FakeDesk):
        fails = True

        async def strategies(self):  # type: ignore[no-untyped-def]
            if self.fails:
                raise Unreachable("connection refused")
            return await super().strategies()

    async with console() as one:
        broken = Broken()
        one.link.service.changes = broken
        one.press("4")
        await one.shows("connection refused")
        broken.fails = False
        one.app.main.pane.load()  # type: ignore[attr-defined]
        await one.shows("velocity_hour")
