"""The in-doubt desk and the cases on the screen: what they show, and what their keys ask for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from console.actions.registry import View
from console.contract.case import CaseLine, SuspenseLine
from console.contract.doubt import DoubtAnswer, DoubtLine, tells
from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import Console, console
from tests.tui.fake_desk import FakeDesk


def desk(one: Console) -> FakeDesk:
    return one.link.service.changes


def doubt(now: datetime, number: int, stage: Stage, left: timedelta, *verdicts: Verdict) -> DoubtLine:
    """An order in doubt with so much time left, and what was told of it, the latest first."""
    answers = (
        DoubtAnswer(source=EvidenceSource.INQUIRY, at=now, verdict=one, code=Untrusted("X"), tells=tells(one))
        for one in verdicts
    )
    return DoubtLine(
        id=f"rp_{number}",
        stage=stage,
        amount_fen=33_914 + number,
        currency="CNY",
        since=now - timedelta(minutes=7),
        order_no=f"rp_{number}-1",
        gateway="alipay",
        state=AttemptState.MANUAL if stage is Stage.MANUAL else AttemptState.UNKNOWN,
        inquiries=3,
        next_inquiry_at=now + timedelta(seconds=90),
        expires_at=now + left,
        deadline=now + left,
        closing=False,
        answers=tuple(answers),
    )


def case(now: datetime, **changes: Any) -> CaseLine:
    """A late success after a final failure."""
    made = CaseLine(
        id=7,
        kind="against_final",
        state="open",
        opened_at=now - timedelta(hours=3),
        amount_fen=500,
        suspense_fen=500,
        order_no="rp_1-1",
        gateway="alipay",
        attempt_state=AttemptState.FAILED,
        repayment="rp_1",
        stage=Stage.FAILED,
        borrower="t",
        currency="CNY",
        source=EvidenceSource.CALLBACK,
        verdict=Verdict.SUCCEEDED,
        code=None,
        named_fen=500,
        evidence_at=now,
        duplicate=False,
        ways=("reverse", "apply_next", "refund", "nothing"),
        way=None,
        change=None,
        reference=None,
        chosen_at=None,
        resolved_at=None,
        credit_fen=None,
    )
    return made.model_copy(update=changes)


def fill(one: Console) -> None:
    now = one.app.knowledge.now
    desk(one).doubt_lines = (
        doubt(now, 1, Stage.MANUAL, -timedelta(hours=5), Verdict.CONTRADICTION, Verdict.UNKNOWN),
        doubt(now, 2, Stage.IN_DOUBT, timedelta(minutes=20), Verdict.NOT_FOUND),
    )


async def asked(one: Console, kind: str) -> dict[str, Any]:
    await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
    await one.until(lambda: bool(desk(one).asked) and desk(one).asked[-1]["kind"] == kind, "previewed")
    return desk(one).asked[-1]


async def test_the_list_tells_deadline_answers_and_next_inquiry() -> None:
    async with console(size=(120, 30)) as one:
        fill(one)
        one.press(":", "doubts", "enter")
        await one.shows("over 5h", "manual", "contradictory", "¥339.15", "19m", "unknown", "no outcome")
        assert one.text().index("rp_1-1" if "rp_1-1" in one.text() else "¥339.15") < one.text().index(
            "¥339.16"
        )


async def test_the_queue_in_doubt_opens_its_own_list() -> None:
    async with console(size=(120, 40)) as one:
        fill(one)
        one.press("2")
        await one.until(lambda: one.app.main.view is View.QUEUES, "the queues")
        one.press(*["j"] * list(Stage).index(Stage.MANUAL), "enter")
        await one.until(lambda: one.app.main.view is View.DOUBTS, "the working list")
        await one.shows("¥339.15")
        await one.shows_not("¥339.16")
        one.press("enter")
        await one.until(lambda: one.app.main.view is View.REPAYMENT, "the repayment")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.DOUBTS, "back in the list")


async def test_keys_ask_now_close_and_resolve_what_the_cursor_is_on() -> None:
    async with console(size=(100, 40)) as one:
        fill(one)
        one.press(":", "doubts", "enter")
        await one.shows("¥339.16")
        one.press("c")
        await one.shows("it is with people")
        one.press("e")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("reference", "seen where", "amount named")
        one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, ChangeDialog), "closed")
        one.press("j", "e")
        await one.shows("inquiry still runs")
        one.press("c")
        assert await asked(one, "attempt.close") == {"kind": "attempt.close", "repayment": "rp_2"}
        one.press("escape", "i")
        assert (await asked(one, "attempt.inquire"))["repayment"] == "rp_2"


async def test_a_case_is_resolved_by_the_way_that_is_proposed_or_another() -> None:
    async with console(size=(120, 40)) as one:
        now = one.app.knowledge.now
        over = case(now, id=6, state="waiting", way="refund", ways=())
        desk(one).case_lines = (case(now), over)
        one.press(":", "cases", "enter")
        await one.shows("against a final state", "¥5.00", "2 not over, ¥10.00 in suspense", "money awaited")
        one.press("j", "e")
        await one.shows("its way out is chosen already")
        one.press("k", "e")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("way out", "reverse")
        one.press("escape")


async def test_marked_orders_are_frozen_and_acted_on_together() -> None:
    async with console(size=(120, 40)) as one:
        fill(one)
        one.press(":", "doubts", "enter")
        await one.shows("¥339.16")
        one.press("space", "j", "space")
        await one.shows("2 marked")
        one.press("e")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("repayments, ¥", "of all orders together")
        assert one.link.service.frozen[-1] == "id:rp_1,rp_2"
        one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, ChangeDialog), "closed")
        one.press("i")
        name = f"sel_{len(one.link.service.frozen) + 1}"
        assert await asked(one, "attempt.inquire") == {"kind": "attempt.inquire", "selection": name}
        one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, ChangeDialog), "closed")
        one.press("u", "c")
        assert (await asked(one, "attempt.close"))["repayment"] == "rp_2"


@pytest.mark.parametrize(
    ("key", "kind"), [("i", "attempt.inquire"), ("c", "attempt.close"), ("L", "attempt.release")]
)
async def test_repayments_are_acted_on_by_marks_or_as_the_whole_selection(key: str, kind: str) -> None:
    async with console(size=(120, 40)) as one:
        one.press("3")
        await one.until(lambda: one.app.main.pane.has_row, "the repayments")
        one.press(key)
        await one.shows("mark repayments (space), or filter them, first")
        one.press("space", key)
        body = await asked(one, kind)
        assert set(body) == {"kind", "selection"}
        assert one.link.service.frozen[-1].startswith("id:")
        await one.shows("1 repayments, ¥")
        one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, ChangeDialog), "closed")
        one.press("u", "/", *"state:failed", "enter")
        await one.until(lambda: one.app.main.pane.in_sight is not None, "filtered")  # type: ignore[attr-defined]
        chosen = one.app.main.pane.in_sight  # type: ignore[attr-defined]
        desk(one).asked.clear()
        one.press(key)
        assert await asked(one, kind) == {"kind": kind, "selection": chosen.id}
        await one.shows(f"{chosen.count:,} repayments, ¥")


async def test_an_order_that_the_gateway_does_not_know_is_told_so() -> None:
    async with console(size=(120, 30)) as one:
        now = one.app.knowledge.now
        line = doubt(now, 2, Stage.IN_DOUBT, timedelta(hours=1), Verdict.UNKNOWN, Verdict.NOT_FOUND)
        line = line.model_copy(update={"closing": True, "state": AttemptState.CLOSING})
        desk(one).doubt_lines = (line,)
        one.press(":", "doubts", "enter")
        await one.shows("no such order", "the gateway does not know this order")
        one.press("c")
        await one.shows("it is asked on, and in the end people decide")


async def test_a_case_in_full_has_a_key_for_each_way_out() -> None:
    async with console(size=(80, 24)) as one:
        now = one.app.knowledge.now
        desk(one).case_lines = (case(now, code=Untrusted("LATE\x1b[31m")),)
        one.press(":", "cases", "enter")
        await one.shows("¥5.00")
        one.press("enter")
        await one.until(lambda: one.app.main.view is View.CASE, "the case")
        await one.shows("callback: succeeded", "ordered", "b  proposed", "reverse:", "in suspense")
        one.press("d")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("refund")
        one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, ChangeDialog), "closed")
        one.press("w")
        await one.shows("this case left no credit")
        one.press("o")
        await one.until(lambda: one.app.main.view is View.REPAYMENT, "its repayment")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.CASE, "back in the case")
        one.press("escape")
        await one.until(lambda: one.app.main.view is View.CASES, "back in the list")


async def test_a_credit_pays_a_repayment_from_the_case() -> None:
    async with console(size=(120, 40)) as one:
        now = one.app.knowledge.now
        desk(one).case_lines = (case(now, state="credit", way="apply_next", ways=(), credit_fen=300),)
        one.press(":", *"case 7", "enter")
        await one.until(lambda: one.app.main.view is View.CASE, "the case")
        await one.shows("credit left", "¥3.00")
        one.press("b")
        await one.shows("its way out is chosen already")
        one.press("w")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("¥3.00 left", "repayment")
        one.press(*"rp_9")
        assert (await asked(one, "case.use_credit"))["case"] == 7


async def test_suspense_is_told_by_gateway_and_day() -> None:
    async with console(size=(80, 24)) as one:
        days = (date(2026, 11, 24), date(2026, 11, 23))
        desk(one).suspended = tuple(
            SuspenseLine(gateway="alipay", day=day, cases=2, suspense_fen=4_711) for day in days
        )
        one.press(":", "suspense", "enter")
        await one.shows("2026-11-24", "2026-11-23", "alipay", "¥47.11", "¥94.22 in suspense")
        one.press("enter")
        await one.until(lambda: one.app.main.view is View.CASES, "the cases")
