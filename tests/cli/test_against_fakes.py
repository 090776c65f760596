"""What the verbs do when the service is full, breaks off, or is not to be trusted."""

from __future__ import annotations

import asyncio
import errno
import json
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from console.cli import repayment_import
from console.cli.intake_file.journal import Journal
from console.cli.intake_file.rows import FIELDS
from tests.cli.conftest import Repay
from tests.client.fake import NOW, Fake, problem, running

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = "{},b,王,138,99,62,100,p,i,2026-11-30,"


@contextmanager
def served(home: Path) -> Iterator[Fake]:
    """Run a fake service in a thread of its own, behind a profile called `fake`."""
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        socket = Path(short, "c.sock")
        (directory / "fake.toml").write_text(f'environment = "sandbox"\n[control]\nurl = "unix://{socket}"\n')
        fakes: list[Fake] = []
        ending = asyncio.Event()

        async def serve() -> None:
            async with running(socket) as fake:
                fakes.append(fake)
                ready.set()
                await ending.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        ready.wait(10)
        yield fakes[0]
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def fake(home: Path) -> Iterator[Fake]:
    with served(home) as service:
        yield service


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "f.csv"
    rows = [GOOD.format(f"e{at}") for at in range(1100)]
    path.write_text("\n".join([",".join(FIELDS), *rows]) + "\n")
    return path


def test_a_full_service_is_waited_for_as_long_as_it_asks(repay: Repay, fake: Fake, file: Path) -> None:
    refused: list[str] = []

    async def full_at_first(request: web.Request) -> web.StreamResponse:
        if len(refused) < 2:
            refused.append(request.headers["Idempotency-Key"])
            return problem(429, "intake_full", "full", "wait", {"Retry-After": "0.05"})
        count = len(json.loads(await request.read())["repayments"])
        return web.json_response({"accepted": count, "repeated": 0, "rejected": []})

    fake.answers["/v1/repayments"] = full_at_first
    ran = repay("--profile", "fake", "repayment", "import", file)
    assert (ran.code, ran.out) == (0, "1,100 accepted, 0 repeated, 0 rejected\n")
    keys = [headers["Idempotency-Key"] for path, headers, _ in fake.asked if path == "/v1/repayments"]
    assert len(keys) == 5
    assert len(set(keys)) == 3
    assert set(refused) <= set(keys[2:])


def test_a_service_that_stays_full_is_given_up_and_the_rest_can_follow(
    repay: Repay, fake: Fake, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(request: web.Request) -> web.StreamResponse:
        return problem(429, "intake_full", "full", "wait", {"Retry-After": "0.01"})

    monkeypatch.setattr(repayment_import, "PATIENCE_SECONDS", 0.1)
    fake.answers["/v1/repayments"] = full
    ran = repay("--profile", "fake", "repayment", "import", file)
    assert ran.code == 7
    assert ran.err.endswith("full; wait; 0 accepted, 0 repeated, 0 rejected; " + (
        "run the same command again to go on from there\n"
    ))  # fmt: skip


def test_a_full_disk_is_named_and_the_rest_can_follow(
    repay: Repay, fake: Fake, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def takes(request: web.Request) -> web.StreamResponse:
        count = len(json.loads(await request.read())["repayments"])
        return web.json_response({"accepted": count, "repeated": 0, "rejected": []})

    def full(journal: Journal, answered: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/s/x.journal")

    fake.answers["/v1/repayments"] = takes
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", full)
        ran = repay("--profile", "fake", "repayment", "import", file)
    assert ran.code == 1
    assert ran.err.startswith("repay: /s/x.journal: No space left on device; 0 accepted")
    assert "run the same command again" in ran.err
    assert repay("--profile", "fake", "repayment", "import", file).code == 0


def test_what_the_service_rejects_is_told_by_the_files_lines(repay: Repay, fake: Fake, file: Path) -> None:
    async def rejects(request: web.Request) -> web.StreamResponse:
        rows = json.loads(await request.read())["repayments"]
        wrong = [
            {"line": at, "field": "card\x1b[31m", "problem": "\x1b]0;x\x07bad"}
            for at, row in enumerate(rows, 1)
            if row["external_id"] in ("e0", "e600", "e1099")
        ]
        accepted = len(rows) - len(wrong)
        return web.json_response({"accepted": accepted, "repeated": 0, "rejected": wrong})

    fake.answers["/v1/repayments"] = rejects
    ran = repay("--profile", "fake", "repayment", "import", file, "--json")
    assert ran.code == 8
    assert [entry["line"] for entry in ran.json["rejected"]] == [2, 602, 1101]
    assert "\x1b" not in ran.out
    assert "\x1b" not in repay("--profile", "fake", "repayment", "import", file).out


def _selection(count: int) -> dict[str, object]:
    return {
        "id": "s",
        "filter": "",
        "as_of": NOW,
        "expires_at": NOW,
        "count": count,
        "sum_fen": 0,
        "digest": "",
        "breakdown": {"by_gateway": [], "by_error": [], "by_stage": []},
    }


@pytest.mark.parametrize("body", [b'{"id": "a"}\n', b'{"id": "a"}\nnonsense\n', b'{"id": "a"}\n[1]\n'])
def test_an_export_that_breaks_off_leaves_no_file(repay: Repay, fake: Fake, home: Path, body: bytes) -> None:
    async def freeze(request: web.Request) -> web.StreamResponse:
        return web.json_response(_selection(2))

    async def export(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    fake.answers |= {"/v1/selections": freeze, "/v1/selections/s/export": export}
    ran = repay("--profile", "fake", "repayment", "export", "--to", home / "out.csv")
    assert ran.code in (1, 7)
    assert [path.name for path in home.iterdir() if "out" in path.name] == []


def test_a_filter_that_only_the_service_refuses_is_pointed_at(repay: Repay, fake: Fake) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return problem(422, "bad_filter", "newer than I am", "update", column=6)

    fake.answers["/v1/selections"] = refuse
    ran = repay("--profile", "fake", "repayment", "list", "state:failed")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "repay: filter, column 7: newer than I am; update",
        "  state:failed",
        "        ^",
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 4), (403, 4), (404, 3), (409, 5), (412, 5), (422, 2), (429, 7), (500, 1), (504, 7)],
)
def test_every_refusal_has_its_exit_code(repay: Repay, fake: Fake, status: int, code: int) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return problem(status, "why", "no\x1b[31m")

    fake.answers["/v1/board"] = refuse
    ran = repay("--profile", "fake", "status", "--timeout", "1")
    assert (ran.code, ran.out, ran.err) == (code, "", "repay: no\\x1b[31m\n")
