"""Personal data from the command line: one value, audited; a borrower found by what comes from stdin."""

from __future__ import annotations

import io
import sys

import pytest

from console.cli.personal import FIELDS
from console.contract.privacy import PersonalField
from tests.cli.conftest import Repay

pytestmark = pytest.mark.usefixtures("service")

MOBILE = "13677889911"


@pytest.fixture
def repayment_id(repay: Repay) -> str:
    """A repayment of somebody with that number."""
    ran = repay(
        "repayment", "add", "--external-id", "privacy-1", "--borrower", "b-privacy", "--name", "李雷",
        "--mobile", MOBILE, "--id-number", "990000199001011255", "--card", "6225757777771496",
        "--amount-fen", "1200", "--product", "cash_loan", "--instalment", "i-p-1", "--due-on", "2026-12-01",
        "--json",
    )  # fmt: skip
    return str(ran.json["id"])


def test_the_fields_are_the_contracts() -> None:
    assert set(FIELDS) == {field.value for field in PersonalField}


def test_a_value_is_printed_once_it_is_in_the_audit(repay: Repay, repayment_id: str) -> None:
    ran = repay("repayment", "reveal", repayment_id, "mobile", "--purpose", "complaint", "--reason", "calls")
    assert (ran.code, ran.out) == (0, f"{MOBILE}\n"), ran.err
    told = repay("audit", "list", "--action", "repayment.reveal", "--json").json["items"][0]
    assert (told["subject"], told["reason"]) == (f"{repayment_id}/mobile", "complaint: calls")
    assert MOBILE not in repay("repayment", "show", repayment_id, "--json").out


def test_purpose_and_reason_are_needed(repay: Repay, repayment_id: str) -> None:
    assert repay("repayment", "reveal", repayment_id, "mobile", "--purpose", "complaint").code == 2
    assert repay("repayment", "reveal", repayment_id, "mobile", "--purpose", "", "--reason", "x").code == 2
    assert repay("repayment", "reveal", "rp_none", "mobile", "--purpose", "p", "--reason", "x").code == 3


def test_a_borrower_is_found_by_what_comes_from_stdin(
    repay: Repay, repayment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{MOBILE}\n"))
    ran = repay("repayment", "find", "-", "--json")
    assert ran.code == 0, ran.err
    listed = repay("repayment", "list", ran.json["filter"], "--json").json["items"]
    assert repayment_id in {row["id"] for row in listed}
    monkeypatch.setattr(sys, "stdin", io.StringIO("13000000001\n"))
    assert repay("repayment", "find", "-").code == 3
    assert MOBILE not in repay("audit", "list", "--json").out


def test_a_value_to_look_for_is_no_word_of_the_command(repay: Repay) -> None:
    assert repay("repayment", "find", MOBILE).code == 2


def test_reveals_are_stopped_and_allowed_again(repay: Repay, repayment_id: str) -> None:
    asking = ("repayment", "reveal", repayment_id, "mobile", "--purpose", "complaint", "--reason", "calls")
    stopping = ("repayment", "stop-reveals", "--reason", "a drill", "--yes")
    ran = repay(*stopping, "--expires", "2h", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["expires_at"] is not None
    try:
        refused = repay(*asking)
        assert refused.code == 4
        assert "allow-reveals" in refused.err
        assert repay(*stopping).code == 4
    finally:
        allowed = repay("repayment", "allow-reveals", "--reason", "the drill is over", "--yes")
    assert allowed.code == 0, allowed.err
    assert "Allow reveals of personal data again" in allowed.out
    assert repay(*asking).code == 0
