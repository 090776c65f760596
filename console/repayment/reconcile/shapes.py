"""Reconciliations as they cross the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract import reconciliation as wire
from console.contract.clock import to_datetime
from console.contract.text import Untrusted
from console.repayment.reconcile.findings import EXCEPTIONS, Finding
from console.store import reconciliation as stored

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from console.store.reconciliation import StoredFinding, StoredRun

KEPT: Final = (*EXCEPTIONS, Finding.RESOLVED, Finding.ABSENT, Finding.MATCHED)
"""Findings that are kept row by row, in the order in which they are shown; of those that matched only the
few that were not plain."""


def page(
    connection: Connection, before: int, limit: int
) -> tuple[tuple[wire.Reconciliation, ...], int | None]:
    """Return runs, newest first, and where to go on."""
    rows = stored.page(connection, before, limit)
    following = rows[-1].seq if len(rows) == limit else None
    return tuple(summary(row) for row in rows), following


def find(connection: Connection, identity: str) -> wire.Reconciliation | None:
    """Return one run."""
    row = stored.find(connection, identity)
    return None if row is None else summary(row)


def summary(run: StoredRun) -> wire.Reconciliation:
    """Return a run."""
    report = wire.Report.model_validate_json(run.report) if run.report else None
    told = [] if report is None else [one.count for one in report.findings if one.finding in EXCEPTIONS]
    return wire.Reconciliation(
        id=run.id,
        gateway=run.gateway,
        day=run.day,
        origin="gateway" if run.origin == stored.GATEWAY else "file",
        digest=run.digest or ("" if run.origin == stored.GATEWAY else run.origin),
        state=run.state,
        problem=run.problem,
        asked_at=to_datetime(run.asked_at),
        ended_at=_moment(run.ended_at),
        next_at=_moment(run.next_action_at) if run.state == "waiting" else None,
        tries=run.tries,
        change=run.change_id,
        exceptions=None if report is None else sum(told),
        report=report,
    )


def findings(
    connection: Connection, run_seq: int, only: Finding | None, cursor: str, limit: int
) -> tuple[tuple[wire.OrderFinding, ...], str | None]:
    """Return orders by finding and number, and where to go on; `cursor` is `FINDING:ORDER`, or empty."""
    name, _, after = cursor.partition(":")
    kinds = [only] if only is not None else list(KEPT)
    start = next((at for at, kind in enumerate(kinds) if kind == name), 0)
    found: list[StoredFinding] = []
    for at, kind in enumerate(kinds[start:]):
        room = limit + 1 - len(found)
        found += stored.findings(connection, run_seq, kind, after if name and at == 0 else "", room)
        if len(found) > limit:
            last = found[limit - 1]
            return tuple(map(_order, found[:limit])), f"{last.finding}:{last.order_no}"
    return tuple(map(_order, found)), None


def _order(one: StoredFinding) -> wire.OrderFinding:
    return wire.OrderFinding(
        order_no=Untrusted(one.order_no),
        finding=one.finding,
        repayment=one.repayment_id,
        was=one.state,
        became=one.became,
        ours_fen=one.ours_fen,
        theirs_fen=one.theirs_fen,
        suspense_fen=one.theirs_fen - one.explained_fen,
        debits=one.debits,
        reversals=one.reversals,
        currency=Untrusted(one.currency),
        gateway_ref=Untrusted(one.gateway_ref),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
