"""What the in-doubt desk and its cases are called in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import Untrusted, shown
from console.contract.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.contract.doubt import DoubtAnswer, Tells


def tells_name(tells: Tells) -> str:
    """Return what an answer is worth."""
    return {"definitive": t("definitive"), "none": t("no outcome"), "contradictory": t("contradictory")}[
        tells
    ]


def answer_name(answer: DoubtAnswer) -> str:
    """Return what one answer is worth, or that the gateway does not know the order."""
    return t("no such order") if answer.verdict is Verdict.NOT_FOUND else tells_name(answer.tells)


def answers_text(answers: Iterable[DoubtAnswer]) -> str:
    """Return the latest answers on one line, the latest first."""
    return ", ".join(
        f"{answer_name(one)} ({shown(one.code) if one.code else one.verdict.value})" for one in answers
    ) or t("no answer yet")


def kind_name(kind: str) -> str:
    """Return what a case is about."""
    names = {
        "against_final": t("against a final state"),
        "mismatch": t("another amount"),
        "never_sent": t("known though never sent"),
        "unasked_close": t("closed unasked"),
        "duplicate_debit": t("debited twice"),
    }
    return names.get(kind, shown(Untrusted(kind)))


def case_state_name(state: str) -> str:
    """Return how far a case is."""
    names = {
        "open": t("open case"),
        "waiting": t("money awaited"),
        "credit": t("credit"),
        "resolved": t("resolved"),
    }
    return names.get(state, shown(Untrusted(state)))


def way_name(way: str) -> str:
    """Return a way out in words."""
    names = {
        "reverse": t("reverse: the gateway gives the money back"),
        "apply_next": t("apply to the next instalment: keep it as a credit"),
        "refund": t("refund: instruct the gateway's settlement desk"),
        "nothing": t("nothing: end the case, nothing is moved"),
    }
    return names.get(way, shown(Untrusted(way)))
