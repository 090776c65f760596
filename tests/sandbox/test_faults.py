"""The words for misbehaviour, and the switches."""

from __future__ import annotations

import random

import pytest

from console.contract.faults import DESCRIPTIONS, Fault, UnknownFaultError, parse_fault
from console.contract.zh_sandbox import MESSAGES
from console.sandbox.switchboard import Switchboard


@pytest.mark.parametrize("word", ["timeout_after_debit", "timeout-after-debit", " Timeout  after DEBIT "])
def test_dashes_spaces_and_case_do_not_matter(word: str) -> None:
    assert parse_fault(word) is Fault.TIMEOUT_AFTER_DEBIT


def test_the_order_of_the_words_does_not_matter() -> None:
    assert parse_fault("confirm_late") is Fault.LATE_CONFIRM


def test_an_unknown_word_gets_the_nearest() -> None:
    with pytest.raises(UnknownFaultError, match="did you mean duplicate_callback"):
        parse_fault("duplicate_callbak")
    with pytest.raises(UnknownFaultError, match=r"no misbehaviour is called \\x1b\[31m; see"):
        parse_fault("\x1b[31m")


def test_every_misbehaviour_is_described_in_both_languages() -> None:
    assert set(DESCRIPTIONS) == set(Fault)
    assert set(DESCRIPTIONS.values()) <= set(MESSAGES)


def test_a_switch_strikes_at_its_rate_until_its_time_is_over() -> None:
    now = 0.0
    switches = Switchboard(("a", "b"), random.Random(1), lambda: now)
    switches.switch("a", Fault.SLOW, 0.25, seconds=10)
    strikes = sum(switches.strikes("a", Fault.SLOW) for _ in range(4000))
    assert 900 < strikes < 1100
    assert not any(switches.strikes("b", Fault.SLOW) or switches.strikes("a", Fault.DOWN) for _ in range(100))
    now = 10.0
    assert not any(switches.strikes("a", Fault.SLOW) for _ in range(100))
    assert switches.listed("a") == []


def test_of_several_that_strike_each_gets_its_turn() -> None:
    switches = Switchboard(("a",), random.Random(1), lambda: 0.0)
    for fault in (Fault.RESET, Fault.TRUNCATE):
        switches.switch("a", fault, 1.0)
    struck = [switches.struck("a", (Fault.RESET, Fault.TRUNCATE, Fault.NONSENSE)) for _ in range(1000)]
    assert 400 < struck.count(Fault.RESET) < 600
    assert struck.count(Fault.RESET) + struck.count(Fault.TRUNCATE) == 1000


def test_calm_is_calm() -> None:
    switches = Switchboard(("a", "b"), random.Random(1), lambda: 0.0)
    for gateway in ("a", "b"):
        switches.switch(gateway, Fault.DOWN, 1.0)
    switches.calm("a")
    assert (switches.strikes("a", Fault.DOWN), switches.strikes("b", Fault.DOWN)) == (False, True)
    switches.calm()
    assert not switches.strikes("b", Fault.DOWN)
