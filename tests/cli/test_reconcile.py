"""`repay reconcile` as a new user types it, against a real embedded service with a past."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.gateways.wire import SETTLEMENT_HEADER, settlement_end
from tests.api.processes import wait_for
from tests.cli.conftest import Repay

pytestmark = pytest.mark.usefixtures("service")

AGREED = ("--reason", "first look", "--yes")


def yesterday() -> str:
    from console.cli.reconcile import _day

    return _day("yesterday")


def ready(repay: Repay) -> Callable[[], bool]:
    """Whether the workers serve the gateways yet."""
    return lambda: len(repay("gateway", "list", "--json").json["items"]) > 1


def test_a_day_from_the_gateway_to_the_export(repay: Repay, tmp_path: Path) -> None:
    wait_for(ready(repay), "the gateways")
    assert repay("reconcile", "alipay").code == 2
    assert repay("reconcile", "alipay", "yesterdy").code == 2
    assert repay("reconcile", "alipay", "2099-01-01", *AGREED).code == 2
    assert "alipay" in repay("reconcile", "alipay", "yesterday", "--dry-run").out
    done = repay("reconcile", "alipay", "yesterday", *AGREED, "--json")
    assert done.code == 0, done.err
    run = done.json
    assert (run["state"], run["day"], run["report"]["balanced"]) == ("complete", yesterday(), True)
    (listed,) = repay("reconcile", "--json").json["items"]
    assert listed["id"] == run["id"]
    told = repay("reconcile", run["id"])
    assert told.code == 0 and "it adds up" in told.out
    file = tmp_path / "found.csv"
    assert repay("reconcile", run["id"], "--to", file).code == 0
    assert next(csv.reader(file.read_text().splitlines()))[:2] == ["finding", "order_no"]
    assert repay("reconcile", run["id"], "--to", file).code == 5
    assert "收支相符" in repay("reconcile", run["id"], "--lang", "zh").out


def test_a_file_of_ones_own(repay: Repay, tmp_path: Path) -> None:
    """Of a day on which this service debited nothing, whatever past another test gave it."""
    wait_for(ready(repay), "the gateways")
    day = (date.fromisoformat(yesterday()) - timedelta(days=90)).isoformat()
    file = tmp_path / "file.csv"
    row = f"rp_stranger-1,=cmd,debit,777,CNY,{day}T12:00:00+08:00"
    file.write_text(f"{SETTLEMENT_HEADER}\n{row}\n{settlement_end(1, 777)}\n")
    done = repay("reconcile", "bank", day, "--file", file, *AGREED, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = {one["finding"]: one for one in done.json["items"]}
    assert found["missing_here"]["order_no"] == "rp_stranger-1"
    exported = tmp_path / "found.jsonl"
    assert repay("reconcile", done.json["id"], "--to", exported).code == 0
    lines = [json.loads(line) for line in exported.read_text().splitlines()]
    assert {line["order_no"] for line in lines} >= {"rp_stranger-1"}
    as_csv = repay("reconcile", done.json["id"], "--to", "-").out
    assert "'=cmd" in as_csv
    file.write_text(f"{SETTLEMENT_HEADER}\n{row}\n")
    cut = repay("reconcile", "bank", day, "--file", file, *AGREED)
    assert cut.code == 8
    assert "not whole" in cut.out
    assert repay("reconcile", "bank", day, "--file", tmp_path / "none", *AGREED).code == 3


def test_doctor_numbers_the_invariants(repay: Repay) -> None:
    wait_for(ready(repay), "the gateways")
    found = repay("doctor", "--json").json["findings"]
    assert {one["invariant"] for one in found} >= set(range(1, 11))
    failed = [one for one in found if one["invariant"] and one["state"] == "failed"]
    assert not [one for one in failed if "rp_SEEDED" not in one["detail"]], "the service is that of all tests"
