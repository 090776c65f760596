"""What an engineer can do with personal data: see one value in full, find whose a value is, stop it all."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

PERSONAL_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "repayment.reveal",
        "Reveal one value of the borrower for 30 seconds; audited",
        Group.REPAYMENTS,
        ("V",),
        verb="repayment reveal",
        role=Role.OPERATOR,
        views=(View.REPAYMENT,),
        needs=(Need.SERVICE, Need.ROW),
        short="reveal",
        reads=True,
    ),
    Action(
        "borrower.find",
        "Find a borrower by mobile, identity number or card; audited",
        Group.REPAYMENTS,
        command="find",
        verb="repayment find",
        role=Role.OPERATOR,
        needs=(Need.SERVICE,),
        reads=True,
    ),
    Action(
        "reveal.stop",
        "Stop reveals of personal data",
        Group.CHANGES,
        command="stop-reveals",
        verb="repayment stop-reveals",
        role=Role.OPERATOR,
        stops=True,
    ),
    Action(
        "reveal.allow",
        "Allow reveals of personal data again",
        Group.CHANGES,
        command="allow-reveals",
        verb="repayment allow-reveals",
        role=Role.ADMIN,
        needs=(Need.SERVICE,),
    ),
)
