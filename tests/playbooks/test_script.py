"""Playbooks as a script uses them, by exit codes alone, against a real service and real gateways."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Places, Repay

WHY = ("--yes", "--reason", "a test")
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def at_hand(home: Path, embedded: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running service, made the one of this test."""
    monkeypatch.setenv("REPAY_RUNTIME_DIR", str(embedded.runtime))
    monkeypatch.setenv("REPAY_STATE_DIR", str(embedded.state))


def eventually(repay: Repay, words: tuple[str, ...], holds: Callable[[Any], bool]) -> Any:
    """Look again and again until what is printed is as it should be."""
    until = time.monotonic() + PATIENCE
    while True:
        ran = repay(*words, "--json")
        assert ran.code == 0, ran.err
        if holds(ran.json):
            return ran.json
        assert time.monotonic() < until, ran.out
        time.sleep(0.1)


def _weights(repay: Repay) -> dict[str, int]:
    return {one["id"]: one["weight"] for one in repay("status", "--json").json["gateways"]}


def _until_weights(repay: Repay, wanted: dict[str, int]) -> None:
    """Wait for the board, which is drawn every second, to tell these weights."""
    until = time.monotonic() + 15
    while (found := _weights(repay)) != wanted:
        assert time.monotonic() < until, found


def test_a_script_switches_applies_checks_and_reverts_by_exit_codes(repay: Repay) -> None:
    for name in ("sandbox", "staging", "sandbox"):
        assert repay("profile", "use", name).code == 0
    before = _weights(repay)
    ran = repay("playbook", "apply", "double-eleven", "--set", "weight=77", *WHY, "--json")
    assert ran.code == 0, ran.err
    run = ran.json
    assert (run["state"], run["done"], len(run["steps"])) == ("done", 4, 4)
    _until_weights(repay, before | {"alipay": 77})
    assert repay("playbook", "show", run["id"], "--json").json == run
    assert repay("playbook", "apply", "--run", run["id"], *WHY).code == 0  # nothing is left to do
    assert repay("playbook", "revert", run["id"], *WHY, "--json").json["state"] == "reverted"
    _until_weights(repay, before)
    assert repay("playbook", "revert", run["id"], *WHY).code == 0  # again: nothing is left to undo
    assert repay("playbook", "apply", "--run", run["id"], *WHY).code == 5


def test_the_same_key_is_the_same_run(repay: Repay) -> None:
    words = ("playbook", "apply", "quiet", *WHY, "--key", "night-1", "--json")
    write("quiet", "[[change]]\nkind = 'queue.pause'\nstage = 'screening'\n")
    first, second = repay(*words), repay(*words)
    assert first.code == second.code == 0, second.err
    assert first.json["id"] == second.json["id"]
    assert repay("playbook", "revert", first.json["id"], *WHY).code == 0


def test_a_dry_run_and_a_plan_do_nothing(repay: Repay) -> None:
    before = len(repay("playbook", "runs", "--json").json["items"])
    assert repay("playbook", "apply", "double-eleven", "--dry-run").code == 0
    plan = repay("playbook", "plan", "double-eleven", "--json")
    assert plan.code == 0 and {"steps", "count", "sum_fen", "code"} <= set(plan.json)
    assert len(repay("playbook", "runs", "--json").json["items"]) == before


def write(name: str, changes: str) -> None:
    directory = Path("profiles/playbooks")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.toml").write_text(f"title = '{name}'\n{changes}")


def test_what_is_refused_at_once_begins_nothing_and_what_is_refused_later_stops_there(repay: Repay) -> None:
    write("wrong", "[[change]]\nkind = 'queue.resume'\nstage = 'screening'\n")
    before = len(repay("playbook", "runs", "--json").json["items"])
    assert repay("playbook", "apply", "wrong", *WHY).code == 4
    assert len(repay("playbook", "runs", "--json").json["items"]) == before
    pause = "[[change]]\nkind = 'queue.pause'\nstage = 'screening'\n"
    write("halfway", f"{pause}{pause}")
    ran = repay("playbook", "apply", "halfway", *WHY, "--json")
    assert ran.code == 8, ran.err
    assert ran.json["state"] == "partly" and "repay playbook revert" in ran.err
    assert repay("playbook", "apply", "--run", ran.json["id"], *WHY).code == 8
    assert repay("playbook", "revert", ran.json["id"], *WHY).code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("apply", "double-elevn"), 2),
        (("apply",), 2),
        (("apply", "double-eleven", "--set", "weihgt=3"), 2),
        (("apply", "double-eleven", "--set", "span=for ever"), 2),
        (("apply", "data-breach-drill"), 2),
        (("show", "run_0"), 3),
        (("revert", "run_0"), 3),
        (("plan", "double-eleven", "--as-of", "yesterday"), 2),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_what_is_wrong_has_its_exit_code(repay: Repay, words: tuple[str, ...], code: int) -> None:
    assert repay("playbook", *words).code == code


def test_a_past_day_is_rehearsed_where_it_can_be(repay: Repay) -> None:
    ran = repay("playbook", "plan", "double-eleven", "--as-of", "2026-11-11", "--json")
    assert ran.code == 0, ran.err
    assert [one["flips"] is not None for one in ran.json["steps"]] == [False, True, True, False]
    assert [one["cannot"] is not None for one in ran.json["steps"]] == [True, False, False, False]


def test_an_outage_is_told_with_the_figures_of_the_gateways_own_books(repay: Repay) -> None:
    assert repay("sandbox", "fault", "wechat", "error_after_debit").code == 0
    opened = repay(
        "incident", "open", "wechat answers 502", "--gateway", "wechat", "--since", "1d", *WHY, "--json"
    )
    assert opened.code == 0, opened.err
    incident = f"inc_{opened.json['id'].removeprefix('chg_')}"
    lines = (json.dumps(repayment(number)) for number in range(30))
    Path("in.jsonl").write_text("\n".join(lines) + "\n")
    assert repay("repayment", "import", "in.jsonl").code == 0
    words = ("incident", "report", incident)
    eventually(repay, words, lambda found: found["orders"]["sent"]["count"] >= 30)
    applied = repay(
        "playbook", "apply", "gateway-outage", "--set", "gateway=wechat", "--into", incident, *WHY, "--json"
    )
    assert applied.code == 8, applied.err  # what comes after the outage waits for people
    assert [step["state"] for step in applied.json["steps"]] == ["applied", "applied", None]
    assert repay("incident", "note", incident, "their status page says so", "--yes").code == 0
    assert repay("sandbox", "calm").code == 0
    assert repay("playbook", "revert", applied.json["id"], *WHY).code == 0
    report = eventually(repay, words, lambda found: found["orders"]["undecided"]["count"] == 0)
    ledger = next(
        one for one in repay("sandbox", "ledger", "--json").json["gateways"] if one["gateway"] == "wechat"
    )
    assert report["orders"]["settled"] == {"count": ledger["debits"], "sum_fen": ledger["debit_fen"]}
    assert ledger["reversals"] == 0 and report["affected"]["all"]["count"] == 30
    told = [line["what"] for line in report["timeline"]]
    assert {"opened", "run", "applied", "reverted", "note"} <= set(told)
    assert repay(*words, "--to", "handover.md").code == 0
    assert "wechat answers 502" in Path("handover.md").read_text()


def test_an_outage_that_caught_nobody_yet_is_answered_all_the_same(repay: Repay) -> None:
    """Nobody is in doubt: the step that cares for them is planned as none, done, and undone with the rest."""
    nobody = repay("repayment", "list", "state:in_doubt", "gateway:alipay", "--json")
    assert nobody.json["items"] == []
    planned = repay("playbook", "plan", "gateway-outage", "--json").json["steps"][1]["preview"]
    assert (planned["count"], planned["refusal"]) == (0, None)
    applied = repay("playbook", "apply", "gateway-outage", *WHY, "--json")
    assert applied.code == 8, applied.err
    assert [step["state"] for step in applied.json["steps"]] == ["applied", "applied", None]
    assert repay("playbook", "revert", applied.json["id"], *WHY).code == 0


def repayment(number: int) -> dict[str, object]:
    return {
        "external_id": f"outage-{number}",
        "borrower": f"outage-b-{number}",
        "name": "王小明",
        "mobile": "13800000000",
        "id_number": "990000199001010010",
        "card": "6225750000001496",
        "amount_fen": 1000 + number,
        "product": "cash_loan",
        "instalment": f"outage-i-{number}",
        "due_on": "2027-11-30",
        "gateway": "wechat",
    }
