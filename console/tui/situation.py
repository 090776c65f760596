"""Why an action works here, or why it does not. Pure: a situation and an action in, a reason out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.actions.registry import Need, Role
from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.actions.registry import Action, View

VIEW_NAMES = {
    "overview": "Overview",
    "queues": "Queues",
    "repayments": "Repayments",
    "repayment": "Repayment",
    "strategies": "Strategies",
    "strategy": "Strategy",
    "gateways": "Gateways",
    "gateway": "Gateway",
    "sla": "SLA ledger",
    "windows": "Windows",
    "window": "Window",
    "replays": "Replays",
    "replay": "Replay",
    "runs": "Playbooks",
    "playbook": "Playbook",
    "run": "Run of a playbook",
    "incidents": "Incidents",
    "incident": "Incident",
    "reconciliations": "Reconciliations",
    "reconciliation": "Reconciliation",
    "doubts": "In doubt",
    "cases": "Exception cases",
    "case": "Exception case",
    "suspense": "Money in suspense",
    "care": "Care",
    "warnings": "Warnings",
    "warning": "Warning",
    "detectors": "Detectors",
    "changes": "Changes",
    "change": "Change",
    "audit": "Audit",
    "tokens": "Tokens",
}


_MOST_NAMED: Final = 4
"""Views that are named where an action works in many."""


@dataclass(frozen=True)
class Situation:
    """Where the engineer is, and what is at hand.

    `read_only` is the console's own or the service's, `held` the console's own alone. `refusals` are ids
    of actions that what is at hand does not allow, each with the reason.
    """

    view: View
    connected: bool
    roles: tuple[str, ...] = ()
    read_only: bool = False
    has_row: bool = False
    has_selection: bool = False
    held: bool = False
    refusals: tuple[tuple[str, str], ...] = ()


def view_name(view: View) -> str:
    """Return the view's name in the reader's language."""
    return t(VIEW_NAMES[view])


def is_offered(action: Action) -> bool:
    """Tell whether the console knows the action at all: it has a key or a command."""
    return bool(action.keys or action.command)


def home(action: Action, view: View) -> View:
    """Return where an action that was asked for by name in `view` is carried out: here where it works here
    or is about something at hand, else in the view it belongs to."""
    if not action.views or view in action.views or not action.stands_alone:
        return view
    return action.views[0]


def why_not_by_name(action: Action, situation: Situation) -> str | None:
    """Return why the action cannot work when it is asked for by its name, or None when it can."""
    view = home(action, situation.view)
    if view is not situation.view:
        situation = replace(situation, view=view, has_row=False, has_selection=False, refusals=())
    return why_not(action, situation)


def why_not(action: Action, situation: Situation) -> str | None:
    """Return why the action cannot work here, or None when it can."""
    if action.views and situation.view not in action.views:
        return t("works in: {views}", views=_named(action.views))
    if action.role is not Role.VIEWER and (reason := _not_allowed(action, situation)):
        return reason
    if Need.SERVICE in action.needs and not situation.connected:
        return t("needs the service, which is not reached now")
    if Need.SELECTION in action.needs and not situation.has_selection:
        return t("needs a selection; none is loaded")
    if Need.ROW in action.needs and not situation.has_row:
        return t("needs a row under the cursor; there is none")
    return dict(situation.refusals).get(action.id)


def _named(views: Sequence[View]) -> str:
    """Return the first views by name, and how many more there are."""
    names = ", ".join(view_name(view) for view in views[:_MOST_NAMED])
    more = len(views) - _MOST_NAMED
    return t("{views} and {count} more", views=names, count=more) if more > 0 else names


def _not_allowed(action: Action, situation: Situation) -> str | None:
    """Return why this person, or anybody on this console, may not do it; the service decides in the end."""
    if not action.reads and (situation.held or (situation.read_only and not action.stops)):
        return t("this console is read-only")
    allowed = {action.role, *action.also, Role.ADMIN}
    if situation.roles and not allowed & set(situation.roles):
        return t("needs the role {role}", role=t(action.role))
    return None
