"""How a change ends: by itself, through a kill, with its outcome unknown, or by what is typed."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from tests.cli.conftest import Places, Repay, end_service
from tests.cli.test_against_fakes import served
from tests.client.fake import NOW, Fake

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = ("--reason", "a test")
LARGE_FEN = 1_300_000


@pytest.fixture
def own(repay: Repay) -> Iterator[Places]:
    """A service of this test alone: gateways that succeed at once, and nobody who pays."""
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        places = Places(Path(short, "r"), Path(short, "s"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REPAY_RUNTIME_DIR", str(places.runtime))
            patch.setenv("REPAY_STATE_DIR", str(places.state))
            patch.setenv("REPAY_PAST", "0")
            patch.setenv("REPAY_SANDBOX_OPTIONS", "--instant")
            assert repay("status").code == 0
            try:
                yield places
            finally:
                end_service(places)


def arrives(repay: Repay, identity: str, stages: set[str]) -> str:
    """Take in a large first payment and return the stage of `stages` that it comes to."""
    fields = {
        "external-id": identity, "borrower": f"b-{identity}", "name": "王小明", "mobile": "13800000000",
        "id-number": "990000199001010010", "card": "6225750000001496", "amount-fen": LARGE_FEN,
        "product": "cash_loan", "instalment": f"i-{identity}", "due-on": "2026-11-30",
    }  # fmt: skip
    taken = repay("repayment", "add", *(f"--{name}={value}" for name, value in fields.items()), "--json")
    assert taken.code == 0, taken.err
    until = time.monotonic() + 20
    while (stage := repay("repayment", "show", taken.json["id"], "--json").json["stage"]) not in stages:
        assert time.monotonic() < until, stage
    return str(stage)


LOOSEN = ("strategy", "set", "first_payment_large", "--mode", "shadow", *WHY)
BY_DAY = ("strategy", "set", "night_large_amount", "--mode", "off", *WHY, "--expires", "2h", "--json")
"""What is large waits at night, and a test may run then."""

ENDS = {"review", "settled"}


@pytest.mark.parametrize(
    ("seconds", "killed"), [(4, False), (10, True)], ids=["service lives", "service is killed"]
)
def test_a_loosened_strategy_returns_by_itself(repay: Repay, own: Places, seconds: int, killed: bool) -> None:
    assert arrives(repay, "before", ENDS) == "review"
    assert repay(*BY_DAY).code == 0
    begun = time.monotonic()
    loosened = repay(*LOOSEN, "--expires", f"{seconds}s", "--json")
    assert loosened.code == 0, loosened.err
    assert arrives(repay, "meanwhile", ENDS) == "settled"
    if killed:
        old = int((own.runtime / "control.lock").read_text())
        os.kill(old, signal.SIGKILL)
        while repay("status").code != 0:  # it may still be dying
            assert time.monotonic() < begun + 40
    while repay("strategy", "show", "first_payment_large", "--json").json["mode"] != "enforce":
        assert time.monotonic() < begun + 40
    assert time.monotonic() - begun > seconds - 1
    assert arrives(repay, "after", ENDS) == "review"
    identity = loosened.json["id"]
    assert repay("change", "show", identity, "--json").json["state"] == "expired"
    rows = repay("audit", "list", "--change", identity, "--json").json["items"]
    assert [(row["who"], row["outcome"]) for row in rows] == [("service", "expired"), ("owner", "applied")]
    assert repay("audit", "verify").code == 0
    if killed:
        assert int((own.runtime / "control.lock").read_text()) != old


def test_a_service_that_dies_over_a_change_is_started_and_asked_again(
    repay: Repay, own: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    from console.client.changes import Changes

    send = Changes.send
    keys: list[str] = []

    async def dying(self: Changes, call: Any, key: str) -> Any:
        if not keys:
            os.kill(int((own.runtime / "control.lock").read_text()), signal.SIGKILL)
        keys.append(key)
        return await send(self, call, key)

    monkeypatch.setattr(Changes, "send", dying)
    ran = repay("queue", "pause", "dispatch", *WHY, "--json")
    assert ran.code == 0, ran.err
    assert [line["id"] for line in repay("change", "list", "--json").json["items"]] == [ran.json["id"]]
    assert keys == [keys[0], keys[0]]


def preview_of(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": body["kind"], "title": "t\x1b[31m", "count": 0, "sum_fen": 0, "effects": ["e\u202e"],
        "warnings": [], "irreversible": [], "refusal": None, "digest": "d" * 64, "revertible": True,
        "as_of": NOW, "needs": {
            "role": "operator", "risk": "stop", "approval": None, "expiry": "optional", "reason": True,
        },
    }  # fmt: skip


def change_of(body: dict[str, Any], state: str = "applied") -> dict[str, Any]:
    return {
        "id": "chg_1", "kind": body["kind"], "title": "t", "state": state, "who": "w",
        "reason": body["reason"], "incident": None, "body": {}, "created_at": NOW, "applied_at": NOW,
        "expires_at": None,
        "ended_at": None, "revert_of": None, "reverted_by": None, "preview": preview_of(body),
        "approvals": [],
    }  # fmt: skip


@pytest.fixture
def fake(home: Path) -> Iterator[Fake]:
    """A service that previews, and breaks off or answers what it is told."""
    with served(home) as service:

        async def preview(request: web.Request) -> web.StreamResponse:
            return web.json_response(preview_of(await request.json()))

        service.answers["/v1/changes/preview"] = preview
        yield service


PAUSE = ("--profile", "fake", "--timeout", "2", "queue", "pause", "dispatch", *WHY)


def sent(fake: Fake) -> list[tuple[str, bytes]]:
    """Return key and body of every change that was sent."""
    return [(head["Idempotency-Key"], body) for path, head, body in fake.asked if path == "/v1/changes"]


def test_an_outcome_nobody_saw_exits_7_and_is_repeated_with_the_same_bytes(repay: Repay, fake: Fake) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    fake.answers["/v1/changes"] = broken
    ran = repay(*PAUSE)
    assert ran.code == 7
    key = re.search(r"repeating it is safe with: --key (\S+)", ran.err)[1]  # type: ignore[index]
    first = sent(fake)
    assert len(first) == 3
    assert {one for one, _ in first} == {key}

    async def answered(request: web.Request) -> web.StreamResponse:
        return web.json_response(change_of(await request.json()), status=201)

    fake.answers["/v1/changes"] = answered
    previews = sum(path == "/v1/changes/preview" for path, _, _ in fake.asked)
    again = repay(*PAUSE, "--key", key)
    assert again.code == 0, again.err
    assert set(sent(fake)) == set(first)
    assert sum(path == "/v1/changes/preview" for path, _, _ in fake.asked) == previews


@pytest.mark.parametrize(("conflict", "code"), [(True, 5), (False, 4)])
def test_a_preview_that_refuses_tells_what_runs_already_by_its_exit_code(
    repay: Repay, fake: Fake, conflict: bool, code: int
) -> None:
    async def preview(request: web.Request) -> web.StreamResponse:
        told = {"refusal": "rpl_1 runs at alipay", "conflict": conflict}
        return web.json_response(preview_of(await request.json()) | told)

    fake.answers["/v1/changes/preview"] = preview
    assert repay(*PAUSE).code == code


def test_a_change_goes_on_where_its_key_cannot_be_kept(repay: Repay, fake: Fake) -> None:
    async def answered(request: web.Request) -> web.StreamResponse:
        return web.json_response(change_of(await request.json()), status=201)

    fake.answers["/v1/changes"] = answered
    state = Path(os.environ["REPAY_STATE_DIR"])
    state.mkdir(mode=0o700)
    (state / "mutations").write_text("not a directory")
    ran = repay(*PAUSE)
    assert ran.code == 0, ran.err
    assert "the key cannot be kept, write it down" in ran.err
    assert f"idempotency key: {sent(fake)[0][0]}" in ran.err


def test_an_interrupted_change_says_how_to_repeat_it(fake: Fake) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        fake.streams.append(b"asked")
        await asyncio.Event().wait()
        return web.Response()

    fake.answers["/v1/changes"] = silent
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "--profile", "fake", "queue", "pause", "dispatch", *WHY],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not fake.streams:
        assert time.monotonic() < until
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert f"--key {sent(fake)[0][0]}" in err


def test_what_waits_for_an_approval_exits_6(repay: Repay, fake: Fake) -> None:
    async def waits(request: web.Request) -> web.StreamResponse:
        return web.json_response(change_of(await request.json(), "awaiting_approval"), status=202)

    fake.answers["/v1/changes"] = waits
    ran = repay(*PAUSE)
    assert ran.code == 6
    assert "another person has to agree within 30 minutes: repay change approve chg_1" in ran.err
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err
    assert "t\\x1b[31m" in ran.err


class Terminal:
    """The program on a terminal, asked and answered."""

    def __init__(self, *words: str) -> None:
        ours, theirs = pty.openpty()
        self._ours = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console", *words], stdin=theirs, stdout=theirs, stderr=theirs,
            env=os.environ | {"NO_COLOR": "1"},
        )  # fmt: skip
        os.close(theirs)
        self.seen = ""

    def wait(self, text: str) -> None:
        """Read until the text is there."""
        until = time.monotonic() + 20
        while text not in self.seen:
            assert time.monotonic() < until, self.seen
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    piece = os.read(self._ours, 65536)
                except OSError:
                    piece = b""
                assert piece or text in self.seen, self.seen
                self.seen += piece.decode()

    def type(self, text: str) -> None:
        """Send what somebody types."""
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Return the exit code, everything read."""
        until = time.monotonic() + 20
        while True:
            assert select.select([self._ours], [], [], until - time.monotonic())[0], self.seen
            try:
                piece = os.read(self._ours, 65536)
            except OSError:
                break
            if not piece:
                break
            self.seen += piece.decode()
        os.close(self._ours)
        return self.process.wait(20)


@contextmanager
def guarded(home: Path, confirm: str) -> Iterator[str]:
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True, exist_ok=True)
    text = 'environment = "sandbox"\n[control]\nembedded = true\n[guard]\nconfirm = "{}"\n'
    (directory / "asks.toml").write_text(text.format(confirm))
    yield "asks"


def is_paused(repay: Repay) -> bool:
    changes = repay("change", "list", "--limit", "1", "--json").json["items"]
    return bool(changes) and changes[0]["kind"] == "queue.pause"


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("confirm", "answer", "done"),
    [("yes", "y", True), ("yes", "", False), ("type", "code", True), ("type", "y", False)],
)
def test_on_a_terminal_it_is_asked(repay: Repay, home: Path, confirm: str, answer: str, done: bool) -> None:
    with guarded(home, confirm) as name:
        terminal = Terminal("--profile", name, "queue", "pause", "confirming", *WHY)
        terminal.type("y\n")  # typed ahead: must not count
        terminal.wait("go on? [y/N]" if confirm == "yes" else "to go on:")
        if answer == "code":
            answer = re.search(r"type (\w+) to go on", terminal.seen)[1]  # type: ignore[index]
        terminal.type(f"{answer}\n")
        assert terminal.end() == (0 if done else 4), terminal.seen
    assert ("nothing was done" in terminal.seen) is not done
    assert is_paused(repay) is done
    if done:
        assert repay("queue", "resume", "confirming", *WHY).code == 0


@pytest.mark.usefixtures("service")
def test_interrupting_the_question_does_nothing(repay: Repay, home: Path) -> None:
    with guarded(home, "yes") as name:
        terminal = Terminal("--profile", name, "queue", "pause", "confirming", *WHY)
        terminal.wait("go on? [y/N]")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130, terminal.seen
    assert "Traceback" not in terminal.seen
    assert not is_paused(repay)


def test_an_answer_that_is_none_keeps_the_key(repay: Repay, fake: Fake) -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": 7}, status=201)

    fake.answers["/v1/changes"] = nonsense
    ran = repay(*PAUSE, "--key", "kept")
    assert ran.code == 1
    assert "repeating it is safe with: --key kept" in ran.err
    assert "sent before with this key" in repay(*PAUSE, "--key", "kept").err


def test_json_of_a_dry_run_is_one_document(repay: Repay, fake: Fake) -> None:
    ran = repay(*PAUSE, "--dry-run", "--json")
    assert json.loads(ran.out)["code"] == "dddddd"
    assert sent(fake) == []
