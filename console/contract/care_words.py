"""Care in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.care import DueState
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from console.contract.care import CareGrant

STATES: Final[dict[DueState, str]] = {
    DueState.DUE: "not overdue",
    DueState.IN_GRACE: "in grace",
    DueState.OVERDUE: "overdue",
    DueState.PAID: "paid",
}
"""Where an instalment stands → message."""

PROTECTIONS: Final[dict[str, str]] = {
    "in_doubt": "its outcome is not known",
    "on_its_way": "it is on its way",
    "credit_hold": "a credit hold stands",
    "other_repayment": "another repayment of the instalment is open",
    "suspense": "its money is in suspense",
    "before_start": "left alone: it was over before this service began to count",
}
"""What keeps it from being overdue → message."""

MESSAGE_KINDS: Final[dict[str, str]] = {
    "notice": "notice",
    "dunning": "dunning",
    "credit_report": "credit report",
}

MESSAGE_STATES: Final[dict[str, str]] = {
    "waiting": "waiting",
    "sent": "sent",
    "given_up": "given up",
    "withdrawn": "withdrawn",
}


def word(words: dict[str, str], name: str) -> str:
    """Return a word of the wire in the reader's language; an unknown one as it is."""
    return t(words[name]) if name in words else shown(name)


def state_word(state: DueState) -> str:
    """Return where an instalment stands."""
    return t(STATES[state])


def given(one: CareGrant) -> str:
    """Return what a grant gives, in a few words."""
    parts = []
    if one.grace_days is not None:
        parts.append(t("grace {days}d", days=one.grace_days))
    if one.coupon_fen is not None:
        parts.append(t("coupon {sum}", sum=yuan(one.coupon_fen)))
    if one.notice is not None:
        parts.append(t("notice: {text}", text=shown(one.notice)))
    if one.credit_hold:
        parts.append(t("credit hold"))
    return ", ".join(parts)
