"""The embedded service as it lives: one for all consoles, gone after the last, back after a kill."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.contract.clock import BUSINESS_ZONE
from console.control.unix_socket import answers
from tests.api.processes import Home, alive, ended, home, wait_for

QUIET = "--no-borrowers"


@pytest.fixture
def place() -> Iterator[Home]:
    """Directories with short names, for sockets."""
    directory = Path(tempfile.mkdtemp(prefix="repay-", dir="/tmp"))
    with home(directory) as found:
        yield found
    shutil.rmtree(directory)


def unsound(place: Home) -> list[str]:
    """What the checkup finds wrong; settlement files of the past are asked for later, and next year's
    holidays are published when this year ends."""
    found = place.get("/v1/checkup")["findings"]
    later = {"every day with debits is reconciled", "holidays"}
    return [
        one["check"] for one in found if one["state"] not in ("ok", "skipped") and one["check"] not in later
    ]


def test_a_fresh_service_comes_alive_with_its_past(place: Home) -> None:
    place.start(past=300, sandbox="--rate 40")
    place.wait_until_live()
    wait_for(lambda: not (place.state / "past.loading").exists(), "the past")

    def settled() -> int:
        board = place.get("/v1/board")
        return sum(line["depth"] for line in board["stages"] if line["stage"] == "settled")

    wait_for(lambda: settled() > 310, "live repayments that settle")
    wait_for(lambda: not unsound(place), "a sound checkup")
    for path in (place.socket, place.state / "keys.json", place.state / "control.log"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_day_is_not_matched_with_books_whose_past_is_still_being_loaded(place: Home) -> None:
    place.start(past=300, sandbox=QUIET)
    loading = place.state / "past.loading"
    wait_for(lambda: len((place.get("/v1/gateways") or {"items": ()})["items"]) > 1, "the gateways")
    wait_for(lambda: not loading.exists(), "the past")
    loading.touch()
    day = (datetime.now(UTC).astimezone(ZoneInfo(BUSINESS_ZONE)) - timedelta(days=1)).date().isoformat()
    body = {"kind": "reconcile.run", "gateway": "alipay", "day": day, "reason": "a test"}
    with place.client(**{"Idempotency-Key": secrets.token_hex(8)}) as client:
        client.post("/v1/changes", json=body).raise_for_status()

    def run() -> tuple[str, str]:
        (found,) = place.get("/v1/reconciliations")["items"]
        return found["state"], found["problem"]

    wait_for(lambda: run() != ("waiting", ""), "a word")
    assert run() == ("waiting", "PAST_LOADING")
    loading.unlink()
    wait_for(lambda: run()[0] == "complete", "a reconciliation")


def test_consoles_share_one_service(place: Home) -> None:
    first = place.start(sandbox=QUIET)
    place.wait_until_served()
    second = place.start(sandbox=QUIET)
    assert ended(second)[0] == 0
    assert first.poll() is None
    with (
        place.client() as one,
        place.client() as two,
        one.stream("GET", "/v1/board/stream") as here,
        two.stream("GET", "/v1/board/stream") as there,
    ):
        for stream in (here, there):
            assert any(b"event: board" in piece for piece in stream.iter_bytes())
        assert place.get("/v1/hello")["started_at"] == one.get("/v1/hello").json()["started_at"]


def test_many_that_start_at_once_become_one_service(place: Home) -> None:
    started = [place.start(sandbox=QUIET) for _ in range(4)]
    place.wait_until_served()
    wait_for(lambda: sum(process.poll() is None for process in started) == 1, "one service")
    assert {process.poll() for process in started} == {0, None}
    place.wait_until_served()


def test_it_ends_after_the_last_console_and_leaves_no_process(place: Home) -> None:
    service = place.start(linger=1.0, sandbox="--rate 50")
    place.wait_until_served()
    with place.client() as console, console.stream("GET", "/v1/board/stream") as stream:
        wait_for(lambda: place.sandbox_pid() != 0, "the sandbox")
        sandbox = place.sandbox_pid()
        until = time.monotonic() + 2.0
        for _ in stream.iter_bytes():
            if time.monotonic() > until:
                break
        assert service.poll() is None, "an open stream keeps it alive"
    assert ended(service)[0] == 0
    wait_for(lambda: not alive(sandbox), "the sandbox's end")
    assert not place.socket.exists()
    assert list(place.runtime.glob("control.sock*")) == []


def test_a_killed_service_comes_back_to_the_same_sandbox(place: Home) -> None:
    first = place.start(sandbox="--rate 60")
    place.wait_until_live()
    sandbox = place.sandbox_pid()
    for _ in range(2):
        first.kill()
        first.wait()
        assert place.socket.exists()
        first = place.start(sandbox="--rate 60")
        place.wait_until_live()
        assert place.sandbox_pid() == sandbox
        assert alive(sandbox)

    def sound() -> bool:
        findings = place.get("/v1/checkup")["findings"]
        return all(finding["state"] != "failed" for finding in findings)

    wait_for(sound, "a checkup without failures")


def test_a_killed_sandbox_is_started_again(place: Home) -> None:
    place.start(sandbox=QUIET)
    place.wait_until_live()
    before = place.sandbox_pid()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: place.sandbox_pid() not in (0, before) and alive(place.sandbox_pid()), "another sandbox")
    place.wait_until_live()


def test_it_stops_at_once_when_told_also_with_streams_open(place: Home) -> None:
    service = place.start(sandbox=QUIET)
    place.wait_until_live()
    with place.client() as console, console.stream("GET", "/v1/board/stream") as stream:
        pieces = stream.iter_bytes()
        next(pieces)
        began = time.monotonic()
        service.send_signal(signal.SIGTERM)
        list(pieces)
        assert ended(service)[0] == 0
        assert time.monotonic() - began < 4.0
    assert not place.socket.exists()
    assert place.start(sandbox=QUIET).poll() is None
    place.wait_until_served()


def test_one_that_starts_while_another_ends_takes_over(place: Home) -> None:
    first = place.start(sandbox=QUIET)
    place.wait_until_served()
    first.send_signal(signal.SIGTERM)
    wait_for(lambda: not place.socket.exists(), "the end of the socket")
    second = place.start(sandbox=QUIET)
    assert ended(first)[0] == 0
    place.wait_until_served()
    assert second.poll() is None


def test_callbacks_keep_their_port_unless_it_is_taken(place: Home) -> None:
    place.state.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = place.state / "callback.port"
        file.write_text(f"{port}\n")
        file.chmod(0o600)
        place.start(sandbox=QUIET)
        place.wait_until_live()
        kept = int(file.read_text())
        assert kept != port
    place.started[0].kill()
    place.started[0].wait()
    place.start(sandbox=QUIET)
    place.wait_until_live()
    assert int(file.read_text()) == kept


def _refused(place: Home, code: int, *words: str) -> None:
    process = place.start(sandbox=QUIET)
    found, said = ended(process)
    assert found == code, said
    assert "Traceback" not in said
    (line,) = said.splitlines()
    for word in words:
        assert word in line


def test_a_request_under_way_keeps_it_alive(place: Home) -> None:
    service = place.start(linger=0.5, sandbox=QUIET)
    wait_for(lambda: answers(place.socket), "the socket")
    with socket.socket(socket.AF_UNIX) as console:
        console.connect(str(place.socket))
        console.sendall(b"POST /v1/selections HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        with pytest.raises(subprocess.TimeoutExpired):
            service.wait(2.5)
        console.sendall(b"}")
        console.settimeout(5)
        assert b" 201 " in console.recv(65536)
    assert ended(service)[0] == 0


def test_a_directory_open_to_others_is_refused(place: Home) -> None:
    place.runtime.mkdir(mode=0o755)
    place.runtime.chmod(0o755)
    _refused(place, 2, "chmod 700", str(place.runtime))


def test_a_socket_path_too_long_is_refused(place: Home) -> None:
    place.runtime = place.runtime / ("x" * 100)
    _refused(place, 2, "REPAY_RUNTIME_DIR")


def test_a_database_that_is_none_is_refused(place: Home) -> None:
    place.state.mkdir(mode=0o700)
    (place.state / "control.db").write_bytes(b"this is a text, not a database" * 200)
    _refused(place, 1, "control.db")
    assert (place.state / "control.db").read_bytes().startswith(b"this is a text")


def test_keys_that_are_none_are_refused(place: Home) -> None:
    place.state.mkdir(mode=0o700)
    keys = place.state / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o600)
    _refused(place, 2, "keys.json")


def test_the_log_holds_no_personal_data(place: Home) -> None:
    place.start(sandbox="--rate 60")
    place.wait_until_live()
    wait_for(lambda: len(place.get("/v1/repayments")["items"]) > 40, "repayments")
    said = (place.state / "control.log").read_text()
    assert said
    for line in said.splitlines():
        assert not any(len(word) >= 11 and word.isdigit() for word in line.split()), line


def test_a_double_debit_in_a_ledger_is_found(place: Home) -> None:
    place.start(sandbox="--rate 60")
    place.wait_until_live()
    query = "/v1/repayments?filter=state:settled%20gateway:alipay"
    wait_for(lambda: place.get(query)["items"], "a settled repayment")
    victim = place.get(query)["items"][0]
    ledger = place.state / "ledger" / "alipay.jsonl"
    line = {
        "time": victim["updated_at"],
        "gateway": "alipay",
        "order_no": f"{victim['id']}-2",
        "kind": "debit",
        "amount_fen": victim["amount_fen"],
    }
    with ledger.open("a") as file:
        file.write(json.dumps(line) + "\n")

    def found() -> bool:
        findings = {finding["check"]: finding for finding in place.get("/v1/checkup")["findings"]}
        told = findings["gateways' ledgers"]
        return told["state"] == "failed" and victim["id"] in told["detail"]

    wait_for(found, "the finding")
