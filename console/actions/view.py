"""Actions that show the views, and that move in them."""

from typing import Final

from console.actions.action import Action, Group, Role, View

_TABLES: Final = (
    View.OVERVIEW, View.QUEUES, View.REPAYMENTS, View.STRATEGIES, View.GATEWAYS,
    View.RECONCILIATIONS, View.RUNS, View.INCIDENTS,
    View.WINDOWS, View.REPLAYS, View.WARNINGS,
    View.REPLAY, View.DOUBTS, View.CASES, View.SUSPENSE, View.CHANGES, View.AUDIT, View.TOKENS,
)  # fmt: skip
_OPENS: Final = tuple(view for view in _TABLES if view is not View.TOKENS)
_READERS: Final = (
    View.RECONCILIATION, View.PLAYBOOK, View.RUN, View.INCIDENT, View.CASE,
    *_TABLES, View.REPAYMENT, View.STRATEGY, View.GATEWAY, View.SLA, View.WINDOW, View.CHANGE,
    View.WARNING, View.DETECTORS,
)  # fmt: skip

VIEW_ACTIONS: Final = (
    Action("view.overview", "Overview: is money moving, what is stuck", Group.VIEWS, ("1",), "overview"),
    Action("view.queues", "Queues: every stage with depth, money and age", Group.VIEWS, ("2",), "queues"),
    Action("view.repayments", "Repayments: browse a frozen selection", Group.VIEWS, ("3",), "repayments"),
    Action("view.strategies", "Strategies: what intercepts repayments", Group.VIEWS, ("4",), "strategies"),
    Action("view.gateways", "Gateways: held to what they promised", Group.VIEWS, ("5",), "gateways"),
    Action("view.windows", "Windows: declared maintenance", Group.VIEWS, ("6",), "windows"),
    Action("view.replays", "Replays: planned, running and done", Group.VIEWS, ("7",), "replays"),
    Action("view.warnings", "Warnings: what will hurt, and what would help", Group.VIEWS, ("8",), "warnings"),
    Action("view.changes", "Changes: what waits for approval, what was done", Group.VIEWS, ("9",), "changes"),
    Action(
        "view.audit",
        "Audit: who did what",
        Group.VIEWS,
        command="audit",
        role=Role.OPERATOR,
        also=(Role.APPROVER, Role.AUDITOR),
        reads=True,
    ),
)

MOVE_ACTIONS: Final = (
    Action("move.down", "Down", Group.MOVE, ("j", "down"), views=_READERS),
    Action("move.up", "Up", Group.MOVE, ("k", "up"), views=_READERS),
    Action("move.top", "First row", Group.MOVE, ("g", "home"), views=_READERS),
    Action("move.bottom", "Last row", Group.MOVE, ("G", "end"), views=_READERS),
    Action("move.page_down", "A page down", Group.MOVE, ("pagedown",), views=_READERS),
    Action("move.page_up", "A page up", Group.MOVE, ("pageup",), views=_READERS),
    Action(
        "move.panel",
        "Next panel",
        Group.MOVE,
        ("tab",),
        views=(View.OVERVIEW, View.REPLAY, View.CHANGES, View.AUDIT),
        short="panel",
    ),
    Action("row.open", "Open what the cursor is on", Group.MOVE, ("enter",), views=_OPENS, short="open"),
    Action("row.next", "Next repayment", Group.MOVE, ("n",), views=(View.REPAYMENT,), short="next"),
    Action(
        "row.previous", "Previous repayment", Group.MOVE, ("p",), views=(View.REPAYMENT,), short="previous"
    ),
    Action("console.back", "Back, or close what is open", Group.MOVE, ("escape",), short="back"),
)
