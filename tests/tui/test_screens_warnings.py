"""View 8: warnings by time to harm, a card in full, what is done about one, and the news of a new one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.registry import View
from console.client.errors import ClientError
from console.contract.board import Board
from console.contract.language import Language, use_language
from console.contract.said import Said, Sentence
from console.contract.text import Untrusted
from console.contract.warning import Answer, Detectors, TimelineEntry, WarningSummary
from console.contract.warning_words import harm_when, series_value, soon
from console.tui.alarm import Alarm
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.terminal import bell
from console.tui.warning_text import detectors_lines, summary_lines, warning_lines
from console.tui.widgets.lines import width_of
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, preview
from tests.tui.fake_warnings import (
    HOSTILE,
    NIGHT,
    FakeWarnings,
    board_line,
    detectors,
    ended,
    prepared,
    tight_strategy,
    warning,
)
from tests.tui.fakes import board, profile

ZONE = "Asia/Shanghai"


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


def warnings(one: Console) -> FakeWarnings:
    return one.link.service.warnings


def text_of(lines: object) -> str:
    return "\n".join("".join(str(text) for text, _ in line) for line in lines)  # type: ignore[attr-defined]


async def opened(one: Console) -> None:
    one.press("8")
    await one.shows("wechat answers nothing")
    one.press("enter")
    await one.until(lambda: one.app.main.view is View.WARNING, "the card")
    await one.shows("What would help")


def bearing(number: int, *found: WarningSummary) -> Board:
    """Return a board with those warnings."""
    return board(number).model_copy(update={"warnings": tuple(board_line(one) for one in found)})


# --- the card as text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [78, 118, 158])
def test_no_line_of_a_warning_is_wider_than_the_screen(width: int, language: Language) -> None:
    use_language(language)
    try:
        for one in (warning(), tight_strategy(), ended()):
            for line in (
                *warning_lines(one, preview("gateway.weight"), width, ZONE),
                *summary_lines(one, width, ZONE),
                *detectors_lines(detectors(), width),
            ):
                assert width_of(line) <= width, line
    finally:
        use_language("en")


def test_a_card_tells_what_since_when_why_whom_it_harms_and_what_would_help() -> None:
    text = text_of(warning_lines(warning(), preview("gateway.weight"), 118, ZONE))
    for said in (
        "wechat answers nothing", "gateway down  (gateway:wechat)", "11-24 03:03:00", "not seen yet",
        "42 min  payers past grace: 40 repayments  ¥12,345.00", "5h10m  an SLA tier is lost",
        "weight of wechat down to 3 for 1h", "p asks for it", "nothing was answered for 4m",
        "failure rate wechat: 97.0%, usually 4.0%", "outage rule fired", "webhook  opened  waiting  2 tries",
        "connection refused",
    ):  # fmt: skip
        assert said in text, said


def test_text_from_outside_cannot_act_from_a_card() -> None:
    one = warning(title=Untrusted(HOSTILE), scope=Untrusted(HOSTILE), silenced_by=HOSTILE, id=HOSTILE)
    text = text_of([*warning_lines(one, None, 118, ZONE), *summary_lines(one, 118, ZONE)])
    assert "\x1b" not in text and "\x07" not in text and "\\x1b" in text


def test_a_card_without_figures_harm_or_remedy_says_so() -> None:
    bare = tight_strategy(why=(), indicators=(), deliveries=())
    text = text_of(warning_lines(bare, None, 78, ZONE))
    for said in ("nobody yet", "nothing is known that would surely help", "says nothing", "none is told"):
        assert said in text, said


def test_sentences_of_the_service_are_told_in_the_readers_language() -> None:
    said = Sentence.of(Said("gateway down"))
    use_language("zh")
    try:
        assert "通道中断" in text_of(summary_lines(warning(said=said), 78, ZONE))
    finally:
        use_language("en")


def test_series_and_causes_in_sentences_are_told_in_words() -> None:
    odd = Said("not as usual: {series}, {of}", {"series": "unanswered", "of": "wechat"})
    now = Said("the likely cause is now {cause}", {"cause": "gateway_down"})
    happened = tuple(TimelineEntry.of(NIGHT, said) for said in (odd, now))
    text = text_of(warning_lines(warning(timeline=happened), None, 78, ZONE))
    assert "not as usual: inquiries unanswered, wechat" in text
    assert "the likely cause is now gateway down" in text


@pytest.mark.parametrize(
    ("minutes", "written"),
    [(None, "?"), (0.4, "already"), (12.9, "12 min"), (119, "119 min"), (310, "5h10m"), (4000, "2d18h")],
)
def test_the_time_to_harm_is_never_longer_than_it_is(minutes: float | None, written: str) -> None:
    assert soon(minutes) == written


def test_a_harm_that_is_there_or_not_known_reads_as_a_sentence() -> None:
    assert (harm_when(0.0), harm_when(None), harm_when(7)) == (
        "harm already", "harm: not known when", "harm in 7 min",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("series", "value", "written"),
    [
        ("failure_rate", 0.031, "3.1%"), ("confirm_p95", 31.0, "31.0s"), ("oldest_age", 600.0, "10 min"),
        ("volume", 1200.0, "1,200 a minute"), ("runway", 3.25, "3.2h"), ("burn", 16.21, "16.2x"),
        ("complaints", 0.003, "0.3%"), ("runway", None, "?"),
    ],
)  # fmt: skip
def test_a_figure_carries_its_unit(series: str, value: float | None, written: str) -> None:
    assert series_value(series, value) == written


def test_a_detector_without_labels_has_no_precision() -> None:
    text = text_of(detectors_lines(detectors(), 118))
    assert "90.0%" in text and "37 min" in text and "0.995" in text
    (extreme,) = (line for line in text.splitlines() if "extreme" in line)
    assert extreme.split()[4:6] == ["?", "?"]
    none = Detectors(as_of=detectors().as_of, items=())
    assert "no detector has warned yet" in text_of(detectors_lines(none, 78))


# --- the view ----------------------------------------------------------------------------------------------


async def test_the_list_shows_the_card_under_the_cursor_and_opens_it() -> None:
    async with console() as one:
        one.press("8")
        await one.shows("42 min", "! wechat answers nothing", "gateway down", "payers past grace")
        await one.shows("weight of wechat down to 3 for 1h; p asks for it")
        one.press("j")
        await one.shows("nothing that would surely help")
        one.press("k", "enter")
        await one.shows("What would help", "touches")
        assert desk(one).asked[0] == {
            "kind": "gateway.weight",
            "gateway": "wechat",
            "weight": 3,
            "expires": "1h",
        }
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.WARNINGS, "the list")


def answer(**fields: object) -> Answer:
    """What somebody did about wechat."""
    known: dict[str, object] = {
        "change": "chg_01",
        "kind": "gateway.weight",
        "state": "applied",
        "title": Untrusted("wechat: weight 30 becomes 3"),
        "said": None,
        "who": Untrusted(HOSTILE),
        "at": NIGHT,
        "expires_at": NIGHT,
        "revertible": True,
    }
    return Answer.model_validate(known | fields)


def test_a_card_tells_what_was_done_about_it_and_where_to_look() -> None:
    done = TimelineEntry(
        at=NIGHT, title=Untrusted("weight 30 becomes 3"), who=Untrusted("lin"), change="chg_01"
    )
    look = Sentence.of(
        Said("call {name}; once they confirm it, the playbook gateway-outage", {"name": "wechat"})
    )
    one = warning(prepared=None, answers=(answer(),), look=look, timeline=(done,))
    for text in (
        text_of(warning_lines(one, None, 118, ZONE)),
        text_of(summary_lines(one, 118, ZONE)),
    ):
        assert "done about it  wechat: weight 30 becomes 3 (" in text and "until 11-24 03:07" in text
        assert "call wechat" in text and "\x1b" not in text and "would surely" not in text
    assert "lin: weight 30 becomes 3  chg_01" in text_of(warning_lines(one, None, 118, ZONE))
    waits = warning(prepared=None, answers=(answer(state="awaiting_approval", revertible=False),))
    assert "waits for a yes" in text_of(summary_lines(waits, 118, ZONE))


async def test_what_was_done_is_undone_from_the_card() -> None:
    async with console() as one:
        warnings(one).known = [warning(prepared=None, answers=(answer(),))]
        one.press("8")
        await one.shows("wechat answers nothing", "done about it")
        one.press("p")
        await one.shows("p does nothing here: it is done, or waits for a yes")
        one.press("u")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("Undo a change", "chg_01")


async def test_nothing_is_undone_where_nothing_was_done() -> None:
    async with console() as one:
        one.press("8")
        await one.shows("wechat answers nothing")
        one.press("u")
        await one.shows("u does nothing here: nothing that could be undone was done about it")


async def test_what_is_over_is_shown_when_asked_for() -> None:
    async with console() as one:
        one.press("8")
        await one.shows("wechat answers")
        one.press("h")
        await one.shows("- reserve of bank", "a false alarm", "1 that are over; h: back")
        await one.shows_not("wechat answers")
        one.press("p")
        await one.shows("p does nothing here: it is over")
        one.press("h")
        await one.shows("wechat answers")
        assert warnings(one).asked[0] == "" and "ended" in warnings(one).asked


@pytest.mark.parametrize("where", ["list", "card"])
@pytest.mark.parametrize(
    ("key", "title", "body"),
    [
        (
            "p",
            "Apply what a warning has prepared",
            {"kind": "gateway.weight", "gateway": "wechat", "weight": 3},
        ),
        ("a", "Acknowledge a warning", {"kind": "warning.ack", "warning": "warn_0000000001"}),
        ("t", "it was true", {"kind": "warning.label", "warning": "warn_0000000001", "label": True}),
        (
            "n",
            "it was a false alarm",
            {"kind": "warning.label", "warning": "warn_0000000001", "label": False},
        ),
    ],
)
async def test_what_is_done_about_a_warning_goes_through_the_change_dialog(
    key: str, title: str, body: dict[str, object], where: str
) -> None:
    async with console() as one:
        await opened(one)
        if where == "list":
            one.press("escape")
            await one.until(lambda: one.app.main.view is View.WARNINGS, "the list")
        desk(one).asked.clear()
        one.press(key)
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows(title, "> Cancel <")
        await one.until(lambda: body in desk(one).asked, "its preview")
        assert not desk(one).sent


@pytest.mark.parametrize("expiry", ["required", "optional"])
async def test_what_is_prepared_is_sent_with_the_expiry_it_came_with(expiry: str) -> None:
    async with console() as one:
        short = prepared().model_copy(update={"body": {**prepared().body, "expires": "45m"}})
        warnings(one).known = [warning(prepared=short)]
        desk(one).previews = [preview("gateway.weight", expiry=expiry)]
        await opened(one)
        one.press("p")
        await one.shows("Apply what a warning has prepared", "> Cancel <")
        one.press("tab")
        one.press("wechat is down", "enter", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "the change")
        sent = desk(one).sent[0][0].body
        assert (sent["kind"], sent["weight"], sent["expires"]) == ("gateway.weight", 3, "45m")


async def test_a_warning_leads_to_what_it_is_about_and_to_its_repayments() -> None:
    async with console() as one:
        await opened(one)
        one.press("i")
        await one.until(
            lambda: one.link.service.frozen == ["state:failed,in_doubt gateway:wechat"], "its repayments"
        )
        one.press("8", "enter")
        await one.shows("What would help")
        one.press("l")
        await one.until(lambda: one.app.main.view is View.GATEWAY, "the gateway")
        await one.shows("wechat")


async def test_what_cannot_be_done_about_a_warning_is_explained() -> None:
    async with console() as one:
        warnings(one).known = [tight_strategy(scope=Untrusted("platform"))]
        one.press("8")
        await one.shows("velocity_hour stops")
        for key, why in (
            ("p", "nothing is prepared"), ("a", "somebody is on it already"), ("l", "it is about no single"),
            ("i", "no filter names"),
        ):  # fmt: skip
            one.press(key)
            await one.shows(f"{key} does nothing here: {why}")


async def test_a_preview_that_is_refused_says_why_on_the_card() -> None:
    async with console() as one:
        desk(one).previews = [ClientError("needs the role operator", code="forbidden")]
        await opened(one)
        await one.shows("needs the role operator")


async def test_the_detectors_are_one_key_away_and_lead_back() -> None:
    async with console() as one:
        one.press("8", "d")
        await one.shows("precision", "residual", "90.0%")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.WARNINGS, "the list")


# --- news --------------------------------------------------------------------------------------------------


def test_the_bell_is_due_once_for_a_new_warning_and_never_for_what_was_there_before() -> None:
    alarm, first, second = Alarm(), warning("warn_a"), warning("warn_b")
    alarm.arrived(bearing(1, first))
    assert not alarm.take_ring() and not alarm.news
    alarm.arrived(bearing(2, first, second))
    assert alarm.take_ring() and [line.id for line in alarm.news] == ["warn_b"]
    alarm.arrived(bearing(3, first, second))
    assert not alarm.take_ring() and alarm.news
    alarm.looked()
    alarm.arrived(bearing(4, second))
    assert not alarm.take_ring() and not alarm.news


def test_what_is_acknowledged_silenced_or_over_is_no_news() -> None:
    alarm = Alarm()
    alarm.arrived(board(1))
    silenced = board_line(warning("warn_s")).model_copy(update={"state": "silenced"})
    alarm.arrived(board(2).model_copy(update={"warnings": (silenced, board_line(tight_strategy()))}))
    assert not alarm.take_ring() and not alarm.news
    alarm.arrived(bearing(3, warning("warn_n")))
    assert alarm.news
    alarm.arrived(board(4))
    assert not alarm.news


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    found: list[object] = []
    monkeypatch.setattr(bell, "ring", found.append)
    return found


async def test_a_new_warning_rings_once_and_has_a_banner_until_it_was_looked_at(rung: list[object]) -> None:
    async with console(on=profile(read_only=True)) as one:
        for number in (2, 3):
            one.link.send(bearing(number, warning()))
        await one.shows("! WARNING: wechat answers nothing; harm in 42 min", "8 looks")
        await one.until(lambda: one.app.knowledge.board.sequence == 3, "the third board")  # type: ignore[union-attr]
        assert len(rung) == 1
        one.press("8")
        await one.shows_not("WARNING: wechat")
        one.press("1")
        await one.until(lambda: one.app.main.view is View.OVERVIEW, "the overview")
        assert "WARNING: wechat" not in one.text() and len(rung) == 1


async def test_a_profile_may_have_no_bell_and_still_has_the_banner(rung: list[object]) -> None:
    quiet = profile()
    quiet = replace(quiet, view=replace(quiet.view, bell=False))
    async with console(on=quiet) as one:
        one.link.send(bearing(2, warning()))
        await one.shows("! WARNING: wechat answers nothing")
        assert rung == []


async def test_warnings_stand_first_on_the_overview_by_time_to_harm_and_open_their_card() -> None:
    later = warning("warn_0000000009", title=Untrusted("bank is slow"), harm_in_minutes=300.0)
    async with console(size=(160, 40)) as one:
        one.link.send(bearing(2, later, warning()))
        await one.shows("! gateway down", "harm in 42 min: wechat answers", "harm in 5h00m: bank is slow")
        text = one.text()
        assert text.index("harm in 42 min: wechat") < text.index("harm in 5h00m: bank")
        one.press("tab", "tab", "g", "enter")
        await one.until(lambda: one.app.main.view is View.WARNING, "the card")
        await one.shows("wechat answers nothing", "What would help")


def test_a_card_that_is_over_promises_neither_harm_nor_help() -> None:
    text = text_of([*warning_lines(ended(), None, 78, ZONE), *summary_lines(ended(), 78, ZONE)])
    assert "a false alarm" in text and "ended  11-24 03:07:00" in text
    assert "What would help" not in text and "nobody yet" not in text
