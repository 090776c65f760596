"""Tokens: made and revoked in the console; a secret is shown once, and is nowhere afterwards."""

from __future__ import annotations

import gc

import pytest

from console.contract.change import NewToken
from console.tui.change_request import Step
from console.tui.screens.token_dialog import TokenDialog
from console.tui.terminal import clipboard
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk

SECRET = "rpt_0123456789abcdef_once"


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


async def dialog(one: Console, key: str) -> TokenDialog:
    one.press(":", "tokens", "enter")
    await one.shows("zhou", "wang", "revoked")
    one.press(key)
    await one.until(lambda: isinstance(one.app.screen, TokenDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, TokenDialog)
    return found


async def made(one: Console) -> TokenDialog:
    """Make a token for lin, an operator, and wait until its secret is there."""
    found = await dialog(one, "o")
    await one.shows("person is needed")
    one.press("lin", "tab", "right", "enter")
    await one.shows("lin may sign in as operator for 90d")
    await one.until(lambda: found.request.step is Step.ASKING, "the preview")
    one.press("enter")
    await one.until(lambda: found.request.step is Step.ENDED, "made")
    return found


async def test_the_list_shows_what_is_good_first() -> None:
    async with console() as one:
        one.press(":", "tokens", "enter")
        await one.shows("zhou", "operator", "good", "wang", "revoked")
        lines = one.lines()
        first = next(at for at, line in enumerate(lines) if "zhou" in line)
        assert first < next(at for at, line in enumerate(lines) if "wang" in line)


async def test_a_secret_is_shown_once_and_is_gone_with_its_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[str] = []

    def keep(driver: object, text: str) -> bool:
        copies.append(text)
        return True

    monkeypatch.setattr(clipboard, "copy_to_clipboard", keep)
    async with console() as one:
        found = await made(one)
        await one.shows(SECRET, "shown this once", "token made: tok_lin")
        ((call, _),) = desk(one).sent
        assert (call.path, dict(call.body)) == (
            "/v1/tokens", {"person": "lin", "role": "operator", "expires": "90d"}
        )  # fmt: skip
        one.press("y")
        await one.shows("copied")
        assert copies == [SECRET]
        copies.clear()
        one.press("enter")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
        await one.shows("lin")
        desk(one).secret = None
        assert SECRET not in one.text() and found.request.secret is None
        del call, found
        gc.collect()
        assert not [kept for kept in gc.get_objects() if isinstance(kept, NewToken) and kept.secret]


async def test_a_repeated_answer_says_that_nobody_knows_the_secret() -> None:
    async with console() as one:
        desk(one).secret = None
        await made(one)
        await one.shows("nobody knows it now")


async def test_a_token_is_revoked_and_not_twice() -> None:
    async with console() as one:
        found = await dialog(one, "X")
        await one.until(lambda: found.request.step is Step.ASKING, "the preview")
        await one.shows("whoever signs in with token tok_zhou cannot any more")
        one.press("tab", "enter", "enter")
        await one.until(lambda: found.request.step is Step.ENDED, "revoked")
        assert [call.path for call, _ in desk(one).sent] == ["/v1/tokens/tok_zhou/revoke"]
        one.press("enter")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
        one.press("X")
        await one.shows("it is revoked already")
