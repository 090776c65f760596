"""Playbooks in the console: a file is planned and begun, a run done at once or undone, a warning offers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest

from console.actions.registry import View
from console.client.runs import whole
from console.contract.playbook import RunState
from console.contract.replay import ReplayState
from console.contract.text import shown
from console.profiles.playbook import load_playbook
from console.tui.run_intents import begin_run
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.screens.playbook_deeds import fitting_to
from console.tui.screens.rehearsal_dialog import RehearsalDialog
from console.tui.screens.run_dialog import RunDialog
from tests.tui.consoles import console
from tests.tui.fake_desk import preview
from tests.tui.fake_playbooks import NIGHT, FakePlaybooks, incident, run, step
from tests.tui.fakes import profile

if TYPE_CHECKING:
    from tests.tui.consoles import Console


def holding(one: Console, playbooks: FakePlaybooks) -> FakePlaybooks:
    """Have the service hold these runs."""
    cast("Any", one.link.service).playbooks = playbooks
    return playbooks


async def asked(one: Console) -> RunDialog:
    """Wait for the dialog and its preview."""
    await one.until(lambda: isinstance(one.app.screen, RunDialog), "the dialog")
    return cast("RunDialog", one.app.screen)


def sent(one: Console) -> list[tuple[str, dict[str, Any], str]]:
    """Return what arrived: path, body, key."""
    return [(call.path, dict(call.body), key) for call, key in one.link.service.changes.sent]


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_file_is_shown_planned_with_its_parameters_and_begun(size: tuple[int, int]) -> None:
    async with console(size=size) as one:
        held = holding(one, FakePlaybooks())
        one.press(":playbooks", "enter")
        await one.shows("at hand", "double-eleven", "gateway-outage")
        one.press("j", "enter")
        await one.shows("Double Eleven", "how long the peak lasts", "Parameters")
        one.press("enter")
        dialog = await asked(one)
        await one.until(lambda: len(held.planned) == 4 and dialog.request.preview is not None, "the plan")
        text = " ".join(shown(piece) for line in dialog._text(90) for piece, _ in line)
        assert "in its way" in text and "12 repayments" in text and "counts twice" in text
        one.press("down", "down", "backspace", "backspace", "55")
        await one.until(lambda: held.planned[3]["body"]["weight"] == 55, "the plan with another weight")
        one.press("down", "down", "sale", "enter")
        await one.until(lambda: dialog.form.at == "do", "the button")
        one.press("enter")
        await one.until(lambda: bool(sent(one)), "what was sent")
        path, body, _ = sent(one)[0]
        assert (path, body["kind"], body["reason"]) == ("/v1/changes", "playbook.start", "sale")
        assert body["parameters"]["weight"] == 55 and "preview_digest" not in body
        began = one.link.service.changes.changes[0]
        held.held[f"run_{began.id.removeprefix('chg_')}"] = run(step(1, None), state=RunState.BEGUN)
        one.press("enter")
        await one.until(lambda: one.app.main.view is View.RUN, "the run")


async def test_a_wrong_value_is_said_beside_its_parameter_and_nothing_is_planned() -> None:
    async with console(size=(100, 40)) as one:
        held = holding(one, FakePlaybooks())
        one.press(":playbook gateway-outage", "enter")
        await one.shows("A gateway is out")
        one.press("s")
        dialog = await asked(one)
        await one.until(lambda: dialog.request.preview is not None, "the plan")
        held.planned = []
        one.press(",x")
        await one.shows("must be one name")
        assert held.planned == [] and not dialog.form.has_button


async def test_what_cannot_be_done_at_once_does_not_begin() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, FakePlaybooks()).refusal = "alipay is stopped"
        one.press(":playbook double-eleven", "enter")
        await one.shows("Double Eleven")
        one.press("s")
        dialog = await asked(one)
        await one.until(lambda: dialog.request.preview is not None, "the plan")
        assert not dialog.form.has_button
        await one.shows("step 1: alipay is stopped")


async def opened(one: Console) -> None:
    one.press(":playbook run_0000000000000001", "enter")
    await one.shows("Double Eleven", "Steps")


async def test_the_rest_is_agreed_to_once_and_done_in_order_up_to_what_waits() -> None:
    async with console(size=(100, 40)) as one:
        held = holding(
            one, FakePlaybooks(run(step(1, "applied"), step(3, None), step(4, None), step(2, None)))
        )
        await opened(one)
        one.press("a")
        dialog = await asked(one)
        await one.until(lambda: dialog.request.preview is not None, "the plan")
        assert len(held.planned) == 2
        assert dialog.request.plan is not None
        assert [one.number for one in dialog.request.plan.steps] == [3, 4]
        one.press("tab", "go", "enter", "enter")
        await one.until(lambda: len(sent(one)) == 2, "two changes")
        assert [(body["run"], body["preview_digest"], key) for _, body, key in sent(one)] == [
            ("run_0000000000000001/3", f"{1:064x}", "run_0000000000000001/3"),
            ("run_0000000000000001/4", f"{2:064x}", "run_0000000000000001/4"),
        ]


async def test_a_run_is_undone_from_its_last_step() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, FakePlaybooks(run(step(1, "applied"), step(2, "expired"), step(3, "applied"))))
        await opened(one)
        one.press("u")
        await asked(one)
        await one.shows("chg_3", "Undo")
        one.press("tab", "over", "enter", "enter")
        await one.until(lambda: len(sent(one)) == 2, "two changes")
        assert [path for path, _, _ in sent(one)] == ["/v1/changes/chg_3/revert", "/v1/changes/chg_1/revert"]


async def test_a_replay_over_a_filter_is_planned_before_its_dialog_opens() -> None:
    async with console(size=(100, 40)) as one:
        last = step(2, None, "replay.start", filter="state:failed gateway:alipay")
        holding(one, FakePlaybooks(run(step(1, "applied"), last)))
        replays = one.link.service.replays
        await opened(one)
        one.press("s")
        await one.until(lambda: len(replays.asked) == 1, "the plan of the replay")
        assert replays.asked[0].filter == "state:failed gateway:alipay"
        replays.put(replays.known[0].model_copy(update={"state": ReplayState.PLANNED}))
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        body = dict(cast("ChangeDialog", one.app.screen).request.intent.body)
        assert body["replay"] == replays.known[0].id and body["run"] == "run_0000000000000001/2"
        assert "filter" not in body


async def test_nothing_is_done_of_a_run_that_was_undone_and_the_keys_say_why() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, FakePlaybooks(run(step(1, "reverted"), state=RunState.REVERTED)))
        await opened(one)
        one.press("a")
        await one.shows("the run was undone")
        one.press("u")
        await one.shows("nothing is left to undo")


async def test_a_warning_offers_the_playbooks_that_take_its_gateway() -> None:
    async with console(size=(100, 40)) as one:
        held = holding(one, FakePlaybooks())
        one.press("8")
        await one.shows("wechat answers nothing")
        one.press("b")
        await one.shows("Playbooks for gateway:wechat", "gateway-outage")
        one.press("gateway-outage", "enter")
        dialog = await asked(one)
        await one.until(lambda: dialog.request.preview is not None, "the plan")
        assert held.planned[0]["body"]["scope"] == "gateway=wechat"


def test_playbooks_fit_by_what_they_take() -> None:
    usable = [load_playbook(name) for name in ("gateway-outage", "strategy-too-tight")]
    assert [(one.name, given) for one, given in fitting_to("gateway:bank", usable)] == [
        ("gateway-outage", {"gateway": "bank"})
    ]
    assert [(one.name, given) for one, given in fitting_to("strategy:mis_taps", usable)] == [
        ("strategy-too-tight", {"strategy": "mis_taps"})
    ]
    assert len(fitting_to("store", usable)) == 2


def test_what_is_proposed_stands_in_the_form() -> None:
    intent = begin_run(load_playbook("gateway-outage"), {"gateway": "bank"})
    assert {one.name: one.value for one in intent.questions}["param:gateway"] == "bank"


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_it_speaks_chinese(size: tuple[int, int]) -> None:
    async with console(size=size, on=profile(language="zh")) as one:
        holding(one, FakePlaybooks(run(step(1, "applied"))))
        one.press(":playbooks", "enter")
        await one.shows("预案", "部分", "通道中断", "备好")


async def test_a_run_is_written_into_the_incident_that_is_chosen() -> None:
    async with console(size=(110, 40)) as one:
        closed = incident(id="inc_0000000000000002", closed_at=NIGHT)
        holding(one, FakePlaybooks(incidents=(incident(), closed)))
        one.press(":playbook night-upgrade", "enter")
        await one.shows("A gateway is upgraded")
        one.press("s")
        dialog = await asked(one)
        into = next(entry for entry in dialog.form.entries if entry.name == "into")
        assert [choice[:24] for choice in into.choices] == ["-", "inc_0000000000000001 ali"]
        await one.until(lambda: dialog.request.preview is not None, "the plan")
        assert "into" not in dialog.request._body()
        while dialog.form.at != "into":
            dialog.form.move(1)
        one.press("right", "tab", "upgrade", "enter")
        await one.until(lambda: dialog.form.at == "do" and dialog.request.step == "asking", "the button")
        one.press("enter")
        await one.until(lambda: bool(sent(one)), "what was sent")
        assert sent(one)[0][1]["into"] == "inc_0000000000000001"


async def test_without_an_open_incident_none_is_asked_for() -> None:
    async with console(size=(100, 40)) as one:
        holding(one, FakePlaybooks(incidents=(incident(closed_at=NIGHT),)))
        one.press(":playbook gateway-outage", "enter")
        await one.shows("A gateway is out")
        one.press("s")
        assert not any(entry.name == "into" for entry in (await asked(one)).form.entries)


@pytest.mark.parametrize("keys", [(":playbook gateway-outage", "enter"), (":playbooks", "enter")])
async def test_a_playbook_is_rehearsed_on_a_past_day(keys: tuple[str, ...]) -> None:
    async with console(size=(100, 44)) as one:
        held = holding(one, FakePlaybooks())
        one.press(*keys)
        if len(keys) == 2 and keys[0] == ":playbooks":
            await one.shows("at hand", "gateway-outage")
            one.press("jj")
        else:
            await one.shows("A gateway is out")
        one.press("t")
        await one.until(lambda: isinstance(one.app.screen, RehearsalDialog), "the dialog")
        dialog = cast("RehearsalDialog", one.app.screen)
        await one.until(lambda: dialog.request.step == "asking" and dialog.form.has_button, "the form")
        yesterday = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
        assert dialog.form.text("day") == yesterday.isoformat()
        assert held.planned == []
        one.press("enter", "enter")
        await one.shows(
            "40 repayments taken in", "would have waited", "cannot be rehearsed: nobody keeps that"
        )
        assert len(held.planned) == 3
        assert sent(one) == []


@pytest.mark.parametrize(("kind", "bounded"), [("window.open", 0), ("care.grant", 9000)])
async def test_what_a_step_only_expects_is_not_bounded_by_the_profile(kind: str, bounded: int) -> None:
    """An outage is answered however much traffic its window expects."""
    plan = await FakePlaybooks().plan([{"kind": kind, "body": {}}])
    seen = preview(kind, count=9000, risk="low")
    steps = tuple(one.model_copy(update={"preview": seen}) for one in plan.steps)
    found = whole(plan.model_copy(update={"steps": steps, "count": 9000}), "An outage")
    assert (found.count, found.bounded_count) == (9000, bounded)
