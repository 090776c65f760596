"""The misbehaviours a sandbox gateway can be told to show; the words of `repay sandbox fault`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from console.contract.language import t
from console.contract.text import nearest, shown

ALL_GATEWAYS: Final = "all"
"""In place of a gateway's name: every one of them."""


class Fault(StrEnum):
    """One misbehaviour. Several may be on at once; each strikes by chance at its own rate."""

    OK = "ok"
    DECLINE = "decline"
    SLOW = "slow"
    TIMEOUT_BEFORE_DEBIT = "timeout_before_debit"
    TIMEOUT_AFTER_DEBIT = "timeout_after_debit"
    ERROR_AFTER_DEBIT = "error_after_debit"
    RESET = "reset"
    TRICKLE = "trickle"
    TRUNCATE = "truncate"
    NONSENSE = "nonsense"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_AMOUNT = "wrong_amount"
    REDIRECT = "redirect"
    NOT_FOUND = "not_found"
    FLIP_FLOP = "flip_flop"
    LATE_CONFIRM = "late_confirm"
    DUPLICATE_CALLBACK = "duplicate_callback"
    EARLY_CALLBACK = "early_callback"
    OUT_OF_ORDER_CALLBACK = "out_of_order_callback"
    NO_CALLBACK = "no_callback"
    SUCCESS_AFTER_CLOSE = "success_after_close"
    SETTLEMENT_OMIT = "settlement_omit"
    SETTLEMENT_REPEAT = "settlement_repeat"
    SETTLEMENT_EXTRA = "settlement_extra"
    DOWN = "down"


DESCRIPTIONS: Final[dict[Fault, str]] = {
    Fault.OK: "answers every order with success at once",
    Fault.DECLINE: "declines orders with the usual codes",
    Fault.SLOW: "answers after 2 to 8 seconds",
    Fault.TIMEOUT_BEFORE_DEBIT: "never answers, and does not debit",
    Fault.TIMEOUT_AFTER_DEBIT: "debits, and never answers",
    Fault.ERROR_AFTER_DEBIT: "debits, and answers with a server error",
    Fault.RESET: "debits, and resets the connection",
    Fault.TRICKLE: "sends its answer one byte at a time",
    Fault.TRUNCATE: "cuts its answer off in the middle",
    Fault.NONSENSE: "answers something that is no answer",
    Fault.WRONG_SIGNATURE: "signs its answers wrongly",
    Fault.WRONG_AMOUNT: "answers with another amount",
    Fault.REDIRECT: "answers with a redirect to another address",
    Fault.NOT_FOUND: "says for a while that it does not know an order it knows",
    Fault.FLIP_FLOP: "says processing, not found and the truth in turn when asked",
    Fault.LATE_CONFIRM: "accepts, and confirms after one to five minutes",
    Fault.DUPLICATE_CALLBACK: "calls back several times",
    Fault.EARLY_CALLBACK: "calls back before it answers",
    Fault.OUT_OF_ORDER_CALLBACK: "calls back with the outcome, then with what was before",
    Fault.NO_CALLBACK: "never calls back",
    Fault.SUCCESS_AFTER_CLOSE: "says closed, and debits later all the same",
    Fault.SETTLEMENT_OMIT: "leaves rows out of its settlement file",
    Fault.SETTLEMENT_REPEAT: "repeats rows in its settlement file",
    Fault.SETTLEMENT_EXTRA: "adds rows of unknown orders to its settlement file",
    Fault.DOWN: "breaks every connection; nobody is there",
}
"""What each misbehaviour does, in one line; a message for `t`."""


_BY_WORDS: Final = {frozenset(fault.value.split("_")): fault for fault in Fault}


class UnknownFaultError(ValueError):
    """A word that names no misbehaviour; the message proposes the nearest."""


def parse_fault(word: str) -> Fault:
    """Return the misbehaviour a person named; `-`, `_` and spaces are the same, neither case nor the order of
    its words matters.

    Raises UnknownFaultError.
    """
    words = frozenset(word.lower().replace("-", " ").replace("_", " ").split())
    try:
        return _BY_WORDS[words]
    except KeyError:
        guess = nearest(word, [fault.value for fault in Fault])
        if guess is None:
            raise UnknownFaultError(
                t("no misbehaviour is called {word}; see: repay sandbox fault --help", word=shown(word))
            ) from None
        raise UnknownFaultError(
            t("no misbehaviour is called {word}; did you mean {guess}?", word=shown(word), guess=guess)
        ) from None
