"""View 7: what failed, what a replay would do, do it, watch it, and what became of everything."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from console.actions.registry import View
from console.client.errors import Invalid
from console.contract.board import ReplayLine
from console.contract.replay import OutcomeLine, ReplayOutcome
from console.tui.filters import replayable
from console.tui.replay_lines import bar
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import Console, console
from tests.tui.fake_replays import FakeReplays, replay
from tests.tui.fakes import board, profile


def replays(one: Console) -> FakeReplays:
    return one.link.service.replays


async def shows_view(one: Console, view: View) -> None:
    await one.until(lambda: one.app.main.view is view, view)


@pytest.mark.parametrize(
    ("done", "total", "drawn"),
    [(0, 0, "[....]"), (0, 9, "[....]"), (8, 9, "[###.]"), (9, 9, "[####]"), (99_999, 100_000, "[###.]")],
)
def test_a_bar_is_full_only_when_all_is_done(done: int, total: int, drawn: str) -> None:
    assert bar(done, total, 4) == drawn


@pytest.mark.parametrize(
    ("text", "narrowed"),
    [
        ("stage:failed", "stage:failed"),
        ("gateway:alipay stage:in_doubt", "gateway:alipay stage:in_doubt"),
        ("gateway:alipay", "state:failed,in_doubt gateway:alipay"),
        ("stage:settled", None),
        ("", None),
    ],
)
def test_only_what_failed_or_is_in_doubt_is_proposed(text: str, narrowed: str | None) -> None:
    assert replayable(text) == narrowed


async def test_from_the_failed_queue_to_a_plan_that_says_what_each_class_would_do() -> None:
    async with console(size=(100, 40)) as one:
        one.press("2")
        await one.shows("failed")
        one.press("j" * 7)
        await one.until(lambda: one.app.main.pane.here.stage == "failed", "the cursor on failed")
        one.press("z")
        await one.shows("rpl_000001", "sends a new order", "asks the gateway", "1,187 repayments")
        assert [asked.filter for asked in replays(one).asked] == ["stage:failed"]
        text = one.text()
        assert text.index("sends a new order") < text.index("already paid") < text.index("held back")
        assert "in doubt too long" not in text
        one.press("escape")
        await shows_view(one, View.REPLAYS)


async def test_a_queue_that_cannot_be_replayed_asks_for_a_filter_and_points_at_what_is_wrong() -> None:
    async with console() as one:
        one.press("2", "z")
        await one.shows("replay which repayments? state:failed,in_doubt")
        one.press(" gatway:x", "enter")
        await one.shows("did you mean gateway?", "gatway:x")
        assert not replays(one).asked
        one.press("ctrl+u", "state:failed", "enter")
        await shows_view(one, View.REPLAY)
        assert replays(one).asked[0].filter == "state:failed"


async def test_what_the_service_does_not_plan_is_told() -> None:
    async with console() as one:
        replays(one).failing = Invalid("nothing matches", "choose another filter")
        one.press(":plan state:failed", "enter")
        await one.shows("nothing matches; choose another filter")
        assert one.app.main.view is View.OVERVIEW


async def test_the_selection_in_sight_is_replayed_and_marks_come_before_it() -> None:
    async with console(size=(100, 30)) as one:
        one.press("3")
        await one.shows("rp_00000000")
        one.press("z")
        await one.shows("replay which repayments?")
        one.press("escape", "/", "state:failed", "enter")
        await one.shows("rp_00000002")
        one.press("z")
        await shows_view(one, View.REPLAY)
        assert replays(one).asked[-1].selection == "sel_2"
        one.press("3", "space", "z")
        await one.until(lambda: len(replays(one).asked) == 2, "a second plan")
        assert replays(one).asked[-1].filter == "id:rp_00000002"
        assert replays(one).asked[-1].selection is None


async def test_a_plan_is_started_by_the_ordinary_dialog() -> None:
    async with console(size=(100, 40)) as one:
        replays(one).put(replay())
        one.press(":replay rpl_000001", "enter")
        await one.shows("sends a new order")
        one.press("p")
        await one.shows("it does not run")
        one.press("s")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("Start a replay", "rpl_000001")
        one.press("tab", "alipay is back", "enter", "enter")
        await one.until(lambda: bool(one.link.service.changes.sent), "sent")
        body = one.link.service.changes.sent[0][0].body
        assert (body["kind"], body["replay"]) == ("replay.start", "rpl_000001")
        assert body["reason"] == "alipay is back"


async def test_a_plan_says_what_the_profile_would_refuse_to_start() -> None:
    usual = profile()
    guarded = dataclasses.replace(usual, guard=dataclasses.replace(usual.guard, max_items=1000))
    async with console(size=(120, 40), on=guarded) as one:
        replays(one).put(replay())
        one.press(":replay rpl_000001", "enter")
        await one.shows(
            "starting it", "it touches 1,187 repayments, the profile allows 1,000 (guard.max_items)"
        )
    async with console(size=(120, 40)) as one:
        replays(one).put(replay())
        one.press(":replay rpl_000001", "enter")
        await one.shows("sends a new order")
        await one.shows_not("guard.max_items")


async def test_a_running_replay_tells_how_far_how_fast_and_what_slows_it() -> None:
    async with console(size=(100, 40)) as one:
        replays(one).put(replay(state="running", slowed="ramp: 25% of the rate", rate_allowed=12.0))
        one.press("7")
        await one.shows("running", "37.6%", "431", "48/s", "15s")
        one.press("enter")
        await one.shows(
            "37.6%  446 / 1,187", "47.6 a second, 12 allowed now", "ramp: 25% of the rate", "failed again"
        )
        replays(one).put(replay(state="running", done=1000, settled=985))
        await one.shows("1,000 / 1,187")
        replays(one).put(replay(state="paused", rate_now=None, rate_allowed=None, eta_seconds=None))
        await one.shows("paused", "nothing is sent until it is resumed")
        await one.shows_not("? a second")


@pytest.mark.parametrize(
    ("key", "state", "kind"),
    [
        ("p", "running", "replay.pause"),
        ("p", "paused", "replay.resume"),
        ("e", "paused", "replay.cancel"),
        ("e", "planned", "replay.cancel"),
        ("w", "running", "replay.rate"),
    ],
)
async def test_keys_ask_for_the_change_of_the_replay_under_the_cursor(
    key: str, state: str, kind: str
) -> None:
    async with console() as one:
        replays(one).put(replay(state=state))
        one.press("7")
        await one.shows("1,187")
        one.press(key)
        await one.until(lambda: bool(one.link.service.changes.asked), "previewed")
        asked = one.link.service.changes.asked[-1]
        assert (asked["kind"], asked["replay"]) == (kind, "rpl_000001")


async def test_items_are_listed_by_outcome_and_opened_and_esc_leads_back() -> None:
    async with console(size=(130, 40)) as one:
        replays(one).put(replay(state="running"))
        one.press(":replay rpl_000001", "enter")
        await one.shows("rp_00000000", "o: all outcomes")
        one.press("o")
        await one.shows("o: only settled")
        one.press("o")
        await one.shows("o: only failed again", "CARD_EXPIRED")
        await one.until(lambda: replays(one).listed[-1] == "refailed", "asked for")
        await one.shows_not("rp_00000000 ")
        one.press("enter")
        await shows_view(one, View.REPAYMENT)
        one.press("escape")
        await shows_view(one, View.REPLAY)


async def test_what_failed_again_is_planned_anew() -> None:
    async with console(size=(100, 40)) as one:
        replays(one).put(replay(state="done"))
        one.press(":replay rpl_000001", "enter")
        await one.shows("failed again", "z plans a replay of those that are failed now")
        one.press("z")
        await one.until(lambda: bool(replays(one).asked), "planned")
        assert replays(one).asked[0].filter == "replay:rpl_000001 state:failed"


@pytest.mark.parametrize("name", ["receipt.txt", "receipt.json"])
async def test_a_replay_that_is_over_balances_and_its_receipt_is_written(tmp_path: Path, name: str) -> None:
    async with console(size=(100, 44)) as one:
        replays(one).put(replay(state="stopped"))
        one.press(":replay rpl_000001", "enter")
        await one.shows("stopped itself", "6.2% failed again", "= settled", "balances")
        one.press("x")
        await one.shows("write the receipt to")
        one.press("ctrl+u", str(tmp_path / name), "enter")
        await one.until((tmp_path / name).exists, "written")
        text = (tmp_path / name).read_text()
        if name.endswith("json"):
            assert json.loads(text)["conservation"]["settled"]["count"] == 1114
        else:
            assert "alipay is back" in text and "1,114" in text and "balances" in text


async def test_a_replay_under_way_stands_on_the_overview_and_in_the_stop_menu() -> None:
    async with console(size=(120, 36)) as one:
        line = ReplayLine(
            id="rpl_000001", state="running", total=1187, done=446, settled=431, refailed=12, unknown=3,
            rate=47.6,
        )  # fmt: skip
        one.link.send(board(2).model_copy(update={"replays": (line,)}))
        await one.shows("replay rpl_000001 37.6%, 48/s", "failed again 12")
        one.press("!")
        await one.shows("r  pause replay rpl_000001")
        one.press("r")
        await one.until(lambda: bool(one.link.service.changes.asked), "previewed")
        assert one.link.service.changes.asked[0]["kind"] == "replay.pause"


async def test_every_outcome_has_a_line_and_hostile_texts_do_not_act() -> None:
    async with console(size=(100, 44)) as one:
        every = tuple(OutcomeLine(outcome=kind, count=1, sum_fen=100) for kind in ReplayOutcome)
        hostile = "\x1b]0;owned\x07[/x]"
        replays(one).put(replay(state="stopped", outcomes=every, why=hostile, reason=hostile))
        one.press(":replay rpl_000001", "enter")
        await one.shows("being asked", "left alone", "reversed", "[/x]")
        assert "\x1b" not in one.text()
