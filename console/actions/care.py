"""What an engineer can do to care for borrowers. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

CARE_ACTIONS: Final[tuple[Action, ...]] = (
    Action("view.care", "Care: what was granted to borrowers", Group.VIEWS, command="care"),
    Action(
        "care.grant",
        "Grant care to what is marked, or to all that the filter shows",
        Group.CARE,
        ("K",),
        "grant",
        "care grant",
        role=Role.OPERATOR,
        views=(View.REPAYMENTS, View.REPAYMENT, View.CARE),
        needs=(Need.SERVICE,),
        short="care",
    ),
    Action(
        "care.release",
        "Take a grant back",
        Group.CARE,
        ("e",),
        verb="care release",
        role=Role.OPERATOR,
        views=(View.CARE,),
        needs=(Need.SERVICE, Need.ROW),
        short="release",
    ),
    Action("care.list", "List what was granted", Group.CARE, verb="care list"),
    Action("care.complaints", "List what borrowers complained about", Group.CARE, verb="care complaints"),
)
"""In the order of the help."""
