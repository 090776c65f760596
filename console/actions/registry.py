"""The one registry of what an engineer can do: keys, palette, `:` commands, help, footer and the command
line all read it, so that they cannot disagree.

It holds words, not behaviour: the console maps an action's id to a method, the command line maps a verb
to a module. Only what works is listed. It imports nothing but the standard library.
"""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View
from console.actions.care import CARE_ACTIONS
from console.actions.change import CHANGE_ACTIONS
from console.actions.doubt import DOUBT_ACTIONS
from console.actions.gateway import GATEWAY
from console.actions.personal import PERSONAL_ACTIONS
from console.actions.playbook import PLAYBOOK_ACTIONS
from console.actions.reconcile import RECONCILE
from console.actions.repayment import REPAYMENT_ACTIONS
from console.actions.replay import REPLAY_ACTIONS
from console.actions.strategy import STRATEGY_ACTIONS
from console.actions.view import MOVE_ACTIONS, VIEW_ACTIONS
from console.actions.warning import WARNING
from console.actions.window import WINDOW_ACTIONS

__all__ = ["ACTIONS", "BY_COMMAND", "BY_ID", "BY_VERB", "Action", "Group", "Need", "Role", "View"]

ACTIONS: Final[tuple[Action, ...]] = (
    *VIEW_ACTIONS,
    *MOVE_ACTIONS,
    *REPAYMENT_ACTIONS,
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
    # Stopping
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
    *STRATEGY_ACTIONS,
    *WINDOW_ACTIONS,
    *CHANGE_ACTIONS,
    *GATEWAY,
    *WARNING,
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
