"""What an engineer can do about early warnings."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_WARNINGS: Final = (View.WARNINGS, View.WARNING)
_BOTH: Final = (Need.SERVICE, Need.ROW)

WARNING: Final[tuple[Action, ...]] = (
    Action(
        "view.detectors",
        "Detectors: precision, lead time, pages per shift",
        Group.VIEWS,
        command="detectors",
        verb="warning detectors",
        needs=(Need.SERVICE,),
    ),
    Action("warning.list", "List what the platform warns of", Group.WARNINGS, verb="warning list"),
    Action(
        "warning.show",
        "Show one warning: cause, harm, figures, timeline",
        Group.WARNINGS,
        command="warning",
        verb="warning show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "warning.apply",
        "Ask for the change that a warning has prepared",
        Group.WARNINGS,
        ("p",),
        verb="warning apply",
        role=Role.OPERATOR,
        views=_WARNINGS,
        needs=_BOTH,
        short="apply",
    ),
    Action(
        "warning.undo",
        "Undo the last that was done about a warning",
        Group.WARNINGS,
        ("u",),
        role=Role.OPERATOR,
        views=_WARNINGS,
        needs=_BOTH,
        short="undo",
    ),
    Action(
        "warning.ack",
        "Say that somebody is on a warning: it pages no more",
        Group.WARNINGS,
        ("a",),
        verb="warning ack",
        role=Role.OPERATOR,
        views=_WARNINGS,
        needs=_BOTH,
        short="ack",
    ),
    Action(
        "warning.label",
        "Judge a warning, for the detectors' precision",
        Group.WARNINGS,
        verb="warning label",
        role=Role.OPERATOR,
    ),
    Action(
        "warning.true",
        "Label a warning: it was true",
        Group.WARNINGS,
        ("t",),
        role=Role.OPERATOR,
        views=_WARNINGS,
        needs=_BOTH,
        short="true",
    ),
    Action(
        "warning.false",
        "Label a warning: it was a false alarm",
        Group.WARNINGS,
        ("n",),
        role=Role.OPERATOR,
        views=_WARNINGS,
        needs=_BOTH,
        short="not true",
    ),
    Action(
        "warning.subject",
        "Open the gateway, strategy or queue that a warning is about",
        Group.WARNINGS,
        ("l",),
        views=_WARNINGS,
        needs=(Need.ROW,),
        short="its source",
    ),
    Action(
        "warning.repayments",
        "List the repayments behind a warning",
        Group.WARNINGS,
        ("i",),
        views=_WARNINGS,
        needs=_BOTH,
        short="repayments",
    ),
    Action(
        "warning.ended",
        "Show warnings that are over, or those that are not",
        Group.WARNINGS,
        ("h",),
        views=(View.WARNINGS,),
        needs=(Need.SERVICE,),
        short="over",
    ),
    Action(
        "warning.detectors",
        "Show how good the detectors are",
        Group.WARNINGS,
        ("d",),
        views=_WARNINGS,
        needs=(Need.SERVICE,),
        short="detectors",
    ),
)
"""In the order of the help."""
