"""View 5: the gateways, one of them in full, and its SLA ledger."""

from __future__ import annotations

import pytest

from console.actions.registry import View
from console.contract.language import Language, use_language
from console.tui.gateway_intents import top_up
from console.tui.gateway_text import bar, gateway_lines, signed_share
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.widgets.lines import width_of
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk
from tests.tui.fake_gateways import gateway_detail


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


def texts(width: int = 78, *, bare: bool = False) -> str:
    lines = gateway_lines(gateway_detail(bare=bare), width, "Asia/Shanghai")
    return "\n".join("".join(str(text) for text, _ in line) for line in lines)


async def opened(one: Console) -> None:
    one.press("5")
    await one.shows("alipay", "budget left")
    one.press("enter")
    await one.until(lambda: one.app.main.view is View.GATEWAY, "the gateway")
    await one.shows("Error budget")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [78, 118, 158])
def test_no_line_of_a_gateway_is_wider_than_the_screen(width: int, language: Language) -> None:
    use_language(language)
    try:
        for bare in (False, True):
            for line in gateway_lines(gateway_detail(bare=bare), width, "Asia/Shanghai"):
                assert width_of(line) <= width, line
    finally:
        use_language("en")


def test_a_gateway_tells_indicators_budget_burn_errors_reserve_and_what_stands_behind_it() -> None:
    text = texts(118)
    for said in (
        "x red", "half-open, 5.0% of its weight explores", "20 (configured 40)", "5 minutes", "30 days",
        "97.2%", "95,234 of 68,024 failures", "-40.0%", "16.2x and 18.3x, fires from 14.4x  FIRES",
        "4.1x and ?", "22.9% bad, fires from 50.0%", "TIMEOUT", "borrower", "1,234,500.00", "3h51m",
        "380 in 5 minutes, the latest 0.4s ago", "902 in an hour, 93.0% answered", "20 -> 8",
        "too few orders to say: 11",
    ):  # fmt: skip
        assert said in text, said
    assert "\x1b" not in text


def test_what_is_not_known_is_said_and_never_zero() -> None:
    text = texts(bare=True)
    for said in ("nothing was promised", "no order was decided", "nothing failed", "no reserve is kept"):
        assert said in text


def test_a_budget_is_a_bar_that_may_be_empty_unknown_or_overspent() -> None:
    assert bar(0.5, 8) == "####...."
    assert bar(-3.0, 8) == "........"
    assert bar(None, 4) == "?   "
    assert (signed_share(-0.4), signed_share(None), signed_share(-40.0)) == ("-40.0%", "?", "<-999%")
    assert (signed_share(-0.9996), signed_share(-1.043)) == ("-100%", "-104%")


async def test_the_list_is_as_live_as_the_board_and_opens_a_gateway() -> None:
    async with console() as one:
        await opened(one)
        assert desk(one).charts == ["hour"]
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.GATEWAYS, "the list")


async def test_the_chart_goes_from_hour_to_day_to_week() -> None:
    async with console() as one:
        await opened(one)
        one.press("c")
        await one.until(lambda: desk(one).charts[-1] == "day", "the day")
        one.press("c")
        await one.until(lambda: desk(one).charts[-1] == "week", "the week")


async def test_the_ledger_tells_each_clause_and_leads_back() -> None:
    async with console(size=(120, 44)) as one:
        await opened(one)
        one.press("L")
        await one.shows("SLA ledger", "success  broken", "confirm  kept", "inquiry  nothing measured")
        await one.shows("tier 2", "45,600.00", "Minutes left out", "Disputed minutes")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.GATEWAY, "the gateway")


@pytest.mark.parametrize(
    ("key", "title"),
    [("s", "Stop a gateway"), ("w", "weight"), ("m", "top-up"), ("o", "Open a maintenance window")],
)
@pytest.mark.parametrize("where", ["list", "detail"])
async def test_what_is_done_with_a_gateway_is_asked_for_in_the_change_dialog(
    key: str, title: str, where: str
) -> None:
    async with console() as one:
        await opened(one)
        if where == "list":
            one.press("escape")
            await one.until(lambda: one.app.main.view is View.GATEWAYS, "the list")
        one.press(key)
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows(title)


async def test_what_failed_there_is_listed() -> None:
    async with console() as one:
        await opened(one)
        one.press("i")
        await one.until(
            lambda: one.link.service.frozen == ["state:failed,in_doubt gateway:alipay"], "its failures"
        )


async def test_a_gateway_that_promised_nothing_says_why_there_is_no_ledger() -> None:
    async with console() as one:
        one.press(":gateway bank", "enter")
        await one.shows("nothing was promised")
        one.press("L")
        await one.shows("L does nothing here: nothing was promised for this gateway")
        one.press("m")
        await one.shows("m does nothing here: no reserve is kept there")


@pytest.mark.parametrize(("typed", "fen"), [("1", 100), ("1,234.5", 123_450), ("-20.01", -2001), ("0.1", 10)])
def test_yuan_become_fen_exactly(typed: str, fen: int) -> None:
    (question,) = top_up("alipay").questions
    assert question.read(typed) == fen


@pytest.mark.parametrize("typed", ["", "x", "1.234", "1e400", "nan", "inf", "0.001"])
def test_what_is_no_yuan_is_refused(typed: str) -> None:
    (question,) = top_up("alipay").questions
    with pytest.raises(ValueError, match="yuan"):
        question.read(typed)
