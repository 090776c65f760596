"""What an engineer can do about orders in doubt and exception cases."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_DOUBTS: Final = (View.DOUBTS,)
_CASES: Final = (View.CASES,)
_BOTH: Final = (Need.SERVICE, Need.ROW)

DOUBT_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "view.doubts",
        "Doubts: orders whose outcome is not known, by deadline",
        Group.VIEWS,
        command="doubts",
        verb="repayment doubts",
    ),
    Action(
        "view.cases",
        "Cases: what contradicts our books, money in suspense",
        Group.VIEWS,
        command="cases",
        verb="case list",
    ),
    Action(
        "attempt.inquire",
        "Have the gateway asked now",
        Group.CHANGES,
        ("i",),
        verb="repayment inquire",
        role=Role.OPERATOR,
        views=_DOUBTS,
        needs=_BOTH,
        short="ask now",
    ),
    Action(
        "attempt.close",
        "Have the gateway close the order",
        Group.CHANGES,
        ("c",),
        verb="repayment close",
        role=Role.OPERATOR,
        views=_DOUBTS,
        needs=_BOTH,
        short="close it",
    ),
    Action(
        "attempt.resolve",
        "Resolve by hand, with a second person and evidence",
        Group.CHANGES,
        ("e",),
        verb="repayment resolve",
        role=Role.OPERATOR,
        views=_DOUBTS,
        needs=_BOTH,
        short="resolve",
    ),
    Action(
        "attempt.release",
        "Give up an order that was never sent",
        Group.CHANGES,
        verb="repayment release",
        role=Role.OPERATOR,
    ),
    Action(
        "case.resolve",
        "Choose how a case ends",
        Group.CHANGES,
        ("e",),
        verb="case resolve",
        role=Role.OPERATOR,
        views=_CASES,
        needs=_BOTH,
        short="resolve",
    ),
    Action("case.show", "Show one case with the ways out", Group.CHANGES, verb="case show"),
    Action("case.suspense", "Money in suspense per gateway and day", Group.CHANGES, verb="case suspense"),
    Action(
        "case.credit",
        "Pay a repayment with the credit of a case",
        Group.CHANGES,
        verb="case credit",
        role=Role.OPERATOR,
    ),
)
