"""The one registry of what an engineer can do: keys, palette, `:` commands, help, footer and the command
line all read it, so that they cannot disagree.

It holds words, not behaviour: the console maps an action's id to a method, the command line maps a verb
to a module. Only what works is listed. It imports nothing but the standard library.
"""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View
from console.actions.care import CARE_ACTIONS
from console.actions.doubt import DOUBT_ACTIONS
from console.actions.gateway import GATEWAY
from console.actions.personal import PERSONAL_ACTIONS
from console.actions.playbook import PLAYBOOK_ACTIONS
from console.actions.reconcile import RECONCILE
from console.actions.replay import REPLAY_ACTIONS
from console.actions.warning import WARNING

__all__ = ["ACTIONS", "BY_COMMAND", "BY_ID", "BY_VERB", "Action", "Group", "Need", "Role", "View"]

_TABLES: Final = (
    View.OVERVIEW, View.QUEUES, View.REPAYMENTS, View.STRATEGIES, View.GATEWAYS,
    View.RECONCILIATIONS, View.RUNS,
    View.WINDOWS, View.REPLAYS, View.WARNINGS,
    View.REPLAY, View.DOUBTS, View.CASES, View.SUSPENSE, View.CHANGES, View.AUDIT, View.TOKENS,
)  # fmt: skip
_OPENS: Final = tuple(view for view in _TABLES if view is not View.TOKENS)
_READERS: Final = (
    View.RECONCILIATION, View.RUN, View.CASE,
    *_TABLES, View.REPAYMENT, View.STRATEGY, View.GATEWAY, View.SLA, View.WINDOW, View.CHANGE,
    View.WARNING, View.DETECTORS,
)  # fmt: skip
_ROW_VIEWS: Final = (View.REPAYMENTS, View.REPAYMENT)
_STRATEGIES: Final = (View.STRATEGIES, View.STRATEGY)
_WINDOWS: Final = (View.WINDOWS, View.WINDOW)
_CHANGES: Final = (View.CHANGES, View.CHANGE)
_COPIES: Final = (
    View.WARNINGS, View.WARNING,
    View.RECONCILIATIONS, View.RECONCILIATION, View.RUNS, View.RUN,
    *_ROW_VIEWS, *_STRATEGIES, View.GATEWAYS, View.GATEWAY, View.SLA, *_WINDOWS, View.REPLAYS, View.REPLAY,
    View.DOUBTS, View.CASES, View.CASE, *_CHANGES, View.AUDIT, View.TOKENS,
)  # fmt: skip

ACTIONS: Final[tuple[Action, ...]] = (
    # Views
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
    # Moving
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
    # Repayments
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
    # Console
    Action("console.command", "Type a command", Group.CONSOLE, ("colon",), short="command"),
    Action("console.palette", "Palette: find a command by its words", Group.CONSOLE, ("ctrl+p",), "palette"),
    Action("console.profile", "Switch the profile", Group.CONSOLE, ("P",), "profile", short="profile"),
    Action(
        "console.help",
        "Help: what works here, and why the rest does not",
        Group.CONSOLE,
        ("question_mark",),
        "help",
        short="help",
    ),
    Action("console.reconnect", "Connect again now", Group.CONSOLE, ("R",), "reconnect"),
    Action("console.quit", "Quit", Group.CONSOLE, ("q", "ctrl+c"), "quit", short="quit"),
    # Platform
    Action("platform.status", "Print the board, once or with --watch", Group.PLATFORM, verb="status"),
    Action("queue.list", "List the queues", Group.PLATFORM, verb="queue list"),
    Action("queue.show", "Show one queue", Group.PLATFORM, verb="queue show"),
    Action("platform.doctor", "Check everything, and say what to do", Group.PLATFORM, verb="doctor"),
    Action(
        "control.serve",
        "Run the service in the foreground",
        Group.PLATFORM,
        verb="control serve",
        role=Role.ADMIN,
    ),
    Action(
        "control.example",
        "Print a configuration of the service with every key explained",
        Group.PLATFORM,
        verb="control example",
    ),
    Action("worker.run", "Run a worker in the foreground", Group.PLATFORM, verb="worker", role=Role.ADMIN),
    Action("shell.completion", "Print the completion script for a shell", Group.PLATFORM, verb="completion"),
    # Changes
    Action(
        "stop.things",
        "Stop now: a queue, a gateway, or hold traffic",
        Group.CHANGES,
        ("exclamation_mark",),
        command="stop",
        role=Role.OPERATOR,
        short="stop",
        stops=True,
    ),
    Action(
        "queue.toggle",
        "Pause the worker of a queue, or let a paused one go on",
        Group.CHANGES,
        ("p",),
        role=Role.OPERATOR,
        views=(View.QUEUES, View.OVERVIEW),
        needs=(Need.ROW,),
        short="pause",
        stops=True,
    ),
    Action(
        "queue.pause", "Pause the worker of a queue", Group.CHANGES, verb="queue pause", role=Role.OPERATOR
    ),
    Action(
        "queue.resume", "Let a paused queue go on", Group.CHANGES, verb="queue resume", role=Role.OPERATOR
    ),
    Action("strategy.list", "List the risk strategies", Group.CHANGES, verb="strategy list"),
    Action(
        "strategy.show",
        "Show one strategy in full",
        Group.CHANGES,
        command="strategy",
        verb="strategy show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "strategy.toggle",
        "Toggle a strategy: enforce, or only count",
        Group.CHANGES,
        ("space",),
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="toggle",
    ),
    Action(
        "strategy.set",
        "Set a strategy's mode, parameters or schedule",
        Group.CHANGES,
        ("e",),
        verb="strategy set",
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="edit",
    ),
    Action(
        "strategy.preview",
        "Tell which repayments would flip if a strategy were set otherwise",
        Group.CHANGES,
        ("t",),
        verb="strategy preview",
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="try",
    ),
    Action(
        "strategy.values",
        "Set the values of a strategy's parameters in one scenario",
        Group.CHANGES,
        ("E",),
        role=Role.OPERATOR,
        views=(View.STRATEGY,),
        needs=(Need.SERVICE, Need.ROW),
    ),
    Action(
        "strategy.history",
        "Show the versions of a strategy with their differences",
        Group.CHANGES,
        verb="strategy history",
    ),
    Action(
        "strategy.scenario",
        "Put another scenario in force",
        Group.CHANGES,
        ("S",),
        command="scenario",
        verb="strategy scenario",
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE,),
        short="scenario",
    ),
    Action("window.list", "List the maintenance windows", Group.CHANGES, verb="window list"),
    Action(
        "window.show",
        "Show one window: when, what waits, the forecast",
        Group.CHANGES,
        command="window",
        verb="window show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "window.open",
        "Declare a maintenance window",
        Group.CHANGES,
        ("o",),
        verb="window open",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE,),
        short="open new",
        stops=True,
    ),
    Action(
        "window.preview", "Tell what a maintenance window would hold up", Group.CHANGES, verb="window preview"
    ),
    Action(
        "window.extend",
        "Let a window last longer",
        Group.CHANGES,
        ("plus",),
        verb="window extend",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE, Need.ROW),
        short="extend",
    ),
    Action(
        "window.end",
        "End a window now",
        Group.CHANGES,
        ("e",),
        verb="window end",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE, Need.ROW),
        short="end",
    ),
    Action("change.list", "List the changes", Group.CHANGES, verb="change list"),
    Action(
        "change.show",
        "Show one change with preview and approvals",
        Group.CHANGES,
        command="change",
        verb="change show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "change.approve",
        "Agree to a change of somebody else",
        Group.CHANGES,
        ("a",),
        verb="change approve",
        role=Role.APPROVER,
        views=_CHANGES,
        needs=(Need.SERVICE, Need.ROW),
        short="approve",
    ),
    Action(
        "change.reject",
        "Say no to a change, or take back one's own",
        Group.CHANGES,
        ("d",),
        verb="change reject",
        role=Role.OPERATOR,
        views=_CHANGES,
        needs=(Need.SERVICE, Need.ROW),
        short="reject",
        also=(Role.APPROVER,),
    ),
    Action(
        "change.revert",
        "Undo a change",
        Group.CHANGES,
        ("u",),
        verb="change revert",
        role=Role.OPERATOR,
        views=_CHANGES,
        needs=(Need.SERVICE, Need.ROW),
        short="undo",
    ),
    Action(
        "change.extend",
        "Let a change stay for longer before it returns",
        Group.CHANGES,
        ("plus",),
        verb="change extend",
        role=Role.OPERATOR,
        views=_CHANGES,
        needs=(Need.SERVICE, Need.ROW),
        short="extend",
    ),
    Action(
        "change.review",
        "Note that a break-glass change was reviewed",
        Group.CHANGES,
        ("v",),
        verb="change review",
        role=Role.APPROVER,
        views=_CHANGES,
        needs=(Need.SERVICE, Need.ROW),
        short="reviewed",
    ),
    Action("audit.list", "List who did what", Group.CHANGES, verb="audit list"),
    Action(
        "audit.verify",
        "Check that the audit is as it was written",
        Group.CHANGES,
        ("v",),
        verb="audit verify",
        role=Role.AUDITOR,
        views=(View.AUDIT,),
        needs=(Need.SERVICE,),
        short="verify",
        reads=True,
    ),
    Action("audit.export", "Export the audit to a file", Group.CHANGES, verb="audit export"),
    Action(
        "token.create",
        "Make a token for a person",
        Group.CHANGES,
        ("o",),
        verb="token create",
        role=Role.ADMIN,
        views=(View.TOKENS,),
        needs=(Need.SERVICE,),
        short="make",
    ),
    Action(
        "token.list",
        "List the tokens",
        Group.CHANGES,
        command="tokens",
        verb="token list",
        role=Role.ADMIN,
        needs=(Need.SERVICE,),
        reads=True,
    ),
    Action(
        "token.revoke",
        "Revoke a token",
        Group.CHANGES,
        ("X",),
        verb="token revoke",
        role=Role.ADMIN,
        views=(View.TOKENS,),
        needs=(Need.SERVICE, Need.ROW),
        short="revoke",
        stops=True,
    ),
    *GATEWAY,
    *WARNING,
    # Replays
    *RECONCILE,
    *CARE_ACTIONS,
    *REPLAY_ACTIONS,
    *PLAYBOOK_ACTIONS,
    *PERSONAL_ACTIONS,
    *DOUBT_ACTIONS,
    # Profiles
    Action("profile.list", "List the profiles", Group.PROFILES, verb="profile list"),
    Action("profile.current", "Print the name of the profile in use", Group.PROFILES, verb="profile current"),
    Action(
        "profile.show", "Show a profile, with the source of every value", Group.PROFILES, verb="profile show"
    ),
    Action("profile.use", "Use a profile from now on", Group.PROFILES, verb="profile use"),
    Action("profile.new", "Write a new profile", Group.PROFILES, verb="profile new"),
    Action("profile.set", "Set one value of a profile", Group.PROFILES, verb="profile set"),
    Action("profile.validate", "Check a profile", Group.PROFILES, verb="profile validate"),
    Action("profile.path", "Print where profiles are looked for", Group.PROFILES, verb="profile path"),
    Action("profile.schema", "Print the schema of a profile", Group.PROFILES, verb="profile schema"),
    # Sandbox
    Action("sandbox.run", "Run the simulated gateways and borrowers", Group.SANDBOX, verb="sandbox run"),
    Action("sandbox.fault", "Make a gateway misbehave", Group.SANDBOX, verb="sandbox fault"),
    Action("sandbox.surge", "Multiply the borrowers", Group.SANDBOX, verb="sandbox surge"),
    Action("sandbox.calm", "End every fault and surge", Group.SANDBOX, verb="sandbox calm"),
    Action(
        "sandbox.ledger",
        "Print the gateways' own truth, and every double debit in it",
        Group.SANDBOX,
        verb="sandbox ledger",
    ),
    Action("sandbox.notices", "Print what borrowers were told", Group.SANDBOX, verb="sandbox notices"),
)
"""Every action, in the order of the help."""

BY_ID: Final = {action.id: action for action in ACTIONS}
BY_VERB: Final = {action.verb: action for action in ACTIONS if action.verb}
BY_COMMAND: Final = {action.command: action for action in ACTIONS if action.command}
