"""The in-doubt desk and the cases on the screen: what they show, and what their keys ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.actions.registry import View
from console.contract.case import CaseLine
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
