"""Replays on the command line: against fakes for what must be scripted, and once against the real service."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from console.cli import replay as verbs
from console.cli import replay_watch
from console.contract.replay import ReplayClass, ReplayOutcome, ReplayState
from console.contract.replay_words import came_through
from tests.cli.test_against_fakes import fake
from tests.client.fake import problem
from tests.tui.fake_replays import outcomes, receipt, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from console.contract.replay import Replay
    from tests.cli.conftest import Places, Repay
    from tests.client.fake import Fake

__all__ = ["fake"]

ON_FAKE = ("--profile", "fake", "replay")
WHY = ("--reason", "a test")


def answers(*values: Any) -> Callable[[web.Request], Any]:
    """Answer with one value after the other; the last one stays."""
    left = [value if isinstance(value, dict) else value.model_dump(mode="json") for value in values]

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(left[0] if len(left) == 1 else left.pop(0))

    return answer


def preview(**fields: Any) -> dict[str, Any]:
    from tests.tui.fake_desk import preview as made

    return made("replay.start", risk="high", **fields).model_dump(mode="json")


def listed(*found: Replay) -> dict[str, Any]:
    return {"items": [one.model_dump(mode="json") for one in found], "next": None}


@pytest.fixture
def planned(fake: Fake) -> Fake:
    """A service that plans, in two looks, and starts."""
    fake.answers |= {
        "/v1/replays/plan": answers(replay(state="planning")),
        "/v1/replays/rpl_000001": answers(replay(state="planning"), replay()),
        "/v1/replays": answers(listed()),
        "/v1/changes/preview": answers(preview()),
    }
    return fake


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    from console.client import replays

    monkeypatch.setattr(replays, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(replay_watch, "EVERY", 0.001)


def sent(fake: Fake, path: str) -> list[dict[str, Any]]:
    return [json.loads(body) for asked, _, body in fake.asked if asked == path]


def test_the_words_are_those_of_the_contract() -> None:
    assert tuple(ReplayState) == verbs.STATES
    assert tuple(ReplayOutcome) == verbs.OUTCOMES
    assert tuple(ReplayClass) == verbs.CLASSES


def test_a_plan_has_the_fields_of_the_contract_and_says_how_to_start_it(repay: Repay, planned: Fake) -> None:
    ran = repay(*ON_FAKE, "plan", "state:failed", "gateway:alipay", "--rate", "20", "--json")
    assert ran.code == 0
    fields = ("id", "selection", "classes", "order", "rate", "estimate_seconds", "needs_approval")
    assert set(fields) <= set(ran.json)
    assert {"class": "resubmit", "count": 1180, "sum_fen": 145_678_080, "runs": True} in ran.json["classes"]
    assert sent(planned, "/v1/replays/plan") == [{"filter": "state:failed gateway:alipay", "rate": 20}]
    assert "repay replay start --plan rpl_000001" in ran.err and ran.json["refusal"] is None


def test_a_plan_says_in_words_what_each_class_would_do(repay: Repay, planned: Fake) -> None:
    ran = repay(*ON_FAKE, "plan", "state:failed")
    lines = ran.out.splitlines()
    resubmit = next(at for at, line in enumerate(lines) if "resubmit" in line)
    assert "sends a new order" in lines[resubmit] and "asks the gateway first" in lines[resubmit + 1]
    assert "left alone: already paid" in ran.out and "key_expired" not in ran.out
    chinese = repay(*ON_FAKE, "plan", "state:failed", "--lang", "zh").out
    assert "发送新订单" in chinese and "不处理：已经还清" in chinese


def test_a_plan_says_what_the_profile_would_refuse_to_start(repay: Repay, planned: Fake) -> None:
    assert repay("profile", "set", "fake", "guard.max_items=1000").code == 0
    ran = repay(*ON_FAKE, "plan", "state:failed")
    assert ran.code == 0
    assert "repayments, the profile fake allows 1,000 (guard.max_items): narrow the filter" in ran.out
    assert "repay replay start" not in ran.err
    told = repay(*ON_FAKE, "plan", "state:failed", "--json").json
    planned.answers["/v1/changes/preview"] = answers(preview(count=told["to_run"]))
    started = repay(*ON_FAKE, "start", "state:failed", "--reason", "x", "--yes")
    assert started.code == 4 and told["refusal"] in started.err
    assert not sent(planned, "/v1/changes")


@pytest.mark.parametrize("verb", ["plan", "start"])
def test_everything_is_never_replayed(repay: Repay, fake: Fake, verb: str) -> None:
    ran = repay(*ON_FAKE, verb, *([] if verb == "plan" else [" "]))
    assert ran.code == 2
    assert "state:failed,in_doubt" in ran.err
    assert not sent(fake, "/v1/replays/plan")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("start",), "a filter, or a plan made before"),
        (("start", "state:failed", "--plan", "rpl_1"), "a filter, or a plan made before"),
        (("plan", "gatway:x"), "did you mean gateway"),
        (("items", "rpl_1", "--outcome", "refaild"), "did you mean refailed"),
        (("items", "rpl_1", "--class", "resubmits"), "did you mean resubmit"),
        (("list", "--state", "runing"), "did you mean running"),
        (("rate", "rpl_1", "0"), "0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_words_are_told_with_the_nearest_right_one(
    repay: Repay, fake: Fake, words: tuple[str, ...], said: str
) -> None:
    ran = repay(*ON_FAKE, *words)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert not fake.asked


def test_a_filter_that_the_service_reads_otherwise_is_pointed_at(repay: Repay, planned: Fake) -> None:
    async def refuses(request: web.Request) -> web.StreamResponse:
        return problem(422, "bad_filter", "unknown field x", "choose another", column=13)

    planned.answers["/v1/replays/plan"] = refuses
    ran = repay(*ON_FAKE, "plan", "state:failed", "error:X")
    assert ran.code == 2
    assert "column 14: unknown field x; choose another" in ran.err and "^" in ran.err


def test_a_dry_run_shows_the_preview_and_starts_nothing(repay: Repay, planned: Fake) -> None:
    ran = repay(*ON_FAKE, "start", "state:failed", "--dry-run")
    assert ran.code == 0
    assert "sends a new order" in ran.out and "1,204 repayments" in ran.out
    assert not sent(planned, "/v1/changes")


def test_a_start_that_waits_for_approval_is_told_by_its_exit_code(repay: Repay, planned: Fake) -> None:
    from console.contract.change import ChangeState
    from tests.tui.fake_desk import change

    waiting = change(7, kind="replay.start", state=ChangeState.AWAITING_APPROVAL)
    planned.answers["/v1/changes"] = answers(waiting)
    ran = repay(*ON_FAKE, "start", "state:failed", *WHY, "--yes", "--key", "k1")
    assert ran.code == 6
    assert "repay change approve chg_000007" in ran.err
    (body,) = sent(planned, "/v1/changes")
    assert (body["kind"], body["replay"], body["reason"]) == ("replay.start", "rpl_000001", "a test")


def test_a_start_repeated_with_its_key_starts_the_same_plan(repay: Repay, planned: Fake) -> None:
    from tests.tui.fake_desk import change

    planned.answers["/v1/replays/rpl_000001"] = answers(replay(filter="state:failed"))
    planned.answers["/v1/changes"] = answers(change(7, kind="replay.start"))
    for _ in range(2):
        assert repay(*ON_FAKE, "start", "state:failed", *WHY, "--yes", "--key", "k2").code == 0
    assert len(sent(planned, "/v1/replays/plan")) == 1
    first, second = sent(planned, "/v1/changes")
    assert first == second
    other = repay(*ON_FAKE, "start", "state:in_doubt", *WHY, "--yes", "--key", "k2")
    assert (other.code, len(sent(planned, "/v1/changes"))) == (2, 2)


def test_a_second_replay_at_the_same_gateway_is_a_conflict(repay: Repay, planned: Fake) -> None:
    planned.answers["/v1/replays"] = answers(listed(replay("rpl_000009", "running")))
    ran = repay(*ON_FAKE, "start", "state:failed", *WHY, "--yes")
    assert ran.code == 5
    assert "rpl_000009 is under way at alipay" in ran.err
    assert not sent(planned, "/v1/changes")


@pytest.mark.parametrize(("verb", "words"), [("pause", ()), ("resume", ()), ("cancel", ()), ("rate", ("9",))])
def test_the_changing_verbs_send_their_kind(
    repay: Repay, fake: Fake, verb: str, words: tuple[str, ...]
) -> None:
    from tests.tui.fake_desk import change

    fake.answers["/v1/changes/preview"] = answers(preview())
    fake.answers["/v1/changes"] = answers(change(7, kind=f"replay.{verb}"))
    assert repay(*ON_FAKE, verb, "rpl_000001", *words, *WHY, "--yes").code == 0
    (body,) = sent(fake, "/v1/changes")
    assert (body["kind"], body["replay"], body.get("rate")) == (
        f"replay.{verb}", "rpl_000001", 9 if words else None,
    )  # fmt: skip


CLEAN: dict[str, Any] = {
    "refailed": 0,
    "unknown": 0,
    "settled": 1187,
    "outcomes": outcomes(settled=1187, left=24),
}


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (replay(state="done", **CLEAN), 0),
        (replay(state="done"), 8),
        (replay(state="done", **(CLEAN | {"outcomes": outcomes(settled=1186, held=1)})), 8),
        (replay(state="cancelled", **CLEAN), 8),
        (replay(state="stopped", **CLEAN), 8),
    ],
    ids=["all settled", "some failed again", "one is held", "cancelled", "stopped"],
)
def test_watching_ends_with_the_replay_and_tells_by_its_code_what_is_left(
    repay: Repay, fake: Fake, last: Replay, code: int
) -> None:
    running = replay(state="running")
    fake.answers["/v1/replays/rpl_000001"] = answers(replay(), running, running, last)
    ran = repay(*ON_FAKE, "watch", "rpl_000001", "--json")
    assert ran.code == code == (0 if came_through(last) else 8)
    assert [json.loads(line)["state"] for line in ran.out.splitlines()] == ["planned", "running", last.state]
    assert "receipt: repay replay receipt rpl_000001" in ran.err


def test_a_service_that_goes_away_is_waited_for(repay: Repay, fake: Fake) -> None:
    seen = 0

    async def flaky(request: web.Request) -> web.StreamResponse:
        nonlocal seen
        seen += 1
        if 1 < seen < 5:
            return problem(503, "busy", "busy")
        one = replay(state="done", **CLEAN) if seen > 5 else replay(state="running")
        return web.json_response(one.model_dump(mode="json"))

    fake.answers["/v1/replays/rpl_000001"] = flaky
    ran = repay(*ON_FAKE, "watch", "rpl_000001")
    assert ran.code == 0
    assert ran.err.count("busy") == 1
    assert "1,187 of 1,187" in ran.out or "settled" in ran.out


def test_interrupting_a_watch_leaves_the_replay_alone_and_says_so(fake: Fake) -> None:
    fake.answers["/v1/replays/rpl_000001"] = answers(replay(state="running"))
    command = [sys.executable, "-m", "console", *ON_FAKE, "watch", "rpl_000001"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert "rpl_000001  running" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert "rpl_000001 goes on without you" in err
    assert not sent(fake, "/v1/changes")


def test_a_receipt_is_printed_and_written_whole(repay: Repay, fake: Fake, tmp_path: Path) -> None:
    fake.answers["/v1/replays/rpl_000001/receipt"] = answers(receipt(replay(state="done")))
    ran = repay(*ON_FAKE, "receipt", "rpl_000001")
    assert ran.code == 0
    assert "alipay is back" in ran.out and "balances" in ran.out and "1,114" in ran.out
    for name in ("r.txt", "r.json"):
        assert repay(*ON_FAKE, "receipt", "rpl_000001", "--to", tmp_path / name).code == 0
    assert (tmp_path / "r.txt").read_text() == ran.out
    assert json.loads((tmp_path / "r.json").read_text())["conservation"]["balanced"] is True
    assert repay(*ON_FAKE, "receipt", "rpl_000001", "--to", tmp_path / "r.txt").code == 5


def test_a_receipt_that_does_not_balance_is_an_alarm(repay: Repay, fake: Fake) -> None:
    found = receipt(replay(state="done"))
    wrong = found.conservation.model_copy(update={"balanced": False})
    fake.answers["/v1/replays/rpl_000001/receipt"] = answers(found.model_copy(update={"conservation": wrong}))
    ran = repay(*ON_FAKE, "receipt", "rpl_000001")
    assert (ran.code, "DOES NOT BALANCE" in ran.out) == (1, True)


@pytest.fixture
def failed(repay: Repay, service: Places, tmp_path: Path) -> Iterator[int]:
    """Repayments that failed for certain at the real service."""
    due = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    lines = [
        {
            "external_id": f"replayed-{at}", "borrower": f"rb-{at}", "name": "王五", "mobile": "13800138000",
            "id_number": "110101199003070011", "card": "6225751234561496", "amount_fen": 10_000 + at,
            "product": "replayed", "instalment": f"R{at}", "due_on": due, "gateway": "alipay",
        }
        for at in range(5)
    ]  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert repay("sandbox", "fault", "alipay", "decline", "--rate", "1").code == 0
    assert repay("repayment", "import", path).code == 0
    until = time.monotonic() + 60
    while len(repay("repayment", "list", "product:replayed", "stage:failed", "--json").json["items"]) < 5:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert repay("sandbox", "calm").code == 0
    yield len(lines)


def test_what_failed_is_planned_started_watched_and_receipted_for_real(repay: Repay, failed: int) -> None:
    found = repay("replay", "plan", "product:replayed", "state:failed", "--json").json
    assert {one["class"]: one["count"] for one in found["classes"]}["resubmit"] == failed
    identity = found["id"]
    assert repay("replay", "start", "--plan", identity, *WHY, "--yes", "--json").json["state"] == "applied"
    assert repay("replay", "watch", identity).code == 0
    items = repay("replay", "items", identity, "--outcome", "settled", "--json").json["items"]
    assert len(items) == failed and all(one["new_order_no"] != one["old_order_no"] for one in items)
    balance = repay("replay", "receipt", identity, "--json").json["conservation"]
    assert balance["balanced"] and balance["settled"]["count"] == failed
    assert [one["id"] for one in repay("replay", "list", "--state", "done", "--json").json["items"]] == [
        identity
    ]
    taken = repay("repayment", "list", f"replay:{identity}", "stage:settled", "--json").json
    assert taken["selection"]["count"] == failed
    again = repay("replay", "start", "--plan", identity, *WHY, "--yes")
    assert again.code in (4, 5)
