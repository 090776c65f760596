"""View 3: filtering, marks, breakdown, export, and one repayment in full."""

import csv
import json
import stat
from pathlib import Path

import pytest

from console.actions.registry import View
from console.client.errors import NotFound, Unreachable
from console.tui.screens.repayment import RepaymentPane
from tests.tui.consoles import Console, console
from tests.tui.fakes import FakeService, board, profile


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def browse(one: Console) -> None:
    one.press("3")
    await one.shows("rp_00000000")


async def test_the_list_tells_count_money_age_and_breakdown() -> None:
    async with console() as one:
        await browse(one)
        await one.shows("1,000 repayments", "¥", "frozen now", "by stage: settled 600", "row 1 / 1,000")


async def test_the_filter_line_starts_from_what_is_filtered_now() -> None:
    async with console() as one:
        await browse(one)
        one.press("/", "state:failed", "enter")
        await one.shows("/ state:failed", "200 repayments")
        one.press("/")
        await one.until(lambda: one.repayments.prompt.text == "state:failed ", "the filter to edit")
        one.press("gateway:bank", "enter")
        await one.until(
            lambda: one.link.service.frozen[-1] == "state:failed gateway:bank", "the longer filter"
        )


@pytest.mark.parametrize(
    ("typed", "column", "said"),
    [
        ("gatway:alipay", 0, "did you mean gateway?"),
        ("state:failed amount>=x", 21, "write 500"),
        ("state:broken", 6, "unknown state"),
    ],
)
async def test_a_wrong_filter_is_pointed_at(typed: str, column: int, said: str) -> None:
    async with console() as one:
        await browse(one)
        one.press("/", typed, "enter")
        await one.shows(said)
        lines = one.lines()
        at = next(index for index, line in enumerate(lines) if typed in line)
        assert "^" in lines[at + 1]
        if lines[at + 1].strip().startswith("^"):
            assert lines[at + 1].index("^") == lines[at].index(typed) + column
        assert len(one.link.service.frozen) == 1
        one.press("ctrl+u", "state:failed", "enter")
        await one.shows("200 repayments")


async def test_a_filter_that_the_service_refuses_is_pointed_at() -> None:
    async with console() as one:
        await browse(one)
        from console.client.errors import Invalid

        one.link.service.failing = Invalid("no such gateway", "look again", column=8)
        one.press("/", "gateway:nowhere", "enter")
        await one.shows("^ no such gateway; look again")


async def test_tab_completes_fields_and_values() -> None:
    async with console() as one:
        await browse(one)
        one.press("/", "gat", "tab", "al", "tab")
        await one.until(lambda: one.repayments.prompt.text == "gateway:alipay", one.repayments.prompt.text)
        one.press(" error:L", "tab", "enter")
        await one.until(
            lambda: one.link.service.frozen[-1] == "gateway:alipay error:LIMIT_EXCEEDED", "an error"
        )


async def test_escape_leaves_the_filter_as_it_was() -> None:
    async with console() as one:
        await browse(one)
        one.press("/", "state:fai", "escape")
        await one.shows("/ everything, newest first")
        one.press("j")
        await one.until(lambda: one.repayments.table.cursor == 1, "keys back in the table")


async def test_a_paste_into_the_filter_is_one_visible_line_and_never_submits() -> None:
    async with console() as one:
        await browse(one)
        one.press("/")
        one.paste("state:failed\x1b[2J\nstate:settled\n")
        await one.until(lambda: one.repayments.prompt.text == "state:failed\\x1b[2J", "the paste")
        assert len(one.link.service.frozen) == 1


async def test_marks_follow_their_repayments_through_a_refresh() -> None:
    async with console() as one:
        await browse(one)
        one.press("space", "j", "space")
        await one.shows("2 marked")
        one.press("r")
        await one.until(lambda: len(one.link.service.frozen) == 2, "a second freeze")
        await one.shows("2 marked")
        assert one.repayments.table.marks == {"rp_00000000", "rp_00000001"}
        one.press("u")
        await one.shows_not("2 marked")


async def test_another_filter_clears_the_marks() -> None:
    async with console() as one:
        await browse(one)
        one.press("space")
        await one.shows("1 marked")
        one.press("/", "state:failed", "enter")
        await one.shows("200 repayments")
        assert not one.repayments.table.marks


async def test_b_turns_the_breakdown() -> None:
    async with console() as one:
        await browse(one)
        one.press("b")
        await one.shows("by gateway: alipay")
        one.press("b")
        await one.shows("by error: none", "LIMIT_EXCEEDED")
        one.press(":breakdown stage", "enter")
        await one.shows("by stage: settled")


async def test_a_named_filter_of_the_profile_is_chosen_from_a_list() -> None:
    async with console(on=profile(filters={"stuck": "state:in_doubt", "broken": "state:failed"})) as one:
        one.press("f")
        await one.shows("Filters of the profile", "stuck", "state:failed")
        one.press("bro", "enter")
        await one.until(lambda: one.link.service.frozen[-1:] == ["state:failed"], "the named filter")


async def test_y_copies_the_id_under_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[object] = []
    monkeypatch.setattr(
        "console.tui.terminal.clipboard.copy_to_clipboard", lambda driver, text: copied.append(text)
    )
    async with console() as one:
        await browse(one)
        one.press("j", "y")
        await one.shows("copied rp_00000001")
    assert copied == ["rp_00000001"]


async def test_x_exports_the_selection_privately(tmp_path: Path) -> None:
    async with console(service=FakeService(30, texts=("=cmd()",))) as one:
        await browse(one)
        one.press("x")
        await one.shows("export to")
        one.press("ctrl+u", str(tmp_path / "out.csv"), "enter")
        await one.shows("30 repayments written")
    file = tmp_path / "out.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 30
    assert rows[0]["id"] == "rp_00000000"
    assert rows[0]["borrower_name"] == "'=cmd()"
    assert names_in(tmp_path) == ["out.csv"]


async def test_marked_repayments_are_exported_alone(tmp_path: Path) -> None:
    async with console() as one:
        await browse(one)
        one.press("space", "jj", "space", "x", "ctrl+u", str(tmp_path / "two.jsonl"), "enter")
        await one.shows("2 repayments written")
    lines = (tmp_path / "two.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["rp_00000000", "rp_00000002"]


async def test_an_export_never_replaces_a_file(tmp_path: Path) -> None:
    target = tmp_path / "mine.csv"
    target.write_text("precious")
    async with console() as one:
        await browse(one)
        one.press(f":export {target}", "enter")
        await one.shows("choose another")
    assert target.read_text() == "precious"


async def test_an_export_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    async with console() as one:
        await browse(one)
        one.link.service.failing = Unreachable("connection reset")
        one.press(f":export {tmp_path / 'broken.csv'}", "enter")
        await one.shows("connection reset")
    assert names_in(tmp_path) == []


async def test_enter_shows_a_repayment_with_attempts_evidence_and_timeline() -> None:
    async with console(size=(120, 40)) as one:
        await browse(one)
        one.press("jj", "enter")
        await one.shows("rp_00000002-1", "unionpay", "Attempts: 1", "callback", "Timeline: 5", "138******12")
        one.press("n")
        await one.shows("rp_00000003-1")
        one.press("pp")
        await one.shows("rp_00000001-1")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.REPAYMENTS, "the list")
        assert one.repayments.table.cursor_key == "rp_00000001"


async def test_a_long_repayment_scrolls() -> None:
    async with console() as one:
        await browse(one)
        one.press("enter")
        await one.shows("Attempts: 1")
        assert "Timeline: 5" not in one.text()
        one.press("G")
        await one.shows("Timeline: 5", "intake")
        pane = one.app.main.query_one(RepaymentPane)
        assert pane.reader.top > 0


async def test_an_open_repayment_is_read_again_while_it_may_change() -> None:
    async with console() as one:
        await browse(one)
        one.press("jjjj", "enter")
        await one.shows("rp_00000004-1")
        pane = one.app.main.query_one(RepaymentPane)
        first = pane.repayment
        one.press("r")
        await one.until(lambda: pane.repayment is not first, "a second reading")


async def test_an_unknown_id_is_said_not_shown_as_empty() -> None:
    async with console() as one:
        one.press(":show rp_99999999", "enter")
        await one.shows("there is no such repayment")


async def test_rows_that_cannot_be_loaded_are_said_and_come_later() -> None:
    async with console() as one:
        await browse(one)
        one.link.service.failing = Unreachable("connection refused")
        one.press("G")
        await one.shows("rows cannot be loaded: connection refused")
        one.link.service.failing = None
        await one.shows("rp_00000999")


async def test_an_expired_selection_says_how_to_freeze_it_again() -> None:
    async with console() as one:
        await browse(one)
        one.link.service.failing = NotFound("no such selection")
        one.press("G")
        await one.shows("this selection has expired; r freezes it again")


async def test_offline_the_rows_stay_and_keys_work() -> None:
    async with console() as one:
        await browse(one)
        one.link.lose("connection refused")
        await one.shows("OFFLINE")
        one.press("jjj")
        await one.until(lambda: one.repayments.table.cursor == 3, "the cursor")
        assert "rp_00000003" in one.text()
        one.press("r")
        await one.shows("r does nothing here: needs the service")
        one.link.connect()
        one.link.send(board(9))
        await one.shows("LIVE")
        one.press("r")
        await one.until(lambda: len(one.link.service.frozen) == 2, "a freeze")


async def test_a_million_repayments_open_and_the_end_is_a_key_away() -> None:
    async with console(service=FakeService(1_000_000)) as one:
        one.press("3")
        await one.shows("1,000,000 repayments", "rp_00000000")
        one.press("G")
        await one.shows("rp_00999999", "row 1,000,000 / 1,000,000")


async def test_an_empty_selection_is_frozen_again_by_itself() -> None:
    service = FakeService(0)
    async with console(service=service) as one:
        one.press("3")
        await one.shows("no repayment matches")
        service.count = 20
        await one.shows("rp_00000000", "20 repayments")


async def test_a_selection_that_holds_something_stays_frozen() -> None:
    async with console() as one:
        one.press("3")
        await one.shows("rp_00000000")
        frozen = len(one.link.service.frozen)
        one.repayments._frozen_at -= 600
        one.repayments.tick()
        await one.shows("frozen 10 min ago")
        assert len(one.link.service.frozen) == frozen


async def test_the_marked_repayments_review_is_ended_from_one_dialog() -> None:
    async with console() as one:
        await browse(one)
        one.press("space", "j", "space", "v")
        await one.shows("End the review of repayments: 2 marked", "verdict is needed", "pass", "reject")
        one.press("right")
        await one.until(lambda: bool(one.link.service.changes.asked), "previewed")
        asked = one.link.service.changes.asked[-1]
        assert (asked["kind"], asked["verdict"], len(asked["repayments"])) == ("repayment.review", "pass", 2)
        assert set(asked["repayments"]) == one.repayments.table.marks


async def test_a_repayment_that_is_not_in_review_says_so() -> None:
    async with console() as one:
        await browse(one)
        one.press("enter")
        await one.shows("Attempts: 1")
        one.press("v")
        await one.shows("it is not in review")
