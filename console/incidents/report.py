"""The handover of an incident, from the log and the books alone: nothing in it is told from memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from console.contract.change import ChangeState
from console.contract.clock import to_datetime
from console.contract.incident import (
    Affected,
    Amount,
    CreditImpact,
    Entry,
    Happened,
    Incident,
    IncidentLine,
    Orders,
    Report,
    StillOpen,
    Told,
)
from console.contract.playbook import DONE, REPLAY_START
from console.contract.replay import OVER
from console.contract.text import Untrusted
from console.store import changes, incident_figures, incidents, replays, runs
from console.store import warnings as stored_warnings
from console.store.incident_figures import Span

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.changes import StoredChange
    from console.store.incidents import StoredIncident

LISTED: Final = 1000
"""Borrowers, and repayments, that a report lists at most."""

_STATES: Final = {
    "settled": ("SUCCEEDED",),
    "failed": ("FAILED",),
    "given_back": ("CLOSED", "REVERSED"),
    "undecided": ("SENDING", "ACCEPTED", "UNKNOWN", "CLOSING", "MANUAL"),
}
_IN_DOUBT: Final = ("in_doubt", "manual")
_ON_THE_WAY: Final = ("intake", "screening", "dispatch", "confirming", "review", "held")
_WITHOUT_MONEY: Final = ("failed", "rejected", "cancelled", "reversed")


def line_of(one: StoredIncident) -> IncidentLine:
    """Return an incident as it is listed."""
    return IncidentLine(
        id=one.id,
        title=Untrusted(one.title),
        gateways=tuple(json.loads(one.gateways)),
        since=to_datetime(one.since),
        opened_at=to_datetime(one.opened_at),
        closed_at=None if one.closed_at is None else to_datetime(one.closed_at),
        who=Untrusted(one.person),
    )


def incident_of(connection: Connection, one: StoredIncident) -> Incident:
    """Return an incident with what was written into it."""
    entries = tuple(
        Entry(
            at=to_datetime(entry.at),
            who=Untrusted(entry.person),
            what=entry.what,
            ref=entry.ref,
            text=Untrusted(entry.text),
        )
        for entry in incidents.entries(connection, one.seq)
    )
    return Incident(**dict(line_of(one)), entries=entries)


@dataclass(frozen=True)
class Kinds:
    """What a report has to know of kinds of change: the title as its reader reads it, and whether one can be
    undone."""

    title: Callable[[str], str]
    revertible: Callable[[str], bool]


def report(connection: Connection, one: StoredIncident, now: int, today: date, kinds: Kinds) -> Report:
    """Return the handover as it is now; `today` is the business day."""
    until = now if one.closed_at is None else one.closed_at
    span = Span(one.since, until, tuple(json.loads(one.gateways)))
    affected = _affected(connection, span)
    story = _Story(connection, kinds)
    story.tell(one)
    story.repayments(affected)
    borrowers, told = incident_figures.borrowers(connection, span, LISTED)
    count, fen, unpaid = incident_figures.unpaid(connection, span, today.isoformat(), LISTED)
    return Report(
        incident=line_of(one),
        as_of=to_datetime(now),
        until=to_datetime(until),
        orders=_orders(connection, span),
        affected=affected,
        timeline=tuple(sorted(story.happened, key=lambda line: line.at)),
        borrowers=borrowers,
        to_be_told=tuple(
            Told(borrower=line.borrower, repayments=line.number, sum_fen=line.sum_fen) for line in told
        ),
        credit=Amount(count=count, sum_fen=fen),
        credit_impact=tuple(
            CreditImpact(
                repayment=line.id,
                borrower=line.borrower,
                due_on=date.fromisoformat(line.due_on),
                grace_until=None if line.grace_until is None else date.fromisoformat(line.grace_until),
                due_state=line.due_state,
                amount_fen=line.amount_fen,
            )
            for line in unpaid
        ),
        still_open=tuple(story.open),
        listed=LISTED,
    )


def _amount(lines: Iterable[tuple[str, int, int]], names: tuple[str, ...] | None = None) -> Amount:
    kept = [line for line in lines if names is None or line[0] in names]
    return Amount(count=sum(line[1] for line in kept), sum_fen=sum(line[2] for line in kept))


def _orders(connection: Connection, span: Span) -> Orders:
    found = incident_figures.orders(connection, span)
    parts = {name: _amount(found, states) for name, states in _STATES.items()}
    return Orders(sent=_amount(found), **parts)


def _affected(connection: Connection, span: Span) -> Affected:
    found = incident_figures.stages(connection, span)
    return Affected(
        all=_amount(found),
        settled=_amount(found, (incident_figures.PAID,)),
        on_the_way=_amount(found, _ON_THE_WAY),
        in_doubt=_amount(found, _IN_DOUBT),
        without_money=_amount(found, _WITHOUT_MONEY),
    )


@dataclass
class _Story:
    """What happened, and what is still open, gathered over the log and everything attached to it."""

    connection: Connection
    kinds: Kinds
    happened: list[Happened] = field(default_factory=list)
    open: list[StillOpen] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def tell(self, one: StoredIncident) -> None:
        """Tell of every entry, and of the changes that broke the glass for this incident."""
        for entry in incidents.entries(self.connection, one.seq):
            match entry.what:
                case "change":
                    self._change(entry.ref or "")
                case "run":
                    self._run(entry.ref or "")
                case "replay":
                    self._replay(entry.ref or "")
                case "warning":
                    self._warning(entry.ref or "")
                case _:
                    self._add(entry.at, entry.person, entry.what, None, entry.text)
        for stored in runs.changes_of_incident(self.connection, one.id):
            self._change(stored.id)

    def repayments(self, affected: Affected) -> None:
        """Tell of the repayments that have no outcome yet."""
        left = affected.on_the_way.count + affected.in_doubt.count
        if left:
            self.open.append(StillOpen(what="repayments", ref=None, text=Untrusted(str(left))))

    def _add(self, at: int, who: str, what: str, ref: str | None, text: str) -> None:
        self.happened.append(
            Happened(at=to_datetime(at), who=Untrusted(who), what=what, ref=ref, text=Untrusted(text))
        )

    def _still(self, what: str, ref: str, text: str) -> None:
        self.open.append(StillOpen(what=what, ref=ref, text=Untrusted(text)))

    def _change(self, identity: str) -> None:
        stored = changes.find(self.connection, identity)
        if stored is None or identity in self._told:
            return
        self._told.add(identity)
        name = self.kinds.title(stored.kind)
        said = f"{name}: {stored.reason}" if stored.reason else name
        self._add(stored.applied_at or stored.created_at, stored.person, _first(stored), stored.id, said)
        if stored.ended_at is not None and stored.state is not ChangeState.APPLIED:
            self._add(stored.ended_at, stored.person, stored.state.value, stored.id, name)
        if stored.kind == REPLAY_START:
            self._replay(str(json.loads(stored.body)["replay"]))
        stands = stored.state is ChangeState.APPLIED and self.kinds.revertible(stored.kind)
        if stands or stored.state is ChangeState.AWAITING_APPROVAL:
            self._still("change", stored.id, said)

    def _run(self, identity: str) -> None:
        run = runs.find(self.connection, identity)
        if run is None:
            return
        self._add(run.created_at, run.person, "run", run.id, run.title)
        steps = runs.steps_of(self.connection, [run.seq])[run.seq]
        for step in steps:
            if step.change_id is not None:
                self._change(step.change_id)
        if any(step.state is None or step.state.value not in (*DONE, "reverted") for step in steps):
            self._still("run", run.id, run.title)

    def _replay(self, identity: str) -> None:
        replay = replays.find(self.connection, identity)
        if replay is None or identity in self._told:
            return
        self._told.add(identity)
        if replay.started_at is not None:
            self._add(replay.started_at, replay.person, "replay_started", replay.id, replay.filter)
        if replay.ended_at is not None:
            self._add(
                replay.ended_at, replay.person, f"replay_{replay.state.value}", replay.id, replay.filter
            )
        if replay.state not in OVER:
            self._still("replay", replay.id, replay.filter)

    def _warning(self, identity: str) -> None:
        warning = stored_warnings.find(self.connection, identity)
        if warning is None:
            return
        said = f"{warning.subject} ({warning.cause})"
        self._add(warning.since, "service", "warning", warning.id, said)
        if warning.ended_at is not None:
            self._add(warning.ended_at, "service", "warning_ended", warning.id, said)
        else:
            self._still("warning", warning.id, said)


def _first(stored: StoredChange) -> str:
    return "asked" if stored.applied_at is None else "applied"
