"""Personal data in the console: shown to whoever said what for, for a while, and gone."""

from __future__ import annotations

import gc
import time

import pytest
from textual import events

from console.contract.privacy import AskReveal, Found, PersonalField, Revealed
from console.contract.text import Untrusted
from console.tui.screens.reveal_dialog import RevealDialog
from console.tui.terminal import clipboard
from tests.tui.consoles import Console, console
from tests.tui.fakes import FakeService
from tests.tui.fakes import profile as profile_of

VALUE = "13812345612"


class Revealing(FakeService):
    """A service that reveals one number."""

    def __init__(self) -> None:
        super().__init__(20)
        self.asked: list[AskReveal] = []
        self.seconds = 30
        self.sought: list[str] = []

    async def reveal(self, repayment_id: str, asked: AskReveal) -> Revealed:
        """Return it, and remember what for."""
        self.asked.append(asked)
        return Revealed(
            repayment=repayment_id,
            field=asked.field,
            value=Untrusted("".join(("138", "12345612"))),
            shown_seconds=self.seconds,
            left=19,
        )

    async def find_borrower(self, value: str) -> Found:
        """Know one borrower."""
        self.sought.append(value)
        tokens = ("0123abcd",) if value == VALUE else ()
        return Found(tokens=tokens, filter="gateway:alipay" if tokens else "")


def nowhere() -> bool:
    """Whether no object holds a value."""
    gc.collect()
    return not any(isinstance(found, Revealed) for found in gc.get_objects())


async def revealed(one: Console) -> RevealDialog:
    one.press("3")
    await one.shows("rp_")
    one.press("enter")
    await one.shows("external id")
    one.press("V")
    await one.until(lambda: isinstance(one.app.screen, RevealDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, RevealDialog)
    one.press("tab", "tab", "complaint", "tab", "calls back", "enter", "enter")
    await one.shows(VALUE, "19 more within the hour")
    return found


async def test_a_value_is_asked_for_with_purpose_and_reason_and_shown() -> None:
    service = Revealing()
    async with console(service=service) as one:
        await revealed(one)
        asked = service.asked[0]
        assert (asked.field, asked.purpose, asked.reason) == (PersonalField.MOBILE, "complaint", "calls back")


async def test_nothing_is_asked_without_purpose_and_reason() -> None:
    service = Revealing()
    async with console(service=service) as one:
        one.press("3")
        await one.shows("rp_")
        one.press("enter")
        await one.shows("external id")
        one.press("V", "tab", "tab", "tab", "tab", "enter")
        await one.shows("purpose is needed")
        assert not service.asked


@pytest.mark.parametrize("leaving", ["escape", "enter"])
async def test_a_value_goes_with_its_dialog(leaving: str) -> None:
    async with console(service=Revealing()) as one:
        await revealed(one)
        one.press(leaving)
        await one.shows_not(VALUE)
        await one.until(lambda: not isinstance(one.app.screen, RevealDialog), "closed")
        await one.until(nowhere, "the value is forgotten")


async def test_a_value_goes_with_its_time() -> None:
    service = Revealing()
    service.seconds = 1
    async with console(service=service) as one:
        found = await revealed(one)
        await one.shows("its time is over")
        assert VALUE not in one.text()
        assert not found.revealed


async def test_a_value_is_shown_for_thirty_seconds() -> None:
    async with console(service=Revealing()) as one:
        found = await revealed(one)
        assert 15 < found._until - time.monotonic() <= 30
        found._tick()
        assert found.revealed
        found._until -= 30
        found._tick()
        assert not found.revealed


async def test_a_value_goes_when_the_terminal_loses_the_focus() -> None:
    async with console(service=Revealing()) as one:
        await revealed(one)
        one.app.post_message(events.AppBlur())
        await one.shows("the terminal lost the focus")
        assert VALUE not in one.text()


async def test_a_value_goes_with_the_profile() -> None:
    async with console(service=Revealing()) as one:
        found = await revealed(one)
        await one.app.switch_to(profile_of("staging"))
        await one.shows_not(VALUE)
        assert not found.revealed


async def test_a_value_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[str] = []
    monkeypatch.setattr(clipboard, "copy_to_clipboard", lambda driver, text: copies.append(text))
    async with console(service=Revealing()) as one:
        await revealed(one)
        one.press("y")
        await one.shows("not copied")
        assert not copies


async def test_a_borrower_is_found_without_showing_the_value() -> None:
    service = Revealing()
    async with console(service=service) as one:
        one.press(":", "find", "enter")
        await one.shows("identity number or card")
        one.press(VALUE)
        await one.shows("*" * len(VALUE))
        assert VALUE not in one.text()
        one.press("enter")
        await one.shows("gateway:alipay")
        assert service.sought == [VALUE]
        assert VALUE not in one.app.main.command.text


async def test_a_value_nobody_knows_is_said() -> None:
    async with console(service=Revealing()) as one:
        one.press(":", "find", "enter", "13900000000", "enter")
        await one.shows("no borrower is known")


async def test_the_dialog_speaks_chinese() -> None:
    async with console(service=Revealing(), on=profile_of(language="zh")) as one:
        one.press("3")
        await one.shows("rp_")
        one.press("enter")
        await one.shows("rp_")
        one.press("V")
        await one.shows("查看个人信息", "用途", "记入审计")
