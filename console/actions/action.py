"""What an action is: the words of one thing an engineer can do, and where and for whom it works.

It imports nothing but the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class View(StrEnum):
    """A screen of the console."""

    OVERVIEW = "overview"
    QUEUES = "queues"
    REPAYMENTS = "repayments"
    REPAYMENT = "repayment"
    STRATEGIES = "strategies"
    STRATEGY = "strategy"
    GATEWAYS = "gateways"
    GATEWAY = "gateway"
    SLA = "sla"
    WINDOWS = "windows"
    WINDOW = "window"
    REPLAYS = "replays"
    REPLAY = "replay"
    DOUBTS = "doubts"
    CASES = "cases"
    CASE = "case"
    SUSPENSE = "suspense"
    RECONCILIATIONS = "reconciliations"
    RECONCILIATION = "reconciliation"
    CARE = "care"
    WARNINGS = "warnings"
    WARNING = "warning"
    DETECTORS = "detectors"
    RUNS = "runs"
    PLAYBOOK = "playbook"
    RUN = "run"
    INCIDENTS = "incidents"
    INCIDENT = "incident"
    CHANGES = "changes"
    CHANGE = "change"
    AUDIT = "audit"
    TOKENS = "tokens"


class Group(StrEnum):
    """How the help gathers actions, in the order shown."""

    VIEWS = "views"
    MOVE = "move"
    REPAYMENTS = "repayments"
    CONSOLE = "console"
    PLATFORM = "platform"
    GATEWAYS = "gateways"
    WARNINGS = "warnings"
    CHANGES = "changes"
    CARE = "care"
    REPLAYS = "replays"
    PLAYBOOKS = "playbooks"
    PROFILES = "profiles"
    SANDBOX = "sandbox"


class Role(StrEnum):
    """The least role the service asks for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Need(StrEnum):
    """What must be at hand before an action can work."""

    SERVICE = "service"
    ROW = "row"
    SELECTION = "selection"


@dataclass(frozen=True)
class Action:
    """One thing to do.

    `title` is an English message for `t()`. `keys` are Textual key names, the first one is shown.
    `command` is its name behind `:`, `verb` its name on the command line; either may be empty.
    `views` are where its keys work; none means everywhere.
    """

    id: str
    title: str
    group: Group
    keys: tuple[str, ...] = ()
    command: str = ""
    verb: str = ""
    role: Role = Role.VIEWER
    views: tuple[View, ...] = ()
    needs: tuple[Need, ...] = ()
    short: str = ""
    """A word for the footer; empty keeps it out of the footer."""
    also: tuple[Role, ...] = ()
    """Other roles that may do it as well."""
    reads: bool = False
    """Whether it changes nothing, although it needs a role."""
    stops: bool = False
    """Whether it only ever stops something, which the service takes even while it is read-only."""

    @property
    def stands_alone(self) -> bool:
        """Whether it is about nothing at hand, so that it can be asked for by name from any view."""
        return Need.ROW not in self.needs and Need.SELECTION not in self.needs
