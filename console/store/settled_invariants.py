"""The invariants that only the gateways can judge, checked against the settlement files of the last days.

Each gateway's own list is the judge of what was debited; without one, nothing is known.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from console.contract.checkup import Finding
from console.contract.text import Untrusted, shown
from console.store.invariants import NAMED
from console.store.prepared import Prepared, among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

DAYS: Final = 30
"""How many days that have ended are looked at."""

_RUNS: Final = Prepared(
    "SELECT gateway, day, report, seq FROM reconciliation WHERE seq IN (SELECT max(seq) FROM reconciliation"
    " WHERE state = 'complete' AND day >= ? GROUP BY gateway, day) ORDER BY day, gateway"
)
_STANDS: Final = (
    " AND (NOT EXISTS (SELECT 1 FROM exception_case x WHERE x.attempt_id = f.attempt_id)"
    " OR EXISTS (SELECT 1 FROM exception_case x WHERE x.attempt_id = f.attempt_id AND NOT x.resolved))"
)
_TWICE: Final = Prepared(
    "SELECT f.order_no FROM reconciliation_finding f WHERE f.run_seq {among} AND (f.finding = 'duplicate'"  # noqa: S608 - our own words
    " OR (f.debits > f.reversals AND EXISTS (SELECT 1 FROM attempt a JOIN attempt b"
    " ON b.repayment_seq = a.repayment_seq AND b.id <> a.id WHERE a.id = f.attempt_id"
    f" AND b.state = 'SUCCEEDED'))){_STANDS}"
)
_OTHERWISE: Final = Prepared(
    "SELECT f.order_no FROM reconciliation_finding f WHERE f.run_seq {among}"  # noqa: S608 - our own words
    f" AND f.finding IN ('amount', 'currency'){_STANDS}"
)
_LACKING: Final = Prepared(
    "SELECT f.order_no FROM reconciliation_finding f WHERE f.run_seq {among} AND f.finding = 'missing_there'"
    " AND NOT EXISTS (SELECT 1 FROM reconciliation_finding g WHERE g.attempt_id = f.attempt_id"
    " AND g.debits > g.reversals)"
)
_AGREED: Final = Prepared(
    "SELECT f.order_no, sum(f.theirs_fen - f.explained_fen), coalesce((SELECT sum(x.suspense_fen)"
    " FROM exception_case x WHERE x.attempt_id = a.id), 0)"
    " FROM reconciliation_finding f JOIN attempt a ON a.id = f.attempt_id"
    " WHERE f.run_seq {among} AND f.finding <> 'currency' AND f.became = a.state"
    " AND a.state IN ('SUCCEEDED', 'FAILED', 'CLOSED', 'REVERSED') AND NOT EXISTS (SELECT 1"
    " FROM exception_case x WHERE x.attempt_id = a.id AND (x.resolved OR x.way = 'apply_next'))"
    " GROUP BY f.order_no, a.id"
)
"""Of each order that a file says more or less of than our books: what is unexplained, and what its open
cases hold. Left out are orders that people have decided about since."""
_ADVICE: Final = "look at each (repay reconcile ID, repay repayment show ID) and decide with a second person"


def check(connection: Connection, since: str, owed: Sequence[tuple[str, str]]) -> list[Finding]:
    """Return one finding per check over the days from `since` on.

    `owed` are gateways with days on which we know of debits.
    """
    runs = _RUNS.rows(connection, (since,))
    reports = {(gateway, day): json.loads(report) for gateway, day, report, _ in runs}
    seqs = among(connection, [seq for *_, seq in runs])
    rows = sum(report["rows"] for report in reports.values())
    missing = [f"{gateway} {day}" for gateway, day in owed if (gateway, day) not in reports]
    found = [
        _of_orders(
            1,
            "the gateways debited no repayment twice",
            [row[0] for row in _TWICE.rows(connection, (seqs,))],
            rows,
        ),
        _of_orders(
            2,
            "the gateways moved what was ordered",
            [row[0] for row in _OTHERWISE.rows(connection, (seqs,))],
            rows,
        ),
        _of_orders(
            3,
            "every settled debit stands in its settlement file",
            [row[0] for row in _LACKING.rows(connection, (seqs,))],
            rows,
        ),
        _conserved(reports, rows),
        _of_orders(
            3,
            "what the files leave unexplained is in suspense",
            [order for order, left, held in _AGREED.rows(connection, (seqs,)) if left != held],
            rows,
        ),
        _known(missing, len(reports)),
    ]
    return found if reports else [_unknown(one) for one in found[:-1]] + found[-1:]


def _of_orders(invariant: int, check: str, orders: Sequence[str], rows: int) -> Finding:
    named = ", ".join(shown(order) for order in sorted(orders)[:NAMED])
    return Finding(
        check=check,
        state="failed" if orders else "ok",
        detail=Untrusted(f"{len(orders):,} orders: {named}" if orders else ""),
        advice=_ADVICE if orders else "",
        invariant=invariant,
        rows=rows,
    )


def _conserved(reports: dict[tuple[str, str], dict[str, int]], rows: int) -> Finding:
    """Check that each gateway's day adds up, and that nothing of it is in suspense."""
    wrong = [where for where, report in reports.items() if not report["balanced"]]
    held = [(where, report["suspense_fen"]) for where, report in reports.items() if report["suspense_fen"]]
    told = [f"{gateway} {day} does not add up" for gateway, day in wrong[:NAMED]]
    told += [f"{gateway} {day}: {fen} fen in suspense" for (gateway, day), fen in held[:NAMED]]
    return Finding(
        check="each gateway's day adds up",
        state="failed" if wrong else "warning" if held else "ok",
        detail=Untrusted("; ".join(told)),
        advice=_ADVICE if told else "",
        invariant=3,
        rows=rows,
    )


def _known(missing: Sequence[str], days: int) -> Finding:
    """Check that every day with debits was reconciled."""
    return Finding(
        check="every day with debits is reconciled",
        state="warning" if missing else "ok",
        detail=Untrusted(f"{len(missing)} are not: {', '.join(missing[:NAMED])}" if missing else ""),
        advice="repay reconcile GATEWAY DATE; it is done by itself when the gateway has the file"
        if missing
        else "",
        invariant=3,
        rows=days,
    )


def _unknown(finding: Finding) -> Finding:
    return finding.model_copy(
        update={
            "state": "skipped",
            "detail": Untrusted("no settlement file of the last days was matched"),
            "advice": "repay reconcile GATEWAY yesterday",
        }
    )
