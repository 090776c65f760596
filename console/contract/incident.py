"""The incident log on the wire: incidents, what was written into them, and the report that is handed over.

Routes: `GET /v1/incidents`, `GET /v1/incidents/{incident_id}`, `GET /v1/incidents/{incident_id}/report`.
Written by the changes `incident.open`, `.note`, `.attach`, `.detach`, `.close` and `.reopen`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire

ATTACHABLE: Final = ("change", "run", "replay", "warning")
"""What can be attached to an incident."""


class Entry(Wire):
    """What was written: `what` is opened, note, closed, reopened, or one of ATTACHABLE with its id as
    `ref`."""

    at: Moment
    who: Untrusted
    what: str
    ref: str | None
    text: Untrusted


class IncidentLine(Wire):
    """One incident. `gateways` empty: it is about all of them; it began at `since`."""

    id: str
    title: Untrusted
    gateways: tuple[str, ...]
    since: Moment
    opened_at: Moment
    closed_at: Moment | None
    who: Untrusted


class Incident(IncidentLine):
    """An incident in full, oldest entry first."""

    entries: tuple[Entry, ...]


class Incidents(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[IncidentLine, ...]
    next: str | None


class Amount(Wire):
    """How many, and their money."""

    count: int
    sum_fen: int


class Orders(Wire):
    """The orders that went to the incident's gateways while it lasted, by what became of them: `settled` is
    what the gateways' own books hold of them as debited and not given back."""

    sent: Amount
    settled: Amount
    failed: Amount
    given_back: Amount
    undecided: Amount


class Affected(Wire):
    """The repayments with an order that failed, was in doubt or is not decided, by where they are now."""

    all: Amount
    settled: Amount
    on_the_way: Amount
    in_doubt: Amount
    without_money: Amount


class Told(Wire):
    """A borrower to be told, and about how much."""

    borrower: str
    repayments: int
    sum_fen: int


class CreditImpact(Wire):
    """A repayment that is unpaid on its due day or after it, because of the incident."""

    repayment: str
    borrower: str
    due_on: date
    grace_until: date | None
    due_state: str
    amount_fen: int


class Happened(Wire):
    """One line of the report's timeline; `ref` is a change, run, replay or warning where it is one."""

    at: Moment
    who: Untrusted
    what: str
    ref: str | None
    text: Untrusted


class StillOpen(Wire):
    """What somebody has to look after: `what` is change, run, replay, warning or repayments."""

    what: str
    ref: str | None
    text: Untrusted


class Report(Wire):
    """The handover. Lists hold `listed` entries at most; the figures count all of them."""

    incident: IncidentLine
    as_of: Moment
    until: Moment
    orders: Orders
    affected: Affected
    timeline: tuple[Happened, ...]
    borrowers: int
    to_be_told: tuple[Told, ...]
    credit: Amount
    credit_impact: tuple[CreditImpact, ...]
    still_open: tuple[StillOpen, ...]
    listed: int
