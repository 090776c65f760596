"""What an engineer can do about playbooks and incidents. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_RUN: Final = (View.RUN,)
_INCIDENT: Final = (View.INCIDENT,)
_LOG: Final = (View.INCIDENTS, View.INCIDENT)
_ATTACHED: Final = (
    View.CHANGES, View.CHANGE, View.REPLAYS, View.REPLAY, View.WARNINGS, View.WARNING, View.RUN,
    View.INCIDENT,
)  # fmt: skip
_AT_HAND: Final = (Need.SERVICE, Need.ROW)

PLAYBOOK_ACTIONS: Final[tuple[Action, ...]] = (
    Action("view.runs", "Playbooks: plans at hand, and their runs", Group.VIEWS, command="playbooks"),
    Action("view.incidents", "Incidents: the log and the handover", Group.VIEWS, command="incidents"),
    Action(
        "playbook.step",
        "Do the next step of a playbook",
        Group.PLAYBOOKS,
        ("s",),
        role=Role.OPERATOR,
        views=_RUN,
        needs=_AT_HAND,
        short="next step",
    ),
    Action(
        "playbook.rest",
        "Do all the steps of a playbook that come now",
        Group.PLAYBOOKS,
        ("a",),
        role=Role.OPERATOR,
        views=_RUN,
        needs=_AT_HAND,
        short="all that come now",
    ),
    Action(
        "playbook.apply",
        "Begin a run of a playbook, or go on with one",
        Group.PLAYBOOKS,
        ("s",),
        verb="playbook apply",
        role=Role.OPERATOR,
        views=(View.RUNS, View.PLAYBOOK),
        needs=_AT_HAND,
        short="plan and begin",
    ),
    Action(
        "playbook.revert",
        "Undo a run of a playbook",
        Group.PLAYBOOKS,
        ("u",),
        verb="playbook revert",
        role=Role.OPERATOR,
        views=_RUN,
        needs=_AT_HAND,
        short="undo all",
    ),
    Action("playbook.list", "List the playbooks", Group.PLAYBOOKS, verb="playbook list"),
    Action(
        "playbook.show", "Show one playbook, or one run", Group.PLAYBOOKS, (), "playbook", "playbook show"
    ),
    Action(
        "playbook.offer",
        "Choose a playbook that fits the warning",
        Group.PLAYBOOKS,
        ("b",),
        role=Role.OPERATOR,
        views=(View.WARNINGS, View.WARNING),
        needs=_AT_HAND,
        short="playbook",
    ),
    Action("playbook.plan", "What a playbook would do now", Group.PLAYBOOKS, verb="playbook plan"),
    Action("playbook.runs", "List the runs of playbooks", Group.PLAYBOOKS, verb="playbook runs"),
    Action("incident.list", "List the incidents", Group.PLAYBOOKS, verb="incident list"),
    Action("incident.show", "Show one incident", Group.PLAYBOOKS, (), "incident", "incident show"),
    Action(
        "incident.open",
        "Open an incident",
        Group.PLAYBOOKS,
        ("o",),
        verb="incident open",
        role=Role.OPERATOR,
        views=_LOG,
        needs=(Need.SERVICE,),
        short="open one",
    ),
    Action(
        "incident.note",
        "Write a note into an incident",
        Group.PLAYBOOKS,
        ("n",),
        verb="incident note",
        role=Role.OPERATOR,
        also=(Role.APPROVER, Role.AUDITOR),
        views=_LOG,
        needs=_AT_HAND,
        short="note",
    ),
    Action(
        "incident.attach",
        "Attach to an incident",
        Group.PLAYBOOKS,
        ("I",),
        verb="incident attach",
        role=Role.OPERATOR,
        views=_ATTACHED,
        needs=_AT_HAND,
    ),
    Action(
        "incident.detach",
        "Take out of an incident",
        Group.PLAYBOOKS,
        verb="incident detach",
        role=Role.OPERATOR,
    ),
    Action(
        "incident.close",
        "Close an incident",
        Group.PLAYBOOKS,
        ("e",),
        verb="incident close",
        role=Role.OPERATOR,
        views=_LOG,
        needs=_AT_HAND,
        short="close",
    ),
    Action(
        "incident.reopen",
        "Open an incident again",
        Group.PLAYBOOKS,
        ("r",),
        verb="incident reopen",
        role=Role.OPERATOR,
        views=_LOG,
        needs=_AT_HAND,
    ),
    Action(
        "incident.report",
        "Write the handover of an incident",
        Group.PLAYBOOKS,
        ("x",),
        verb="incident report",
        role=Role.OPERATOR,
        also=(Role.AUDITOR,),
        views=_INCIDENT,
        needs=_AT_HAND,
        short="handover",
        reads=True,
    ),
)
"""In the order of the help."""
