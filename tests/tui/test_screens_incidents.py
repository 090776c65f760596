"""The incident log in the console: the list, one incident, what is written into it, and its handover."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from console.actions.registry import View
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import console
from tests.tui.fake_playbooks import NIGHT, FakePlaybooks, incident
from tests.tui.fakes import profile

if TYPE_CHECKING:
    from tests.tui.consoles import Console


def holding(one: Console, **fields: Any) -> None:
    """Have the service hold one incident."""
    cast("Any", one.link.service).playbooks = FakePlaybooks(incidents=[incident(**fields)])


async def shown(one: Console) -> None:
    one.press(":incidents", "enter")
    await one.shows("alipay is out")
    one.press("enter")
    await one.until(lambda: one.app.main.view is View.INCIDENT, "the incident")
    await one.shows("Timeline", "they know", "chg_7")


async def body_of(one: Console, *keys: str) -> dict[str, Any]:
    """Press keys in the dialog that is open and return what is sent."""
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    dialog = cast("ChangeDialog", one.app.screen)
    one.press(*keys)
    await one.until(lambda: dialog.form.at == "do" and dialog.request.step == "asking", "the button")
    one.press("enter")
    await one.until(lambda: bool(one.link.service.changes.sent), "what was sent")
    return dict(one.link.service.changes.sent[-1][0].body)


async def test_the_log_leads_to_an_incident_and_shows_what_is_hostile_safely() -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        await shown(one)
        assert "\\x1b[2J[/x]" in one.text()
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.INCIDENTS, "the list")


async def test_an_incident_is_opened_with_its_gateways() -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        one.press(":incidents", "enter")
        await one.shows("alipay is out")
        one.press("o")
        body = await body_of(one, "wechat is slow", "down", "wechat, bank", "down", "down", "paged", "enter")
        assert body["kind"] == "incident.open"
        assert (body["title"], body["gateways"], body["since"]) == (
            "wechat is slow", ("wechat", "bank"), "10m",
        )  # fmt: skip


async def test_a_note_is_written() -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        await shown(one)
        one.press("n")
        body = await body_of(one, "forty minutes", "enter")
        assert (body["kind"], body["id"], body["text"]) == (
            "incident.note", "inc_0000000000000001", "forty minutes",
        )  # fmt: skip


async def test_what_is_under_the_cursor_is_attached_to_an_open_incident() -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        one.press("8")
        await one.shows("wechat answers nothing")
        one.press("I")
        await one.shows("Attach warn_0000000001 to")
        one.press("enter")
        body = await body_of(one, "tab", "enter")
        assert (body["kind"], body["what"], body["ref"]) == ("incident.attach", "warning", "warn_0000000001")


async def test_nothing_is_attached_where_no_incident_is_open() -> None:
    async with console(size=(100, 30)) as one:
        holding(one, closed_at=NIGHT)
        one.press("8")
        await one.shows("wechat answers nothing")
        one.press("I")
        await one.shows("no incident is open")


async def test_what_is_closed_is_not_closed_again() -> None:
    async with console(size=(100, 30)) as one:
        holding(one, closed_at=NIGHT)
        await shown(one)
        one.press("e")
        await one.shows("the incident is closed")
        one.press("r")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")


@pytest.mark.parametrize("name", ["handover.md", "handover.json"])
async def test_the_handover_is_written_to_a_file(name: str, tmp_path: Path) -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        await shown(one)
        one.press("x")
        await one.shows("write the handover to")
        target = tmp_path / name
        one.press("ctrl+u", str(target), "enter")
        await one.until(target.exists, "the file")
        text = target.read_text()
        assert "alipay is out" in text
        assert name.endswith(".md") == text.startswith("# ")
        assert name.endswith(".md") or json.loads(text)["listed"] == 100


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_it_speaks_chinese(size: tuple[int, int]) -> None:
    async with console(size=size, on=profile(language="zh")) as one:
        holding(one)
        one.press(":incidents", "enter")
        await one.shows("事件", "alipay is out")
        one.press("enter")
        await one.shows("时间线", "登记人")


async def test_what_is_attached_is_taken_out() -> None:
    async with console(size=(100, 30)) as one:
        holding(one)
        await shown(one)
        one.press("D")
        await one.shows("Take out of alipay is out")
        one.press("enter")
        body = await body_of(one, "shift+tab")
        assert (body["kind"], body["what"], body["ref"]) == ("incident.detach", "change", "chg_7")


async def test_nothing_is_taken_out_of_an_incident_without_anything() -> None:
    async with console(size=(100, 30)) as one:
        holding(one, entries=())
        one.press(":incidents", "enter")
        await one.shows("alipay is out")
        one.press("enter")
        await one.shows("Timeline")
        one.press("D")
        await one.shows("nothing is attached to it")
