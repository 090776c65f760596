"""The verbs that ask a service, against a real embedded one."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from console.cli.intake_file.rows import FIELDS
from console.contract.csv_text import REPAYMENT_COLUMNS, cell
from console.contract.vocabulary import Stage
from tests.api.processes import wait_for
from tests.cli.conftest import Places, Repay, end_service

pytestmark = pytest.mark.usefixtures("service")

HOSTILE = "\x1b]0;owned\x07[/x][@click=app.bell]\u202e王"


def repayment(identity: str, **changes: object) -> dict[str, object]:
    return {
        "external_id": identity,
        "borrower": f"b-{identity}",
        "name": "王小明",
        "mobile": "13800000000",
        "id_number": "990000199001010010",
        "card": "6225750000001496",
        "amount_fen": 123_456,
        "product": "cash_loan",
        "instalment": f"i-{identity}",
        "due_on": "2026-11-30",
    } | changes


def csv_file(path: Path, rows: list[dict[str, object]]) -> Path:
    lines = [",".join(FIELDS)] + [",".join(str(row.get(field, "")) for field in FIELDS) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_status_prints_every_stage_and_gateway(repay: Repay) -> None:
    ran = repay("status")
    assert ran.code == 0
    assert ran.out.startswith("SANDBOX  ")
    words = {line.split()[0] for line in ran.out.splitlines() if line}
    assert {stage.value for stage in Stage} <= words
    assert {"alipay", "wechat", "unionpay", "bank"} <= words


def test_the_board_as_json_has_the_contracts_shape(repay: Repay) -> None:
    board = repay("status", "--json").json
    assert set(board) >= {
        "as_of", "sequence", "environment", "mode", "stages", "gateways", "strategies", "windows", "replays",
        "warnings", "approvals", "parts",
    }  # fmt: skip
    assert board["environment"] == "sandbox"


def test_without_a_command_and_a_terminal_the_board_is_printed(repay: Repay) -> None:
    ran = repay()
    assert ran.code == 0
    assert ran.out.startswith("SANDBOX  ")


def test_a_service_of_another_environment_is_refused(repay: Repay, home: Path, service: Places) -> None:
    path = home / "p" / "other.toml"
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True)
    path = directory / "other.toml"
    path.write_text(f'environment = "production"\n[control]\nurl = "unix://{service.runtime}/control.sock"\n')
    ran = repay("--profile", "other", "status")
    assert ran.code == 4
    assert "says it is sandbox, the profile says production" in ran.err


def test_watching_prints_one_line_of_json_per_board() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "status", "--watch", "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    boards = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(10) == 130
    assert boards[0]["sequence"] < boards[1]["sequence"]


def test_watching_survives_a_killed_service() -> None:
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        places = Places(Path(short, "r"), Path(short, "s"))
        environment = os.environ | {
            "REPAY_RUNTIME_DIR": str(places.runtime),
            "REPAY_STATE_DIR": str(places.state),
            "REPAY_PAST": "0",
            "REPAY_SANDBOX_OPTIONS": "--instant",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "console", "--profile", "sandbox", "status", "--watch", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        before = int((places.runtime / "control.lock").read_text())
        os.kill(before, signal.SIGKILL)
        while json.loads(process.stdout.readline())["sequence"] > first["sequence"]:
            pass
        assert int((places.runtime / "control.lock").read_text()) != before
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(10) == 130
        end_service(places)


def test_colour_is_for_terminals_that_want_it() -> None:
    assert "\x1b[" in _on_a_terminal(["status"], {})
    assert "\x1b[" not in _on_a_terminal(["status"], {"NO_COLOR": "1"})
    assert "\x1b[" not in _on_a_terminal(["status", "--no-color"], {})
    assert "\x1b[" not in _on_a_terminal(["status"], {"TERM": "dumb"})


def _on_a_terminal(words: list[str], environment: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "console", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm-256color"} | environment,
    )  # fmt: skip
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(ours)
    assert process.wait(10) == 0
    return out.decode()


def test_queues_are_listed_and_shown(repay: Repay) -> None:
    assert {item["stage"] for item in repay("queue", "list", "--json").json["items"]} == set(Stage)
    ran = repay("queue", "show", "in-doubt")
    assert ran.out.splitlines()[1].startswith("in_doubt")
    assert "repay repayment list stage:in_doubt" in ran.err
    assert repay("queue", "show", "in_doubt", "--json").json["stage"] == "in_doubt"


def test_a_repayment_is_taken_in_once_and_shown_masked(repay: Repay) -> None:
    flags = [f"--{field.replace('_', '-')}={value}" for field, value in repayment("add-1").items()]
    first = repay("repayment", "add", *flags, "--json")
    assert first.code == 0, first.err
    assert first.err.startswith("idempotency key: repay-")
    again = repay("repayment", "add", *flags, "--json")
    assert again.json["id"] == first.json["id"]
    shown = _settled(repay, first.json["id"])
    assert shown["borrower"]["name"] == "王**"
    assert "succeeded" in [one["verdict"] for one in shown["attempts"][0]["evidence"]]
    text = repay("repayment", "show", first.json["id"]).out
    assert "13800000000" not in text
    assert "SUCCEEDED" in text
    assert "¥1,234.56" in text


def _settled(repay: Repay, identity: str) -> Any:
    until = time.monotonic() + 15
    while True:
        found = repay("repayment", "show", identity, "--json").json
        if found["stage"] == "settled":
            return found
        assert time.monotonic() < until, found


def test_a_repayment_comes_from_stdin(repay: Repay) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console", "repayment", "add", "-", "--key", "k-stdin", "--json"],
        input=json.dumps(repayment("add-2")), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["external_id"] == "add-2"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount_fen": -5}, "amount_fen: must be from 1 to"),
        ({"amount_fen": "x"}, "amount_fen: "),
        ({"due_on": "soon"}, "due_on: is not a day; write 2026-11-24"),
        ({"due_on": "2026-13-01"}, "due_on: "),
        ({"namee": "x"}, "unknown field namee; did you mean name?"),
    ],
)
def test_a_wrong_field_is_named_before_anything_is_sent(
    repay: Repay, changes: dict[str, object], says: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console", "repayment", "add", "-"],
        input=json.dumps(repayment("add-3", **changes)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"repay: {says}")


def test_a_missing_repayment_exits_3(repay: Repay) -> None:
    assert repay("repayment", "show", "rp_none").code == 3


def test_a_file_is_imported_and_bad_rows_are_reported_by_line(repay: Repay, home: Path) -> None:
    rows = [repayment(f"im-{at}") for at in range(1200)]
    rows[5]["amount_fen"] = -1
    rows[700] = repayment("im-3")
    rows[800]["due_on"] = "never"
    path = csv_file(home / "file.csv", rows)
    ran = repay("repayment", "import", path, "--json")
    assert ran.code == 8
    assert ran.json["accepted"] == 1197
    assert [(entry["line"], entry["field"]) for entry in ran.json["rejected"]] == [
        (7, "amount_fen"),
        (702, "external_id"),
        (802, "due_on"),
    ]
    assert ran.json["rejected"][1]["problem"] == "the same id is on line 5"
    again = repay("repayment", "import", path)
    assert again.out.splitlines()[-1] == "0 accepted, 1,197 repeated, 3 rejected"
    assert f"{path}:7: amount_fen: must be from 1 to" in again.out
    assert again.err == ""


def test_a_good_file_exits_0_and_its_rows_are_found(repay: Repay, home: Path) -> None:
    path = csv_file(home / "file.csv", [repayment(f"ok-{at}", product="good_file") for at in range(60)])
    assert repay("repayment", "import", path).code == 0
    ran = repay("repayment", "list", "product:good_file")
    assert len(ran.out.splitlines()) == 51
    assert ran.err == "50 of 60 shown, ¥74,073.60 in all\n"
    whole = repay("repayment", "list", "product:good_file", "--limit", "100", "--json").json
    assert len(whole["items"]) == whole["selection"]["count"] == 60
    assert whole["next"] is None
    assert (
        len(repay("repayment", "list", "-product:good_file", "product:good_file", "--json").json["items"])
        == 0
    )


def test_a_dry_run_takes_nothing_in(repay: Repay, home: Path) -> None:
    path = csv_file(home / "file.csv", [repayment("dry-1"), repayment("dry-1")])
    ran = repay("repayment", "import", "--dry-run", path, "--json")
    assert (ran.code, ran.json["accepted"], len(ran.json["rejected"])) == (8, 1, 1)
    assert repay("repayment", "list", "external:dry-1", "--json").json["items"] == []


def test_an_interrupted_import_goes_on_where_it_was(repay: Repay, home: Path, service: Places) -> None:
    path = csv_file(home / "file.csv", [repayment(f"re-{at}") for at in range(6000)])
    journals = service.state / "imports"
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "repayment", "import", str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not any(file.read_bytes().count(b"\n") > 2 for file in journals.glob("*.journal")):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "run the same command again to go on from there" in err
    (journal,) = journals.glob("*.journal")
    before = sum(entry.get("accepted", 0) for entry in map(json.loads, journal.read_text().splitlines()))
    assert 0 < before < 6000
    again = repay("repayment", "import", path)
    assert again.code == 0
    assert "going on with an import that was interrupted" in again.err
    assert again.out == "6,000 accepted, 0 repeated, 0 rejected\n"
    assert not journal.exists()


def test_hostile_names_act_on_nothing(repay: Repay, home: Path) -> None:
    path = home / "file.jsonl"
    rows = [repayment("ho-1", name=HOSTILE), repayment("ho-2", product=HOSTILE)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for words in (
        ["repayment", "import", path],
        ["repayment", "import", path, "--json"],
        ["repayment", "list", "external:ho-1,ho-2"],
        ["repayment", "list", "external:ho-1,ho-2", "--json"],
        ["repayment", "export", "external:ho-1,ho-2", "--to", "-"],
        ["repayment", "export", "external:ho-1,ho-2", "--to", "-", "--format", "jsonl"],
    ):
        ran = repay(*words)
        for character in ("\x1b", "\x07", "\u202e"):
            assert character not in ran.out + ran.err


def _first_word(line: str) -> str:
    """Return what names a row, whatever has become of its repayment meanwhile."""
    return line.split(",")[0]


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_an_export_is_private_whole_and_replaces_nothing_unasked(repay: Repay, home: Path, name: str) -> None:
    source = csv_file(home / "file.csv", [repayment(f"ex-{at}", product="export_me") for at in range(30)])
    repay("repayment", "import", source)
    target = home / name
    ran = repay("repayment", "export", "product:export_me", "--to", target)
    assert ran.code == 0, ran.err
    assert ran.err == f"30 repayments written to {target}\n"
    assert target.stat().st_mode & 0o777 == 0o600
    lines = target.read_text().splitlines()
    if name.endswith("csv"):
        assert lines[0] == ",".join(REPAYMENT_COLUMNS)
        assert len(lines) == 31
        assert "王**" in lines[1]
    else:
        assert {json.loads(line)["product"] for line in lines} == {"export_me"}
        assert len(lines) == 30
    target.write_text("mine")
    assert repay("repayment", "export", "product:export_me", "--to", target).code == 5
    assert target.read_text() == "mine"
    assert repay("repayment", "export", "product:export_me", "--to", target, "--force").code == 0
    again = target.read_text().splitlines()
    assert [_first_word(line) for line in again] == [_first_word(line) for line in lines]
    assert sorted(path.name for path in home.iterdir() if path.name.startswith(".o")) == []


def test_an_export_to_nowhere_says_so_and_leaves_nothing(repay: Repay, home: Path) -> None:
    ran = repay("repayment", "export", "--to", home / "no" / "such.csv")
    assert ran.code == 2
    assert "is not there; make it, or write elsewhere" in ran.err
    assert repay("repayment", "export", "--to", home).code == 5
    assert repay("repayment", "export", "--to", home, "--force").code == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(f"{start}cmd|' /C calc'!A0").startswith("'")
    assert cell(-5) == "-5"
    assert "\x1b" not in cell("\x1b[31m")


def test_the_sandbox_misbehaves_on_demand_and_shows_its_ledger(repay: Repay) -> None:
    ran = repay("sandbox", "fault", "alipay", "truncate", "--rate", "0.5", "--for", "10m", "--json")
    assert ran.code == 0, ran.err
    faults = {gateway["id"]: gateway["faults"] for gateway in ran.json["gateways"]}
    assert faults["alipay"][0]["mode"] == "truncate"
    assert faults["alipay"][0]["rate"] == 0.5
    assert 590 < faults["alipay"][0]["seconds_left"] <= 600
    assert faults["wechat"] == []
    assert "30% of the time" in repay("sandbox", "fault", "all", "slow", "--rate", ".3").err
    unknown = repay("sandbox", "fault", "alipey", "slow")
    assert (unknown.code, "did you mean alipay?" in unknown.err) == (2, True)
    assert repay("sandbox", "calm").code == 0
    ledger = repay("sandbox", "ledger")
    assert ledger.code == 0
    assert "no double debit" in ledger.out


def test_a_double_debit_is_named_and_exits_1(repay: Repay, service: Places) -> None:
    ledger = service.state / "ledger" / "bank.jsonl"
    line = {"time": "2026-11-24T02:00:00.000Z", "gateway": "bank", "kind": "debit", "amount_fen": 100}
    with ledger.open("a") as file:
        for attempt in (1, 2):
            file.write(json.dumps(line | {"order_no": f"rp_SEEDED-{attempt}"}) + "\n")
    ran = repay("sandbox", "ledger")
    assert ran.code == 1
    assert "1 double debits:" in ran.out
    assert "rp_SEEDED  ¥2.00  bank rp_SEEDED-1, bank rp_SEEDED-2" in ran.out


def test_doctor_finds_what_is_wrong_and_says_what_to_do(repay: Repay, home: Path) -> None:
    found = repay("doctor", "--json").json
    states = {finding["check"]: finding["state"] for finding in found["findings"]}
    assert states["python"] == states["profile"] == states["service"] == "ok"
    assert states["one debit per repayment"] == "ok"
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True)
    text = 'environment = "staging"\n[control]\nurl = "http://127.0.0.1:9"\ntoken = { env = "NO_SUCH" }\n'
    (directory / "away.toml").write_text(text)
    ran = repay("--profile", "away", "doctor", "--timeout", "1")
    assert ran.code == 1
    assert "the token's variable NO_SUCH is not set - see: repay profile validate" in ran.out


@pytest.mark.parametrize(("verdict", "stage"), [("pass", "dispatch"), ("reject", "rejected")])
def test_a_review_is_ended_by_an_engineer(repay: Repay, verdict: str, stage: str) -> None:
    fields = repayment(f"review-{verdict}", amount_fen=9_000_000)
    flags = [f"--{field.replace('_', '-')}={value}" for field, value in fields.items()]
    identity = repay("repayment", "add", *flags, "--json").json["id"]
    wait_for(lambda: repay("repayment", "show", identity, "--json").json["stage"] == "review", "the review")
    words = ("repayment", "review", identity, verdict)
    told = repay(*words, "--dry-run")
    assert "¥90,000.00" in told.out and "first_payment_large" in told.out
    assert ("a rejected repayment is final" in told.out) == (verdict == "reject")
    assert repay(*words, "--yes").code == 2
    assert repay(*words, "--reason", "called them").code == 0
    steps = repay("repayment", "show", identity, "--json").json["timeline"]
    assert ("owner", f"review_{verdict}ed") in [(step["actor"], step["what"]) for step in steps]
    assert stage in ("dispatch", repay("repayment", "show", identity, "--json").json["stage"])
    again = repay(*words, "--reason", "once more")
    assert again.code == 4 and "none of these repayments is in review" in again.err
    assert repay("repayment", "review", "rp_none", verdict, "--reason", "x").code == 2
