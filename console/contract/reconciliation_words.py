"""Words of reconciliations for people, shared by the fronts."""

from __future__ import annotations

from typing import Final

from console.contract.language import t
from console.contract.text import shown

BENIGN: Final = frozenset({"matched", "resolved", "open", "absent"})
"""Findings that nobody has to look at."""


def finding_words(finding: str) -> str:
    """Return what a finding means."""
    names = {
        "matched": t("both sides agree"),
        "resolved": t("was in doubt here; the row settled it"),
        "late": t("agrees, and should have stood in an earlier file"),
        "open": t("ours; may stand in another day's file"),
        "undecided": t("being closed or with people; the row alone decides nothing"),
        "absent": t("was in doubt here; proven never executed"),
        "missing_here": t("the gateway moved money for an order that we do not have"),
        "missing_there": t("debited by our books, and the file lacks it"),
        "amount": t("another amount than ordered"),
        "currency": t("another currency than ordered"),
        "duplicate": t("more than one debit of the same order"),
        "contradiction": t("another outcome than ours"),
    }
    return names.get(finding, shown(finding))


def state_word(state: str) -> str:
    """Return the state of a reconciliation."""
    names = {
        "waiting": t("not yet"),
        "running": t("running"),
        "complete": t("complete"),
        "incomplete": t("incomplete"),
    }
    return names.get(state, shown(state))


def problem_words(problem: str) -> str:
    """Return what is in the way of a reconciliation, safe to show."""
    names = {
        "PAST_LOADING": t("it waits until our own books are loaded"),
        "NOT_READY": t("the gateway has no file for that day yet"),
        "NO_END": t("the file lacks its last line: it is not whole"),
        "WRONG_SUM": t("count or sum of the last line is not that of the rows"),
        "HEADER": t("the first line is not that of a settlement file"),
        "MALFORMED": t("a row is not what a row may be"),
        "LONG_ROW": t("a row is too long"),
        "OTHER_DAY": t("it has rows of another day"),
        "OTHER_FILE": t("the pieces that came are not of that file"),
        "FILE_GONE": t("the file is not kept any more; bring it again"),
        "WRONG_SIGNATURE": t("the file is not signed by the gateway"),
        "MATCH_TIMEOUT": t("matching took too long"),
        "MATCH_FAILED": t("matching failed; the service's log names the place"),
        "FAILED": t("it failed; the service's log names the place"),
    }
    return names.get(problem, shown(problem))
