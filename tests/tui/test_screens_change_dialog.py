"""The change dialog: nothing is done by accident, nothing twice, and every end is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pytest

from console.client.errors import Conflict, Invalid, Refused, TimedOut, Unreachable
from console.contract.change import ChangeState
from console.contract.text import Untrusted
from console.contract.vocabulary import Environment
from console.tui.change_form import CANCEL, CODE, DO, EXPIRES, REASON
from console.tui.change_request import Step
from console.tui.intents import Here
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.screens.stop import StopScreen, stoppings
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, change, preview
from tests.tui.fakes import profile

PRODUCTION = profile("prod", environment=Environment.PRODUCTION, confirm="type")


def dialog(one: Console) -> ChangeDialog:
    found = one.app.screen
    assert isinstance(found, ChangeDialog), found
    return found


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


async def opened(one: Console, *keys: str) -> ChangeDialog:
    """Open the dialog that pauses dispatch, and wait until its preview is there."""
    one.press(*(keys or ("!", "p")))
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    await one.until(lambda: dialog(one).request.step is not Step.READING, "the preview")
    return dialog(one)


async def test_focus_starts_on_cancel_and_enter_does_nothing() -> None:
    async with console() as one:
        found = await opened(one)
        assert found.form.at == CANCEL
        await one.shows("> Cancel <", "Pause a queue: dispatch", "SANDBOX", "1,204 repayments", "¥")
        one.press("enter")
        await one.until(lambda: len(one.app.screen_stack) == 1, "closed")
        assert desk(one).sent == []


async def test_two_keys_and_a_reason_stop_something() -> None:
    async with console() as one:
        await opened(one)
        one.press("tab", "gateway answers nothing", "enter", "enter")
        await one.shows("applied", "chg_", "> Close <")
        ((call, key),) = desk(one).sent
        assert call.path == "/v1/changes"
        assert dict(call.body) == {
            "kind": "queue.pause",
            "stage": "dispatch",
            "reason": "gateway answers nothing",
            "preview_digest": preview().digest,
        }
        assert key.startswith("repay-")
        one.press("enter")
        await one.shows("Pause a queue: applied")


async def test_a_reason_is_needed() -> None:
    async with console() as one:
        found = await opened(one)
        found.form.at = DO
        one.press("enter")
        await one.shows("reason is needed")
        assert desk(one).sent == [] and found.form.at == REASON


async def test_every_other_key_is_dead() -> None:
    async with console() as one:
        await opened(one)
        one.press("3", "q", "!", ":", "?", "P", "ctrl+p", "/", "space", "R")
        one.press("tab", "x")
        await one.until(lambda: dialog(one).form.text(REASON) == "x", "typed into the reason")
        assert one.app.main.view == "overview"
        assert len(one.app.screen_stack) == 2
        assert desk(one).sent == []


async def test_a_paste_never_confirms() -> None:
    async with console() as one:
        found = await opened(one)
        one.paste("because\n\n\n")
        one.press("tab")
        one.paste("because\n\n\n")
        await one.until(lambda: found.form.text(REASON) == "because", "the first line only")
        one.press("enter")
        await one.until(lambda: found.form.at == DO, "the button")
        one.paste("\n\n")
        one.paste("yes\n")
        one.press("left")
        await one.until(lambda: found.form.at == CANCEL, "still asking")
        assert desk(one).sent == [] and found.request.step is Step.ASKING


async def test_production_wants_the_code_typed() -> None:
    async with console(on=PRODUCTION) as one:
        found = await opened(one)
        code = preview().digest[:6]
        await one.shows("PRODUCTION", f"type {code} to confirm")
        one.press("tab", "why", "enter")
        await one.until(lambda: found.form.at == CODE, "the code is asked for")
        one.paste(code)
        one.press("enter")
        await one.shows("confirm code is needed")
        one.press("zzzzzz", "enter")
        await one.shows("that is not the code; nothing is done")
        assert desk(one).sent == []
        one.press(code, "enter")
        await one.shows("applied")
        assert len(desk(one).sent) == 1


async def test_production_has_no_button_that_confirms() -> None:
    async with console(on=PRODUCTION) as one:
        found = await opened(one)
        assert [name for name, _ in found.buttons] == [CANCEL]
        for _ in range(6):
            one.press("tab")
        one.press("right", "right", "tab")
        await one.until(lambda: found.form.at != CANCEL or found.request.step is Step.ASKING, "somewhere")
        assert DO not in found.form.stops


async def test_a_double_enter_does_not_send_twice() -> None:
    async with console() as one:
        desk(one).gate.clear()
        await opened(one)
        one.press("tab", "why", "enter", "enter", "enter", "enter", "enter")
        await one.until(lambda: len(desk(one).sent) == 1, "sent")
        desk(one).gate.set()
        await one.shows("Pause a queue: applied")
        assert len(desk(one).sent) == 1


async def test_escape_does_not_leave_while_it_is_being_sent() -> None:
    async with console() as one:
        desk(one).gate.clear()
        found = await opened(one)
        one.press("tab", "why", "enter", "enter")
        await one.until(lambda: found.request.step is Step.SENDING, "sending")
        await one.shows("sending ...")
        one.press("escape", "q", "x")
        await one.until(
            lambda: one.app._message_queue.empty() and one.app._typed.empty(),
            "escape and q are dealt with when x is taken",
        )
        desk(one).gate.set()
        await one.shows("applied")
        assert one.app.screen is found


async def test_an_unknown_outcome_is_said_and_sent_again_with_the_same_key() -> None:
    async with console() as one:
        desk(one).answers = [TimedOut("no answer in time"), Unreachable("connection refused")]
        found = await opened(one)
        one.press("tab", "why", "enter", "enter")
        await one.shows("whether it was done is not known", "Ask again now", found.request.key)
        one.press("tab", "enter")
        await one.shows("connection refused")
        one.press("tab", "enter")
        await one.shows("applied")
        calls = {call.content for call, _ in desk(one).sent}
        keys = {key for _, key in desk(one).sent}
        assert len(desk(one).sent) == 3 and len(calls) == 1 and keys == {found.request.key}


async def test_leaving_before_the_outcome_is_known_says_so() -> None:
    async with console() as one:
        desk(one).answers = [TimedOut("no answer in time")]
        found = await opened(one)
        one.press("tab", "why", "enter", "enter")
        await one.until(lambda: found.request.step is Step.UNKNOWN, "unknown")
        one.press("enter")
        await one.shows("whether it was done is not known; look in view 9", found.request.key)


async def test_the_palette_offers_changes_by_name_wherever_one_is() -> None:
    async with console() as one:
        one.press("3")
        await one.shows("rp_00000000")
        one.press("ctrl+p", "stop unionpay", "enter")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("Stop a gateway: unionpay")
        one.press("escape", "ctrl+p", "open a maint", "enter")
        await one.shows("scope is needed")


async def test_the_palette_offers_a_viewer_no_change() -> None:
    async with console() as one:
        hello = one.app.knowledge.hello
        assert hello is not None
        one.app.knowledge.connected(hello.model_copy(update={"roles": ("viewer",)}))
        one.press("ctrl+p", "stop", "enter")
        await one.shows("nothing matches")


async def test_no_other_profile_is_followed_while_a_change_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with console() as one:
        desk(one).gate.clear()
        found = await opened(one)
        one.press("tab", "why", "enter", "enter")
        await one.until(lambda: found.request.step is Step.SENDING, "sending")
        looked: list[int] = []
        monkeypatch.setattr(one.app.pointer, "look", lambda: looked.append(1))
        await one.app.main.deeds.follow_pointer()
        assert looked == []
        desk(one).gate.set()
        await one.shows("applied")
        await one.app.main.deeds.follow_pointer()
        assert looked == [1]


async def test_a_refusal_after_an_unknown_outcome_keeps_what_was_filled_in() -> None:
    async with console() as one:
        desk(one).answers = [
            Unreachable("connection refused"),
            Conflict("dispatch is paused already", "look at it", code="conflict"),
        ]
        found = await opened(one)
        first = found.request.key
        one.press("tab", "gateways silent", "enter", "enter")
        await one.until(lambda: found.request.step is Step.UNKNOWN, "unknown")
        one.press("tab", "enter")
        await one.shows("dispatch is paused already", "gateways silent")
        assert {key for _, key in desk(one).sent} == {first} and found.request.key != first


async def test_what_moved_since_is_shown_and_confirmed_anew() -> None:
    async with console(on=PRODUCTION) as one:
        moved = preview(digest="ffeedd" * 8, effects=("no order is sent", "two gateways are down"))
        desk(one).previews = [preview(), moved]
        desk(one).answers = [
            Conflict(
                "changed",
                "preview again",
                code="changed_since_preview",
                detail=Untrusted("version 3 became 4"),
            )
        ]
        found = await opened(one)
        first = found.request.key
        one.press("tab", "why", "enter", preview().digest[:6], "enter")
        await one.shows("what it would do is not what you saw", "version 3 became 4", "two gateways are down")
        await one.shows("type ffeedd to confirm")
        assert found.form.at == CANCEL and found.request.key != first
        assert found.form.text(CODE) == "" and found.form.text(REASON) == "why"
        one.press("tab", "enter", "ffeedd", "enter")
        await one.shows("applied")
        assert desk(one).sent[-1][0].body["preview_digest"] == moved.digest


async def test_a_change_that_waits_says_how_it_is_approved() -> None:
    async with console() as one:
        waiting = change(7, state=ChangeState.AWAITING_APPROVAL, now=one.app.knowledge.now)
        desk(one).previews = [preview(approval="it blocks, and would let everything through")]
        desk(one).answers = [waiting]
        await opened(one)
        await one.shows("another person must approve: it blocks")
        one.press("tab", "why", "enter", "enter")
        await one.shows("waits for approval", "repay change approve", "chg_000007", "in 20m")


async def test_an_applied_change_counts_down() -> None:
    async with console() as one:
        desk(one).answers = [change(8, expires=timedelta(hours=1), now=one.app.knowledge.now)]
        await opened(one)
        one.press("tab", "why", "tab", "1h", "enter", "enter")
        await one.shows("applied", "in 59m")
        assert desk(one).sent[0][0].body["expires"] == "1h"


@pytest.mark.parametrize(
    "error",
    [
        Refused("the role viewer may not do this", "it needs the role operator", code="forbidden"),
        Conflict("dispatch is paused already", "look at it", code="conflict"),
        Invalid("reason: too short", "write more", code="invalid"),
    ],
)
async def test_a_refusal_says_why_and_what_to_do(error: Refused | Conflict | Invalid) -> None:
    async with console() as one:
        desk(one).answers = [error]
        found = await opened(one)
        first = found.request.key
        one.press("tab", "why", "enter", "enter")
        await one.shows(error.problem.raw, error.hint.raw, "> Cancel <")
        assert found.request.key != first
        one.press("tab", "enter", "enter")
        await one.shows("applied")


async def test_what_the_service_refuses_beforehand_has_no_button() -> None:
    async with console() as one:
        desk(one).previews = [preview(refusal="dispatch is paused already")]
        found = await opened(one)
        await one.shows("refused", "dispatch is paused already")
        assert [name for name, _ in found.buttons] == [CANCEL]


async def test_a_preview_that_cannot_be_read_can_be_read_again() -> None:
    async with console() as one:
        desk(one).previews = [Unreachable("connection refused"), preview()]
        found = await opened(one)
        await one.shows("connection refused", "Read again")
        one.press("right", "enter")
        await one.until(lambda: found.request.step is Step.ASKING, "read")
        await one.shows("1,204 repayments")


@pytest.mark.parametrize(("risk", "held"), [("low", True), ("stop", False)])
async def test_the_profile_holds_back_what_is_too_large_unless_it_stops(
    risk: Literal["low", "stop"], held: bool
) -> None:
    async with console() as one:
        desk(one).previews = [preview(risk=risk, count=60_000)]
        found = await opened(one)
        assert (DO not in [name for name, _ in found.buttons]) is held
        assert ("the profile allows 5,000" in one.text()) is held


async def test_a_required_expiry_has_a_default_and_a_wrong_one_is_named() -> None:
    async with console() as one:
        desk(one).previews = [preview(expiry="required")]
        found = await opened(one)
        assert found.form.text(EXPIRES) == "1h"
        one.press("tab", "why", "tab", "ctrl+u", "soon", "tab", "enter")
        await one.shows("write a span of time like 90s")
        assert desk(one).sent == []
        one.press("ctrl+u", "20m", "enter", "enter")
        await one.shows("applied")
        assert desk(one).sent[0][0].body["expires"] == "20m"


async def test_the_stop_list_opens_while_nothing_is_known_and_the_service_decides() -> None:
    async with console(connected=False) as one:
        one.press("!")
        await one.until(lambda: isinstance(one.app.screen, StopScreen), "the list")
        await one.shows("pause dispatch", "hold traffic")
        one.press("p")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("environment", "?")


async def test_the_stop_list_begins_with_what_the_cursor_is_on() -> None:
    async with console() as one:
        one.press("tab", "j", "!")
        await one.shows("s  stop wechat")
        one.press("s")
        await one.shows("Stop a gateway: wechat")
        one.press("escape", "2", "j", "!")
        await one.shows("p  pause screening")


def test_gateways_beyond_the_letters_are_listed_all_the_same() -> None:
    names = [f"g{number}" for number in range(12)]
    found = stoppings(Here(), names, "UTC")
    assert [
        one.intent.body.get("gateway") for one in found if one.intent.body["kind"] == "gateway.stop"
    ] == names
    assert [one.letter for one in found][-5:] == [" ", " ", " ", "h", "v"]


async def test_reveals_are_stopped_and_allowed_again_from_anywhere() -> None:
    async with console() as one:
        one.press("!")
        await one.shows("v  stop reveals of personal data")
        one.press("v")
        await one.shows("Stop reveals of personal data: everybody")
        one.press("escape")
        await one.shows_not("Stop reveals of personal data")
        one.press(":", "allow-reveals", "enter")
        await one.shows("Allow reveals of personal data again: everybody")


async def test_the_cursor_chooses_from_the_stop_list_as_well() -> None:
    async with console() as one:
        one.press("!")
        await one.shows("pause dispatch")
        one.press("j", "j", "j", "enter")
        await one.shows("Stop a gateway: alipay")


async def test_a_viewer_is_told_which_role_it_takes() -> None:
    async with console() as one:
        hello = one.app.knowledge.hello
        assert hello is not None
        one.app.knowledge.connected(hello.model_copy(update={"roles": ("viewer",)}))
        one.press("!")
        await one.shows("! does nothing here: needs the role operator")


async def test_a_service_that_refuses_changes_still_lets_things_be_stopped() -> None:
    async with console() as one:
        one.link.connect(read_only=True)
        await one.until(lambda: one.app.knowledge.read_only, "read-only")
        await opened(one)
        one.press("escape", "4")
        await one.shows("velocity_hour")
        one.press("space")
        await one.shows("space does nothing here: this console is read-only")


async def test_hostile_words_in_a_preview_do_not_act() -> None:
    hostile = "\x1b]0;owned\x07 [@click=app.quit]x[/] \u202eevil"
    async with console() as one:
        desk(one).previews = [preview(effects=(hostile,), approval=hostile)]
        await opened(one)
        await one.shows("\\x1b]0;owned\\x07", "[@click=app.quit]x[/]", "\\u202e")


def test_the_countdown_is_by_the_moment_it_is_drawn() -> None:
    from datetime import UTC

    from console.tui.change_text import moment_and_left

    at = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    assert moment_and_left(at, at - timedelta(minutes=5), "Asia/Shanghai") == "11-24 12:00:00, in 5m00s"
    assert moment_and_left(at, at, "Asia/Shanghai") == "11-24 12:00:00, now"
