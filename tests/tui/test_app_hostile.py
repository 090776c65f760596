"""Hostile text through every view: it is shown, it never acts."""

import pytest

from console.contract.change import AuditVerdict, ChangeState
from console.contract.text import Untrusted, shown
from tests.tui.consoles import console
from tests.tui.fake_desk import change, preview, row, window
from tests.tui.fakes import FakeService, board

HOSTILE = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b[2J\x1b[H",
    "[/x]",
    "[@click=app.action_leave]pay[/]",
    "[bold red]x[/bold red]",
    "\u202eevil\u202c",
    "a\u200bb\u2060c",
    "\U000e0041\U000e0042",
    "x\r\ny\tz",
    "\x9b31m",
    "${jndi}",
    "姓名\x00",
    "e" + "\u0301" * 30,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=[f"{index}" for index in range(len(HOSTILE))])
async def test_hostile_text_is_only_shown(hostile: str) -> None:
    safe = shown(hostile)
    async with console(size=(200, 60), service=FakeService(20, texts=(hostile,))) as one:
        one.link.send(board(2, detail=hostile))
        await one.shows("sandbox is degraded")
        one.press("3")
        await one.shows("rp_00000000")
        every = one.text()
        one.press("b", "b")
        await one.shows("by error")
        every += one.text()
        one.press("jj", "enter")
        await one.shows("Attempts: 1")
        every += one.text()
        assert safe[:6] in every
        one.link.lose(hostile)
        await one.shows("OFFLINE")
        every += one.text()
        one.press("escape", "/")
        one.paste(hostile)
        one.press("enter")
        one.press("escape", ":")
        one.paste(hostile)
        one.press("enter", "escape")
        await one.until(lambda: not one.app.main.command.display, "closed")
        every += one.text()
    assert all(character.isprintable() or character == "\n" for character in every)
    assert not set(every) & {"\u202e", "\u200b", "\u2060", "\U000e0041"}


@pytest.mark.parametrize("hostile", HOSTILE, ids=[f"{index}" for index in range(len(HOSTILE))])
async def test_hostile_text_of_the_change_desk_is_only_shown(hostile: str) -> None:
    safe = shown(hostile)[:6]
    service = FakeService(20)
    desk = service.changes
    told = Untrusted(hostile)
    asked = change(4, state=ChangeState.AWAITING_APPROVAL, body={"id": hostile}, who=hostile, reason=hostile)
    desk.changes = [asked.model_copy(update={"title": told, "incident": told})]
    desk.rows = [row("velocity_hour").model_copy(update={"title": hostile, "changed_by": told})]
    desk.declared = [
        window(scope=f"gateway={hostile}", rrule=hostile).model_copy(
            update={"notice": told, "declared_by": told, "zone": hostile}
        )
    ]
    desk.previews = [preview(effects=(hostile,), approval=hostile)]
    desk.verdict = AuditVerdict(rows=1, sound=False, first_bad=1, problem=told, head="0")
    every = ""
    async with console(size=(200, 60), service=service) as one:
        for keys, there in (
            (("9",), "waits for approval"),
            (("enter",), "What was seen before"),
            (("9", "a"), "must approve"),
            (("escape", "4"), "velocity_hour"),
            (("enter",), "The last hour"),
            (("6",), "gateway="),
            (("enter",), "What waits for it"),
            (("+",), "returns in"),
            (("escape", ":audit", "enter"), "queue.pause"),
            (("v",), "BROKEN"),
        ):
            one.press(*keys)
            await one.shows(there)
            every += one.text()
    assert safe in every
    assert all(character.isprintable() or character == "\n" for character in every)
    assert not set(every) & {"\u202e", "\u200b", "\u2060", "\U000e0041"}
