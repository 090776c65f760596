"""Actions about repayments, and about the selections that hold them."""

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_ROW_VIEWS: Final = (View.REPAYMENTS, View.REPAYMENT)
_COPIES: Final = (
    *_ROW_VIEWS, View.STRATEGIES, View.STRATEGY, View.GATEWAYS, View.GATEWAY, View.SLA,
    View.WINDOWS, View.WINDOW, View.REPLAYS, View.REPLAY, View.WARNINGS, View.WARNING,
    View.DOUBTS, View.CASES, View.CASE, View.RECONCILIATIONS, View.RECONCILIATION,
    View.RUNS, View.PLAYBOOK, View.RUN, View.INCIDENTS, View.INCIDENT,
    View.CHANGES, View.CHANGE, View.AUDIT, View.TOKENS,
)  # fmt: skip
"""Where something has an id to copy."""

REPAYMENT_ACTIONS: Final = (
    Action(
        "selection.filter",
        "Filter repayments",
        Group.REPAYMENTS,
        ("slash",),
        "filter",
        "repayment list",
        needs=(Need.SERVICE,),
        short="filter",
    ),
    Action(
        "selection.named",
        "Choose a filter of the profile",
        Group.REPAYMENTS,
        ("f",),
        "filters",
        needs=(Need.SERVICE,),
        short="filters",
    ),
    Action(
        "selection.refresh",
        "Freeze the selection again, as of now",
        Group.REPAYMENTS,
        ("r",),
        "refresh",
        views=_ROW_VIEWS,
        needs=(Need.SERVICE,),
        short="refresh",
    ),
    Action(
        "selection.mark",
        "Mark or unmark the repayment",
        Group.REPAYMENTS,
        ("space",),
        views=(View.REPAYMENTS, View.DOUBTS),
        needs=(Need.ROW,),
        short="mark",
    ),
    Action(
        "selection.unmark",
        "Clear all marks",
        Group.REPAYMENTS,
        ("u",),
        "unmark",
        views=(View.REPAYMENTS, View.DOUBTS),
    ),
    Action(
        "selection.breakdown",
        "Break the selection down by stage, gateway or error",
        Group.REPAYMENTS,
        ("b",),
        "breakdown",
        views=(View.REPAYMENTS,),
        needs=(Need.SELECTION,),
    ),
    Action(
        "repayment.show",
        "Show one repayment: attempts, evidence, timeline",
        Group.REPAYMENTS,
        (),
        "show",
        "repayment show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "repayment.review",
        "End a review: let the marked repayments go on, or reject them",
        Group.REPAYMENTS,
        ("v",),
        verb="repayment review",
        role=Role.OPERATOR,
        views=_ROW_VIEWS,
        needs=(Need.SERVICE, Need.ROW),
    ),
    Action(
        "row.copy",
        "Copy the id of what the cursor is on",
        Group.REPAYMENTS,
        ("y",),
        "copy",
        views=_COPIES,
        needs=(Need.ROW,),
        short="copy",
    ),
    Action(
        "selection.export",
        "Export repayments to a file",
        Group.REPAYMENTS,
        ("x",),
        "export",
        "repayment export",
        views=(View.REPAYMENTS,),
        needs=(Need.SERVICE, Need.SELECTION),
        short="export",
    ),
    Action(
        "repayment.add", "Take in one repayment", Group.REPAYMENTS, verb="repayment add", role=Role.OPERATOR
    ),
    Action(
        "repayment.import",
        "Take in repayments from a file (CSV or JSON lines)",
        Group.REPAYMENTS,
        verb="repayment import",
        role=Role.OPERATOR,
    ),
)
