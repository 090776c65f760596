"""What an engineer can do about playbooks and incidents. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

PLAYBOOK_ACTIONS: Final[tuple[Action, ...]] = (
    Action("view.runs", "Playbooks: what was applied, step by step", Group.VIEWS, command="playbooks"),
    Action(
        "playbook.step",
        "Do the next step of a playbook",
        Group.PLAYBOOKS,
        ("s",),
        role=Role.OPERATOR,
        views=(View.RUN,),
        needs=(Need.SERVICE, Need.ROW),
        short="next step",
    ),
    Action(
        "playbook.apply",
        "Begin a run of a playbook, or go on with one",
        Group.PLAYBOOKS,
        verb="playbook apply",
        role=Role.OPERATOR,
    ),
    Action(
        "playbook.revert",
        "Undo a run of a playbook",
        Group.PLAYBOOKS,
        verb="playbook revert",
        role=Role.OPERATOR,
    ),
    Action("playbook.list", "List the playbooks", Group.PLAYBOOKS, verb="playbook list"),
    Action("playbook.show", "Show one playbook, or one run", Group.PLAYBOOKS, verb="playbook show"),
    Action("playbook.plan", "What a playbook would do now", Group.PLAYBOOKS, verb="playbook plan"),
    Action("playbook.runs", "List the runs of playbooks", Group.PLAYBOOKS, verb="playbook runs"),
    Action("incident.list", "List the incidents", Group.PLAYBOOKS, verb="incident list"),
    Action("incident.show", "Show one incident", Group.PLAYBOOKS, verb="incident show"),
    Action("incident.open", "Open an incident", Group.PLAYBOOKS, verb="incident open", role=Role.OPERATOR),
    Action(
        "incident.note",
        "Write a note into an incident",
        Group.PLAYBOOKS,
        verb="incident note",
        role=Role.OPERATOR,
    ),
    Action(
        "incident.attach",
        "Attach to an incident",
        Group.PLAYBOOKS,
        verb="incident attach",
        role=Role.OPERATOR,
    ),
    Action(
        "incident.detach",
        "Take out of an incident",
        Group.PLAYBOOKS,
        verb="incident detach",
        role=Role.OPERATOR,
    ),
    Action("incident.close", "Close an incident", Group.PLAYBOOKS, verb="incident close", role=Role.OPERATOR),
    Action(
        "incident.reopen",
        "Open an incident again",
        Group.PLAYBOOKS,
        verb="incident reopen",
        role=Role.OPERATOR,
    ),
    Action(
        "incident.report",
        "Write the handover of an incident",
        Group.PLAYBOOKS,
        verb="incident report",
        role=Role.OPERATOR,
        reads=True,
    ),
)
"""In the order of the help."""
