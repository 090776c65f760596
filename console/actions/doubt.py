"""What an engineer can do about orders in doubt and exception cases."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_ORDERS: Final = (View.DOUBTS, View.REPAYMENTS)
_CASES: Final = (View.CASES, View.CASE)
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
        views=_ORDERS,
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
        views=_ORDERS,
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
        views=_ORDERS,
        needs=_BOTH,
        short="resolve",
    ),
    Action(
        "attempt.release",
        "Give up orders that were never sent",
        Group.CHANGES,
        ("L",),
        verb="repayment release",
        role=Role.OPERATOR,
        views=(View.REPAYMENTS,),
        needs=_BOTH,
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
    *(
        Action(
            f"case.{way}",
            title,
            Group.CHANGES,
            (key,),
            role=Role.OPERATOR,
            views=(View.CASE,),
            needs=_BOTH,
            short=short,
        )
        for way, key, title, short in (
            ("reverse", "b", "Have the gateway give the money of a case back", "give back"),
            ("apply_next", "a", "Keep the money of a case as the borrower's credit", "credit"),
            ("refund", "d", "Leave the money of a case to the gateway's settlement desk", "refund"),
            ("nothing", "n", "End a case, nothing is moved", "end it"),
        )
    ),
    Action(
        "case.show",
        "Show one case with the ways out",
        Group.CHANGES,
        (),
        "case",
        "case show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "case.repayment",
        "Show the repayment of a case",
        Group.CHANGES,
        ("o",),
        views=(View.CASE,),
        needs=_BOTH,
        short="repayment",
    ),
    Action(
        "view.suspense",
        "Suspense: money in suspense, by gateway and day",
        Group.VIEWS,
        (),
        "suspense",
        "case suspense",
    ),
    Action(
        "case.credit",
        "Pay a repayment with the credit of a case",
        Group.CHANGES,
        ("w",),
        verb="case credit",
        role=Role.OPERATOR,
        views=_CASES,
        needs=_BOTH,
        short="use credit",
    ),
)
