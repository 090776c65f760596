"""View 9 and the audit: what waits comes first, what cannot be done is told, the chain is verified."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from console.actions.registry import View
from console.contract.board import WindowLine
from console.contract.change import AuditVerdict, ChangeState
from console.contract.text import Untrusted
from console.tui.change_request import Step
from console.tui.screens.audit import FilterProblem, read_filter
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk, change
from tests.tui.fakes import FakeService, board


def desk_with_changes() -> FakeService:
    service = FakeService()
    service.changes.changes = [
        change(5, kind="gateway.stop", body={"gateway": "alipay"}, expires=None),
        change(
            4,
            kind="strategy.set",
            state=ChangeState.AWAITING_APPROVAL,
            body={"id": "mis_taps", "mode": "off"},
        ),
        change(3, kind="queue.pause", state=ChangeState.EXPIRED),
    ]
    return service


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


async def dialog(one: Console) -> ChangeDialog:
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    found = one.app.screen
    assert isinstance(found, ChangeDialog)
    await one.until(lambda: found.request.step is Step.ASKING, "the preview")
    return found


async def test_what_waits_for_approval_comes_first() -> None:
    async with console(service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off", "alipay", "returned")
        lines = [line for line in one.lines() if "chen" in line]
        assert "waits for approval" in lines[0]


async def test_what_was_done_by_break_glass_is_marked_until_it_is_reviewed() -> None:
    service = desk_with_changes()
    marked = {"incident": Untrusted("inc_7"), "needs_review": True}
    service.changes.changes = [
        change(2, body={"gateway": "bank", "weight": 0}, kind="gateway.weight"),
        change(1, kind="queue.pause").model_copy(update=marked),
    ]
    async with console(service=service) as one:
        one.press("9")
        await one.shows("bank 0", "applied, to review")
        one.press("j", "v")
        await dialog(one)
        await one.shows("incident", "inc_7", "[it was right]")
        assert desk(one).asked[-1] == {"kind": "change.review", "change": "chg_000001", "verdict": "right"}


async def test_agreeing_shows_what_was_asked_and_binds_its_digest() -> None:
    async with console(service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off")
        one.press("a")
        found = await dialog(one)
        await one.shows("asked by", "chen", "must approve: it blocks, and would let")
        assert [entry.required for entry in found.form.entries if entry.name == "reason"] == [False]
        one.press("tab", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        call, _ = desk(one).sent[0]
        assert call.path == "/v1/changes/chg_000004/approve"
        assert set(call.body) == {"digest"}


async def test_rejecting_takes_a_reason_but_needs_none() -> None:
    async with console(service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off")
        one.press("d")
        await dialog(one)
        one.press("tab", "too wide", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        call, _ = desk(one).sent[0]
        assert call.path == "/v1/changes/chg_000004/reject" and dict(call.body) == {"reason": "too wide"}


async def test_undoing_previews_what_undoes_it() -> None:
    async with console(service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off")
        one.press("j", "u")
        await dialog(one)
        assert desk(one).asked[-1]["reverts"] == "chg_000005"
        one.press("tab", "it works again", "enter", "enter")
        await one.until(lambda: bool(desk(one).sent), "sent")
        call, _ = desk(one).sent[0]
        assert call.path == "/v1/changes/chg_000005/revert"
        assert set(call.body) == {"reason", "preview_digest"}


async def test_what_cannot_be_done_with_a_change_is_told() -> None:
    async with console(service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off")
        one.press("u")
        await one.shows("u does nothing here: it is not in force")
        one.press("j", "a")
        await one.shows("a does nothing here: it does not wait for approval")
        one.press("+")
        await one.shows("+ does nothing here: it does not return by itself")


async def test_nobody_is_offered_to_approve_their_own() -> None:
    service = desk_with_changes()
    service.changes.changes = [change(4, state=ChangeState.AWAITING_APPROVAL, who="lin")]
    async with console(service=service) as one:
        one.press("9")
        await one.shows("waits for approval")
        one.press("a")
        await one.shows("it is your own; another person must")


async def test_a_change_that_returns_is_extended_by_a_change() -> None:
    async with console() as one:
        now = one.app.knowledge.now
        desk(one).changes = [change(6, expires=timedelta(minutes=5), now=now)]
        one.press("9")
        await one.shows("4m5")
        one.press("+")
        await dialog(one)
        one.press("ctrl+u", "2h", "enter")
        await one.until(lambda: desk(one).asked[-1].get("by") == "2h", "previewed anew")
        assert desk(one).asked[-1] == {"kind": "change.extend", "change": "chg_000006", "by": "2h"}


async def test_one_change_shows_its_preview_and_timeline() -> None:
    async with console(size=(100, 40), service=desk_with_changes()) as one:
        one.press("9")
        await one.shows("mis_taps off")
        one.press("j", "enter")
        await one.shows("chg_000005", "What was seen before", "approved by wang", "Timeline: 3")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.CHANGES, "the list")


async def test_the_header_and_overview_tell_what_is_under_way() -> None:
    async with console(size=(120, 30)) as one:
        now = one.app.knowledge.now
        desk(one).changes = [change(6, expires=timedelta(minutes=5), now=now)]
        over = WindowLine(
            id="w_1", scope="gateway=alipay", policy="hold", state="recovering", starts_at=now, ends_at=now,
            held=1204,
        )  # fmt: skip
        one.link.send(board(2).model_copy(update={"approvals": 2, "windows": (over,)}))
        one.app.main.deeds._watched = float("-inf")
        one.app.main.deeds.watch_changes()
        await one.shows(
            "2 to approve", "returns 4m", "2 wait for approval: 9", "Pause a queue dispatch returns in 4m",
            "hold gateway=alipay recovering, 1,204 still held",
        )  # fmt: skip


async def test_the_audit_is_read_on_to_its_beginning() -> None:
    async with console(size=(120, 20)) as one:
        one.press("9", "tab")
        await one.shows("Audit", "!refused:fo", "queue.pause")
        assert one.app.main.view is View.AUDIT
        one.press("G")
        await one.shows("row 30 / 40")
        one.press("G")
        await one.shows("row 40 / 40")
        one.press("tab")
        await one.until(lambda: one.app.main.view is View.CHANGES, "the changes")


async def test_the_audit_is_filtered_and_wrong_filters_are_pointed_at() -> None:
    async with console(size=(120, 20)) as one:
        one.press(":audit", "enter")
        await one.shows("row 1 / 30")
        one.press("/", "whom:lin", "enter")
        await one.shows("did you mean who?")
        one.press("ctrl+u", "who:wang", "enter")
        await one.shows("who:wang")
        await one.until(lambda: "chen" not in one.text(), "only wang")


async def test_verifying_tells_that_the_chain_holds_or_where_it_does_not() -> None:
    async with console(size=(120, 20)) as one:
        one.press(":audit", "enter")
        await one.shows("row 1 / 30")
        one.press("v")
        await one.shows("the audit is sound: 40 rows")
        desk(one).verdict = AuditVerdict(
            rows=40, sound=False, first_bad=17, problem=Untrusted("changed\x1b[2J"), head="0"
        )
        one.press("v")
        await one.shows("BROKEN at row 17: changed\\x1b[2J")


async def test_what_the_audit_shows_is_written_to_a_file_of_ones_own(tmp_path: Path) -> None:
    async with console(size=(120, 20)) as one:
        one.press(":audit", "enter")
        await one.shows("row 1 / 30")
        one.press("x")
        await one.shows("write the whole audit to", "~/audit-", ".csv")
        one.press("ctrl+u", str(tmp_path / "a.csv"), "enter")
        await one.shows("the audit is in", "11 bytes")
        assert (tmp_path / "a.csv").read_bytes() == b"seq,at,who\n"
        assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600
        one.press("/", "who:wang", "enter")
        await one.until(lambda: "chen" not in one.text(), "only wang")
        one.press("x")
        await one.shows("write what is shown of the audit to")
        one.press("ctrl+u", str(tmp_path / "a.csv"), "enter")
        await one.shows("is there already")
        one.press("x", "ctrl+u", str(tmp_path / "b.jsonl"), "enter")
        await one.until(lambda: (tmp_path / "b.jsonl").exists(), "the second file")
        assert desk(one).exported == [("csv", {}), ("jsonl", {"who": "wang"})]


async def test_a_row_of_the_audit_opens_its_change() -> None:
    async with console(size=(120, 20)) as one:
        desk(one).changes = [change(40)]
        one.press(":audit", "enter")
        await one.shows("row 1 / 30")
        one.press("enter")
        await one.until(lambda: one.app.main.view is View.CHANGE, "the change")


def test_the_filter_of_the_audit() -> None:
    assert read_filter("who:lin  action:queue.pause") == {"who": "lin", "action": "queue.pause"}
    assert read_filter("") == {}
    try:
        read_filter("who:lin foo")
    except FilterProblem as error:
        assert error.column == 8
    else:
        raise AssertionError("not refused")
