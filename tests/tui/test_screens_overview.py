"""View 1 and view 2."""

import pytest

from console.actions.registry import View
from console.contract.board import Part, WarningLine
from console.contract.language import use_language
from console.contract.said import Said
from console.contract.text import Untrusted
from console.contract.vocabulary import Stage
from console.tui.screens.overview import OverviewPane
from console.tui.screens.queues import QueuesPane
from console.tui.stuck import troubles
from tests.tui.consoles import console
from tests.tui.fakes import board, profile


async def test_the_overview_tells_flow_gateways_and_troubles() -> None:
    async with console(size=(120, 40)) as one:
        await one.shows("267", "oldest", "in doubt", "!12m14s", "97.3%", "+ healthy", "! degraded", "x down")
        await one.shows("bank is down", "unionpay: many in doubt", "! sandbox degraded", "2 wait for people")


async def test_unknown_figures_are_question_marks_never_zero() -> None:
    async with console(connected=False) as one:
        await one.shows("intake")
        cards = one.lines()[2:6]
        assert "?" in cards[1] and "0" not in cards[1]
    async with console(size=(120, 40)) as one:
        await one.shows("bank")
        bank = next(line for line in one.lines() if "bank " in line and "down" in line)
        assert "?" in bank and "0.0%" not in bank


async def test_enter_on_a_card_shows_the_repayments_of_its_stage() -> None:
    async with console() as one:
        one.press("right", "right", "right", "down", "enter")
        await one.until(lambda: one.link.service.frozen == ["stage:failed"], "the failed ones")
        await one.until(lambda: one.app.main.view is View.REPAYMENTS, "the list")


async def test_tab_walks_the_panels_and_enter_opens_a_gateway() -> None:
    async with console() as one:
        one.press("tab", "j", "enter")
        await one.until(lambda: one.link.service.frozen == ["gateway:wechat"], "the gateway's repayments")


async def test_enter_on_a_trouble_shows_what_it_is_about() -> None:
    async with console() as one:
        pane = one.app.main.query_one(OverviewPane)
        await one.until(lambda: pane.stuck.source.count > 0, "troubles")
        one.press("tab", "tab", "j", "j", "j", "enter")
        await one.until(
            lambda: one.link.service.frozen == ["gateway:unionpay stage:in_doubt"], "the doubtful of unionpay"
        )


def test_troubles_are_ordered_worst_first() -> None:
    found = troubles(board(1))
    assert [trouble.severity for trouble in found] == sorted(trouble.severity for trouble in found)
    assert found[0].key == "gateway:bank"


def test_harm_hours_away_does_not_push_out_what_is_stuck_now() -> None:
    told = [
        WarningLine(
            id=f"warn_{at}", title=Untrusted("reserve"), cause="reserve", harm_in_minutes=at, state="open"
        )
        for at in (30.0, 150.0, 900.0)
    ]
    keys = [one.key for one in troubles(board(1).model_copy(update={"warnings": tuple(told)}))]
    assert keys.index("warning:warn_30.0") < keys.index("stage:failed") < keys.index("warning:warn_150.0")
    assert keys.index("stage:in_doubt") < keys.index("warning:warn_150.0") < keys.index("warning:warn_900.0")


def test_a_healthy_board_has_no_troubles() -> None:
    one = board(1)
    calm = one.model_copy(
        update={
            "stages": tuple(
                line.model_copy(update={"depth": 0, "oldest_seconds": None}) for line in one.stages
            ),
            "gateways": one.gateways[:2],
            "parts": one.parts[:3],
        }
    )
    assert troubles(calm) == ()


async def test_queues_lists_every_stage_and_opens_one() -> None:
    async with console(on=profile(start="queues")) as one:
        await one.shows("Queues", "intake", "cancelled", "¥")
        pane = one.app.main.query_one(QueuesPane)
        assert pane.table.source.count == len(Stage)
        one.press("G", "enter")
        await one.until(lambda: one.link.service.frozen == ["stage:cancelled"], "the last stage")


async def test_the_cursor_stays_on_its_queue_while_boards_come() -> None:
    async with console(on=profile(start="queues")) as one:
        one.press("jj")
        pane = one.app.main.query_one(QueuesPane)
        await one.until(lambda: pane.table.cursor_key == "dispatch", "the cursor")
        one.link.send(board(4))
        await one.shows("1,210")
        assert pane.table.cursor_key == "dispatch"


@pytest.mark.parametrize("width", [80, 100, 160])
async def test_cards_stand_in_five_equal_columns(width: int) -> None:
    async with console(size=(width, 30)) as one:
        await one.shows("manual")
        above, below = (
            one.lines()[2],
            next(line for line in one.lines() if "in doubt" in line and "manual" in line),
        )
        assert above.index("dispatch") == below.index("in doubt")
        assert above.index("settled") == below.index("manual")


async def test_warnings_stand_with_what_is_stuck() -> None:
    async with console(size=(200, 40)) as one:
        warning = WarningLine(
            id="window:w_1:15", title=Untrusted("gateway=alipay\x1b[2J still matches 318 repayments"),
            cause="maintenance window", harm_in_minutes=14.6, state="open",
        )  # fmt: skip
        one.link.send(board(2).model_copy(update={"warnings": (warning,)}))
        await one.shows("! window ends soon", "harm in 14 min: gateway=alipay\\x1b[2J")


async def test_gateways_are_stopped_started_and_weighed_from_their_panel() -> None:
    async with console() as one:
        one.press("s")
        await one.shows("s does nothing here: put the cursor on a gateway first: tab")
        one.press("tab", "s")
        await one.shows("Stop a gateway: alipay", "> Cancel <")
        one.press("escape", "w")
        await one.shows("Change a gateway's weight: alipay")
        one.press("ctrl+u", "15")
        await one.until(lambda: one.link.service.changes.asked[-1].get("weight") == 15, "previewed")
        one.press("escape")
        stopped = board(3).gateways[0].model_copy(update={"state": "stopped"})
        one.link.send(board(3).model_copy(update={"gateways": (stopped, *board(3).gateways[1:])}))
        await one.shows("- stopped")
        one.press("s")
        await one.shows("Start a gateway: alipay")


async def test_a_paused_queue_is_marked_and_goes_on_through_the_dialog() -> None:
    async with console() as one:
        stages = tuple(
            line.model_copy(update={"paused": line.stage is Stage.DISPATCH}) for line in board(2).stages
        )
        one.link.send(board(2).model_copy(update={"stages": stages}))
        await one.shows("dispatch ||")
        one.press("l", "l", "p")
        await one.shows("Resume a queue: dispatch")
        one.press("escape", "l", "l", "p")
        await one.shows("p does nothing here: queues with a worker: dispatch, screening, confirming")


def test_a_handful_of_outcomes_makes_no_gateway_look_weak() -> None:
    weak = board(1).gateways[0].model_copy(update={"state": "healthy", "success_rate": 0.5, "decided": 19})
    alone = board(1).model_copy(update={"gateways": (weak,), "stages": (), "parts": ()})
    assert troubles(alone) == ()
    enough = weak.model_copy(update={"decided": 20})
    assert [one.key for one in troubles(alone.model_copy(update={"gateways": (enough,)}))] == [
        "gateway:alipay"
    ]


async def test_what_the_board_says_is_told_in_chinese_and_in_the_readers_zone() -> None:
    back = Said("{kind} by {person} ({incident}) has to be reviewed", {
        "kind": "queue.pause", "person": "li\x1b[2J", "incident": "INC-7",
    })  # fmt: skip
    warning = WarningLine.of("review:chg_1", back, cause="break_glass")
    late = Part.of("store", "degraded", Said("answers in {seconds} s", {"seconds": "1.4"}))
    returns = WarningLine.of(
        "x", Said("{kind} by {person} returns at {returns_at}", {"returns_at": 1_795_500_202_000}), cause="y"
    )
    assert (late.detail.raw, warning.cause) == ("answers in 1.4 s", "break_glass")
    told = board(2).model_copy(update={"warnings": (warning, returns), "parts": (late,), "gateways": ()})
    use_language("zh")
    try:
        found = troubles(told, "Asia/Shanghai")
    finally:
        use_language("en")
    said = " ".join(f"{one.what} {one.why}" for one in found)
    assert "li\\x1b[2J 的 queue.pause（INC-7）需要复核" in said
    assert "存储" in said and "应答耗时 1.4 秒" in said and "2026-11-24 14:03:22+08:00" in said


async def test_parts_without_room_are_counted() -> None:
    parts = tuple(Part.of(f"part-number-{at:02}", "ok", Said("working")) for at in range(12))
    async with console(size=(80, 24)) as one:
        one.link.send(board(2).model_copy(update={"parts": parts}))
        await one.shows("part-number-00")
        line = next(line for line in one.lines() if "part-number-00" in line)
        assert len(line) <= 80 and line.endswith(f"+{12 - line.count('part-number')}")
