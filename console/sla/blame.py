"""Whose fault a failure is: the first rule that matches its code. One table; a contract may put its own
rules before it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.contract.gateway import Blame


class Rule(NamedTuple):
    """Codes like `pattern` (a `*` stands for any characters) are the fault of `blame`."""

    pattern: str
    blame: Blame

    def __str__(self) -> str:
        return f"{self.pattern} → {self.blame}"


RULES: Final = (
    Rule("INSUFFICIENT_FUNDS", "borrower"),
    Rule("LIMIT_EXCEEDED", "borrower"),
    Rule("CARD_*", "borrower"),
    Rule("ACCOUNT_*", "borrower"),
    Rule("BORROWER_*", "borrower"),
    Rule("ISSUER_*", "bank"),
    Rule("BANK_*", "bank"),
    Rule("RISK_*", "risk"),
    Rule("FRAUD_*", "risk"),
    Rule("INVALID_*", "front_end"),
    Rule("DUPLICATE_*", "front_end"),
    Rule("USER_*", "front_end"),
    Rule("TOO_LATE", "own_queue"),
    Rule("ORDER_EXPIRED", "own_queue"),
    Rule("SEAL_BROKEN", "own_queue"),
    Rule("STOPPED", "own_queue"),
    Rule("ABANDONED", "own_queue"),
    Rule("CLOCK_SKEW", "own_queue"),
    Rule("NOT_COUNTED", "own_queue"),
    Rule("*", "gateway"),
)
"""The rules of the house. The last one blames the gateway for whatever it did not explain: a timeout, a
reset, an answer that cannot be trusted."""


class Blamer:
    """The rules in force for one gateway."""

    def __init__(self, own: Mapping[str, Blame] | None = None) -> None:
        """`own` are the contract's rules, by pattern."""
        self.rules = (*(Rule(pattern, blame) for pattern, blame in (own or {}).items()), *RULES)
        self._found = lru_cache(maxsize=1024)(self._find)

    def rule(self, code: str) -> Rule:
        """Return the rule that decides about a code."""
        return self._found(code)

    def _find(self, code: str) -> Rule:
        return next(rule for rule in self.rules if fnmatchcase(code, rule.pattern))
